/** Random worlds of roles, and a slow judge of them that looks at every action there could be, one by one. */

import fc from "fast-check";
import { DEPARTMENT, GROUP, MANAGEMENT, ME, SOMEBODY, SUB, TEAM, VM } from "./roles-world.ts";

export interface WorldPermission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly condition: string | undefined;
}

export interface WorldDenial {
  readonly scope: string;
  readonly doNotApplyToChildScopes: boolean;
  readonly principals: readonly string[];
  readonly excluded: readonly string[];
  readonly permissions: readonly WorldPermission[];
  readonly condition: string | undefined;
}

export interface World {
  readonly needed: readonly string[];
  /** Which of the few possible memberships there are. */
  readonly meInTeam: boolean;
  readonly teamInDepartment: boolean;
  readonly roles: readonly (readonly WorldPermission[])[];
  readonly assignments: readonly {
    readonly principal: string;
    readonly role: number;
    readonly scope: string;
    readonly condition: string | undefined;
  }[];
  readonly denials: readonly WorldDenial[];
}

export const EVERYBODY = "00000000-0000-0000-0000-000000000000";

/** Whether what is at a scope reaches the machine. */
export const SCOPES: Readonly<Record<string, boolean>> = {
  "/": true,
  [`${MANAGEMENT}above`]: true,
  [`${MANAGEMENT}beside`]: false,
  [SUB]: true,
  [GROUP]: true,
  [`${GROUP}2`]: false,
  [VM]: true,
  [VM.toUpperCase()]: true,
  [`${VM}/extensions/e`]: false,
};

const LETTERS = ["a", "b", "/"] as const;

const action = fc.array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 4 }).map((letters) => letters.join(""));
const pattern = fc
  .array(fc.constantFrom(...LETTERS, "*", "*"), { minLength: 1, maxLength: 3 })
  .map((letters) => letters.join(""));
const condition = fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constant("@Resource[a:b] Exists"));
const scope = fc.constantFrom(...Object.keys(SCOPES));
const permissions = fc.array(
  fc.record({
    actions: fc.array(pattern, { maxLength: 3 }),
    notActions: fc.oneof(fc.constant([]), fc.array(pattern, { maxLength: 2 })),
    condition,
  }),
  { maxLength: 2 },
);

const worldThatNeeds = (needed: fc.Arbitrary<string>): fc.Arbitrary<World> =>
  fc.record({
    needed: fc.uniqueArray(needed, { minLength: 1, maxLength: 3 }),
    meInTeam: fc.boolean(),
    teamInDepartment: fc.boolean(),
    roles: fc.array(permissions, { minLength: 3, maxLength: 3 }),
    assignments: fc.array(
      fc.record({
        principal: fc.constantFrom(ME, ME, SOMEBODY, TEAM, DEPARTMENT),
        role: fc.nat({ max: 2 }),
        scope,
        condition,
      }),
      { maxLength: 5 },
    ),
    denials: fc.oneof(
      fc.constant([]),
      fc.array(
        fc.record({
          scope,
          doNotApplyToChildScopes: fc.boolean(),
          principals: fc.uniqueArray(fc.constantFrom(EVERYBODY, ME, SOMEBODY, TEAM, DEPARTMENT), {
            minLength: 1,
            maxLength: 2,
          }),
          excluded: fc.uniqueArray(fc.constantFrom(ME, SOMEBODY, TEAM), { maxLength: 1 }),
          permissions,
          condition,
        }),
        { maxLength: 2 },
      ),
    ),
  });

export const worldOfActions: fc.Arbitrary<World> = worldThatNeeds(action);
export const worldOfPatterns: fc.Arbitrary<World> = worldThatNeeds(pattern);

const texts = (length: number): readonly string[] =>
  length === 0 ? [""] : ["", ...texts(length - 1).flatMap((text) => [...LETTERS, "z"].map((letter) => letter + text))];

/** Every action of up to five letters: `z` is in no pattern, and four are enough for what two patterns have in common. */
const UNIVERSE: readonly string[] = [...new Set(texts(5))];

const known = new Map<string, ReadonlySet<string>>();

/** All that a pattern stands for. */
export const membersOf = (one: string): ReadonlySet<string> => {
  const expression = new RegExp(`^${one.replaceAll("*", ".*")}$`, "u");
  const found = known.get(one) ?? new Set(UNIVERSE.filter((text) => expression.test(text)));
  known.set(one, found);
  return found;
};

const compared = new Map<string, boolean>();
const once = (key: string, compare: () => boolean): boolean => {
  const found = compared.get(key) ?? compare();
  compared.set(key, found);
  return found;
};

export const isWithin = (one: string, other: string): boolean =>
  once(`${one} in ${other}`, () => membersOf(one).isSubsetOf(membersOf(other)));

export const isApart = (one: string, other: string): boolean =>
  once(`${one} or ${other}`, () => membersOf(one).isDisjointFrom(membersOf(other)));

export const groupsOf = ({ meInTeam, teamInDepartment }: World): readonly string[] =>
  meInTeam ? [TEAM, ...(teamInDepartment ? [DEPARTMENT] : [])] : [];

export const isIn = (permission: WorldPermission, one: string): boolean =>
  permission.actions.some((each) => membersOf(each).has(one)) &&
  !permission.notActions.some((each) => membersOf(each).has(one));

type Certainty = "yes" | "maybe" | "no";
const sum = (all: readonly Certainty[]): Certainty =>
  all.includes("yes") ? "yes" : all.includes("maybe") ? "maybe" : "no";

/** The permissions that a person has by their roles, and whether for certain. */
export const givenIn = (world: World): readonly { readonly permission: WorldPermission; readonly sure: boolean }[] =>
  world.assignments
    .filter((one) => SCOPES[one.scope] === true && [ME, ...groupsOf(world)].includes(one.principal))
    .flatMap((one) =>
      (world.roles[one.role] ?? []).map((permission) => ({
        permission,
        sure: one.condition === undefined && permission.condition === undefined,
      })),
    );

const isGiven = (world: World, one: string): Certainty =>
  sum(givenIn(world).map(({ permission, sure }) => (isIn(permission, one) ? (sure ? "yes" : "maybe") : "no")));

const isTaken = (world: World, denial: WorldDenial, one: string): Certainty => {
  if (SCOPES[denial.scope] !== true) return "no";
  if (denial.doNotApplyToChildScopes && denial.scope.toLowerCase() !== VM.toLowerCase()) return "no";
  if (!denial.principals.some((each) => [EVERYBODY, ME, ...groupsOf(world)].includes(each))) return "no";
  if (denial.excluded.includes(ME)) return "no";
  const unsure = denial.condition !== undefined || denial.excluded.includes(TEAM);
  return sum(
    denial.permissions.map((permission) =>
      isIn(permission, one) ? (unsure || permission.condition !== undefined ? "maybe" : "yes") : "no",
    ),
  );
};

export const isDenied = (world: World, one: string): Certainty =>
  sum(world.denials.map((denial) => isTaken(world, denial, one)));

/** May they do every single thing that they need, for certain? */
export const mayForCertain = (world: World): boolean =>
  world.needed.every((needed) =>
    [...membersOf(needed)].every((one) => isGiven(world, one) === "yes" && isDenied(world, one) === "no"),
  );

/** The answer about needed actions without stars, as `show` says it but without the words of what can't be decided and of who denies. */
export const slowAnswer = (world: World): string => {
  const taken = world.needed.filter((one) => isDenied(world, one) === "yes");
  const firstDenial = world.denials.find((denial) => world.needed.some((one) => isTaken(world, denial, one) === "yes"));
  if (firstDenial !== undefined && taken.length > 0) {
    return `denied: ${world.needed.filter((one) => isTaken(world, firstDenial, one) === "yes").join(", ")}`;
  }
  const missing = world.needed.filter((one) => isGiven(world, one) === "no");
  if (missing.length > 0) return `not given: ${missing.join(", ")}`;
  const isSure = world.needed.every((one) => isGiven(world, one) === "yes" && isDenied(world, one) === "no");
  return isSure ? "yes" : "undecidable";
};
