import { describe, expect, test } from "vitest";
import type { GrantId } from "../../src/access/identifier.ts";
import { isRefusal } from "../../src/access/refusal.ts";
import { type EpochMs, HOUR, MINUTE } from "../../src/access/time.ts";
import type { Rule } from "../../src/policy/policy.ts";
import { createExtendGrant } from "../../src/workflow/extend-grant.ts";
import { NOW } from "../contracts/samples.ts";
import { everyMachine, hours } from "../policy/example-rule.ts";
import { createOffice, DEV, LEAD, NSG, OTHER_LEAD, SECURITY, SUBNET_NSG } from "./office.ts";

const FREELY: Partial<Rule> = { approve: { kind: "none" } };
const at = (ms: number): EpochMs => (NOW + ms) as EpochMs;
const limits = { perPerson: undefined, perMachine: undefined, asksPerHour: undefined };

/** Somebody has SSH to prod-vm-3 for two hours; three is the most. */
const opened = async (
  rule: Partial<Rule> = {},
  ask: Parameters<Awaited<ReturnType<typeof createOffice>>["submit"]>[0] = {},
) => {
  const office = await createOffice(rule);
  const request = await office.submit(ask);
  if (request.state.kind === "pending") await office.review(request.id, LEAD, { kind: "approve" });
  const id = request.id as string as GrantId;
  for (const lease of await office.firewalls.take(NOW, 10, MINUTE)) await office.firewalls.finish(lease, undefined);
  for (const lease of await office.requests.take(at(HOUR * 24), 10, MINUTE))
    await office.requests.finish(lease, undefined);
  const grant = async () => {
    const found = await office.ledger.grant(id);
    if (found === undefined) throw new Error("no grant");
    return found;
  };
  /** What came of it: codes, or how it went. */
  const extend = async (end?: string, user = DEV): Promise<string> => {
    const outcome = await office.extendGrant(id, user, end);
    return outcome.kind === "refused" ? outcome.refusals.map(({ code }) => code).join() : outcome.kind;
  };
  /** The id of the request that waits for somebody's yes. */
  const asked = async (end = "1h") => {
    const outcome = await office.extendGrant(id, DEV, end);
    if (outcome.kind !== "asked") throw new Error(JSON.stringify(outcome));
    return outcome.request.id;
  };
  const approve = async (requestId: Parameters<typeof office.review>[0], user = LEAD): Promise<string> => {
    const outcome = await office.review(requestId, user, { kind: "approve" });
    return isRefusal(outcome) ? outcome.code : outcome.state.kind;
  };
  return { ...office, id, grant, extend, asked, approve };
};

describe("where nobody has to approve", () => {
  test("a length is added to the end, and an instant sets it, in one write with the firewalls due", async () => {
    for (const [end, expiresAt] of [
      ["45m", 2 * HOUR + 45 * MINUTE],
      ["1h", 3 * HOUR],
    ] as const) {
      const { extend, grant, firewalls, requests, eventsOf, clock } = await opened(FREELY);
      clock.advance(HOUR);
      expect(await extend(end)).toBe("extended");
      // No cloud was looked at here.
      expect(eventsOf("grant.extended")[0]?.opening).toBe(true);
      expect(await grant()).toMatchObject({
        expiresAt: at(expiresAt),
        warnedAt: undefined,
        extensions: [{ at: at(HOUR), approvers: [], from: at(2 * HOUR) }],
      });
      expect((await firewalls.take(clock.now(), 10, MINUTE)).map((each) => each.id).toSorted()).toEqual([
        NSG,
        SUBNET_NSG,
      ]);
      expect(await requests.nextAt()).toBe(at(expiresAt - 10 * MINUTE));
      expect(eventsOf("grant.extended")).toMatchObject([
        { before: at(2 * HOUR), expiresAt: at(expiresAt), approvers: [], actor: { person: { user: DEV } } },
      ]);
      expect(eventsOf("grant.extended")[0]?.asked).toBeUndefined();
    }
  });

  test("the maximum counts from its beginning, to the millisecond", async () => {
    const { extend, grant, extendGrant, id, clock } = await opened(FREELY);
    clock.advance(HOUR);
    expect(await extend("61m")).toBe("extension-too-long");
    const refused = await extendGrant(id, DEV, "61m");
    expect(refused).toMatchObject({ refusals: [{ facts: { maximumMs: 3 * HOUR, leftMs: HOUR, port: "ssh" } }] });
    expect(await extend("60m")).toBe("extended");
    expect(await extend("1m")).toBe("extension-too-long");
    expect((await grant()).expiresAt).toBe(at(3 * HOUR));
  });

  test("one tap gives the first length again, or what the maximum leaves, and two taps are one", async () => {
    const { extend, grant, clock } = await opened(FREELY, { end: "80m" });
    expect(await extend()).toBe("extended");
    expect((await grant()).expiresAt).toBe(at(160 * MINUTE));
    expect(await extend()).toBe("extended");
    expect((await grant()).expiresAt).toBe(at(160 * MINUTE));
    clock.advance(MINUTE);
    expect(await extend()).toBe("extended");
    expect((await grant()).expiresAt).toBe(at(3 * HOUR));
    clock.advance(MINUTE);
    expect(await extend()).toBe("extension-too-long");
  });

  test("only up to its last millisecond, and not once it was closed", async () => {
    for (const [passed, outcome] of [
      [2 * HOUR - 1, "extended"],
      [2 * HOUR, "access-over"],
    ] as const) {
      const { extend, clock } = await opened(FREELY);
      clock.advance(passed);
      expect(await extend("30m")).toBe(outcome);
    }
    const { extend, endEarly, id } = await opened(FREELY);
    await endEarly(id, DEV);
    expect(await extend("30m")).toBe("access-over");
  });

  test("by the machine's name where one access of theirs is open there, else their ids are said", async () => {
    const { extendGrant, submit, grant, id, clock } = await opened(FREELY);
    clock.advance(HOUR);
    expect(await extendGrant("PROD-vm-3", DEV, "30m")).toMatchObject({ kind: "extended", grant: { id } });
    expect((await grant()).expiresAt).toBe(at(150 * MINUTE));
    for (const [name, user] of [
      ["prod-vm-4", DEV],
      ["prod-vm-3", LEAD],
    ] as const)
      expect(await extendGrant(name, user, "30m")).toMatchObject({
        refusals: [{ code: "grant-unknown", facts: { text: name } }],
      });
    const other = await submit({ services: ["rdp"], end: "1h" });
    const outcome = await extendGrant("prod-vm-3", DEV, "30m");
    const [refusal] = outcome.kind === "refused" ? outcome.refusals : [];
    expect(refusal?.facts).toMatchObject({ text: "prod-vm-3", ids: expect.arrayContaining([id, other.id]) });
  });

  test("never for anybody else", async () => {
    const { extend, grant } = await opened(FREELY);
    for (const user of [LEAD, SECURITY, "U0DEV2"]) expect(await extend("30m", user)).toBe("not-yours");
    expect((await grant()).expiresAt).toBe(at(2 * HOUR));
  });

  test("not to where it would end anyway, and not for words that mean nothing", async () => {
    const { extend, clock, grant } = await opened(FREELY);
    clock.advance(HOUR);
    const before = new Date((await grant()).expiresAt - 30 * MINUTE);
    const [hour, minute] = before.toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" }).split(":");
    expect(await extend(`until ${hour}:${minute}`)).toBe("not-longer");
    expect(await extend("30")).toBe("duration-unreadable");
    expect(await extend("soon")).toBe("duration-unreadable");
  });

  test("what policy says now decides: roles, freezes, deny rules, ports", async () => {
    const { extend, deps, setPolicy, clock } = await opened(FREELY);
    const policy = deps.policy();
    if (policy === undefined) throw new Error("no policy");
    const [rule] = policy.rules;
    if (rule === undefined) throw new Error("no rule");
    setPolicy({ ...policy, rules: [{ ...rule, request: ["leads"] }] });
    expect(await extend("30m")).toBe("not-eligible");
    setPolicy({ ...policy, rules: [{ ...rule, ports: rule.ports.slice(1) }] });
    expect(await extend("30m")).toBe("port-not-offered");
    setPolicy({ ...policy, denials: [{ name: "no", people: [], match: everyMachine, ports: [], because: "" }] });
    expect(await extend("30m")).toBe("denied-by-policy");
    const freeze = { name: "f", match: everyMachine, except: [], untilAt: at(9 * HOUR) };
    setPolicy({ ...policy, freezes: [{ ...freeze, fromAt: at(2.5 * HOUR) }] });
    expect(await extend("45m")).toBe("frozen");
    // What is open already doesn't reach further into it.
    clock.advance(HOUR);
    expect(await extend("30m")).toBe("extended");
    setPolicy(undefined);
    expect(await extend("5m")).toBe("policy-unreadable");
  });

  test("limits don't count it against itself, and count all others", async () => {
    const { extend } = await opened({ ...FREELY, limits: { ...limits, perPerson: 1, perMachine: 1 } });
    expect(await extend("30m")).toBe("extended");
    const other = await opened({ ...FREELY, limits });
    await other.submit({ services: ["rdp"], end: "1h" });
    other.setRule({ ...FREELY, limits: { ...limits, perPerson: 1 } });
    expect(await other.extend("30m")).toBe("too-many-at-once");
  });

  test("of two at once from two processes both count or one is told to try again, and the maximum holds", async () => {
    const { extendGrant, id, deps, grant } = await opened(FREELY);
    const another = createExtendGrant(deps);
    const outcomes = await Promise.all([extendGrant(id, DEV, "40m"), another(id, DEV, "40m")]);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(["extended", "refused"]);
    expect((await grant()).expiresAt).toBe(at(2 * HOUR + 40 * MINUTE));
  });

  test("after the warning it is warned again, ten minutes before its new end", async () => {
    const { extend, grant, clock, lookAtRequest, id, ledger } = await opened(FREELY);
    const before = await grant();
    await ledger.commit({ grant: { ...before, version: before.version + 1, openedAt: NOW }, events: [] });
    clock.set(at(111 * MINUTE));
    await lookAtRequest(before.requestId);
    expect((await grant()).warnedAt).toBe(at(111 * MINUTE));
    await extend("1h");
    expect(await lookAtRequest(before.requestId)).toBe(at(170 * MINUTE));
    clock.set(at(170 * MINUTE));
    await lookAtRequest(before.requestId);
    expect((await grant()).warnedAt).toBe(at(170 * MINUTE));
    expect(id).toBe(before.id);
  });
});

describe("where somebody has to approve", () => {
  test("a request of its own waits, and approving it makes the access longer in place", async () => {
    const { asked, approve, grant, request, requests, clock, eventsOf, memory } = await opened();
    clock.advance(HOUR);
    const id = await asked("30m");
    expect(await request(id)).toMatchObject({
      extends: (await grant()).id,
      end: { kind: "until", at: at(2.5 * HOUR) },
      answerBy: at(HOUR + 30 * MINUTE),
      state: { kind: "pending" },
    });
    expect((await grant()).expiresAt).toBe(at(2 * HOUR));
    clock.advance(10 * MINUTE);
    expect(await approve(id)).toBe("approved");
    expect(await grant()).toMatchObject({
      expiresAt: at(2.5 * HOUR),
      extensions: [{ at: at(70 * MINUTE), approvers: [{ user: LEAD }], from: at(2 * HOUR) }],
    });
    expect(memory.grants()).toHaveLength(1);
    expect(eventsOf("grant.extended")).toMatchObject([{ asked: id, approvers: [{ user: LEAD }] }]);
    // Both requests are looked at: the one that the access came from at its former time, this one at the new.
    expect(await requests.nextAt()).toBeDefined();
  });

  test("who waits for it is warned by the look at the request that made it longer", async () => {
    const { asked, approve, grant, clock, lookAtRequest, ledger } = await opened();
    const before = await grant();
    await ledger.commit({ grant: { ...before, version: before.version + 1, openedAt: NOW }, events: [] });
    clock.set(at(111 * MINUTE));
    await lookAtRequest(before.requestId);
    const id = await asked("1h");
    await approve(id);
    expect(await lookAtRequest(id)).toBe(at(170 * MINUTE));
    clock.set(at(170 * MINUTE));
    await lookAtRequest(id);
    expect((await grant()).warnedAt).toBe(at(170 * MINUTE));
  });

  test("the question lapses with the access, and nobody asks it twice", async () => {
    const { asked, extend, request, approve, clock, grant } = await opened();
    clock.set(at(110 * MINUTE));
    const id = await asked("1h");
    expect((await request(id)).answerBy).toBe(at(2 * HOUR));
    expect(await extend("30m")).toBe("already-asked");
    clock.set(at(2 * HOUR));
    expect(await approve(id)).toBe("too-late");
    expect((await grant()).expiresAt).toBe(at(2 * HOUR));
  });

  test("approving comes too late when it was closed meanwhile, and says so", async () => {
    const { asked, approve, endEarly, id, grant } = await opened();
    const requestId = await asked("30m");
    await endEarly(id, DEV);
    expect(await approve(requestId)).toBe("access-over");
    expect(await grant()).toMatchObject({ expiresAt: at(2 * HOUR), revoked: { kind: "closed" } });
  });

  test("the question lapses as soon as the access is over, and says why", async () => {
    const { asked, endEarly, id, grant, request, requests, lookAtRequest, eventsOf, clock } = await opened();
    const [first, requestId] = [(await grant()).requestId, await asked("30m")];
    clock.advance(MINUTE);
    await endEarly(id, DEV);
    const due = await requests.take(clock.now(), 10, MINUTE);
    expect(due.map((lease) => lease.id)).toContain(first);
    await lookAtRequest(first);
    expect((await request(requestId)).state).toEqual({ kind: "lapsed", at: at(MINUTE), because: "access-over" });
    expect(eventsOf("request.lapsed")).toMatchObject([{ requestId, because: "access-over" }]);
  });

  test("a look at the question itself finds out too", async () => {
    const { asked, endEarly, id, request, lookAtRequest } = await opened();
    const requestId = await asked("30m");
    await endEarly(id, DEV);
    expect(await lookAtRequest(requestId)).toBeUndefined();
    expect((await request(requestId)).state).toMatchObject({ kind: "lapsed", because: "access-over" });
  });

  test("approving is judged again: the maximum, and roles", async () => {
    const shorter = await opened();
    const first = await shorter.asked("1h");
    // What is left of it would be within the new maximum; the whole isn't.
    shorter.clock.advance(25 * MINUTE);
    shorter.setRule({
      ports: [{ name: "ssh", ports: [{ port: 22, protocol: "tcp" }], maximumMs: hours(2.75), sources: undefined }],
    });
    expect(await shorter.approve(first)).toBe("not-any-more");
    const gone = await opened();
    const second = await gone.asked("1h");
    gone.setRule({ request: ["leads"] });
    expect(await gone.approve(second)).toBe("not-any-more");
  });

  test("an approval by whoever has it doesn't count", async () => {
    const { asked, approve } = await opened();
    expect(await approve(await asked("30m"), DEV)).toBe("own-request");
  });

  test("of two approvers one counts, and the end is set once", async () => {
    const { asked, approve, grant, eventsOf } = await opened();
    const id = await asked("30m");
    const outcomes = await Promise.all([approve(id), approve(id, OTHER_LEAD)]);
    expect(outcomes.toSorted()).toEqual(["approved", "too-late"]);
    expect((await grant()).expiresAt).toBe(at(2.5 * HOUR));
    expect(eventsOf("grant.extended")).toHaveLength(1);
  });
});

describe("by break-glass", () => {
  const breakGlass = { by: ["engineers"], maximumMs: hours(1), tell: { roles: ["leads"], channels: [] } };

  test("up to its own maximum in all, without approval, by who may break the glass", async () => {
    const { extend, grant, setRule, clock } = await opened({ breakGlass }, { breakGlass: true, end: "20m" });
    expect(await extend("41m")).toBe("extension-too-long");
    expect(await extend("30m")).toBe("extended");
    expect((await grant()).expiresAt).toBe(at(50 * MINUTE));
    clock.advance(MINUTE);
    expect(await extend()).toBe("extended");
    expect((await grant()).expiresAt).toBe(at(60 * MINUTE));
    setRule({ breakGlass: { ...breakGlass, by: ["leads"], maximumMs: hours(2) } });
    clock.advance(MINUTE);
    expect(await extend("5m")).toBe("break-glass-not-offered");
  });

  test("whoever heard of it hears that it is longer, and it is to be reviewed again, four hours later", async () => {
    const office = await opened({ breakGlass }, { breakGlass: true, end: "20m" });
    const { extend, eventsOf, request, reviewBreakGlass, requests, clock } = office;
    const { requestId } = await office.grant();
    clock.advance(MINUTE);
    await reviewBreakGlass(requestId, LEAD);
    expect((await request(requestId)).breakGlass?.reviewed).toBeDefined();
    expect(await extend("30m")).toBe("extended");
    expect(eventsOf("grant.extended")).toMatchObject([{ skipped: [LEAD, OTHER_LEAD], tell: [LEAD, OTHER_LEAD] }]);
    expect((await request(requestId)).breakGlass).toMatchObject({ remindedAt: at(MINUTE) });
    expect((await request(requestId)).breakGlass?.reviewed).toBeUndefined();
    expect(await requests.nextAt()).toBe(at(40 * MINUTE));
  });
});

test("one whose time ends while it is being judged isn't brought back", async () => {
  const { deps, grant, id, clock, ledger } = await opened(FREELY);
  clock.set(at(2 * HOUR - 1));
  const lockdown = async () => {
    clock.advance(1);
    return ledger.lockdown();
  };
  const extend = createExtendGrant({ ...deps, ledger: { ...deps.ledger, lockdown } });
  expect(await extend(id, DEV, "30m")).toMatchObject({ refusals: [{ code: "access-over" }] });
  expect((await grant()).expiresAt).toBe(at(2 * HOUR));
});

test("one that was found in a cloud isn't made longer: nobody knows since when it is open", async () => {
  const { extend, grant, ledger } = await opened(FREELY);
  const before = await grant();
  await ledger.commit({ grant: { ...before, version: before.version + 1, adopted: true }, events: [] });
  expect(await extend("10m")).toBe("origin-lost");
});

test("one that was moved counts from where it first began", async () => {
  const { grant, ledger, id, extendGrant, clock } = await opened(FREELY);
  const before = await grant();
  clock.advance(HOUR);
  const moved = { ...before, id: "m2222222" as GrantId, version: 1, startsAt: at(HOUR), supersedes: id };
  await ledger.commit({ grant: moved, events: [] });
  expect(await extendGrant(moved.id, DEV, "61m")).toMatchObject({
    refusals: [{ code: "extension-too-long", facts: { leftMs: HOUR } }],
  });
  expect(await extendGrant(moved.id, DEV, "60m")).toMatchObject({ kind: "extended" });
});

test("what was seen closed in the moment of its former end is to be seen again at its new one", async () => {
  const { extend, grant, ledger } = await opened(FREELY);
  const before = await grant();
  await ledger.commit({ grant: { ...before, version: before.version + 1, seenClosed: [NSG] }, events: [] });
  expect(await extend("30m")).toBe("extended");
  expect((await grant()).seenClosed).toEqual([]);
});
