import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { isFault } from "../../../../src/access/fault.ts";
import type { AuthorityAnswer } from "../../../../src/policy/authority.ts";
import type { Misbehaviour } from "../../../../src/sandbox/faults.ts";
import { authorityAt, DEPARTMENT, inAzure, ME, SOMEBODY, SUB, setup, show, TEAM, VM, yes } from "./roles-world.ts";

/** Whom everything is allowed, and a denial of a group that they aren't in, so that every list is asked for. */
const allowed = async (deps: Parameters<typeof setup>[1] = {}) => {
  const world = await setup({ pageSize: 1 }, deps);
  world.roles.addToGroup(TEAM, SOMEBODY);
  world.roles.assignRole({ principal: ME, role: "Reader", scope: SUB });
  world.roles.assignRole({ principal: ME, role: "Owner", scope: SUB });
  const denial = { scope: SUB, permissions: [{ actions: ["*"] }], principals: [{ id: TEAM, type: "Group" as const }] };
  world.roles.denyAssignment({ ...denial, name: "lock" });
  world.roles.denyAssignment({ ...denial, name: "lock too" });
  return world;
};

const LISTS = ["roleassignments$", "denyassignments$", "roledefinitions/[^/]+$"] as const;

test("without trouble they may", async () => {
  const { azure, may } = await allowed();
  expect(await may()).toEqual(yes);
  // Two pages of roles, two roles, two pages of denials and, as they are denied to a group, none of theirs.
  expect(azure.calls).toHaveLength(7);
});

const answer = (status: number, body: string, type = "application/json"): Misbehaviour => ({
  kind: "answer",
  status,
  body,
  headers: { "content-type": type },
});
const HTML = "<html><body>sign in</body></html>";

test.each<[string, Misbehaviour, object]>([
  ["drops the connection", { kind: "drop" }, { unanswered: true, retry: "later" }],
  ["is throttled", { kind: "throttle", retryAfterSeconds: 7 }, { retry: "later", afterMs: 7_000 }],
  ["fails", answer(500, '{"error":{"code":"InternalServerError","message":"no"}}'), { retry: "later" }],
  ["is away, in HTML", answer(503, HTML, "text/html"), { retry: "later" }],
  ["may not be read", answer(403, '{"error":{"code":"AuthorizationFailed","message":"no"}}'), { retry: "never" }],
  ["wants another token", answer(401, '{"error":{"code":"InvalidAuthenticationToken","message":"no"}}'), {}],
  ["is done without a word", answer(204, ""), {}],
  ["is empty", answer(200, ""), {}],
  ["is HTML", answer(200, HTML, "text/html"), {}],
  ["is HTML called JSON", answer(200, HTML), {}],
  ["ends in the middle", answer(200, '{"value":[{"properties":'), {}],
  ["is null", answer(200, "null"), {}],
  ["is a bare list", answer(200, "[]"), {}],
  ["is nothing", answer(200, "{}"), {}],
  ["is a list of nothing", answer(200, '{"value":[null]}'), {}],
  ["is a list of empty things", answer(200, '{"value":[{}]}'), {}],
  ["is no list", answer(200, '{"value":"none"}'), {}],
  ["is an object for a list", answer(200, '{"value":{}}'), {}],
  ["is a list that goes on where nobody looks", answer(200, '{"value":[],"nextLink":"/more"}', "text/plain"), {}],
])("an answer that %s is no yes, whichever it is", async (_what, does, fault) => {
  const { faults, may } = await allowed();
  for (const list of LISTS) {
    const good = faults.add({ calls: new RegExp(`^GET .*/${list}`, "u"), does });
    await expect(may(), list).rejects.toMatchObject({ name: "Fault", code: "azure", ...fault });
    good();
  }
  expect(await may()).toEqual(yes);
});

test("a page that fails fails the list, and so does asking what is denied to their groups", async () => {
  const { azure, faults, may } = await allowed();
  let calls = 0;
  faults.add({
    calls: /denyassignments/u,
    does: () => {
      calls += 1;
      return calls % 3 === 0 ? { kind: "throttle" } : undefined;
    },
  });
  await expect(may()).rejects.toMatchObject({ code: "azure", afterMs: 1_000 });
  expect(azure.calls.at(-1)?.query).toContain("assignedTo");
  calls = 1;
  await expect(may()).rejects.toMatchObject({ code: "azure" });
  expect(azure.calls.filter(({ status }) => status === 429).at(-1)?.query).toContain("skipToken");
});

test.each(["roleAssignments", "roleDefinitions", "denyAssignments"] as const)(
  "when Azure doesn't let us read %s, that is told",
  async (kind) => {
    const { roles, may } = await allowed();
    roles.forbidReading(kind);
    await expect(may()).rejects.toThrow(/^cannot (?:list|read) .*: 403 AuthorizationFailed$/u);
  },
);

test.each(LISTS)("one that never answers ends when nobody waits any more (%s)", async (list) => {
  const { faults, may } = await allowed();
  faults.add({ calls: new RegExp(list, "u"), does: { kind: "hang" } });
  const waiting = new AbortController();
  const asked = may("request", inAzure(), waiting.signal);
  waiting.abort(new Error("4 s are over"));
  await expect(asked).rejects.toThrow("4 s are over");
});

test.each(LISTS)("one that never answers has its own time too (%s)", async (list) => {
  const { faults, may } = await allowed({ limits: { callMs: 200 } });
  faults.add({ calls: new RegExp(list, "u"), does: { kind: "hang" } });
  await expect(may()).rejects.toMatchObject({ code: "azure", unanswered: true });
});

/** A server that somebody else wrote, which knows no filters. */
const serve = async (lists: Readonly<Record<string, unknown>>): Promise<string> => {
  const server = createServer((request, response) => {
    const found = Object.entries(lists).find(([path]) => request.url?.toLowerCase().includes(path));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found?.[1]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const ask = async (lists: Readonly<Record<string, unknown>>): Promise<AuthorityAnswer> =>
  authorityAt(await serve(lists)).ask(
    { activity: "request", machine: inAzure(), identities: { entra: ME, aws: [] } },
    new AbortController().signal,
  );

const ROLE = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const owner = { properties: { permissions: [{ actions: ["*"] }] } };
const assigned = (principalId: string, principalType: string, more: object = {}) => ({
  properties: { principalId, principalType, scope: SUB, roleDefinitionId: ROLE, ...more },
});
const world = (assignments: readonly unknown[], denials: readonly unknown[] = [], role: unknown = owner) => ({
  "/roleassignments?": { value: assignments },
  "/denyassignments?": { value: denials },
  "/roledefinitions/": role,
});

test("an answer may come without most of what it can have", async () => {
  expect(await ask(world([assigned(ME, "User")]))).toEqual(yes);
});

test.each<[string, readonly unknown[]]>([
  ["somebody else's role", [assigned(SOMEBODY, "User")]],
  ["somebody else's role and a group's", [assigned(SOMEBODY, "User"), assigned(DEPARTMENT, "Group")]],
  ["a role of nobody", [assigned("", "User"), { properties: { scope: SUB, roleDefinitionId: ROLE } }]],
  [
    "a role nowhere",
    [{ properties: { principalId: ME, roleDefinitionId: ROLE } }, assigned(ME, "User", { scope: "" })],
  ],
  ["no role", [{ properties: { principalId: ME, scope: SUB } }]],
  ["a role elsewhere", [assigned(ME, "User", { roleDefinitionId: "/x?y=/roledefinitions/" })]],
  ["a role at a machine whose name begins alike", [assigned(ME, "User", { scope: VM.slice(0, -1) })]],
  ["a condition that is no text", [assigned(ME, "User", { condition: { all: [] } })]],
])("%s from a server that knows no filters is no yes", async (_what, assignments) => {
  const { kind } = await ask(world(assignments));
  expect(kind).toBe("no");
});

test.each<[string, unknown]>([
  ["actions that are no list", { actions: "*" }],
  ["notActions that are no list", { actions: ["*"], notActions: "*/initiate/action" }],
  ["notActions that are no texts", { actions: ["*"], notActions: [{ action: "*" }] }],
])("a role with %s can't be read", async (_what, permission) => {
  const reading = ask(world([assigned(ME, "User")], [], { properties: { permissions: [permission] } }));
  await expect(reading).rejects.toSatisfy(isFault);
});

test.each<[string, unknown]>([
  ["nothing", {}],
  ["no permissions", { properties: { scope: SUB } }],
  ["permissions that are no list", { properties: { scope: SUB, permissions: {} } }],
  ["actions that are no list", { properties: { scope: SUB, permissions: [{ actions: "*" }] } }],
  ["principals that are no list", { properties: { scope: SUB, permissions: [], principals: "all" } }],
  ["a principal that is none", { properties: { scope: SUB, permissions: [], principals: [null] } }],
])("a deny assignment with %s can't be read", async (_what, denial) => {
  await expect(ask(world([assigned(ME, "User")], [denial]))).rejects.toSatisfy(isFault);
});

test("a deny assignment that says no more than what it denies denies it to everybody", async () => {
  const denial = { properties: { permissions: [{ actions: ["*/initiate/action"] }] } };
  expect(show(await ask(world([assigned(ME, "User")], [denial])))).toBe(
    "denied by a deny assignment: Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action",
  );
});

test("a next page elsewhere isn't followed, and nobody there gets our token", async () => {
  const elsewhere = await serve({ "/": { value: [] } });
  const lists = world([assigned(ME, "User")]);
  const page = { value: [], nextLink: `${elsewhere}/denyAssignments?` };
  await expect(ask({ ...lists, "/denyassignments?": page })).rejects.toSatisfy(isFault);
});
