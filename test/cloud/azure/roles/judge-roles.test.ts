import { expect, test } from "vitest";
import { judgeRoles, type RoleQuestion } from "../../../../src/cloud/azure/roles/judge-roles.ts";
import type { DenyAssignment, Permission } from "../../../../src/cloud/azure/roles/role-facts.ts";
import { GROUP, MANAGEMENT, ME, SOMEBODY, SUB, show, TEAM, VM } from "./roles-world.ts";

const NETWORK = "Microsoft.Network/*/read";
const START = "Microsoft.Compute/virtualMachines/start/action";
const MACHINE = "Microsoft.Compute/virtualMachines/read";

const permission = (
  actions: readonly string[],
  notActions: readonly string[] = [],
  isConditional = false,
): Permission => ({
  actions,
  notActions,
  isConditional,
});

/** Somebody with these roles on the machine's group. */
const asked = (needed: readonly string[], ...roles: readonly (readonly Permission[])[]): RoleQuestion => ({
  person: ME,
  scope: VM,
  needed,
  assignments: roles.map((_, i) => ({
    principal: ME,
    principalType: "User",
    scope: GROUP,
    role: `/r/${i}`,
    isConditional: false,
  })),
  roles: new Map(roles.map((permissions, i) => [`/r/${i}`, { name: `role ${i}`, permissions }])),
  denials: [],
  denialsOfTheirs: undefined,
});

test.each<[string, RoleQuestion, string]>([
  ["the action itself", asked([MACHINE], [permission([MACHINE])]), "yes"],
  ["the same in other letters", asked([MACHINE], [permission([MACHINE.toUpperCase()])]), "yes"],
  ["a star over it", asked([MACHINE], [permission(["Microsoft.Compute/*"])]), "yes"],
  ["another action", asked([MACHINE], [permission([START])]), `not given: ${MACHINE}`],
  ["a role without permissions", asked([MACHINE], []), `not given: ${MACHINE}`],
  ["no role", asked([MACHINE]), `not given: ${MACHINE}`],
  ["all but what is taken out", asked([MACHINE], [permission(["*"], ["*/action"])]), "yes"],
  ["what is taken out", asked([START], [permission(["*"], ["*/action"])]), `not given: ${START}`],
  [
    "what one role takes out and another gives",
    asked([START], [permission(["*"], ["*/action"])], [permission([START])]),
    "yes",
  ],
  [
    "what one permission takes out and another of the same role gives",
    asked([START], [permission(["*"], ["*/action"]), permission([START])]),
    "yes",
  ],
  [
    "two roles that take out each other's",
    asked([MACHINE, START], [permission(["*"], ["*/read"])], [permission(["*"], ["*/action"])]),
    "yes",
  ],
  ["a needed pattern under a wider one", asked([NETWORK], [permission(["*/read"])]), "yes"],
  [
    "a needed pattern of which a part is given",
    asked([NETWORK], [permission(["Microsoft.Network/networkInterfaces/*"])]),
    `not given: ${NETWORK}`,
  ],
  [
    "a needed pattern of which a part is taken out",
    asked([NETWORK], [permission(["*"], ["Microsoft.Network/networkInterfaces/*"])]),
    `not given: ${NETWORK}`,
  ],
  [
    "a needed pattern of which one role takes out a part that another gives: nobody adds up parts",
    asked(
      [NETWORK],
      [permission(["*"], ["Microsoft.Network/networkInterfaces/*"])],
      [permission(["Microsoft.Network/networkInterfaces/*"])],
    ),
    `not given: ${NETWORK}`,
  ],
  [
    "a needed pattern of which nothing is taken out",
    asked([NETWORK], [permission(["*"], ["Microsoft.Authorization/*/Delete", "Microsoft.Network/*/write"])]),
    "yes",
  ],
  ["one of two", asked([MACHINE, START], [permission(["*/read"])]), `not given: ${START}`],
  [
    "a permission with a condition",
    asked([MACHINE], [permission(["*"], [], true)]),
    "undecidable: a condition in the role `role 0`",
  ],
  [
    "a permission with a condition beside one without",
    asked([MACHINE, START], [permission([MACHINE], [], true), permission(["*"])]),
    "yes",
  ],
  [
    "a condition that would not be enough",
    asked([MACHINE, START], [permission([MACHINE], [], true)]),
    `not given: ${START}`,
  ],
])("of roles, %s", (_what, question, expected) => {
  expect(show(judgeRoles(question))).toBe(expected);
});

const owner = (needed: readonly string[] = [MACHINE]): RoleQuestion => asked(needed, [permission(["*"])]);

const EVERYBODY = { id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" };
const me = { id: ME, type: "User" };
const somebody = { id: SOMEBODY, type: "User" };
const team = { id: TEAM, type: "Group" };

const lock: DenyAssignment = {
  id: "/d/1",
  name: "lock",
  scope: GROUP,
  doNotApplyToChildScopes: false,
  principals: [EVERYBODY],
  excluded: [],
  permissions: [permission(["*"])],
  isConditional: false,
};
const DENIED = `denied by lock: ${MACHINE}`;
const GROUPS = "undecidable: whether they are in a group";

test.each<[string, Partial<DenyAssignment>, string]>([
  ["everybody", {}, DENIED],
  ["everybody, said by id alone", { principals: [{ ...EVERYBODY, type: undefined }] }, DENIED],
  ["everybody, said by type alone", { principals: [{ id: "", type: "Everyone" }] }, DENIED],
  ["nobody in particular", { principals: [] }, DENIED],
  ["them", { principals: [somebody, me] }, DENIED],
  ["somebody else", { principals: [somebody] }, "yes"],
  ["a service", { principals: [{ ...somebody, type: "ServicePrincipal" }] }, "yes"],
  ["a group", { principals: [team] }, `${GROUPS} to which deny assignment \`lock\` applies`],
  [
    "who knows whom",
    { principals: [{ id: SOMEBODY, type: undefined }] },
    `${GROUPS} to which deny assignment \`lock\` applies`,
  ],
  ["everybody but them", { excluded: [somebody, me] }, "yes"],
  ["everybody but them and a group", { excluded: [team, me] }, "yes"],
  ["everybody but somebody else", { excluded: [somebody] }, DENIED],
  ["everybody but a group", { excluded: [team] }, `${GROUPS} that deny assignment \`lock\` leaves out`],
  ["a group, but for them", { principals: [team], excluded: [me] }, "yes"],
  ["everybody, another action", { permissions: [permission(["*/write"])] }, "yes"],
  ["everybody, all but this action", { permissions: [permission(["*"], ["*/read"])] }, "yes"],
  ["everybody, data only", { permissions: [permission([])] }, "yes"],
  ["everybody, under a condition", { isConditional: true }, "undecidable: the condition of deny assignment `lock`"],
  [
    "everybody, a permission under a condition",
    { permissions: [permission(["*"], [], true)] },
    "undecidable: the condition of deny assignment `lock`",
  ],
  [
    "everybody, one permission under a condition and one without",
    { permissions: [permission(["*"], [], true), permission(["*/read"])] },
    DENIED,
  ],
  ["a group, another action", { principals: [team], permissions: [permission(["*/write"])] }, "yes"],
])("an owner's action that is denied to %s", (_whom, denial, expected) => {
  expect(show(judgeRoles({ ...owner(), denials: [{ ...lock, ...denial }] }))).toBe(expected);
});

test.each([
  ["the machine", VM, DENIED, DENIED],
  ["its group", GROUP, DENIED, "yes"],
  ["its subscription", SUB, DENIED, "yes"],
  ["a management group", `${MANAGEMENT}acme`, DENIED, "yes"],
  ["everything", "/", DENIED, "yes"],
  ["what isn't said", undefined, DENIED, DENIED],
  ["nothing", "", DENIED, DENIED],
  ["a blank", " ", DENIED, DENIED],
  ["a path without its first slash", SUB.slice(1), DENIED, DENIED],
  ["a group beside", `${GROUP}2`, "yes", "yes"],
  ["something in the machine", `${VM}/extensions/e`, "yes", "yes"],
])("a denial at %s reaches the machine: %s; if it isn't for what lies below: %s", (_at, scope, expected, alone) => {
  const denied = (doNotApplyToChildScopes: boolean): string =>
    show(judgeRoles({ ...owner(), denials: [{ ...lock, scope, doNotApplyToChildScopes }] }));
  expect(denied(false)).toBe(expected);
  expect(denied(true)).toBe(alone);
});

test("of groups Azure tells which denials are theirs", () => {
  const question = { ...owner(), denials: [{ ...lock, principals: [team] }] };
  expect(show(judgeRoles({ ...question, denialsOfTheirs: new Set(["/d/1"]) }))).toBe(DENIED);
  expect(show(judgeRoles({ ...question, denialsOfTheirs: new Set(["/d/2"]) }))).toBe("yes");
});

test("of a needed pattern one denied action is enough, and the pattern is told", () => {
  const denied = (...permissions: Permission[]): string =>
    show(judgeRoles({ ...owner([NETWORK]), denials: [{ ...lock, permissions }] }));
  expect(denied(permission(["Microsoft.Network/networkInterfaces/read"]))).toBe(`denied by lock: ${NETWORK}`);
  expect(denied(permission(["Microsoft.Network/*"], ["*/read"]))).toBe("yes");
  expect(denied(permission(["Microsoft.Network/a/*"], ["Microsoft.Network/*"]))).toBe("yes");
  expect(denied(permission(["Microsoft.Network/a/read"], ["Microsoft.Network/a/*"]))).toBe("yes");
  expect(
    denied(permission(["Microsoft.Network/networkInterfaces/*"], ["Microsoft.Network/networkInterfaces/x/*"])),
  ).toBe(`denied by lock: ${NETWORK}`);
});

test("what is certain is told before what isn't", () => {
  const unsure = { ...lock, id: "/d/2", name: "unsure", excluded: [team] };
  const theirs = { ...owner(), denials: [unsure, lock] };
  expect(show(judgeRoles(theirs))).toBe(DENIED);
  expect(show(judgeRoles({ ...theirs, assignments: [] }))).toBe(DENIED);
  expect(show(judgeRoles({ ...theirs, denials: [unsure], assignments: [] }))).toBe(`not given: ${MACHINE}`);
});

test("a group's role counts only from a list that is theirs alone", () => {
  const [own] = owner().assignments;
  if (own === undefined) throw new Error("an owner has a role");
  const ofTeam = { ...own, principal: TEAM, principalType: "Group" };
  const ofSomebody = { ...own, principal: SOMEBODY };
  expect(show(judgeRoles({ ...owner(), assignments: [ofTeam] }))).toBe("yes");
  expect(show(judgeRoles({ ...owner(), assignments: [ofSomebody] }))).toBe(`not given: ${MACHINE}`);
  expect(show(judgeRoles({ ...owner(), assignments: [ofTeam, ofSomebody] }))).toBe(
    "undecidable: which groups they are in, because Azure listed role assignments of others too",
  );
  expect(show(judgeRoles({ ...owner(), assignments: [ofTeam, ofSomebody, own] }))).toBe("yes");
});

test.each([
  ["User", "yes"],
  [undefined, "yes"],
  ["ServicePrincipal", `not given: ${MACHINE}`],
])("a role of one's own id counts for a %s: %s", (principalType, expected) => {
  const assignments = owner().assignments.map((each) => ({ ...each, principalType }));
  expect(show(judgeRoles({ ...owner(), assignments }))).toBe(expected);
});
