/** Slack's Web API over HTTP: tokens, limits and faults around the methods. https://docs.slack.dev/apis/web-api */

import { randomBytes } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Faults } from "../faults.ts";
import type { Json } from "./json.ts";
import { chatMethods } from "./methods/chat.ts";
import { conversationsMethods } from "./methods/conversations.ts";
import { filesMethods } from "./methods/files.ts";
import { type Call, type Method, type Outcome, refused } from "./methods/method.ts";
import { peopleMethods } from "./methods/people.ts";
import { viewsMethods } from "./methods/views.ts";
import { misbehave } from "./misbehave.ts";
import type { RateLimits } from "./rate-limits.ts";
import { type Args, readArgs } from "./web-args.ts";

export interface WebApiDeps extends Omit<Call, "args"> {
  readonly botToken: string;
  readonly appToken: string;
  readonly limits: RateLimits;
  readonly faults: Faults;
  readonly stopped: () => AbortSignal;
}

export type Routes = Hono<{ Bindings: HttpBindings }>;

export const createWebApi = (deps: WebApiDeps): Routes => {
  const routes: Routes = new Hono();
  routes.on(["GET", "POST"], "/api/:method", async (c) => {
    const name = c.req.param("method");
    const args = await readArgs(c.req.raw);
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;

    const judge = (): Outcome => {
      if (typeof args === "string") return refused(args);
      if (method === undefined) return refused("unknown_method", { req_method: name });
      const token = c.req.header("authorization")?.replace(/^Bearer\s+/iu, "") ?? args.text("token");
      const wrongToken = judgeToken(name, token, deps);
      return wrongToken === undefined ? method({ ...deps, args }) : refused(wrongToken);
    };
    const act = (apply: boolean): Response => {
      const wait = deps.limits.take(name, typeof args === "string" ? undefined : channelOf(args, deps));
      if (wait !== undefined) return throttled(wait);
      const outcome = judge();
      if (apply) outcome.apply?.();
      const { ok, error } = outcome.answer;
      deps.workspace.changes.publish({
        kind: "called",
        method: name,
        ok: ok === true,
        ...(typeof error === "string" ? { error } : {}),
      });
      return answer(outcome.answer);
    };
    const throttled = (seconds: number): Response => {
      deps.workspace.changes.publish({ kind: "called", method: name, ok: false, error: "ratelimited" });
      return answer({ ok: false, error: "ratelimited" }, 429, { "retry-after": String(seconds) });
    };

    const does = deps.faults.next(name);
    if (does !== undefined) deps.workspace.changes.publish({ kind: "misbehaved", call: name, does: does.kind });
    return misbehave(
      does,
      { act: () => act(true), pretend: () => act(false), throttle: throttled },
      { incoming: c.env.incoming, faults: deps.faults, stopped: deps.stopped() },
    );
  });
  return routes;
};

const methods: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...conversationsMethods,
  ...filesMethods,
  ...peopleMethods,
  ...viewsMethods,
};

const SCOPES =
  "commands,chat:write,im:write,im:history,channels:read,channels:history,groups:read,groups:history,users:read,users:read.email,users.profile:read,usergroups:read,files:write";

const judgeToken = (
  method: string,
  token: string | undefined,
  { botToken, appToken }: WebApiDeps,
): string | undefined => {
  if (method === "api.test") return undefined;
  if (token === undefined || token === "") return "not_authed";
  if (token !== botToken && token !== appToken) return "invalid_auth";
  const wanted = method === "apps.connections.open" ? appToken : botToken;
  return token === wanted ? undefined : "not_allowed_token_type";
};

/** A user's id and their direct message are one channel, also when counting. */
const channelOf = (args: Args, { workspace }: WebApiDeps): string | undefined => {
  const named = args.text("channel");
  return named === undefined ? undefined : (workspace.conversation(named)?.id ?? named);
};

const answer = (body: Json, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-slack-req-id": randomBytes(16).toString("hex"),
      "x-oauth-scopes": SCOPES,
      ...headers,
    },
  });
