/** The pages on which people sign in, and all that may come back to them. */

import { describe, expect, test } from "vitest";
import type { Lie } from "../../src/sandbox/openid/id-token.ts";
import { codeOf, codeOn, DANA, LEE, type LinkStage, OID, setLinkStage } from "../identity/link-stage.ts";
import { useRealRedis } from "../redis/real-redis.ts";

const real = useRealRedis();

/** A browser that pressed the button on Dana's page, and where it was sent. */
const pressed = async (stage: LinkStage) => {
  const browser = stage.browser();
  const link = await stage.linkFor(DANA);
  const to = await browser.press(link);
  if (to === undefined) throw new Error("the link leads nowhere");
  return { browser, link, to };
};

const showsCode = ({ text }: { readonly text: string }): boolean => /\/jit link [a-z0-9]{5}-/u.test(text);

const nobodyIsLinked = async (stage: LinkStage): Promise<void> => {
  for (const user of [DANA, LEE]) expect((await stage.identitiesOf(user)).entra).toBeUndefined();
};

describe("the page of a link", () => {
  test("says who asks, where the sign-in is, and has one button", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    const { status, text, headers } = await stage.browser().open(link);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/html/u);
    expect(text).toContain("Are you dana?");
    expect(text).toContain(new URL(stage.openid.issuer).host);
    expect(text.match(/<button/gu)).toHaveLength(1);
    expect(text).toContain(`<form method="post" action="${link.href}">`);
    expect(text).toContain('name="viewport"');
    expect(text).not.toContain("<script");
  });

  test("tells nothing on, is kept by nobody, stands in no frame, and runs nothing", async () => {
    const stage = await setLinkStage(real);
    const browser = stage.browser();
    const link = await stage.linkFor(DANA);
    const last = await stage.signIn(browser, link, "dana-there");
    for (const { headers, text } of [await browser.open(await stage.linkFor(LEE)), last, await browser.open(link)]) {
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-frame-options")).toBe("DENY");
      const nonce = /<style nonce="([^"]+)">/u.exec(text)?.[1];
      expect(headers.get("content-security-policy")).toBe(
        `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
      );
    }
  });

  test("what a person is called is text and nothing else", async () => {
    const stage = await setLinkStage(real);
    stage.slack.people.changeUser(DANA, { profile: { display_name: '<img src=x onerror="alert(1)">' } });
    const page = await stage.browser().open(await stage.linkFor(DANA));
    expect(page.text).toContain("&lt;img src=x");
    expect(page.text).not.toContain("<img");

    const after = await stage.signIn(stage.browser(), await stage.linkFor(LEE), "lee-there");
    expect(after.text).toContain("Lee &lt;b&gt;Lead");
  });

  test("looking at it, as previews do, doesn't use it up; pressing does", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    for (let i = 0; i < 3; i += 1) expect((await stage.browser().open(link)).status).toBe(200);
    const browser = stage.browser();
    expect(await browser.press(link)).toBeDefined();
    expect(await browser.press(link)).toBeUndefined();
    expect((await browser.open(link)).text).toContain("This link is over");
  });

  test("of many who press at once one gets on", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    const to = await Promise.all(Array.from({ length: 5 }, () => stage.browser().press(link)));
    expect(to.filter((each) => each !== undefined)).toHaveLength(1);
  });

  test("another site can't press it", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    for (const site of ["cross-site", "same-site", "none"]) {
      const answer = await stage.browser().open(link, { method: "POST", headers: { "sec-fetch-site": site } });
      expect(answer.status).toBe(404);
    }
    const own = await stage.browser().open(link, { method: "POST", headers: { "sec-fetch-site": "same-origin" } });
    expect(own.status).toBe(303);
  });

  test.each(["x", "a".repeat(43), "a".repeat(44), "callback/", "..%2f"])(
    "of a made-up link (%s) is the same for all",
    async (path) => {
      const stage = await setLinkStage(real);
      const { status, text } = await stage.browser().open(`${stage.publicUrl}/link/${path}`);
      expect(status).toBe(404);
      expect(text).toContain("This link is over");
    },
  );
});

describe("to the provider", () => {
  test("goes all that ties the answer to this question", async () => {
    const stage = await setLinkStage(real);
    const { to } = await pressed(stage);
    const asked = Object.fromEntries(to.searchParams);
    expect(to.origin).toBe(stage.openid.issuer);
    expect(asked).toMatchObject({
      response_type: "code",
      client_id: "latch",
      redirect_uri: `${stage.publicUrl}/link/callback`,
      scope: "openid profile",
      code_challenge_method: "S256",
    });
    for (const secret of ["state", "nonce", "code_challenge"]) expect(asked[secret]).toMatch(/^[\w-]{43}$/u);
    const again = await pressed(stage);
    for (const secret of ["state", "nonce", "code_challenge"])
      expect(again.to.searchParams.get(secret)).not.toBe(asked[secret]);
  });

  test("nothing goes while it is away, and the link can be used later", async () => {
    const stage = await setLinkStage(real);
    const link = await stage.linkFor(DANA);
    const back = stage.faults.openid.add({ calls: /^discovery$/u, does: { kind: "drop" } });
    const answer = await stage.browser().open(link, { method: "POST" });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain("nothing was linked");
    expect(answer.text).not.toContain("ECONN");
    expect(stage.log.at(-1)).toContain(stage.openid.issuer);
    back();
    expect(await stage.browser().press(link)).toBeDefined();
  });
});

describe("back from the provider", () => {
  test("the code is for Slack, and says who signed in and for whom it is", async () => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    const page = await browser.open(await stage.openid.signIn(to, "dana-there"));
    expect(page.status).toBe(200);
    expect(page.text).toContain("dana@acme.example");
    expect(page.text).toContain(DANA);
    expect(codeOn(page)).toMatch(/^[2-9b-z]{5}-[2-9b-z]{5}$/u);
    expect(page.headers.getSetCookie().join()).toMatch(/Max-Age=0/u);
  });

  test("with a state nobody has: nothing", async () => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    stage.openid.lie("wrong-state");
    const page = await browser.open(await stage.openid.signIn(to, "dana-there"));
    expect([page.status, showsCode(page)]).toEqual([403, false]);
    expect((await browser.open(`${stage.publicUrl}/link/callback`)).status).toBe(403);
    expect((await browser.open(`${stage.publicUrl}/link/callback?code=x`)).status).toBe(403);
    await nobodyIsLinked(stage);
  });

  test("in another browser than it left from: nothing, there or anywhere, and it is on record", async () => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    const callback = await stage.openid.signIn(to, "dana-there");
    expect((await stage.browser().open(callback)).status).toBe(403);
    expect((await browser.open(callback)).status).toBe(403);
    expect(stage.events).toMatchObject([
      { kind: "identity.refused", person: { user: DANA }, because: "other-browser" },
    ]);
    await nobodyIsLinked(stage);
  });

  test("an attacker's question put to a victim, who signs in, ends in the victim's browser", async () => {
    const stage = await setLinkStage(real);
    const attacker = stage.browser();
    const to = await attacker.press(await stage.linkFor(LEE));
    if (to === undefined) throw new Error("nowhere");
    const victim = stage.browser();
    const page = await victim.open(await stage.openid.signIn(to, "dana-there"));
    expect([page.status, showsCode(page)]).toEqual([403, false]);
    await nobodyIsLinked(stage);
  });

  test("twice: once", async () => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    const callback = await stage.openid.signIn(to, "dana-there");
    const [first, second] = [await browser.open(callback), await browser.open(callback)];
    expect([first.status, second.status]).toEqual([200, 403]);
    expect(codeOf(await stage.linking.finish(DANA, codeOn(first)))).toBeUndefined();
  });

  test("the state of one and the code of another: nothing", async () => {
    const stage = await setLinkStage(real);
    const [mine, theirs] = [await pressed(stage), await pressed(stage)];
    const [own, stolen] = [
      await stage.openid.signIn(mine.to, "lee-there"),
      await stage.openid.signIn(theirs.to, "dana-there"),
    ];
    own.searchParams.set("code", stolen.searchParams.get("code") ?? "");
    const page = await mine.browser.open(own);
    expect([page.status, showsCode(page)]).toEqual([403, false]);
    expect(stage.log.at(-1)).toContain("invalid_grant");
  });

  test("called off: says so, without alarm", async () => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    stage.openid.lie("access-denied");
    const page = await browser.open(await stage.openid.signIn(to, "dana-there"));
    expect(page.status).toBe(403);
    expect(page.text).toContain("called off");
    expect(stage.log).toEqual([]);
  });

  test.each<Lie>([
    "wrong-nonce",
    "no-nonce",
    "wrong-audience",
    "wrong-issuer",
    "expired",
    "bad-signature",
    "unsigned",
    "no-id-token",
  ])("with a token that is wrong (%s): nothing, operators are told, and it is on record", async (lie) => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    stage.openid.lie(lie);
    const page = await browser.open(await stage.openid.signIn(to, "dana-there"));
    expect([page.status, showsCode(page)]).toEqual([403, false]);
    expect(page.text).toContain("finds it in the log");
    expect(stage.log).toHaveLength(1);
    expect(stage.events).toMatchObject([
      { kind: "identity.refused", person: { user: DANA }, because: "invalid-token" },
    ]);
    await nobodyIsLinked(stage);
  });

  test("with a token that names nobody: nothing, and operators are told which claim is missing", async () => {
    const stage = await setLinkStage(real);
    const { browser, to } = await pressed(stage);
    const page = await browser.open(await stage.openid.signIn(to, "nobody-there"));
    expect(page.text).toContain("doesn&#39;t say who you are");
    expect(stage.log.at(-1)).toContain("oid");
  });

  test.each(["token", "keys", "discovery"])(
    "while the provider's %s don't answer: a fault, and nothing",
    async (call) => {
      const stage = await setLinkStage(real);
      const { browser, to } = await pressed(stage);
      stage.faults.openid.add({ calls: new RegExp(`^${call}$`, "u"), does: { kind: "answer", status: 503, body: "" } });
      const page = await browser.open(await stage.openid.signIn(to, "dana-there"));
      expect([page.status, showsCode(page)]).toEqual([503, false]);
      expect(stage.log.at(-1)).toContain("Fault");
      await nobodyIsLinked(stage);
    },
  );

  test("with a secret of ours that the provider doesn't know: nothing", async () => {
    const stage = await setLinkStage(real, { secret: "another" });
    const { browser, to } = await pressed(stage);
    const page = await browser.open(await stage.openid.signIn(to, "dana-there"));
    expect(page.status).toBe(403);
    expect(stage.log.at(-1)).toContain("invalid_client");
  });
});

test("the same way again, for another, in the same browser", async () => {
  const stage = await setLinkStage(real);
  const browser = stage.browser();
  await stage.linking.finish(DANA, codeOn(await stage.signIn(browser, await stage.linkFor(DANA), "dana-there")));
  await stage.linking.finish(LEE, codeOn(await stage.signIn(browser, await stage.linkFor(LEE), "lee-there")));
  expect((await stage.identitiesOf(DANA)).entra).toBe(OID.dana);
  expect((await stage.identitiesOf(LEE)).entra).toBe(OID.lee);
});
