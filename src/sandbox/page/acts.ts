/** What a person does on the page, done in the sandbox's Slack: what concerns the bot goes to it as signed requests. */

import type { Entry } from "../slack/element-values.ts";
import { isObject, type Json, textOf } from "../slack/json.ts";
import { escapeText } from "../slack/mrkdwn.ts";
import type { Press } from "../slack/presses.ts";
import type { SlackServer } from "../slack/server.ts";

export type ActKind =
  | "command"
  | "say"
  | "press"
  | "suggest"
  | "submit"
  | "close"
  | "shortcut"
  | "message-shortcut"
  | "open-home";

/** `what`: `{ kind: "command", user: "U0DEV1", channel: "C0ACCESS", text: "list" }`. Throws when it can't be done. */
export const act = async (slack: SlackServer, what: Json): Promise<Json> => {
  const said = (name: string): string => textOf(what[name]) ?? "";
  const user = said("user");
  if (slack.people.user(user)?.deleted === true) throw new Error("this account is deactivated");
  const kind = said("kind") as ActKind;
  switch (kind) {
    case "command": {
      const { outcome } = await slack.command({
        user,
        channel: said("channel"),
        command: said("command"),
        text: said("text"),
      });
      return { outcome };
    }
    case "say":
      slack.say({ user, channel: said("channel"), text: escapeText(said("text")) });
      return {};
    case "press": {
      const { outcome } = await slack.click(pressIn(user, what));
      return { outcome };
    }
    case "suggest": {
      const { options } = await slack.blockSuggestion({ ...pressIn(user, what), value: said("value") });
      return { options };
    }
    case "submit": {
      const { outcome } = await slack.submitView({ user, viewId: said("viewId"), values: entries(what.values) });
      return { outcome };
    }
    case "close":
      await slack.closeView({ user, viewId: said("viewId") });
      return {};
    case "shortcut": {
      const { outcome } = await slack.shortcut({ user, callbackId: said("callbackId") });
      return { outcome };
    }
    case "message-shortcut": {
      const { outcome } = await slack.messageShortcut({
        user,
        callbackId: said("callbackId"),
        channel: said("channel"),
        ts: said("ts"),
      });
      return { outcome };
    }
    case "open-home":
      await slack.openHome(user);
      return {};
    default:
      throw new Error(`nobody can do \`${String(kind satisfies never)}\` here`);
  }
};

const pressIn = (user: string, what: Json): Press => {
  const given = (name: keyof Press) => (textOf(what[name]) === undefined ? {} : { [name]: textOf(what[name]) });
  return {
    user,
    ...given("channel"),
    ...given("ts"),
    ...given("viewId"),
    ...given("actionId"),
    ...given("blockId"),
    ...(what.value === undefined ? {} : { value: what.value as Entry }),
    values: entries(what.values),
  };
};

const entries = (value: unknown): Readonly<Record<string, Entry>> =>
  isObject(value) ? (value as Readonly<Record<string, Entry>>) : {};
