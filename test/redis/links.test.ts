/** Links and the secrets on the way to them, in a real Redis. */

import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import type { Invitation, Link, Links, Proof } from "../../src/identity/links.ts";
import { createRedisLinks } from "../../src/redis/links.ts";
import { NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { useRealRedis } from "./real-redis.ts";

const real = useRealRedis();
const DANA = { team: "T0ACME", user: "U0DEV1" };
const LEE = { team: "T0ACME", user: "U0LEAD1" };
const until = (NOW + 600_000) as EpochMs;
const setup = (): Links => createRedisLinks(real.redis(), real.freshPrefix(), { clock: createManualClock(NOW) });

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
    const links = setup();
    expect(await links.linkOf(DANA)).toBeUndefined();
    expect(await links.remove(DANA)).toBeUndefined();
    expect(await links.add(link)).toBe("added");
    expect(await links.linkOf(DANA)).toEqual(link);
    expect(await links.add({ ...link, subject: "s-2" })).toBe("already-linked");
    expect(await links.add({ ...link, person: LEE })).toBe("identity-taken");
    expect(await links.linkOf(LEE)).toBeUndefined();

    expect(await links.remove(DANA)).toEqual(link);
    expect(await links.remove(DANA)).toBeUndefined();
    expect(await links.add({ ...link, person: LEE })).toBe("added");
    expect(await links.add(link)).toBe("identity-taken");
  });

  test("of another issuer with the same subject is another", async () => {
    const links = setup();
    await links.add(link);
    expect(await links.add({ ...link, person: LEE, issuer: "https://other.example" })).toBe("added");
  });

  test("of one subject goes to one of two who add it at once", async () => {
    const links = setup();
    const said = await Promise.all([links.add(link), links.add({ ...link, person: LEE })]);
    expect(said.toSorted()).toEqual(["added", "identity-taken"]);
  });
});

describe("secrets on the way", () => {
  test("an invitation may be looked at often, and is taken by one of many", async () => {
    const links = setup();
    await links.invite("token", invitation);
    expect(await links.invitation("token")).toEqual(invitation);
    expect(await links.invitation("token")).toEqual(invitation);
    expect(await links.invitation("nekot")).toBeUndefined();
    const taken = await Promise.all(Array.from({ length: 8 }, () => links.takeInvitation("token")));
    expect(taken.filter((each) => each !== undefined)).toEqual([invitation]);
    expect(await links.invitation("token")).toBeUndefined();
  });

  test("a visit is taken once, by its state", async () => {
    const links = setup();
    const visit = { ...invitation, browser: "b", nonce: "n", verifier: "v" };
    await links.keepVisit("state", visit);
    expect(await links.takeVisit("other")).toBeUndefined();
    expect(await links.takeVisit("state")).toEqual(visit);
    expect(await links.takeVisit("state")).toBeUndefined();
  });

  test("a proof is given for its code, to its person, once", async () => {
    const links = setup();
    await links.keepProof(proof, "code", 5);
    expect(await links.takeProof(LEE, "code")).toBeUndefined();
    expect(await links.takeProof(DANA, "code")).toEqual(proof);
    expect(await links.takeProof(DANA, "code")).toBeUndefined();
  });

  test("the fifth try may be right, a sixth comes too late", async () => {
    const links = setup();
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
    const links = setup();
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
