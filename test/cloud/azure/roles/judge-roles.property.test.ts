import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeRoles, type RoleQuestion } from "../../../../src/cloud/azure/roles/judge-roles.ts";
import type { Permission, Principal } from "../../../../src/cloud/azure/roles/role-facts.ts";
import type { AuthorityAnswer } from "../../../../src/policy/authority.ts";
import type { RolePermission } from "../../../../src/sandbox/azure/roles/built-in-roles.ts";
import { EVERYBODY as ALL } from "../../../../src/sandbox/azure/roles/role-world.ts";
import { SUBSCRIPTION } from "../small-world.ts";
import {
  EVERYBODY,
  givenIn,
  groupsOf,
  isApart,
  isWithin,
  mayForCertain,
  slowAnswer,
  type World,
  type WorldPermission,
  worldOfActions,
  worldOfPatterns,
} from "./random-roles.ts";
import { authorityAt, DEPARTMENT, inAzure, MANAGEMENT, ME, SOMEBODY, setup, show, TEAM, VM } from "./roles-world.ts";

const permissionOf = ({ actions, notActions, condition }: WorldPermission): Permission => ({
  actions,
  notActions,
  isConditional: condition !== undefined,
});

const typeOf = (id: string): string =>
  id === EVERYBODY ? "SystemDefined" : [TEAM, DEPARTMENT].includes(id) ? "Group" : "User";
const principalOf = (id: string): Principal => ({ id, type: typeOf(id) });

/** What Azure would list: nothing of other branches of management groups, nobody else's roles. */
const listed = (world: World): RoleQuestion => {
  const theirs = [ME, ...groupsOf(world)];
  const inReach = (scope: string): boolean => scope !== `${MANAGEMENT}beside`;
  const denials = world.denials
    .filter(({ scope }) => inReach(scope))
    .map((denial, i) => ({
      id: `/d/${i}`,
      name: `d${i}`,
      scope: denial.scope,
      doNotApplyToChildScopes: denial.doNotApplyToChildScopes,
      principals: denial.principals.map(principalOf),
      excluded: denial.excluded.map(principalOf),
      permissions: denial.permissions.map(permissionOf),
      isConditional: denial.condition !== undefined,
    }));
  return {
    person: ME,
    scope: VM,
    needed: world.needed,
    assignments: world.assignments
      .filter(({ principal, scope }) => theirs.includes(principal) && inReach(scope))
      .map(({ principal, role, scope, condition }) => ({
        principal,
        principalType: typeOf(principal),
        scope,
        role: `/r/${role}`,
        isConditional: condition !== undefined,
      })),
    roles: new Map(world.roles.map((all, i) => [`/r/${i}`, { name: `r${i}`, permissions: all.map(permissionOf) }])),
    denials,
    denialsOfTheirs: new Set(
      denials
        .filter(({ principals }) => principals.some(({ id }) => [EVERYBODY, ...theirs].includes(id)))
        .map(({ id }) => id),
    ),
  };
};

const short = (answer: AuthorityAnswer): string =>
  show(answer)
    .replace(/^undecidable.*$/u, "undecidable")
    .replace(/^denied by [^:]*/u, "denied");

test("about actions the judge says what the slow one says", () => {
  const seen = { yes: 0, denied: 0, "not given": 0, undecidable: 0 };
  fc.assert(
    fc.property(worldOfActions, (world) => {
      const answer = short(judgeRoles(listed(world)));
      seen[answer.replace(/:.*$/u, "") as keyof typeof seen] += 1;
      expect(answer).toBe(slowAnswer(world));
    }),
    { numRuns: 6_000 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
}, 60_000);

/** Each needed pattern is under one action of a permission that they surely have and that takes nothing of it out, and nothing of it is denied anywhere. */
const isPlainlyGiven = (world: World): boolean =>
  world.needed.every((needed) => {
    const isUnderOne = givenIn(world).some(
      ({ permission, sure }) =>
        sure &&
        permission.actions.some((each) => isWithin(needed, each)) &&
        permission.notActions.every((each) => isApart(needed, each)),
    );
    const isDeniedSomewhere = world.denials.some(({ permissions }) =>
      permissions.some(({ actions }) => actions.some((each) => !isApart(needed, each))),
    );
    return isUnderOne && !isDeniedSomewhere;
  });

test("about patterns the judge says yes only when every single action may be done, and always when it is plain", () => {
  let yes = 0;
  fc.assert(
    fc.property(worldOfPatterns, (world) => {
      const isYes = judgeRoles(listed(world)).kind === "yes";
      if (isYes) expect(mayForCertain(world)).toBe(true);
      if (isPlainlyGiven(world)) expect(isYes).toBe(true);
      yes += isYes ? 1 : 0;
    }),
    { numRuns: 4_000 },
  );
  expect(yes).toBeGreaterThan(100);
}, 60_000);

const permissionFor = ({ condition, ...lists }: WorldPermission): RolePermission => ({
  ...lists,
  ...(condition === undefined ? {} : { condition }),
});

test("over the wire, from the sandbox's Azure, it is the same", async () => {
  const { azure, roles } = await setup({ pageSize: 2 });
  roles.putUnder(SUBSCRIPTION, "above");

  const build = (world: World): (() => void) => {
    if (world.meInTeam) roles.addToGroup(TEAM, ME);
    if (world.teamInDepartment) roles.addToGroup(DEPARTMENT, TEAM);
    roles.addToGroup(TEAM, "somebody");
    roles.addToGroup(DEPARTMENT, SOMEBODY);
    const guids = world.roles.map((each, i) => roles.defineRole(`r${i}`, each.map(permissionFor)));
    const assigned = world.assignments.map(({ role, condition, ...where }) =>
      roles.assignRole({ ...where, role: guids[role] ?? "", ...(condition === undefined ? {} : { condition }) }),
    );
    const denied = world.denials.map(({ principals, excluded, permissions, condition, ...where }, i) =>
      roles.denyAssignment({
        ...where,
        name: `d${i}`,
        permissions: permissions.map(permissionFor),
        principals: principals.map((id) => (id === EVERYBODY ? ALL : { id, type: typeOf(id) as "User" | "Group" })),
        excludePrincipals: excluded.map((id) => ({ id, type: typeOf(id) as "User" | "Group" })),
        ...(condition === undefined ? {} : { condition }),
      }),
    );
    return () => {
      for (const each of assigned) roles.removeAssignment(each);
      for (const each of denied) roles.removeDenyAssignment(each);
      for (const each of guids) roles.removeRole(each);
      roles.removeFromGroup(TEAM, ME);
      roles.removeFromGroup(DEPARTMENT, TEAM);
    };
  };

  await fc.assert(
    fc.asyncProperty(fc.oneof(worldOfActions, worldOfPatterns), async (world) => {
      const unbuild = build(world);
      try {
        const authority = authorityAt(azure.url, {}, { request: world.needed });
        const question = { activity: "request", machine: inAzure(), identities: { entra: ME, aws: [] } } as const;
        const answer = await authority.ask(question, new AbortController().signal);
        if (world.needed.every((each) => !each.includes("*"))) expect(short(answer)).toBe(slowAnswer(world));
        else if (answer.kind === "yes") expect(mayForCertain(world)).toBe(true);
        if (isPlainlyGiven(world)) expect(answer.kind).toBe("yes");
      } finally {
        unbuild();
      }
    }),
    { numRuns: 400 },
  );
}, 60_000);
