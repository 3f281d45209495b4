import { describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRule } from "../policy/example-rule.ts";
import { machineBehind } from "../reconcile/world.ts";
import { anAsk, createOffice, DEV, NSG, personFacts, STRANGER, SUBNET_NSG } from "./office.ts";

describe("asking where somebody must approve", () => {
  test("stores a pending request, says so, and opens nothing", async () => {
    const office = await createOffice();
    const request = await office.submit();
    expect(request).toMatchObject({
      version: 1,
      requester: { team: "T0ACME", user: DEV },
      machine: { name: "prod-vm-3" },
      services: ["ssh"],
      ports: [{ port: 22, protocol: "tcp" }],
      sources: ["198.51.100.7/32"],
      answerBy: NOW + 30 * MINUTE,
      steps: [{ needed: 1, users: ["U0LEAD1", "U0LEAD2"], groups: [] }],
      state: { kind: "pending", approvals: [] },
      channel: "C0ACCESS",
    });
    expect(await office.ledger.request(request.id)).toEqual(request);
    expect(await office.grantOf(request.id)).toBeUndefined();
    expect(await office.firewalls.nextAt()).toBeUndefined();
    expect(await office.requests.nextAt()).toBe(request.askedAt);
    expect(office.lastEvent()).toMatchObject({
      kind: "request.submitted",
      requestId: request.id,
      durationMs: 2 * HOUR,
    });
  });

  test("can't be answered after its end has come", async () => {
    const office = await createOffice();
    office.clock.set(Date.parse("2026-11-23T12:00:00Z"));
    const request = await office.submit({ end: "until 13:10" });
    expect(request.answerBy).toBe(Date.parse("2026-11-23T12:10:00Z"));
  });

  test("twice for the same is one question; for something else it is another", async () => {
    const office = await createOffice();
    const { id } = await office.submit();
    expect(
      await office.submitRequest(
        { services: ["SSH"], machine: "PROD-VM-3", end: "1h", from: [], because: "INC-2" },
        DEV,
      ),
    ).toMatchObject({
      refusals: [{ code: "already-asked", facts: { requestId: id } }],
    });
    expect(await office.refusalsOf({ from: ["203.0.113.7"] })).toEqual([]);
    expect(await office.refusalsOf({ services: ["ssh", "rdp"], end: "1h" })).toEqual([]);
    expect(await office.refusalsOf({}, "U0DEV2")).toEqual([]);
    office.clock.advance(30 * MINUTE);
    expect(await office.refusalsOf({})).toEqual([]);
  });

  test("three times at once is one question too, and the others are told which", async () => {
    const office = await createOffice();
    const outcomes = await Promise.all([1, 2, 3].map(() => office.submitRequest(anAsk(), DEV)));
    const requests = outcomes.flatMap((outcome) => ("id" in outcome ? [outcome.id] : []));
    expect(requests).toHaveLength(1);
    expect(outcomes.flatMap((outcome) => ("refusals" in outcome ? outcome.refusals : []))).toMatchObject(
      [1, 2].map(() => ({ code: "already-asked", facts: { requestId: requests[0] } })),
    );
    expect(office.told()).toEqual(["request.submitted"]);
  });
});

describe("asking where nobody needs to approve", () => {
  test("grants at once: request, grant and what is due in one write", async () => {
    const office = await createOffice({ approve: { kind: "none" } });
    const request = await office.submit();
    expect(request.state).toEqual({ kind: "approved", approvals: [], at: NOW });
    expect(await office.grantOf(request.id)).toMatchObject({
      startsAt: NOW,
      expiresAt: NOW + 2 * HOUR,
      targets: [
        { firewall: NSG, addresses: ["10.0.0.4"] },
        { firewall: SUBNET_NSG, addresses: ["10.0.0.4"] },
      ],
      openedAt: undefined,
      revoked: undefined,
    });
    expect((await office.firewalls.take(NOW, 10, MINUTE)).map(({ id }) => id).toSorted()).toEqual([NSG, SUBNET_NSG]);
    expect(await office.requests.nextAt()).toBe(NOW + 2 * HOUR - 10 * MINUTE);
    expect(office.told()).toEqual(["request.approved"]);
    expect(office.lastEvent()).toMatchObject({ approvers: [], expiresAt: NOW + 2 * HOUR, actor: { kind: "bot" } });
  });
});

test("who dies right after the first write of a grant loses nothing of it", async () => {
  const office = await createOffice({ approve: { kind: "none" } });
  office.dieAfter(1);
  await expect(office.submit()).rejects.toThrow("died");
  const [grant] = office.memory.grants();
  expect(grant).toMatchObject({ startsAt: NOW, expiresAt: NOW + 2 * HOUR });
  expect(await office.firewalls.nextAt()).toBe(NOW);
  expect((await office.request(grant?.requestId ?? ("" as never))).state.kind).toBe("approved");
});

describe("refused, with nothing stored,", () => {
  test.each([
    ["a machine that isn't there", { machine: "prod-vm-33" }, ["machine-unknown"]],
    ["a port that isn't offered", { services: ["8080"] }, ["port-not-offered"]],
    ["a service that isn't known", { services: ["shh"] }, ["port-unreadable"]],
    ["a time that is too long", { end: "3h1m" }, ["duration-too-long"]],
    ["a bare number", { end: "30" }, ["duration-unreadable"]],
    ["a malformed source", { from: ["999.1.1.1"] }, ["source-unreadable"]],
    ["a prefix that is too long", { from: ["10.0.0.0/33"] }, ["source-unreadable"]],
    ["everywhere", { from: ["0.0.0.0/0"] }, ["source-not-allowed"]],
    ["no justification", { because: "" }, ["justification-missing"]],
    [
      "everything that can't be read, at once",
      { services: ["shh"], end: "soon", from: ["here"] },
      ["port-unreadable", "duration-unreadable", "source-unreadable"],
    ],
  ])("%s", async (_, ask, codes) => {
    const office = await createOffice();
    expect(await office.refusalsOf(ask)).toEqual(codes);
    expect(office.told()).toEqual([]);
    expect(await office.requests.nextAt()).toBeUndefined();
  });

  test("up to the longest time is allowed, a minute more is not", async () => {
    const office = await createOffice();
    expect(await office.refusalsOf({ end: "3h" })).toEqual([]);
  });

  test("who has no role for it", async () => {
    const office = await createOffice();
    expect(await office.refusalsOf({}, STRANGER)).toEqual(["not-eligible"]);
  });

  test.each(["guest", "outsider", "bot", "deactivated"] as const)("a %s, whatever their roles", async (standing) => {
    const office = await createOffice();
    office.people.set(DEV, personFacts(DEV, { standing }));
    expect(await office.refusalsOf({})).toEqual(["person-standing"]);
  });

  test("somebody whom Slack doesn't know", async () => {
    const office = await createOffice();
    expect(await office.refusalsOf({}, "U0GONE")).toEqual(["person-unknown"]);
  });

  test("everybody, while the policy can't be read", async () => {
    const office = await createOffice();
    office.setPolicy(undefined);
    expect(await office.refusalsOf({})).toEqual(["policy-unreadable"]);
  });

  test("a machine that no rule is for", async () => {
    const office = await createOffice();
    office.setPolicy(aPolicy(aRule({ match: { ...aRule().match, names: ["dev-*"] } })));
    expect(await office.refusalsOf({})).toEqual(["machine-not-offered"]);
  });

  test("where nobody is left to approve but the asker", async () => {
    const office = await createOffice();
    for (const lead of ["U0LEAD1", "U0LEAD2"]) office.people.set(lead, personFacts(lead, { standing: "deactivated" }));
    expect(await office.refusalsOf({})).toEqual(["no-approver"]);
  });

  test("a machine without a firewall, and one without an address of the source's family", async () => {
    const office = await createOffice({}, [machineBehind([])]);
    expect(await office.refusalsOf({})).toEqual(["no-firewall"]);
    const bare = machineBehind([NSG], {
      interfaces: [{ id: "nic", privateAddresses: ["10.0.0.4"], publicAddresses: [], firewalls: [NSG] }],
    });
    const other = await createOffice({}, [bare]);
    expect(await other.refusalsOf({ from: ["2001:db8:1::7"] })).toEqual(["no-address-in-family"]);
  });
});

describe("something that breaks is thrown, and nothing is stored:", () => {
  test("Slack is away", async () => {
    const office = await createOffice();
    office.slack.away = true;
    await expect(
      office.submitRequest({ services: ["ssh"], machine: "prod-vm-3", end: "1h", from: [], because: "INC-1" }, DEV),
    ).rejects.toMatchObject({ code: "slack" });
    expect(office.memory.log()).toEqual([]);
  });

  test("Redis is away", async () => {
    const office = await createOffice({ approve: { kind: "none" } });
    office.outage.away = true;
    await expect(office.submit()).rejects.toMatchObject({ code: "redis" });
  });
});

test("a refusal is recorded with who asked for what and why not, cut to a sensible length", async () => {
  const office = await createOffice();
  await office.recordRefusal.ofAsk(DEV, "x".repeat(10_000), [{ kind: "refusal", code: "person-unknown", facts: {} }]);
  expect(office.lastEvent()).toMatchObject({
    kind: "request.refused",
    requester: { team: "T0ACME", user: DEV },
    codes: ["person-unknown"],
  });
  expect(JSON.stringify(office.lastEvent()).length).toBeLessThan(1_500);
});
