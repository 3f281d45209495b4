/** What one person has on their screen. */

import { elementsOf } from "./element-values.ts";
import { type Json, objectOf, textOf } from "./json.ts";
import type { Message } from "./message.ts";
import type { Mention } from "./mrkdwn.ts";
import { plainText, type Reader } from "./plain-text.ts";
import type { View, ViewStacks } from "./view-stacks.ts";
import type { Conversation, Workspace } from "./workspace.ts";

export interface Sight {
  readonly user: string;
  /** The channels they are in, and their direct message with the bot when something was said in it. */
  readonly channels: readonly SeenChannel[];
  /** The visible one last. */
  readonly modals: readonly SeenView[];
  readonly home: SeenView | undefined;
  /** What Slack itself told them, the latest last. */
  readonly told: readonly string[];
}

export interface SeenChannel {
  readonly id: string;
  readonly name: string;
  readonly direct: boolean;
  readonly messages: readonly SeenMessage[];
}

export interface SeenMessage {
  readonly channel: string;
  readonly ts: string;
  readonly from: string;
  readonly text: string;
  /** What it said before it was edited, the oldest first. */
  readonly before: readonly string[];
  readonly onlyForYou: boolean;
  readonly buttons: readonly SeenButton[];
  readonly mentions: readonly Mention[];
  /** By id: `slack.file(id)` has what is in it. */
  readonly files: readonly { readonly id: string; readonly name: string; readonly title: string }[];
  readonly raw: Message;
}

export interface SeenButton {
  readonly label: string;
  readonly type: string;
  readonly actionId: string;
  readonly blockId: string;
  readonly value: string | undefined;
  /** Where it leads out of Slack. */
  readonly url?: string;
}

export interface SeenView {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly buttons: readonly SeenButton[];
  readonly errors: Readonly<Record<string, string>>;
  readonly trouble: string | undefined;
  readonly raw: View;
}

interface Deps {
  readonly workspace: Workspace;
  readonly views: ViewStacks;
  readonly told: (user: string) => readonly string[];
}

/** Deactivated people can't sign in: they see nothing. */
export const see = (id: string, { workspace, views, told }: Deps): Sight => {
  const user = workspace.user(id);
  if (user === undefined) throw new Error(`the sandbox's Slack has no person \`${id}\``);
  if (user.deleted === true) return { user: id, channels: [], modals: [], home: undefined, told: [] };
  const reader = readerFor(id, workspace);
  const im = workspace.directMessage(id);
  const places: readonly Conversation[] = [
    ...workspace.channels().filter(({ members }) => members.includes(id)),
    ...(workspace.messages(im.id).length > 0 ? [im] : []),
  ];
  const home = views.home(id);
  return {
    user: id,
    channels: places.map((place) => ({
      id: place.id,
      name: place.im === undefined ? place.name : (reader.nameOf(workspace.bot.userId) ?? "bot"),
      direct: place.im !== undefined,
      messages: workspace
        .messages(place.id)
        .filter(({ onlyFor }) => onlyFor === undefined || onlyFor === id)
        .map((message) => seenMessage(message, reader)),
    })),
    modals: views.stack(id).map((view) => seenView(view, reader)),
    home: home === undefined ? undefined : seenView(home, reader),
    told: told(id),
  };
};

/** Reads as this person: their zone, and the names they know. */
export const readerFor = (id: string, workspace: Workspace): Reader => ({
  timezone: workspace.user(id)?.tz ?? "Etc/UTC",
  now: workspace.clock.now(),
  nameOf: (each) =>
    each === "USLACKBOT"
      ? "slackbot"
      : (workspace.user(each)?.name ??
        workspace.groups().find((group) => group.id === each)?.handle ??
        workspace.channels().find((channel) => channel.id === each)?.name),
});

const seenMessage = (message: Message, reader: Reader): SeenMessage => ({
  channel: message.channel,
  ts: message.ts,
  from: reader.nameOf(message.user) ?? message.user,
  text: plainText(message, reader),
  before: message.history.map((content) => plainText(content, reader)),
  onlyForYou: message.onlyFor !== undefined,
  buttons: buttonsOf(message.blocks),
  mentions: message.mentions,
  files: (message.files ?? []).map(({ id, name, title }) => ({
    id: textOf(id) ?? "",
    name: textOf(name) ?? "",
    title: textOf(title) ?? "",
  })),
  raw: message,
});

const seenView = (view: View, reader: Reader): SeenView => ({
  id: view.id,
  title: textOf(objectOf(view.source.title).text) ?? "",
  text: plainText({ blocks: view.blocks }, reader),
  buttons: buttonsOf(view.blocks),
  errors: view.errors,
  trouble: view.trouble,
  raw: view,
});

const buttonsOf = (blocks: readonly Json[]): readonly SeenButton[] =>
  elementsOf(blocks).map(({ block, element }) => ({
    label: textOf(objectOf(element.text ?? element.placeholder).text) ?? "",
    type: textOf(element.type) ?? "",
    actionId: textOf(element.action_id) ?? "",
    blockId: textOf(block.block_id) ?? "",
    value: textOf(element.value),
    ...(typeof element.url === "string" ? { url: element.url } : {}),
  }));
