import { describe, expect, test } from "vitest";
import type { Misbehaviour } from "../../../../src/sandbox/faults.ts";
import {
  aRule,
  cidr,
  customerRules,
  firewallOf,
  free,
  grantNumber,
  NSG,
  NSG_ID,
  never,
  nothing,
  reconcile,
  setup,
} from "../small-world.ts";

const NAME = "latch-acme-k7f3q2xd-tcp-4";
const error = (code: string): string => JSON.stringify({ error: { code, message: "said the cloud" } });
const answer = (status: number, code: string, headers?: Record<string, string>): Misbehaviour => ({
  kind: "answer",
  status,
  body: error(code),
  ...(headers === undefined ? {} : { headers }),
});
const leaseLost = (): Promise<void> => Promise.reject(new Error("lease lost"));
const limits = { callMs: 300, writeMs: 1_000 };

describe.each(["PUT", "DELETE"])("when a %s goes wrong", (method) => {
  const start = method === "PUT" ? [] : [aRule()];
  const end = method === "PUT" ? [aRule()] : [];
  const verb = method === "PUT" ? "write" : "remove";

  test.each<[string, Misbehaviour, string, "later" | "never", number | undefined]>([
    ["throttled", { kind: "throttle", retryAfterSeconds: 7 }, "429", "later", 7_000],
    [
      "throttled in milliseconds",
      answer(429, "TooManyRequests", { "x-ms-retry-after-ms": "250" }),
      "429",
      "later",
      250,
    ],
    ["retryable", answer(429, "RetryableError", { "retry-after": "10" }), "429 RetryableError", "later", 10_000],
    ["in progress", answer(409, "AnotherOperationInProgress"), "409 AnotherOperationInProgress", "later", undefined],
    ["preempted", answer(412, "PreconditionFailed"), "412 PreconditionFailed", "later", undefined],
    ["ill", answer(500, "InternalServerError"), "500 InternalServerError", "later", undefined],
    ["away", { kind: "answer", status: 503, body: "<html>busy</html>" }, "503", "later", undefined],
    ["dropped", { kind: "drop" }, "ECONNRESET", "later", undefined],
    ["hanging", { kind: "hang" }, "no answer within 0.3 s", "later", undefined],
    ["not permitted", answer(403, "AuthorizationFailed"), "403 AuthorizationFailed", "never", undefined],
    ["not accepted", answer(400, "InvalidRequestFormat"), "400 InvalidRequestFormat", "never", undefined],
  ])(
    "%s: a fault that says so, nothing changed, and the next pass does it",
    async (_name, does, why, retry, afterMs) => {
      const world = await setup({}, { limits });
      await reconcile(world.nsg, start);
      const before = world.azure.export(NSG);
      world.faults.add({ calls: new RegExp(`^${method} .*/securityrules/`, "u"), does, times: 1 });
      await expect(reconcile(world.nsg, end)).rejects.toMatchObject({
        retry,
        afterMs,
        message: expect.stringContaining(`cannot ${verb} rule \`${NAME}\` of \`nsg-prod-web\`: ${why}`),
      });
      expect(world.azure.export(NSG)).toEqual(before);
      await reconcile(world.nsg, end);
      expect((await world.nsg.observe(never)).rules).toHaveLength(end.length);
    },
  );

  test.each<["Canceled" | "Failed", string]>([
    ["Canceled", "the operation ended with Canceled"],
    ["Failed", "the operation ended with InternalServerError"],
  ])("accepted, but %s in the end: a fault, and the next pass does it", async (how, why) => {
    const world = await setup();
    await reconcile(world.nsg, start);
    world.azure.operations.nextEnds(how);
    await expect(reconcile(world.nsg, end)).rejects.toMatchObject({
      retry: "later",
      message: expect.stringContaining(why),
    });
    await reconcile(world.nsg, end);
    expect((await world.nsg.observe(never)).rules).toHaveLength(end.length);
  });

  test("accepted, but never done: a fault in time, and not settled while it is so", async () => {
    const world = await setup({ whenBusy: "supersede" }, { limits });
    await reconcile(world.nsg, start);
    world.azure.operations.nextEnds("never");
    await expect(reconcile(world.nsg, end)).rejects.toMatchObject({
      retry: "later",
      message: expect.stringContaining("no answer within 1 s"),
    });
    expect((await world.nsg.observe(never)).settled).toBe(false);
    world.azure.operations.endRunning("Succeeded");
    expect(await world.nsg.observe(never)).toMatchObject({ settled: true, rules: { length: end.length } });
  });

  test.each<Misbehaviour>([{ kind: "lose-answer" }, { kind: "hang-after" }])(
    "done, but never told ($kind): a fault, and the next pass sees that it is done",
    async (does) => {
      const world = await setup({}, { limits });
      await reconcile(world.nsg, start);
      world.faults.add({ calls: new RegExp(`^${method} .*/securityrules/`, "u"), does, times: 1 });
      await expect(reconcile(world.nsg, end)).rejects.toMatchObject({ retry: "later" });
      await expect.poll(async () => (await world.nsg.observe(never)).settled).toBe(true);
      expect((await world.nsg.observe(never)).rules).toHaveLength(end.length);
    },
  );

  test("told done without effect: reading back shows it", async () => {
    const world = await setup();
    await reconcile(world.nsg, start);
    world.faults.add({ calls: new RegExp(`^${method} .*/securityrules/`, "u"), does: { kind: "lie" }, times: 1 });
    // The poller's last look may already notice; whether it does or not, what we observe is what counts.
    await reconcile(world.nsg, end).catch((thrown: unknown) => expect(thrown).toMatchObject({ retry: "later" }));
    expect((await world.nsg.observe(never)).rules).toHaveLength(start.length);
    await reconcile(world.nsg, end);
    expect((await world.nsg.observe(never)).rules).toHaveLength(end.length);
  });
});

test("one door that won't close doesn't keep the next from closing", async () => {
  const world = await setup();
  const rules = [1, 2, 3].map((n) => aRule(grantNumber(n), { sources: [cidr(`203.0.113.${n}`)] }));
  await reconcile(world.nsg, rules);
  world.faults.add({ calls: /^DELETE .*bbbbbbbc-tcp-4$/u, does: answer(500, "InternalServerError") });
  await expect(reconcile(world.nsg, [])).rejects.toMatchObject({ message: expect.stringContaining("bbbbbbbc") });
  expect((await world.nsg.observe(never)).rules.map(({ id }) => id)).toEqual(["latch-acme-bbbbbbbc-tcp-4"]);
});

test("a door that won't close is told before one that can't be opened", async () => {
  const world = await setup({}, { allowPriorities: { from: 101, to: 101 } });
  await reconcile(world.nsg, [aRule()]);
  world.faults.add({ calls: /^DELETE /u, does: answer(500, "InternalServerError") });
  await expect(reconcile(world.nsg, [aRule(grantNumber(1))])).rejects.toMatchObject({ code: "azure", retry: "later" });
});

test("throttled once, nothing more is asked", async () => {
  const world = await setup();
  const rules = [1, 2, 3].map((n) => aRule(grantNumber(n)));
  await reconcile(world.nsg, rules);
  world.faults.add({ calls: /^DELETE /u, does: { kind: "throttle", retryAfterSeconds: 3 } });
  await expect(reconcile(world.nsg, [])).rejects.toMatchObject({ afterMs: 3_000 });
  expect(world.azure.calls.filter(({ method }) => method === "DELETE")).toHaveLength(1);
});

test("a lock against deleting doesn't keep a door open", async () => {
  const world = await setup();
  await reconcile(
    world.nsg,
    [1, 2, 3].map((n) => aRule(grantNumber(n))),
  );
  world.faults.add({ calls: /^DELETE /u, does: answer(409, "ScopeLocked") });
  await reconcile(world.nsg, []);
  expect(world.azure.export(NSG).securityRules).toHaveLength(customerRules.length);
});

test("rules that stand in a group whose last change failed are written once more", async () => {
  const world = await setup();
  await reconcile(world.nsg, [aRule()]);
  world.azure.operations.nextEnds("Failed");
  await expect(reconcile(world.nsg, [aRule(), aRule(grantNumber(1))])).rejects.toMatchObject({ retry: "later" });
  expect((await world.nsg.observe(never)).settled).toBe(false);
  const before = world.azure.export(NSG);
  await reconcile(world.nsg, [aRule()]);
  expect((await world.nsg.observe(never)).settled).toBe(true);
  expect(world.azure.export(NSG)).toEqual(before);
});

test("a group that is still being changed is waited for, then left for later", async () => {
  const world = await setup({ operationMs: 700 });
  const opening = reconcile(world.nsg, [aRule()]);
  await expect.poll(() => world.azure.operations.running()).toBe(1);
  const { rules, settled } = await world.nsg.observe(never);
  expect({ rules: rules.length, settled }).toEqual({ rules: 1, settled: false });
  await reconcile(world.nsg, [aRule()]);
  expect((await world.nsg.observe(never)).settled).toBe(true);
  await opening;
});

test("a worker that may no longer write doesn't", async () => {
  const world = await setup();
  await expect(reconcile(world.nsg, [aRule()], leaseLost)).rejects.toThrow("lease lost");
  expect(world.azure.calls.every(({ method }) => method === "GET")).toBe(true);
});

test("who is told to stop, stops at once and says why", async () => {
  const world = await setup();
  world.faults.add({ calls: /^GET /u, does: { kind: "hang" } });
  const stop = new AbortController();
  const looking = world.nsg.observe(stop.signal);
  await expect.poll(() => world.azure.calls.length).toBe(1);
  stop.abort(new Error("shutting down"));
  await expect(looking).rejects.toThrow("shutting down");
  await expect(world.nsg.apply(nothing, free, stop.signal)).rejects.toThrow("shutting down");
});

test("a server that is away is a fault for later", async () => {
  const world = await setup();
  await world.azure.stop();
  await expect(world.nsg.observe(never)).rejects.toMatchObject({
    message: "cannot read `nsg-prod-web`: ECONNREFUSED",
    retry: "later",
  });
});

test("a 404 of something in between isn't taken for an empty group", async () => {
  const world = await setup();
  world.faults.add({ calls: /^GET /u, does: { kind: "answer", status: 404, body: "<h1>not here</h1>" } });
  await expect(firewallOf(world.cloud, NSG_ID).observe(never)).rejects.toMatchObject({ retry: "later" });
});
