import { expect, test } from "vitest";
import { SANDBOX_ENTRA } from "../../../src/sandbox/azure/roles/entra-people.ts";
import { EVERYBODY } from "../../../src/sandbox/azure/roles/role-world.ts";
import { ids, SUBSCRIPTION, setup } from "../azure-setup.ts";

const SUB = `/subscriptions/${SUBSCRIPTION}`;
const VM = ids.virtualMachine("web-1");
const MANAGEMENT = "/providers/Microsoft.Management/managementGroups/";
const { dev, dev2 } = SANDBOX_ENTRA;
const INNER = "e0000000-0000-4000-8000-000000000001";
const OUTER = "e0000000-0000-4000-8000-000000000002";

type Ask = Awaited<ReturnType<typeof setup>>["ask"];

const lister =
  (ask: Ask) =>
  async (
    scope: string,
    filter = "",
    kind: "roleAssignments" | "denyAssignments" = "roleAssignments",
  ): Promise<unknown[]> => {
    const query = `?api-version=2022-04-01${filter === "" ? "" : `&$filter=${encodeURIComponent(filter)}`}`;
    const { status, body } = await ask("GET", `${scope}/providers/Microsoft.Authorization/${kind}${query}`);
    expect(status).toBe(200);
    return body.value.map(
      ({ properties }: { properties: { scope: string; denyAssignmentName?: string } }) =>
        properties.denyAssignmentName ?? properties.scope,
    );
  };

const withRoles = async (options: Parameters<typeof setup>[0] = {}) => {
  const world = await setup(options);
  const { roles } = world.azure;
  roles.putUnder(SUBSCRIPTION, "platform");
  roles.putUnder("platform", "tenant");
  return { ...world, roles, list: lister(world.ask) };
};

test("a list holds what is at, above and below, and with atScope nothing below", async () => {
  const { roles, list } = await withRoles();
  const above = ["/", `${MANAGEMENT}tenant`, `${MANAGEMENT}platform`, SUB, ids.group];
  for (const scope of [...above, VM, `${MANAGEMENT}other`, `${ids.group}-2`]) {
    roles.assignRole({ principal: dev, role: "Reader", scope });
  }
  expect(await list(ids.group)).toEqual([...above, VM]);
  expect(await list(ids.group, "atScope()")).toEqual(above);
  expect(await list(VM.toUpperCase(), "atScope()")).toEqual([...above, VM]);
  expect(await list(`${MANAGEMENT}platform`, "atScope()")).toEqual(above.slice(0, 3));
  expect(await list("", "atScope()")).toEqual(["/"]);
});

test("assignedTo follows groups as deep as they go, principalId doesn't", async () => {
  const { roles, list } = await withRoles();
  roles.addToGroup(OUTER, INNER);
  roles.addToGroup(INNER, dev);
  roles.addToGroup(INNER, OUTER);
  roles.assignRole({ principal: OUTER, role: "Reader", scope: SUB });
  roles.assignRole({ principal: dev, role: "Reader", scope: VM });
  roles.assignRole({ principal: dev2, role: "Reader", scope: ids.group });
  expect(await list(ids.group, `assignedTo('${dev}')`)).toEqual([SUB, VM]);
  expect(await list(ids.group, `atScope() and assignedTo('${dev}')`)).toEqual([SUB]);
  expect(await list(ids.group, `principalId eq '${dev}'`)).toEqual([VM]);
  expect(await list(ids.group, `principalId eq '${OUTER}'`)).toEqual([SUB]);
  roles.removeFromGroup(INNER, dev);
  expect(await list(ids.group, `assignedTo('${dev}')`)).toEqual([VM]);
});

test("deny assignments are listed by the same filters, and those of everybody are everyone's", async () => {
  const { roles, list } = await withRoles();
  const permissions = [{ actions: ["*/write"] }];
  roles.addToGroup(INNER, dev);
  roles.denyAssignment({ name: "all", scope: SUB, permissions });
  roles.denyAssignment({ name: "team", scope: SUB, permissions, principals: [{ id: INNER, type: "Group" }] });
  roles.denyAssignment({ name: "below", scope: VM, permissions });
  expect(await list(ids.group, "atScope()", "denyAssignments")).toEqual(["all", "team"]);
  expect(await list(ids.group, "", "denyAssignments")).toEqual(["all", "team", "below"]);
  expect(await list(SUB, `assignedTo('${dev}')`, "denyAssignments")).toEqual(["all", "team", "below"]);
  expect(await list(SUB, `assignedTo('${dev2}')`, "denyAssignments")).toEqual(["all", "below"]);
  expect(await list(SUB, "denyAssignmentName eq 'team'", "denyAssignments")).toEqual(["team"]);
});

test("an assignment looks as documented", async () => {
  const { roles, ask } = await withRoles();
  const condition = "@Resource[x:y] StringEquals 'z'";
  const name = roles.assignRole({ principal: dev, role: "Reader", scope: SUB, condition });
  const path = `${SUB}/providers/Microsoft.Authorization/roleAssignments`;
  const { body } = await ask("GET", `${path}/${name}?api-version=2022-04-01`);
  expect(body).toMatchObject({
    id: `${path}/${name}`,
    name,
    type: "Microsoft.Authorization/roleAssignments",
    properties: {
      roleDefinitionId: `${SUB}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`,
      principalId: dev,
      principalType: "User",
      scope: SUB,
      condition,
      conditionVersion: "2.0",
    },
  });
  // Conditions came with a later version.
  const older = await ask("GET", `${path}/${name}?api-version=2018-07-01`);
  expect(older.body.properties).not.toHaveProperty("condition");
});

test("a deny assignment looks as documented", async () => {
  const { roles, ask } = await withRoles();
  const name = roles.denyAssignment({ name: "lock", scope: "/", permissions: [{ actions: ["*"] }] });
  const { body } = await ask("GET", "/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01");
  expect(body.value).toMatchObject([
    {
      id: `/providers/Microsoft.Authorization/denyAssignments/${name}`,
      properties: {
        denyAssignmentName: "lock",
        permissions: [{ actions: ["*"], notActions: [], dataActions: [], notDataActions: [] }],
        scope: "/",
        doNotApplyToChildScopes: false,
        principals: [EVERYBODY],
        excludePrincipals: [],
        isSystemProtected: true,
        condition: null,
      },
    },
  ]);
});

test("roles are found by id, in a subscription or in none, and by name", async () => {
  const { roles, ask } = await withRoles();
  const ours = roles.defineRole("Latch operator", [{ actions: ["Microsoft.Compute/*/read"], condition: "@x" }]);
  const definitions = "/providers/Microsoft.Authorization/roleDefinitions";
  for (const at of ["", SUB]) {
    const { body } = await ask("GET", `${at}${definitions}/${ours}?api-version=2022-04-01`);
    expect(body).toMatchObject({
      id: `${at}${definitions}/${ours}`,
      properties: { roleName: "Latch operator", type: "CustomRole", permissions: [{ condition: "@x" }] },
    });
  }
  const named = await ask("GET", `${SUB}${definitions}?api-version=2022-04-01&$filter=roleName eq 'Security Admin'`);
  expect(named.body.value.map((each: { name: string }) => each.name)).toEqual(["fb1c8493-542b-48eb-b624-b4c8fea62acd"]);
  expect((await ask("GET", `${definitions}?api-version=2022-04-01`)).body.value).toHaveLength(7);
  roles.removeRole("Latch operator");
  expect(await ask("GET", `${SUB}${definitions}/${ours}?api-version=2022-04-01`)).toMatchObject({
    status: 404,
    body: { error: { code: "RoleDefinitionDoesNotExist" } },
  });
});

test("long lists come in pages that keep the filter", async () => {
  const { roles, ask } = await withRoles({ pageSize: 2 });
  for (let i = 0; i < 5; i += 1) roles.assignRole({ principal: i === 3 ? dev2 : dev, role: "Reader", scope: SUB });
  let found = 0;
  let next = `${SUB}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=assignedTo('${dev}')`;
  for (let page = 0; page < 2; page += 1) {
    const { body } = await ask("GET", next);
    found += body.value.length;
    next = body.nextLink;
  }
  expect([found, next]).toEqual([4, undefined]);
});

test.each([
  ["a filter that isn't one", `${SUB}/providers/Microsoft.Authorization/roleAssignments`, "everything()", 400],
  [
    "a group asked for as a user",
    `${SUB}/providers/Microsoft.Authorization/roleAssignments`,
    `assignedTo('${INNER}')`,
    400,
  ],
  ["another list", `${SUB}/providers/Microsoft.Authorization/policyAssignments`, "", 404],
  ["another subscription", "/subscriptions/x/providers/Microsoft.Authorization/roleAssignments", "", 404],
])("%s is refused", async (_what, path, filter, status) => {
  const { roles, ask } = await withRoles();
  roles.addToGroup(INNER, dev);
  expect((await ask("GET", `${path}?api-version=2022-04-01&$filter=${filter}`)).status).toBe(status);
});

test("another version, writing, and what one may not read are refused", async () => {
  const { roles, ask } = await withRoles();
  const path = `${SUB}/providers/Microsoft.Authorization/roleAssignments`;
  expect((await ask("GET", `${path}?api-version=2024-05-01`)).body.error.code).toBe("NoRegisteredProviderFound");
  expect((await ask("PUT", `${path}/x?api-version=2022-04-01`, {})).status).toBe(405);
  roles.forbidReading("roleAssignments");
  expect(await ask("GET", `${path}?api-version=2022-04-01`)).toMatchObject({
    status: 403,
    body: { error: { code: "AuthorizationFailed" } },
  });
  roles.forbidReading();
  expect((await ask("GET", `${path}?api-version=2022-04-01`)).status).toBe(200);
});
