/** A provider of OpenID Connect on this machine: authorization code with PKCE, and a page on which anyone signs in as anyone. */

import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { html } from "hono/html";
import type { Clock } from "../../access/time.ts";
import type { Faults } from "../faults.ts";
import { misbehave } from "../slack/misbehave.ts";
import { idToken, type Lie, newSigningKey } from "./id-token.ts";

export interface OpenIdAccount {
  readonly subject: string;
  readonly name: string;
  /** Beside `iss`, `sub` and the like: `{ oid: "…" }`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface OpenIdClient {
  readonly id: string;
  /** Without it: a public client. */
  readonly secret?: string;
  /** Compared letter by letter, as providers do. */
  readonly redirectUris: readonly string[];
}

export interface OpenIdServerOptions {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly accounts: readonly OpenIdAccount[];
  /** 0 or not given: any. */
  readonly port?: number;
}

export interface OpenIdServer {
  /** `http://127.0.0.1:4243` */
  readonly issuer: string;
  readonly register: (client: OpenIdClient) => void;
  /** From now on, until another or none is named. */
  readonly lie: (lie: Lie | undefined) => void;
  /** What a browser at this authorization address is sent to once somebody signed in; throws what the page would say. */
  readonly signIn: (authorizationUrl: URL, subject: string) => Promise<URL>;
  readonly stop: () => Promise<void>;
}

interface Grant {
  readonly client: OpenIdClient;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
  readonly account: OpenIdAccount;
  readonly until: number;
}

/** Faults call its calls `discovery`, `authorize`, `token` and `keys`. */
export const createOpenIdServer = async ({
  clock,
  faults,
  accounts,
  port = 0,
}: OpenIdServerOptions): Promise<OpenIdServer> => {
  const stopping = new AbortController();
  const keys = signingKeys();
  const clients = new Map<string, OpenIdClient>();
  const grants = new Map<string, Grant>();
  let lie: Lie | undefined;
  let issuer = "";

  const discovery = (): Response =>
    Response.json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      grant_types_supported: ["authorization_code"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid", "profile", "email"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic", "none"],
      code_challenge_methods_supported: ["S256"],
    });

  const publishedKeys = (): Response => {
    const { kty, n, e } = keys.ours.publicKey.export({ format: "jwk" });
    return Response.json({ keys: [{ kty, n, e, kid: keys.ours.id, use: "sig", alg: "RS256" }] });
  };

  /** What is wrong with a question, before the browser may be sent anywhere. */
  const judge = (asked: URLSearchParams): { readonly client: OpenIdClient; readonly redirectUri: string } | string => {
    const client = clients.get(asked.get("client_id") ?? "");
    const redirectUri = asked.get("redirect_uri") ?? "";
    if (client === undefined) return "unknown client_id";
    if (!client.redirectUris.includes(redirectUri)) return `redirect_uri ${redirectUri} isn't registered`;
    if (asked.get("response_type") !== "code") return "response_type must be code";
    if (!(asked.get("scope") ?? "").split(" ").includes("openid")) return "scope lacks openid";
    if (asked.get("code_challenge_method") !== "S256" || asked.get("code_challenge") === null)
      return "PKCE with S256 is required";
    return { client, redirectUri };
  };

  const askWho = async (request: Request): Promise<Response> => {
    const asked = new URL(request.url).searchParams;
    const judged = judge(asked);
    if (typeof judged === "string") return new Response(`${judged}\n`, { status: 400 });
    const buttons = accounts.map(
      ({ subject, name }) => html`<p><button name="subject" value="${subject}">${name}</button></p>`,
    );
    const page = await html`<!doctype html><meta name="viewport" content="width=device-width"><title>Sign in</title>
<h1>Who are you?</h1><form method="post" action="/authorize?${asked.toString()}">${buttons}</form>`;
    return new Response(page.toString(), { headers: { "content-type": "text/html; charset=utf-8" } });
  };

  const signedIn = async (request: Request): Promise<Response> => {
    const asked = new URL(request.url).searchParams;
    const judged = judge(asked);
    if (typeof judged === "string") return new Response(`${judged}\n`, { status: 400 });
    const { client, redirectUri } = judged;
    const subject = new URLSearchParams(await request.text()).get("subject");
    const account = accounts.find((each) => each.subject === subject);
    if (account === undefined) return new Response("nobody of that name\n", { status: 400 });
    const back = new URL(redirectUri);
    back.searchParams.set("state", lie === "wrong-state" ? "another" : (asked.get("state") ?? ""));
    if (lie === "access-denied") {
      back.searchParams.set("error", "access_denied");
    } else {
      const code = randomBytes(24).toString("base64url");
      const until = clock.now() + CODE_LIVES_MS;
      const [challenge, nonce] = [asked.get("code_challenge") ?? "", asked.get("nonce") ?? undefined];
      grants.set(code, { client, redirectUri, challenge, nonce, account, until });
      back.searchParams.set("code", code);
    }
    return new Response(null, { status: 303, headers: { location: back.href } });
  };

  const token = (sent: URLSearchParams, authorization: string | undefined): Response => {
    const no = (error: string, status = 400): Response => Response.json({ error }, { status });
    const [id, secret] = credentials(sent, authorization);
    const client = clients.get(id);
    if (client === undefined || client.secret !== secret) return no("invalid_client", 401);
    if (sent.get("grant_type") !== "authorization_code") return no("unsupported_grant_type");
    const code = sent.get("code") ?? "";
    const grant = grants.get(code);
    grants.delete(code);
    const challenge = createHash("sha256")
      .update(sent.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant === undefined || grant.client.id !== id || clock.now() >= grant.until) return no("invalid_grant");
    if (grant.redirectUri !== sent.get("redirect_uri") || grant.challenge !== challenge) return no("invalid_grant");
    const { account, nonce } = grant;
    const facts = { issuer, audience: id, subject: account.subject, nonce, now: Math.floor(clock.now() / 1_000) };
    const claims = { name: account.name, ...account.claims };
    return Response.json({
      access_token: randomBytes(24).toString("base64url"),
      token_type: "Bearer",
      expires_in: 3_600,
      ...(lie === "no-id-token" ? {} : { id_token: idToken({ ...facts, claims }, keys, lie) }),
    });
  };

  const routes = new Hono<{ Bindings: HttpBindings }>();
  const faulty = async (call: string, incoming: HttpBindings["incoming"], act: () => Response): Promise<Response> =>
    misbehave(
      faults.next(call),
      {
        act,
        pretend: act,
        throttle: (seconds) => new Response(null, { status: 429, headers: { "retry-after": String(seconds) } }),
      },
      { incoming, faults, stopped: stopping.signal },
    );
  routes.get("/.well-known/openid-configuration", (c) => faulty("discovery", c.env.incoming, discovery));
  routes.get("/keys", (c) => faulty("keys", c.env.incoming, publishedKeys));
  routes.get("/authorize", async (c) => {
    const answer = await askWho(c.req.raw);
    return faulty("authorize", c.env.incoming, () => answer);
  });
  routes.post("/authorize", (c) => signedIn(c.req.raw));
  routes.post("/token", async (c) => {
    const sent = new URLSearchParams(await c.req.text());
    return faulty("token", c.env.incoming, () => token(sent, c.req.header("authorization")));
  });

  const server = await listen(routes, port);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the sandbox's OpenID provider has no port");
  issuer = `http://127.0.0.1:${address.port}`;

  return {
    issuer,
    register: (client) => void clients.set(client.id, client),
    lie: (next) => {
      lie = next;
    },
    signIn: async (authorizationUrl, subject) => {
      const answer = await fetch(authorizationUrl, {
        method: "POST",
        body: new URLSearchParams({ subject }),
        redirect: "manual",
      });
      const location = answer.headers.get("location");
      if (location === null) throw new Error(await answer.text());
      return new URL(location);
    },
    stop: async () => {
      stopping.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};

/** In the body or in a header, form-encoded there: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const credentials = (
  sent: URLSearchParams,
  authorization: string | undefined,
): readonly [id: string, secret: string | undefined] => {
  const basic = /^Basic (.+)$/u.exec(authorization ?? "")?.[1];
  if (basic === undefined) return [sent.get("client_id") ?? "", sent.get("client_secret") ?? undefined];
  const [id = "", secret = ""] = Buffer.from(basic, "base64").toString().split(":");
  const decoded = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));
  return [decoded(id), decoded(secret)];
};

const listen = (routes: Hono<{ Bindings: HttpBindings }>, port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const answer = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });

/** Making them takes a while, and every server of this process may have the same. */
let made: Parameters<typeof idToken>[1] | undefined;
const signingKeys = (): Parameters<typeof idToken>[1] => {
  made ??= { ours: newSigningKey(), other: newSigningKey() };
  return made;
};

const CODE_LIVES_MS = 60_000;
