import { describe, expect, test } from "vitest";
import type { GrantId, ProtectionId } from "../../../../src/access/identifier.ts";
import { type Changes, type IngressRule, NO_CHANGES } from "../../../../src/cloud/firewall.ts";
import { plan } from "../../../../src/reconcile/plan.ts";
import { aRule, cidr, free, grantNumber, never } from "../small-world.ts";
import {
  aFirewall,
  aHubWorld,
  aNetworkCollection,
  customerCollections,
  FRONT,
  FW,
  type HubSetup,
  obeyed,
  setupHub,
  translates,
} from "./firewall-world.ts";

const PUT = /^put .*\/azurefirewalls\/fw-hub$/iu;
const OTHER = aRule("bcdfghjk" as GrantId);

const changesTo = async ({ firewall }: HubSetup, rules: readonly IngressRule[]): Promise<Changes> =>
  plan(rules, (await firewall.observe(never)).rules, "grant");

const reach = async (world: HubSetup, rules: readonly IngressRule[]): Promise<void> => {
  await world.firewall.apply(await changesTo(world, rules), free, never);
};

const grantsOf = async ({ firewall }: HubSetup): Promise<readonly string[]> =>
  (await firewall.observe(never)).rules.map(({ holders }) => holders[0]?.grant ?? "");

describe("others at work", () => {
  test("an edit that came in between makes it fail without effect, and the next pass keeps both", async () => {
    const world = await setupHub();
    const edit = async (): Promise<void> => world.edit((there) => [...there, aNetworkCollection("new", 500, "Allow")]);
    const changes = await changesTo(world, [aRule()]);
    await expect(world.firewall.apply(changes, edit, never)).rejects.toMatchObject({ code: "azure", retry: "later" });
    expect(await grantsOf(world)).toEqual([]);
    await reach(world, [aRule()]);
    expect(world.azure.exportFirewall(FW).networkRuleCollections.map(({ name }) => name)).toContain("new");
    expect(await grantsOf(world)).toEqual([aRule().holders[0]?.grant]);
  });

  test.each([
    [409, "AnotherOperationInProgress"],
    [412, "PreconditionFailed"],
    [429, "RetryableErrorDueToAnotherOperation"],
    [429, "TooManyRequests"],
  ])("%i %s is for later", async (status, code) => {
    const world = await setupHub();
    const body = JSON.stringify({ error: { code, message: "no" } });
    const headers = { "retry-after": "7" };
    world.faults.add({ calls: PUT, does: { kind: "answer", status, body, headers } });
    await expect(reach(world, [aRule()])).rejects.toMatchObject({ code: "azure", retry: "later", afterMs: 7_000 });
  });

  test("what isn't permitted is never", async () => {
    const world = await setupHub();
    const body = JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } });
    world.faults.add({ calls: PUT, does: { kind: "answer", status: 403, body } });
    await expect(reach(world, [aRule()])).rejects.toMatchObject({ code: "azure", retry: "never" });
  });

  test("while somebody else's update runs nothing is written, and nothing is settled", async () => {
    const world = await setupHub({ firewallUpdate: { ms: 60_000, retryAfterSeconds: 0 } });
    const other = world.another({ installation: "other" }).firewall(world.firewall.id);
    const stop = new AbortController();
    const theirs = other?.apply({ ...NO_CHANGES, add: [OTHER] }, free, stop.signal).catch(() => undefined);
    await expect.poll(() => world.azure.firewallPuts(FW)).toBe(1);
    expect(await world.firewall.observe(never)).toMatchObject({ rules: [], settled: false });
    for (const changes of [NO_CHANGES, { ...NO_CHANGES, add: [aRule()] }]) {
      await expect(world.firewall.apply(changes, free, never)).rejects.toMatchObject({
        retry: "later",
        afterMs: 5_000,
      });
    }
    world.azure.operations.endRunning("Succeeded");
    stop.abort();
    await theirs;
    const ours = reach(world, [aRule()]);
    await expect.poll(() => world.azure.operations.running()).toBe(1);
    world.azure.operations.endRunning("Succeeded");
    await ours;
    expect(await grantsOf(world)).toEqual([aRule().holders[0]?.grant]);
    expect(world.azure.firewallPuts(FW)).toBe(2);
  });
});

describe("updates that take long", () => {
  test("are waited for", async () => {
    const world = await setupHub({ firewallUpdate: { ms: 700 } });
    await reach(world, [aRule()]);
    expect(translates(obeyed(world), "203.0.113.7", FRONT, { port: 50_002, protocol: "tcp" })).toBe("10.0.1.4:22");
    expect(await world.firewall.observe(never)).toMatchObject({ settled: true });
  });

  test("are waited for as long as a limit of their own says", async () => {
    const limits = { firewallWriteMs: 300, writeMs: 1 };
    const world = await setupHub({ operationMs: 60_000 }, { limits });
    await expect(reach(world, [aRule()])).rejects.toMatchObject({ code: "azure", retry: "later", unanswered: true });
    world.azure.operations.endRunning("Succeeded");
    expect(await world.firewall.observe(never)).toMatchObject({ rules: [{ holders: [{}] }], settled: true });
  });

  test("who is told to stop or dies meanwhile finds it running, then done", async () => {
    const world = await setupHub({ operationMs: 60_000 });
    const dying = new AbortController();
    const died = world.firewall.apply({ ...NO_CHANGES, add: [aRule()] }, free, dying.signal);
    await expect.poll(() => world.azure.operations.running()).toBe(1);
    dying.abort(new Error("killed"));
    await expect(died).rejects.toThrow("killed");

    expect(await world.firewall.observe(never)).toMatchObject({ rules: [{}], settled: false });
    await expect(world.firewall.apply(NO_CHANGES, free, never)).rejects.toMatchObject({ retry: "later" });
    world.azure.operations.endRunning("Succeeded");
    expect(await world.firewall.apply(NO_CHANGES, free, never)).toEqual([]);
    expect(await world.firewall.observe(never)).toMatchObject({ rules: [{}], settled: true });
    expect(world.azure.firewallPuts(FW)).toBe(1);
  });

  test.each(["old", "asked"] as const)(
    "one that fails is written again, whichever rules Azure shows then: %s",
    async (after) => {
      const world = await setupHub({ afterFirewallFailure: after });
      await reach(world, [aRule()]);
      world.azure.operations.nextEnds("Failed", PUT);
      await expect(reach(world, [])).rejects.toMatchObject({ code: "azure", retry: "later" });
      expect((await world.firewall.observe(never)).settled).toBe(false);
      await reach(world, []);
      expect(await world.firewall.observe(never)).toMatchObject({ rules: [], settled: true });
      expect(translates(obeyed(world), "203.0.113.7", FRONT, { port: 50_002, protocol: "tcp" })).toBeUndefined();
    },
  );

  test("an answer that was lost is no harm", async () => {
    const world = await setupHub();
    world.faults.add({ calls: PUT, does: { kind: "lose-answer" }, times: 1 });
    await expect(reach(world, [aRule()])).rejects.toMatchObject({ retry: "later", unanswered: true });
    await expect.poll(() => world.azure.operations.running()).toBe(0);
    await reach(world, [aRule()]);
    expect(world.azure.firewallPuts(FW)).toBe(1);
    expect(await grantsOf(world)).toHaveLength(1);
  });
});

describe("whichever call goes wrong", () => {
  const CALLS = {
    "reading it": /^get .*\/azurefirewalls\/fw-hub$/iu,
    "reading its address": /^get .*\/publicipaddresses\/fw-ip$/iu,
    "writing it": PUT,
    "asking how far it is": /^get .*\/operations\/[^/]+$/iu,
  };
  const KINDS = ["drop", "lose-answer", "throttle", "lie"] as const;

  test.each(Object.keys(CALLS) as (keyof typeof CALLS)[])("%s: coming again ends where it should", async (which) => {
    for (const kind of KINDS) {
      const world = await setupHub();
      const before = world.azure.exportFirewall(FW);
      for (const rules of [[aRule(), OTHER], [OTHER], []]) {
        world.faults.add({ calls: CALLS[which], does: { kind }, times: 1 });
        let isDone = false;
        for (let tries = 0; tries < 20 && !isDone; tries += 1) {
          const done = await reach(world, rules).then(
            () => true,
            (error: unknown) => {
              expect(error).toMatchObject({ code: "azure", retry: "later" });
              return false;
            },
          );
          const seen = done ? await world.firewall.observe(never).catch(() => undefined) : undefined;
          isDone = seen?.settled === true && seen.rules.length === rules.length;
        }
        expect(isDone).toBe(true);
        world.faults.clear();
        expect(await grantsOf(world)).toHaveLength(rules.length);
      }
      expect(world.azure.exportFirewall(FW)).toEqual(before);
    }
  });
});

describe("no room", () => {
  test("in the range of mapped ports: what is to close still closes, in one write, and nothing is opened", async () => {
    const world = await setupHub({}, { mappedPorts: { from: 50_000, to: 50_000 } });
    await reach(world, [aRule()]);
    const both = [grantNumber(1), grantNumber(2)].map((grant) => aRule(grant, { sources: [cidr("203.0.113.9")] }));
    const puts = world.azure.firewallPuts(FW);
    const wanted = await changesTo(world, both);
    await expect(world.firewall.apply(wanted, free, never)).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: "no room for 1 more in `fw-hub`: every mapped port from 50000 to 50000 is taken",
    });
    expect(world.azure.firewallPuts(FW)).toBe(puts + 1);
    expect(await grantsOf(world)).toEqual([]);
  });

  test("for more than 250 addresses and translations", async () => {
    const [web] = customerCollections.natRuleCollections ?? [];
    const [site] = web?.properties.rules ?? [];
    if (web === undefined || site === undefined) throw new Error("no rule to copy");
    const rules = Array.from({ length: 247 }, (_, i) => ({
      ...site,
      name: `r${i}`,
      destinationPorts: [`${1_000 + i}`],
    }));
    const full = aFirewall({ natRuleCollections: [{ ...web, properties: { ...web.properties, rules } }] });
    const world = await setupHub({ world: aHubWorld(full) });
    await reach(world, [aRule()]);
    await expect(reach(world, [OTHER, aRule()])).rejects.toMatchObject({ code: "quota", retry: "never" });
    await expect(reach(world, [OTHER, aRule()])).rejects.toThrow(
      "it can have 250 public addresses and translated ports, and would have 251",
    );
    expect(await grantsOf(world)).toEqual([aRule().holders[0]?.grant]);
    await reach(world, [OTHER]);
    expect(await grantsOf(world)).toEqual([OTHER.holders[0]?.grant]);
  });

  test("a block that can't be made doesn't keep an opening back, nor a closing", async () => {
    const world = await setupHub();
    world.edit((there) => [...there, aNetworkCollection("first", 100, "Allow")]);
    await reach(world, [OTHER]);
    const block = {
      protection: "bcdfghjk" as ProtectionId,
      addresses: ["10.0.1.4"],
      ports: [{ port: 22, protocol: "tcp" as const }],
      overrules: ["first/rule"],
      note: "",
    };
    const changes = { ...(await changesTo(world, [aRule()])), block: [block] };
    await expect(world.firewall.apply(changes, free, never)).rejects.toMatchObject({ retry: "never" });
    expect(await grantsOf(world)).toEqual([aRule().holders[0]?.grant]);
    expect((await world.firewall.observe(never)).blocks).toEqual([]);
  });
});
