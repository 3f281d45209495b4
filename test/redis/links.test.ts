/** Links and the secrets on the way to them, in a real Redis. */

import { describe, expect, test } from "vitest";
import { DAY, type EpochMs } from "../../src/access/time.ts";
import type { Invitation, Link, Proof } from "../../src/identity/links.ts";
import { createRedisAuditLog } from "../../src/redis/audit-log.ts";
import type { RedisConnection } from "../../src/redis/connection.ts";
import { createRedisLinks } from "../../src/redis/links.ts";
import { anEvent, NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { useRealRedis } from "./real-redis.ts";

const real = useRealRedis();
const DANA = { team: "T0ACME", user: "U0DEV1" };
const LEE = { team: "T0ACME", user: "U0LEAD1" };
const until = (NOW + 600_000) as EpochMs;
const REMEMBERED = { remembers: true };
const setup = () => {
  const prefix = real.freshPrefix();
  const clock = createManualClock(NOW);
  let away: "never" | "before" | "after" = "never";
  const redis: RedisConnection = {
    ...real.redis(),
    run: async (...sent) => {
      if (away === "before") throw new Error("redis is away");
      const answer = await real.redis().run(...sent);
      if (away === "after") throw new Error("redis is away");
      return answer;
    },
  };
  const links = createRedisLinks(redis, prefix, { clock });
  const auditLog = createRedisAuditLog(real.redis(), prefix, { clock });
  let events = 0;
  const event = (what: string) => {
    events += 1;
    return anEvent(`${what} ${events}`);
  };
  return {
    links,
    clock,
    goAway: (when: typeof away) => {
      away = when;
    },
    add: (changes: Partial<Link> = {}) => links.add({ ...link, ...changes }, event("add")),
    remove: (person = DANA, how = REMEMBERED) => links.remove(person, () => event("remove"), how),
    recorded: async () => (await auditLog.read({ limit: 100 })).map((entry) => entry.event.id),
  };
};

const link: Link = {
  person: DANA,
  issuer: "https://login.acme.example",
  subject: "s-1",
  identities: { entra: "11111111-2222-3333-4444-555555555555", aws: [] },
  at: NOW,
};
const invitation: Invitation = { person: DANA, name: "dana", until };
const { at: _, ...shown } = link;
const proof: Proof = { ...shown, until };

describe("a link", () => {
  test("is one of a person, and a subject is one person's, until it is removed", async () => {
    const { links, add, remove } = setup();
    expect(await links.linkOf(DANA)).toBeUndefined();
    expect(await remove()).toBeUndefined();
    expect(await add()).toBe("added");
    expect(await links.linkOf(DANA)).toEqual(link);
    expect(await add({ subject: "s-2" })).toBe("already-linked");
    expect(await add({ person: LEE })).toBe("identity-taken");
    expect(await links.linkOf(LEE)).toBeUndefined();

    expect(await remove()).toEqual(link);
    expect(await remove()).toBeUndefined();
    expect(await add({ person: LEE })).toBe("added");
    expect(await add()).toBe("identity-taken");
  });

  test("of another issuer with the same subject is another", async () => {
    const { add } = setup();
    await add();
    expect(await add({ person: LEE, issuer: "https://other.example" })).toBe("added");
  });

  test("of one subject goes to one of two who add it at once", async () => {
    const { add } = setup();
    const said = await Promise.all([add(), add({ person: LEE })]);
    expect(said.toSorted()).toEqual(["added", "identity-taken"]);
  });

  test("and its end are on record, once, and nothing is that didn't happen", async () => {
    const { add, remove, recorded } = setup();
    await remove();
    await Promise.all([add(), add({ person: LEE })]);
    await add({ subject: "s-2" });
    await Promise.all([remove(), remove(), remove(LEE), remove(LEE)]);
    expect(await recorded()).toEqual([expect.stringMatching(/^add /u), expect.stringMatching(/^remove /u)]);
  });

  test.each(["before", "after"] as const)(
    "is there if and only if it is on record, when memory goes away %s the write",
    async (when) => {
      const { links, add, remove, recorded, goAway } = setup();
      goAway(when);
      await expect(add()).rejects.toThrow("redis is away");
      goAway("never");
      expect(await recorded()).toHaveLength(when === "after" ? 1 : 0);
      expect(await links.linkOf(DANA)).toEqual(when === "after" ? link : undefined);

      await add();
      goAway(when);
      await expect(remove()).rejects.toThrow("redis is away");
      goAway("never");
      expect(await recorded()).toHaveLength(when === "after" ? 2 : 1);
      expect(await links.linkOf(DANA)).toEqual(when === "after" ? undefined : link);
    },
  );

  test("that its owner takes back is remembered for a month, each once; one that security takes back isn't", async () => {
    const { links, add, remove, clock } = setup();
    for (const subject of ["s-1", "s-2", "s-1"]) {
      await add({ subject });
      expect(await links.formerOf(DANA)).not.toContainEqual({ ...link, subject: "s-3" });
      await remove();
    }
    await add({ subject: "s-3" });
    await remove(DANA, { remembers: false });
    expect((await links.formerOf(DANA)).map(({ subject }) => subject)).toEqual(["s-2", "s-1"]);
    expect(await links.formerOf(LEE)).toEqual([]);
    clock.advance(30 * DAY);
    expect(await links.formerOf(DANA)).toEqual([]);
  });
});

describe("secrets on the way", () => {
  test("an invitation may be looked at often, and is taken by one of many", async () => {
    const { links } = setup();
    await links.invite("token", invitation);
    expect(await links.invitation("token")).toEqual(invitation);
    expect(await links.invitation("token")).toEqual(invitation);
    expect(await links.invitation("nekot")).toBeUndefined();
    const taken = await Promise.all(Array.from({ length: 8 }, () => links.takeInvitation("token")));
    expect(taken.filter((each) => each !== undefined)).toEqual([invitation]);
    expect(await links.invitation("token")).toBeUndefined();
  });

  test("a visit is taken once, by its state", async () => {
    const { links } = setup();
    const visit = { ...invitation, browser: "b", nonce: "n", verifier: "v" };
    await links.keepVisit("state", visit);
    expect(await links.takeVisit("other")).toBeUndefined();
    expect(await links.takeVisit("state")).toEqual(visit);
    expect(await links.takeVisit("state")).toBeUndefined();
  });

  test("a proof is given for its code, to its person, once", async () => {
    const { links } = setup();
    await links.keepProof(proof, "code", 5);
    expect(await links.takeProof(LEE, "code")).toBeUndefined();
    expect(await links.takeProof(DANA, "code")).toEqual(proof);
    expect(await links.takeProof(DANA, "code")).toBeUndefined();
  });

  test("the fifth try may be right, a sixth comes too late", async () => {
    const { links } = setup();
    const wrong = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) expect(await links.takeProof(DANA, `guess ${i}`)).toBeUndefined();
    };
    await links.keepProof(proof, "code", 5);
    await wrong(4);
    expect(await links.takeProof(DANA, "code")).toEqual(proof);
    await links.keepProof(proof, "code", 5);
    await wrong(5);
    expect(await links.takeProof(DANA, "code")).toBeUndefined();
  });

  test("a later proof takes the place of an earlier one, with all its tries", async () => {
    const { links } = setup();
    await links.keepProof(proof, "first", 5);
    await links.takeProof(DANA, "wrong");
    await links.keepProof(proof, "second", 5);
    for (let i = 0; i < 4; i += 1) expect(await links.takeProof(DANA, "first")).toBeUndefined();
    expect(await links.takeProof(DANA, "second")).toEqual(proof);
  });

  test("none is kept as it is, and all go by themselves", async () => {
    const prefix = real.freshPrefix();
    const links = createRedisLinks(real.redis(), prefix, { clock: createManualClock(NOW) });
    await links.invite("secret-token", invitation);
    await links.keepVisit("secret-state", { ...invitation, browser: "b", nonce: "n", verifier: "v" });
    await links.keepProof(proof, "secret-code", 5);
    const keys = (await real.redis().send("KEYS", `${prefix}*`)) as string[];
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      expect(key).not.toContain("secret");
      const ttl = Number(await real.redis().send("PTTL", key));
      expect(ttl).toBeGreaterThan(500_000);
      expect(ttl).toBeLessThanOrEqual(600_000);
    }
    const stored = JSON.stringify(await real.redis().send("HGETALL", keys.find((key) => key.includes("proof")) ?? ""));
    expect(stored).not.toContain("secret");
  });
});
