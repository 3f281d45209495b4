/**
 * Response URLs: five answers in thirty minutes, without a token, to where something was typed or pressed.
 * https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
 */

import { randomBytes } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { between, type EpochMs, MINUTE } from "../../access/time.ts";
import type { Faults } from "../faults.ts";
import { isUnacceptable, readContent, saysNothing } from "./content.ts";
import { isObject, type Json, parseJson, textOf } from "./json.ts";
import { misbehave } from "./misbehave.ts";
import { argsOf } from "./web-args.ts";
import type { Workspace } from "./workspace.ts";

export interface ResponsePlace {
  readonly user: string;
  readonly channel: string;
  /** The message that was pressed on. */
  readonly ts?: string;
}

export interface ResponseUrls {
  readonly issue: (kind: "commands" | "actions", place: ResponsePlace) => string;
  readonly routes: Hono<{ Bindings: HttpBindings }>;
}

interface Issued extends ResponsePlace {
  readonly at: EpochMs;
  left: number;
}

interface Deps {
  readonly workspace: Workspace;
  readonly faults: Faults;
  readonly ownUrl: () => string;
  readonly stopped: () => AbortSignal;
}

/** As a fault's call it is named `response_url`. */
export const createResponseUrls = ({ workspace, faults, ownUrl, stopped }: Deps): ResponseUrls => {
  const issued = new Map<string, Issued>();
  const routes = new Hono<{ Bindings: HttpBindings }>();

  routes.post("/:kind{commands|actions}/:team/:number/:secret", async (c) => {
    const kind = c.req.param("kind");
    const body = await readBody(c.req.raw);
    const place = issued.get(c.req.param("secret"));
    const act = (apply: boolean): Response => {
      if (place === undefined) return no(404, "no_service");
      if (between(place.at, workspace.clock.now()) >= 30 * MINUTE) return no(404, "expired_url");
      if (place.left === 0) return no(404, "used_url");
      if (body === undefined) return no(400, "invalid_payload");
      const outcome = respond(workspace, place, body);
      if (typeof outcome === "string") return no(400, outcome);
      if (apply) {
        place.left -= 1;
        outcome();
      }
      return kind === "commands" ? new Response("ok") : Response.json({ ok: true });
    };
    return misbehave(
      faults.next("response_url"),
      {
        act: () => act(true),
        pretend: () => act(false),
        throttle: (seconds) => no(429, "rate_limited", { "retry-after": String(seconds) }),
      },
      { incoming: c.env.incoming, faults, stopped: stopped() },
    );
  });

  return {
    issue: (kind, place) => {
      const secret = randomBytes(12).toString("hex");
      issued.set(secret, { ...place, left: 5, at: workspace.clock.now() });
      return `${ownUrl()}/${kind}/${workspace.team.id}/${1_000_000 + issued.size}/${secret}`;
    },
    routes,
  };
};

/**
 * What the body asks for, in the place it came from: also the body of a command's acknowledgement.
 * Returns how to do it, or Slack's word for why not.
 */
export const respond = (workspace: Workspace, place: ResponsePlace, body: Json): (() => void) | string => {
  const source = place.ts === undefined ? undefined : workspace.message(place.channel, place.ts, place.user);
  if (body.delete_original === true) return source === undefined ? "message_not_found" : () => workspace.remove(source);

  const given = readContent(argsOf(body), workspace);
  if (isUnacceptable(given)) return given.error;
  if (saysNothing(given)) return "no_text";
  const { truncated: _, ...content } = given;
  const said = { text: "", blocks: [], ...content };
  if (body.replace_original === true) {
    if (source === undefined) return "message_not_found";
    return () => void workspace.edit(source, said);
  }

  const thread = textOf(body.thread_ts);
  return () =>
    void workspace.post({
      ...said,
      channel: place.channel,
      ts: workspace.newTs(),
      user: workspace.bot.userId,
      byApp: true,
      ...(thread === undefined ? {} : { thread }),
      ...(body.response_type === "in_channel" ? {} : { onlyFor: place.user }),
    });
};

const readBody = async (request: Request): Promise<Json | undefined> => {
  const raw = await request.text();
  const form = request.headers.get("content-type")?.includes("x-www-form-urlencoded") === true;
  const parsed = parseJson(form ? (new URLSearchParams(raw).get("payload") ?? "") : raw);
  return isObject(parsed) ? parsed : undefined;
};

const no = (status: number, error: string, headers: Record<string, string> = {}): Response =>
  Response.json({ ok: false, error }, { status, headers });
