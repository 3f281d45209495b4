/** The sandbox's provider refuses what providers refuse. */

import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { createFaults } from "../../../src/sandbox/faults.ts";
import { createOpenIdServer } from "../../../src/sandbox/openid/server.ts";
import { movableClock } from "../slack-fixture.ts";

const CALLBACK = "http://127.0.0.1:9/link/callback";
const VERIFIER = "v".repeat(43);

const setup = async () => {
  const clock = movableClock();
  const server = await createOpenIdServer({
    clock,
    faults: createFaults(),
    accounts: [{ subject: "dana", name: "Dana <Dev>", claims: { oid: "o-1" } }],
  });
  onTestFinished(() => server.stop());
  server.register({ id: "latch", secret: "s+/=", redirectUris: [CALLBACK] });
  server.register({ id: "public", redirectUris: [CALLBACK] });
  const question = (changed: Record<string, string> = {}): URL => {
    const url = new URL(`${server.issuer}/authorize`);
    const asked = {
      client_id: "latch",
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid profile",
      state: "s-1",
      nonce: "n-1",
      code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
      code_challenge_method: "S256",
      ...changed,
    };
    url.search = new URLSearchParams(asked).toString();
    return url;
  };
  const codeFor = async (changed?: Record<string, string>): Promise<string> =>
    (await server.signIn(question(changed), "dana")).searchParams.get("code") ?? "";
  const redeem = async (code: string, changed: Record<string, string> = {}, headers: Record<string, string> = {}) => {
    const sent = {
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      ...("authorization" in headers ? {} : { client_id: "latch", client_secret: "s+/=" }),
      ...changed,
    };
    const answer = await fetch(`${server.issuer}/token`, { method: "POST", headers, body: new URLSearchParams(sent) });
    // biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of any shape
    return { status: answer.status, body: (await answer.json()) as any };
  };
  return { clock, server, question, codeFor, redeem };
};

describe("a question", () => {
  test("is put to whoever sits there, who may be anyone", async () => {
    const { server, question } = await setup();
    const page = await (await fetch(question())).text();
    expect(page).toContain("Dana &lt;Dev&gt;");
    const back = await server.signIn(question(), "dana");
    expect(back.href.split("?")[0]).toBe(CALLBACK);
    expect(back.searchParams.get("state")).toBe("s-1");
  });

  test.each<Record<string, string>>([
    { client_id: "other" },
    { redirect_uri: `${CALLBACK}/` },
    { response_type: "token" },
    { scope: "profile" },
    { code_challenge_method: "plain" },
  ])("with %o sends nobody anywhere", async (changed) => {
    const { server, question } = await setup();
    expect((await fetch(question(changed))).status).toBe(400);
    await expect(server.signIn(question(changed), "dana")).rejects.toThrow();
    await expect(server.signIn(question(), "nobody")).rejects.toThrow("nobody of that name");
  });
});

describe("a code", () => {
  test("gives a token that says who and for which question", async () => {
    const { server, codeFor, redeem } = await setup();
    const { body } = await redeem(await codeFor());
    const payload = JSON.parse(Buffer.from(body.id_token.split(".")[1], "base64url").toString());
    expect(payload).toMatchObject({ iss: server.issuer, aud: "latch", sub: "dana", nonce: "n-1", oid: "o-1" });
  });

  test("also with the secret in a header, and without one for a public client", async () => {
    const { codeFor, redeem } = await setup();
    const basic = `Basic ${Buffer.from(`latch:${encodeURIComponent("s+/=")}`).toString("base64")}`;
    expect((await redeem(await codeFor(), {}, { authorization: basic })).status).toBe(200);
    const code = await codeFor({ client_id: "public" });
    const { status } = await redeem(code, { client_id: "public" }, { authorization: "none" });
    expect(status).toBe(200);
  });

  test("counts once, for a minute, for its client, its address and its verifier", async () => {
    const { clock, codeFor, redeem } = await setup();
    const once = await codeFor();
    expect((await redeem(once)).status).toBe(200);
    expect((await redeem(once)).body).toEqual({ error: "invalid_grant" });
    expect((await redeem(await codeFor(), { code_verifier: "w".repeat(43) })).body).toEqual({ error: "invalid_grant" });
    expect((await redeem(await codeFor(), { redirect_uri: "http://x" })).body).toEqual({ error: "invalid_grant" });
    expect((await redeem(await codeFor({ client_id: "public" }))).body).toEqual({ error: "invalid_grant" });
    expect((await redeem(await codeFor(), { client_secret: "wrong" })).status).toBe(401);
    const old = await codeFor();
    clock.advance(60_000);
    expect((await redeem(old)).body).toEqual({ error: "invalid_grant" });
  });
});
