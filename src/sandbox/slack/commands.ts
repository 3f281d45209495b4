/** A slash command, from typing to what the person then sees. https://docs.slack.dev/interactivity/implementing-slash-commands */

import type { Ack, Delivery } from "./delivery.ts";
import { isObject, type Json, textOf } from "./json.ts";
import { escapeText } from "./mrkdwn.ts";
import { type ResponseUrls, respond } from "./response-urls.ts";
import type { Tell } from "./tell.ts";
import type { Triggers } from "./triggers.ts";
import type { Conversation, Workspace } from "./workspace.ts";

export interface TypedCommand {
  readonly user: string;
  /** An id or a name; a user's id is their direct message with the bot. */
  readonly channel: string;
  readonly command?: string;
  readonly text: string;
  /** Sends `&`, `<` and `>` as entities, as some clients do; documentation is silent about it. */
  readonly escaped?: boolean;
}

export interface InteractionDeps {
  readonly workspace: Workspace;
  readonly delivery: Delivery;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly tell: Tell;
}

/** Slack still sends one, though nobody should rely on it. */
export const VERIFICATION_TOKEN = "sandbox-verification-token";

export const typeCommand = async (typed: TypedCommand, deps: InteractionDeps): Promise<Ack> => {
  const { workspace, delivery, triggers, responseUrls, tell } = deps;
  const { team, bot } = workspace;
  const user = workspace.user(typed.user);
  const channel = workspace.conversation(typed.channel);
  if (user === undefined) throw new Error(`the sandbox's Slack has no person \`${typed.user}\``);
  if (channel === undefined) throw new Error(`the sandbox's Slack has no channel \`${typed.channel}\``);
  const command = typed.command ?? "/jit";
  const place = { user: user.id, channel: channel.id };
  const ack = await delivery.deliver({
    kind: "commands",
    name: "deliver command",
    payload: {
      token: VERIFICATION_TOKEN,
      team_id: team.id,
      team_domain: team.domain,
      ...(team.enterpriseId === undefined ? {} : { enterprise_id: team.enterpriseId, enterprise_name: team.domain }),
      channel_id: channel.id,
      channel_name: shownName(channel),
      user_id: user.id,
      user_name: user.name,
      command,
      text: typed.escaped === true ? escapeText(typed.text) : typed.text,
      api_app_id: bot.appId,
      is_enterprise_install: "false",
      response_url: responseUrls.issue("commands", place),
      trigger_id: triggers.issue({ user: user.id }),
    },
  });

  const failure = ack.outcome === "ok" ? answerInPlace(workspace, place, ack.body) : ack.outcome;
  if (failure !== undefined) tell(place, `${command} failed with the error "${failure}"`, { inChannel: true });
  return ack;
};

/** Slack doesn't give away the names of direct messages and private channels. */
export const shownName = ({ im, is_private, name }: Conversation): string =>
  im !== undefined ? "directmessage" : is_private === true ? "privategroup" : name;

/** The body of an acknowledgement is itself a message. Returns why it can't be shown. */
const answerInPlace = (
  workspace: Workspace,
  place: { user: string; channel: string },
  body: unknown,
): string | undefined => {
  const message: Json | undefined = isObject(body)
    ? body
    : textOf(body) === undefined || body === ""
      ? undefined
      : { text: body };
  if (message === undefined || Object.keys(message).length === 0) return undefined;
  const shown = respond(workspace, place, message);
  if (typeof shown === "string") return shown;
  shown();
  return undefined;
};
