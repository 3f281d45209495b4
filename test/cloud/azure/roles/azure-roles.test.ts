import { expect, test } from "vitest";
import type { EpochMs } from "../../../../src/access/time.ts";
import { DEFAULT_ACTIONS } from "../../../../src/cloud/azure/roles/azure-roles.ts";
import { SUBSCRIPTION } from "../small-world.ts";
import {
  authorityAt,
  CONNECTOR,
  DEPARTMENT,
  GROUP,
  inAws,
  inAzure,
  MANAGEMENT,
  ME,
  SOMEBODY,
  SUB,
  setup,
  show,
  TEAM,
  VM,
  yes,
} from "./roles-world.ts";

test("nobody has a role before somebody gives them one, and what is missing is told", async () => {
  const { may } = await setup();
  expect(await may("request")).toEqual({
    kind: "no",
    because: { kind: "not-given", actions: DEFAULT_ACTIONS.request },
  });
});

test.each([
  ["Owner", "yes", "yes", "yes"],
  ["Contributor", "yes", "yes", "yes"],
  [
    "Reader",
    "not given: Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action",
    "yes",
    "not given: Microsoft.Security/locations/jitNetworkAccessPolicies/write, Microsoft.Compute/virtualMachines/write",
  ],
  [
    "Virtual Machine Contributor",
    "not given: Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action, Microsoft.Security/locations/jitNetworkAccessPolicies/*/read",
    "not given: Microsoft.Security/locations/jitNetworkAccessPolicies/read, Microsoft.Network/*/read",
    "not given: Microsoft.Security/locations/jitNetworkAccessPolicies/write",
  ],
  [
    "Security Admin",
    "not given: Microsoft.Compute/virtualMachines/read, Microsoft.Network/networkInterfaces/*/read, Microsoft.Network/publicIPAddresses/read",
    "not given: Microsoft.Compute/virtualMachines/read, Microsoft.Network/*/read",
    "not given: Microsoft.Compute/virtualMachines/write",
  ],
])(
  "%s of the subscription may request: %s; read and approve: %s; configure: %s",
  async (role, request, read, configure) => {
    const { roles, may } = await setup();
    roles.assignRole({ principal: ME, role, scope: SUB });
    expect(show(await may("request"))).toBe(request);
    expect(show(await may("read"))).toBe(read);
    expect(show(await may("approve"))).toBe(read);
    expect(show(await may("configure"))).toBe(configure);
  },
);

test("two roles do together what neither does alone", async () => {
  const { roles, may } = await setup();
  roles.assignRole({ principal: ME, role: "Virtual Machine Contributor", scope: VM });
  roles.assignRole({ principal: ME, role: "Security Admin", scope: GROUP });
  expect(await may("request")).toEqual(yes);
});

test.each([
  ["the machine", VM, true],
  ["the machine in other letters", VM.toUpperCase(), true],
  ["its resource group", GROUP, true],
  ["its subscription", SUB, true],
  ["a management group above", `${MANAGEMENT}platform`, true],
  ["the management group above that", `${MANAGEMENT}tenant`, true],
  ["everything", "/", true],
  ["a management group beside", `${MANAGEMENT}other`, false],
  ["another subscription", "/subscriptions/00000000-0000-0000-0000-000000000002", false],
  ["a resource group whose name begins alike", `${SUB}/resourceGroups/rg`, false],
  ["a resource group whose name goes on", `${GROUP}-2`, false],
  ["another machine", `${VM}0`, false],
  ["something in the machine", `${VM}/extensions/agent`, false],
])("a role at %s counts as it should", async (_where, scope, counts) => {
  const { roles, may } = await setup();
  roles.putUnder(SUBSCRIPTION, "platform");
  roles.putUnder("platform", "tenant");
  roles.assignRole({ principal: ME, role: "Owner", scope });
  expect((await may()).kind).toBe(counts ? "yes" : "no");
});

test("a role of a group counts, of a group in a group too, and ends with being in it", async () => {
  const { roles, may } = await setup();
  roles.addToGroup(DEPARTMENT, TEAM);
  roles.addToGroup(TEAM, ME);
  roles.assignRole({ principal: DEPARTMENT, role: "Owner", scope: GROUP });
  expect(await may()).toEqual(yes);
  roles.removeFromGroup(TEAM, ME);
  expect((await may()).kind).toBe("no");
});

test("somebody else's role is nobody else's", async () => {
  const { roles, may } = await setup();
  roles.addToGroup(TEAM, SOMEBODY);
  roles.assignRole({ principal: SOMEBODY, role: "Owner", scope: SUB });
  roles.assignRole({ principal: TEAM, role: "Owner", scope: SUB });
  expect((await may()).kind).toBe("no");
});

test("a role that was taken away is gone at the next question", async () => {
  const { roles, may } = await setup();
  const name = roles.assignRole({ principal: ME, role: "Owner", scope: VM });
  expect(await may()).toEqual(yes);
  roles.removeAssignment(name);
  expect((await may()).kind).toBe("no");
});

test("what a role allows is at most a minute old", async () => {
  let now = 0;
  const clock = { now: () => now as EpochMs };
  const { roles, may } = await setup({}, { clock }, { request: ["a.b/c/read"] });
  roles.defineRole("ours", [{ actions: ["a.b/*"] }]);
  roles.assignRole({ principal: ME, role: "ours", scope: VM });
  expect(await may()).toEqual(yes);
  roles.defineRole("ours", [{ actions: ["a.b/*"], notActions: ["*/read"] }]);
  now = 60_000;
  expect((await may()).kind).toBe("no");
});

test("an assignment of a role that is gone gives nothing", async () => {
  const { roles, may } = await setup();
  roles.defineRole("ours", [{ actions: ["*"] }]);
  roles.assignRole({ principal: ME, role: "ours", scope: VM });
  roles.removeRole("ours");
  expect((await may()).kind).toBe("no");
});

test("all pages are read, of roles as of what is denied", async () => {
  const { roles, may } = await setup({ pageSize: 2 });
  for (let i = 0; i < 5; i += 1) roles.assignRole({ principal: ME, role: "Security Reader", scope: SUB });
  roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  expect(await may()).toEqual(yes);
  for (let i = 0; i < 5; i += 1) {
    roles.denyAssignment({ name: `other-${i}`, scope: SUB, permissions: [{ actions: ["Microsoft.Storage/*"] }] });
  }
  roles.denyAssignment({ name: "lock", scope: SUB, permissions: [{ actions: ["*/initiate/action"] }] });
  expect(show(await may())).toBe(
    "denied by lock: Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action",
  );
});

test("what is denied to a group is denied to whoever is in it, and to nobody else", async () => {
  const { roles, may } = await setup();
  roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  roles.addToGroup(DEPARTMENT, TEAM);
  roles.addToGroup(TEAM, SOMEBODY);
  roles.denyAssignment({
    name: "lock",
    scope: GROUP,
    permissions: [{ actions: ["Microsoft.Compute/*"] }],
    principals: [{ id: DEPARTMENT, type: "Group" }],
  });
  expect(await may()).toEqual(yes);
  roles.addToGroup(TEAM, ME);
  expect(show(await may())).toBe("denied by lock: Microsoft.Compute/virtualMachines/read");
});

test("whoever a deny assignment leaves out isn't denied; a group that it leaves out can't be decided", async () => {
  const { roles, may } = await setup();
  roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  const everything = [{ actions: ["*"], notActions: ["*/read"] }];
  const lock = roles.denyAssignment({
    name: "lock",
    scope: SUB,
    permissions: everything,
    excludePrincipals: [{ id: ME.toUpperCase(), type: "User" }],
  });
  expect(await may()).toEqual(yes);
  roles.removeDenyAssignment(lock);
  roles.denyAssignment({
    name: "lock",
    scope: SUB,
    permissions: everything,
    excludePrincipals: [{ id: TEAM, type: "Group" }],
  });
  expect(show(await may())).toBe("undecidable: whether they are in a group that deny assignment `lock` leaves out");
  expect(await may("read")).toEqual(yes);
});

test("a condition can't be decided, and is said only when the answer hangs on it", async () => {
  const { roles, may } = await setup();
  roles.assignRole({ principal: ME, role: "Contributor", scope: SUB, condition: "@Resource[x:y] StringEquals 'z'" });
  expect(show(await may())).toBe("undecidable: the condition of a role assignment of `Contributor`");
  roles.assignRole({ principal: ME, role: "Reader", scope: SUB });
  expect(await may("read")).toEqual(yes);
});

test("of a machine in AWS only what it takes for its security counts, where it is connected", async () => {
  const { roles, may } = await setup({}, { connectedScope: () => CONNECTOR });
  roles.assignRole({ principal: ME, role: "Security Reader", scope: GROUP });
  expect(show(await may("request", inAws))).toBe(
    "not given: Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action",
  );
  roles.assignRole({ principal: ME, role: "Security Admin", scope: CONNECTOR });
  expect(await may("request", inAws)).toEqual(yes);
  expect((await may("request")).kind).toBe("no");
});

test("over a machine in AWS that isn't connected no role has a say", async () => {
  const { roles, may, azure } = await setup();
  roles.assignRole({ principal: ME, role: "Owner", scope: "/" });
  expect(show(await may("request", inAws))).toBe("no-say");
  expect(azure.calls).toEqual([]);
});

test("nothing needed is no yes", async () => {
  const { roles, may } = await setup({}, { connectedScope: () => CONNECTOR }, { request: [], read: ["a.b/read"] });
  roles.assignRole({ principal: ME, role: "Owner", scope: "/" });
  expect(show(await may("request"))).toBe("undecidable: no actions are named that one needs to request");
  expect(show(await may("read", inAws))).toBe("undecidable: no actions are named that one needs to read");
});

test.each([
  ["nobody", undefined, "not-linked"],
  [
    "something that isn't an object id",
    "x') or atScope(",
    "undecidable: who they are in Entra ID: what they are linked to is no object id",
  ],
  ["themselves in capitals", ME.toUpperCase(), "yes"],
])("somebody linked to %s", async (_whom, entra, expected) => {
  const { roles, azure } = await setup();
  roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  const authority = authorityAt(azure.url);
  const question = { activity: "request", machine: inAzure(), identities: { entra, aws: [] } } as const;
  expect(show(await authority.ask(question, new AbortController().signal))).toBe(expected);
});

test("what the roles of others or below the machine allow isn't asked", async () => {
  const { roles, may, azure } = await setup();
  roles.assignRole({ principal: ME, role: "Contributor", scope: `${VM}/extensions/agent` });
  roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  roles.assignRole({ principal: ME, role: "Owner", scope: VM });
  expect(await may()).toEqual(yes);
  expect(azure.calls.filter(({ path }) => path.includes("roleDefinitions"))).toHaveLength(1);
});

test("Azure is asked in the words of its documentation", async () => {
  const { roles, may, azure } = await setup();
  roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  await may();
  const at = VM.replace("rg-Prod", "rg-prod").replace("Prod-VM-3", "prod-vm-3");
  expect(azure.calls.map(({ method, path, query }) => `${method} ${path}${query}`).toSorted()).toEqual(
    [
      `GET ${at}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=assignedTo(%27${ME}%27)`,
      `GET ${at}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01&$filter=atScope()`,
      `GET ${SUB}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635?api-version=2022-04-01`,
    ].toSorted(),
  );
});
