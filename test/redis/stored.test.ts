import { describe, expect, test } from "vitest";

import type { GrantId } from "../../src/access/identifier.ts";
import type { Clock } from "../../src/access/time.ts";
import { chainHash, GENESIS } from "../../src/audit/chain.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { createRedisAuditLog } from "../../src/redis/audit-log.ts";
import { asTexts } from "../../src/redis/connection.ts";
import { createRedisLedger } from "../../src/redis/ledger.ts";
import { createRedisOutbox } from "../../src/redis/outbox.ts";
import { createReplayGuard } from "../../src/redis/replays.ts";
import { aGrant, anEvent, aRequest, DEV, LEAD, NOW, SUBNET_NSG } from "../contracts/samples.ts";
import { useRealRedis } from "./real-redis.ts";

const clock: Clock = { now: () => NOW };
const DAY_MS = 86_400_000;
const real = useRealRedis();

const setUp = () => {
  const redis = real.redis();
  const prefix = real.freshPrefix();
  const told: AuditEvent[] = [];
  const deps = { clock, onAppended: (event: AuditEvent) => void told.push(event) };
  return {
    redis,
    prefix,
    told,
    ledger: createRedisLedger(redis, prefix, deps),
    auditLog: createRedisAuditLog(redis, prefix, deps),
    outbox: createRedisOutbox(redis, prefix, { clock }),
    /** Days until a key goes; `undefined` when it never does. */
    daysLeft: async (key: string): Promise<number | undefined> => {
      const left = Number(await redis.send("PTTL", `${prefix}${key}`));
      if (left === -2) throw new Error(`no key ${key}`);
      return left === -1 ? undefined : Math.round(left / DAY_MS);
    },
  };
};

describe("what is kept how long", () => {
  test("a pending request and a live grant never expire; 30 days after its end a request does", async () => {
    const { ledger, daysLeft } = setUp();
    await ledger.commit({ request: aRequest(), grant: aGrant(), events: [] });
    expect([await daysLeft("request:k7f3q2xd"), await daysLeft("grant:k7f3q2xd")]).toEqual([undefined, undefined]);
    await ledger.commit({
      request: aRequest({ version: 2, state: { kind: "denied", by: LEAD, at: NOW, reason: "" } }),
      events: [],
    });
    expect(await daysLeft("request:k7f3q2xd")).toBe(30);
  });

  test("an approved request stays as long as its grant, and both go 30 days after the grant's end", async () => {
    const { ledger, daysLeft } = setUp();
    await ledger.commit({ request: aRequest(), events: [] });
    const approved = aRequest({
      version: 2,
      state: { kind: "approved", at: NOW, approvals: [{ by: LEAD, at: NOW, step: 0 }] },
    });
    await ledger.commit({ request: approved, grant: aGrant(), events: [] });
    await ledger.commit({ grant: aGrant({ version: 2, revoked: { kind: "closed", at: NOW, by: DEV } }), events: [] });
    expect([await daysLeft("request:k7f3q2xd"), await daysLeft("grant:k7f3q2xd")]).toEqual([undefined, undefined]);
    await ledger.commit({ grant: aGrant({ version: 3, endedAt: NOW }), events: [] });
    expect([await daysLeft("request:k7f3q2xd"), await daysLeft("grant:k7f3q2xd")]).toEqual([30, 30]);
  });

  test("what was opened past approvals stays until somebody reviewed it, and then as long as others", async () => {
    const used = { kind: "approved", at: NOW, approvals: [] } as const;
    const unreviewed = aRequest({ state: used, breakGlass: { skipped: [], tell: [] } });
    const reviewed = { ...unreviewed, breakGlass: { skipped: [], tell: [], reviewed: { by: LEAD, at: NOW } } };
    const { ledger, daysLeft } = setUp();
    await ledger.commit({ request: unreviewed, grant: aGrant(), events: [] });
    await ledger.commit({ grant: aGrant({ version: 2, endedAt: NOW }), events: [] });
    expect([await daysLeft("request:k7f3q2xd"), await daysLeft("grant:k7f3q2xd")]).toEqual([undefined, 30]);
    await ledger.commit({ request: { ...unreviewed, version: 2 }, events: [] });
    expect(await daysLeft("request:k7f3q2xd")).toBeUndefined();
    await ledger.commit({ request: { ...reviewed, version: 3 }, events: [] });
    expect(await daysLeft("request:k7f3q2xd")).toBe(30);

    const other = setUp();
    await other.ledger.commit({ request: unreviewed, grant: aGrant(), events: [] });
    await other.ledger.commit({ request: { ...reviewed, version: 2 }, events: [] });
    expect(await other.daysLeft("request:k7f3q2xd")).toBeUndefined();
    await other.ledger.commit({ grant: aGrant({ version: 2, endedAt: NOW }), events: [] });
    expect(await other.daysLeft("request:k7f3q2xd")).toBe(30);
  });

  test("an ended grant leaves no index behind", async () => {
    const { redis, prefix, ledger } = setUp();
    await ledger.commit({ request: aRequest(), grant: aGrant({ rule: "production" }), events: [] });
    await ledger.commit({
      request: aRequest({ version: 2, state: { kind: "withdrawn", at: NOW } }),
      grant: aGrant({ version: 2, rule: "production", endedAt: NOW }),
      events: [],
    });
    const left = asTexts(await redis.send("KEYS", `${prefix}*`));
    const names = ["asks-of:T0ACME/U0DEV1", "grant:k7f3q2xd", "request:k7f3q2xd", "requests-of:T0ACME/U0DEV1"];
    expect(left.toSorted()).toEqual(names.map((name) => `${prefix}${name}`));
    expect(Number(await redis.send("PTTL", `${prefix}asks-of:T0ACME/U0DEV1`))).toBeLessThanOrEqual(3_600_000);
    expect(Number(await redis.send("PTTL", `${prefix}requests-of:T0ACME/U0DEV1`))).toBeGreaterThan(0);
  });

  test("a grant that moved leaves no index on the firewall it left", async () => {
    const { redis, prefix, ledger } = setUp();
    await ledger.commit({ grant: aGrant(), events: [] });
    await ledger.commit({
      grant: aGrant({ version: 2, targets: [{ firewall: SUBNET_NSG, addresses: [] }] }),
      events: [],
    });
    const indexes = asTexts(await redis.send("KEYS", `${prefix}grants-on:*`));
    expect(indexes).toEqual([`${prefix}grants-on:${SUBNET_NSG}`]);
  });

  test("that an event was appended or a message sent is known for 35 days, and nothing of a delivery stays behind but that", async () => {
    const { redis, prefix, auditLog, outbox, daysLeft } = setUp();
    await auditLog.append(anEvent("e"));
    const [event] = await outbox.nextEvents(1);
    await outbox.fanOut(event?.entry ?? "", [{ id: "m", destination: "C1", urgency: 1, kind: "message", body: "" }]);
    const [waiting] = await outbox.waiting("C1");
    if (waiting === undefined) throw new Error("nothing waits");
    await outbox.attempt("m", NOW);
    await outbox.delivered(waiting, { channel: "C1", ts: "1" });
    expect([await daysLeft("appended:e"), await daysLeft("outbox:done:m"), await daysLeft("outbox:ref:m")]).toEqual([
      35, 35, 35,
    ]);
    const left = asTexts(await redis.send("KEYS", `${prefix}outbox:*`)).map((key) => key.slice(prefix.length));
    expect(left.toSorted()).toEqual(["outbox:age", "outbox:done:m", "outbox:events", "outbox:ref:m"]);
  });
});

describe("the audit log", () => {
  test("each entry's hash continues the one before, whoever wrote it", async () => {
    const { redis, prefix, auditLog, ledger } = setUp();
    const elsewhere = createRedisAuditLog(redis, prefix, { clock });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 3 === 0
          ? ledger.commit({
              grant: aGrant({ id: `g${i}` as GrantId }),
              events: [anEvent(`e/${i}`), anEvent(`e/${i}/b`)],
            })
          : (i % 3 === 1 ? auditLog : elsewhere).append(anEvent(`e/${i}`)),
      ),
    );
    const entries = await auditLog.read({ limit: 100 });
    expect(entries).toHaveLength(27);
    let previous = GENESIS;
    for (const entry of entries) {
      expect(entry.previous).toBe(previous);
      expect(entry.hash).toBe(chainHash(previous, entry.json));
      previous = entry.hash;
    }
  });

  test("is read on from where one stopped", async () => {
    const { auditLog } = setUp();
    for (const id of ["a", "b", "c"]) await auditLog.append(anEvent(id));
    const [a, b] = await auditLog.read({ limit: 2 });
    expect([a?.event.id, b?.event.id]).toEqual(["a", "b"]);
    expect((await auditLog.read({ after: b?.entry ?? "", limit: 10 })).map(({ event }) => event.id)).toEqual(["c"]);
  });

  test("tells each event once, after it was written, and none that was refused or known", async () => {
    const { auditLog, ledger, told } = setUp();
    await auditLog.append(anEvent("a"));
    await auditLog.append(anEvent("a"));
    await ledger.commit({ request: aRequest(), events: [anEvent("a"), anEvent("b")] });
    await ledger.commit({ request: aRequest(), events: [anEvent("c")] });
    expect(told.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("can be kept short, and the chain goes on", async () => {
    const { redis, prefix } = setUp();
    const auditLog = createRedisAuditLog(redis, prefix, { clock, keepEvents: 100 });
    for (let i = 0; i < 400; i += 1) await auditLog.append(anEvent(`e/${i}`));
    const entries = await auditLog.read({ limit: 1_000 });
    expect(entries.length).toBeLessThan(400);
    expect(entries.at(-1)?.previous).toBe(entries.at(-2)?.hash);
  });
});

describe("the replay guard", () => {
  test("of many who bring one signature one is the first; another signature is another", async () => {
    const { redis, prefix } = setUp();
    const guard = createReplayGuard(redis, prefix);
    const answers = await Promise.all(Array.from({ length: 10 }, () => guard.firstTime("v0=abc", 300)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await guard.firstTime("v0=abd", 300)).toBe(true);
    expect(Number(await redis.send("TTL", `${prefix}replay:v0=abc`))).toBeGreaterThan(290);
  });
});
