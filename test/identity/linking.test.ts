/** People show who they are elsewhere, and nobody shows it for another. */

import { describe, expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { useRealRedis } from "../redis/real-redis.ts";
import { codeOf, codeOn, DANA, LEE, type LinkStage, OID, setLinkStage } from "./link-stage.ts";

const real = useRealRedis();
const LASTS = 10 * MINUTE;
const ELSEWHERE = { entra: OID.dana, aws: [] };
const NOBODY = { entra: undefined, aws: [], known: [] };

/** Dana has signed in, and reads this code. */
const codeOfDana = async ({ browser, linkFor, signIn }: LinkStage): Promise<string> =>
  codeOn(await signIn(browser(), await linkFor(DANA), "dana-there"));

describe("somebody shows who they are", () => {
  test("by a link from Slack, a sign-in, and its code back in Slack", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);

    const link = await stage.linking.finish(DANA, code);
    expect(link).toMatchObject({ person: { user: DANA }, subject: "dana-there", identities: ELSEWHERE });
    expect(await stage.identitiesOf(DANA)).toMatchObject(ELSEWHERE);
    expect(link).not.toHaveProperty("outranked");
    expect(await stage.identitiesOf(LEE)).toEqual(NOBODY);
    expect(stage.events).toMatchObject([
      { kind: "identity.linked", actor: { person: { user: DANA } }, subject: "dana-there", identities: ELSEWHERE },
    ]);
  });

  test("and is told where what is written down for them goes before", async () => {
    const stage = await setLinkStage(real);
    stage.change({ people: new Map([[DANA, { entra: OID.lee, aws: [] }]]) });
    const outranked = { entra: OID.lee, aws: [] };
    expect(await stage.linking.finish(DANA, await codeOfDana(stage))).toMatchObject({
      identities: ELSEWHERE,
      outranked,
    });
    expect(stage.events).toMatchObject([{ kind: "identity.linked", identities: ELSEWHERE, outranked }]);
    expect(await stage.identitiesOf(DANA)).toMatchObject(outranked);
  });

  test("once; it can be taken back and shown again", async () => {
    const stage = await setLinkStage(real);
    expect(codeOf(await stage.linking.unlink(DANA))).toBe("not-linked");
    await stage.linking.finish(DANA, await codeOfDana(stage));
    expect(await stage.linking.begin(DANA)).toMatchObject({ code: "already-linked", facts: { as: OID.dana } });

    expect(await stage.linking.unlink(DANA)).toMatchObject({ subject: "dana-there" });
    expect(await stage.identitiesOf(DANA)).toEqual({ ...NOBODY, known: [`entra:${OID.dana}`] });
    expect(codeOf(await stage.linking.unlink(DANA))).toBe("not-linked");
    await stage.linking.finish(DANA, await codeOfDana(stage));
    expect(stage.events.map(({ kind }) => kind)).toEqual(["identity.linked", "identity.unlinked", "identity.linked"]);
  });

  test("and another may take it back for them, by whose name it is on record", async () => {
    const stage = await setLinkStage(real);
    const lee = { team: "T0ACME", user: LEE };
    expect(await stage.linking.unlink(DANA, lee)).toMatchObject({ code: "not-linked", facts: { user: DANA } });
    expect(await stage.linking.unlink("dana", lee)).toMatchObject({
      code: "somebody-unknown",
      facts: { text: "dana" },
    });
    await stage.linking.finish(DANA, await codeOfDana(stage));
    expect(await stage.linking.unlink(DANA, lee)).toMatchObject({ subject: "dana-there" });
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
    expect(stage.events.at(-1)).toMatchObject({
      kind: "identity.unlinked",
      actor: { person: lee },
      person: { user: DANA },
      identities: ELSEWHERE,
    });
  });

  test("and may type the code as people type", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    expect(codeOf(await stage.linking.finish(DANA, ` ${code.toUpperCase().replace("-", " ")} `))).toBeUndefined();
  });

  test("up to the last moment of ten minutes, for the link and for the code", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    stage.clock.advance(LASTS - 1);
    const code = codeOn(await stage.signIn(stage.browser(), link, "dana-there"));
    stage.clock.advance(LASTS - 1);
    expect(codeOf(await stage.linking.finish(DANA, code))).toBeUndefined();
  });
});

describe("an attack in which a link ends up with another", () => {
  test("whoever signs in by somebody else's link doesn't link theirs to them", async () => {
    const stage = await setLinkStage(real);
    const victims = codeOn(await stage.signIn(stage.browser(), await stage.linkFor(LEE), "dana-there"));
    // Only Dana sees the code, and to Dana's Slack account it is nothing.
    expect(codeOf(await stage.linking.finish(DANA, victims))).toBe("link-code-unknown");
    for (let i = 0; i < 4; i += 1)
      expect(codeOf(await stage.linking.finish(LEE, `bcdfg-hjkm${i}`))).toBe("link-code-unknown");
    expect([await stage.identitiesOf(DANA), await stage.identitiesOf(LEE)]).toEqual([NOBODY, NOBODY]);
    expect(stage.events.map(({ kind }) => kind)).toEqual(Array(5).fill("identity.refused"));
    expect(stage.events[0]).toMatchObject({ person: { user: DANA }, because: "link-code-unknown" });
  });

  test("the page says first whose link it is", async () => {
    const stage = await setLinkStage(real);
    const page = await stage.browser().open(await stage.linkFor(LEE));
    expect(page.text).toContain("Are you lee?");
    expect(page.text).toContain(LEE);
  });

  test("guessed codes: after five that are wrong the right one is void too", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    for (let i = 0; i < 5; i += 1)
      expect(codeOf(await stage.linking.finish(DANA, `bcdfg-hjkm${i}`))).toBe("link-code-unknown");
    expect(codeOf(await stage.linking.finish(DANA, code))).toBe("link-code-unknown");
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("a code counts once", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    await stage.linking.finish(DANA, code);
    await stage.linking.unlink(DANA);
    expect(codeOf(await stage.linking.finish(DANA, code))).toBe("link-code-unknown");
  });

  test("of two who type the same code at once, in two windows, one links", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    const said = await Promise.all([stage.linking.finish(DANA, code), stage.linking.finish(DANA, code)]);
    expect(said.filter((each) => codeOf(each) === undefined)).toHaveLength(1);
  });

  test("an account there is one person's here", async () => {
    const stage = await setLinkStage(real);
    await stage.linking.finish(DANA, await codeOfDana(stage));
    const code = codeOn(await stage.signIn(stage.browser(), await stage.linkFor(LEE), "dana-there"));
    expect(codeOf(await stage.linking.finish(LEE, code))).toBe("identity-taken");
    expect(await stage.identitiesOf(LEE)).toEqual(NOBODY);
    expect(stage.events.at(-1)).toMatchObject({
      kind: "identity.refused",
      person: { user: LEE },
      because: "identity-taken",
    });
  });

  test("who linked meanwhile, doesn't by a second sign-in", async () => {
    const stage = await setLinkStage(real);
    const [first, second] = [await stage.linkFor(DANA), await stage.linkFor(DANA)];
    await stage.linking.finish(DANA, codeOn(await stage.signIn(stage.browser(), first, "dana-there")));
    const code = codeOn(await stage.signIn(stage.browser(), second, "lee-there"));
    expect(codeOf(await stage.linking.finish(DANA, code))).toBe("already-linked");
    expect(await stage.identitiesOf(DANA)).toMatchObject(ELSEWHERE);
  });
});

describe("too late", () => {
  test("a link of ten minutes ago leads nowhere", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    stage.clock.advance(LASTS);
    expect((await stage.browser().open(link)).status).toBe(404);
    expect(await stage.browser().press(link)).toBeUndefined();
  });

  test("a sign-in that took ten minutes proves nothing", async () => {
    const stage = await setLinkStage(real);
    const browser = stage.browser();
    const to = await browser.press(await stage.linkFor(DANA));
    if (to === undefined) throw new Error("nowhere");
    stage.clock.advance(LASTS);
    const back = await browser.open(await stage.openid.signIn(to, "dana-there"));
    expect(back.status).toBe(403);
    expect(back.text).toContain("Nothing was linked");
  });

  test("a code of ten minutes ago is none", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    stage.clock.advance(LASTS);
    expect(codeOf(await stage.linking.finish(DANA, code))).toBe("link-code-unknown");
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
  });
});

describe("who may", () => {
  test.each([
    ["U0GUEST", "person-standing"],
    ["U0GONE", "person-standing"],
    ["U0OUT", "person-standing"],
    ["U0BOT", "person-standing"],
    ["U0NONE", "person-unknown"],
  ])("%s doesn't", async (user, code) => {
    const stage = await setLinkStage(real);
    expect(codeOf(await stage.linking.begin(user))).toBe(code);
    expect(codeOf(await stage.linking.finish(user, "bcdfg-hjkmn"))).toBe(code);
  });

  test("whoever was deactivated between sign-in and code doesn't", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    stage.slack.people.changeUser(DANA, { deleted: true });
    expect(codeOf(await stage.linking.finish(DANA, code))).toBe("person-standing");
    stage.slack.people.changeUser(DANA, { deleted: false });
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("nobody, where the configuration has no sign-in, or not that one any more", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    const signIn = { issuer: "https://other.example", clientId: "latch", claims: { entra: "oid" } };
    stage.change({ signIn });
    expect(codeOf(await stage.linking.finish(DANA, code))).toBe("linking-not-offered");
    stage.change({ signIn: undefined });
    expect(codeOf(await stage.linking.begin(DANA))).toBe("linking-not-offered");
  });
});

describe("what isn't certain doesn't count", () => {
  test("Slack away: a fault, and nothing begun", async () => {
    const stage = await setLinkStage(real);
    stage.faults.slack.add({ calls: /^users\.info$/u, does: { kind: "drop" } });
    await expect(stage.linking.begin(DANA)).rejects.toMatchObject({ name: "Fault", code: "slack" });
  });

  test("a link that can't be put on record isn't kept", async () => {
    const stage = await setLinkStage(real);
    const code = await codeOfDana(stage);
    stage.breakAuditLog();
    await expect(stage.linking.finish(DANA, code)).rejects.toThrow("the audit log is away");
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
  });

  test("nor is one taken back, when that can't be put on record", async () => {
    const stage = await setLinkStage(real);
    await stage.linking.finish(DANA, await codeOfDana(stage));
    stage.breakAuditLog();
    await expect(stage.linking.unlink(DANA)).rejects.toThrow("the audit log is away");
    expect(await stage.identitiesOf(DANA)).toMatchObject(ELSEWHERE);
    expect(stage.events.map(({ kind }) => kind)).toEqual(["identity.linked"]);
  });

  test("a link of a provider that is no longer the configuration's, or for a claim no longer asked for", async () => {
    const stage = await setLinkStage(real);
    await stage.linking.finish(DANA, await codeOfDana(stage));
    stage.change({ signIn: { issuer: stage.openid.issuer, clientId: "latch", claims: { aws: "arn" } } });
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
    stage.change({ signIn: { issuer: "https://other.example", clientId: "latch", claims: { entra: "oid" } } });
    expect(await stage.identitiesOf(DANA)).toEqual(NOBODY);
    stage.change({ signIn: { issuer: stage.openid.issuer, clientId: "latch", claims: { entra: "oid" } } });
    expect(await stage.identitiesOf(DANA)).toMatchObject(ELSEWHERE);
  });
});
