/** `chat.*`: https://docs.slack.dev/reference/methods?family=chat */

import { messageObject } from "../answer-objects.ts";
import { isUnacceptable, readContent, saysNothing, type Unacceptable } from "../content.ts";
import { type Content, compose, type Message } from "../message.ts";
import type { Conversation } from "../workspace.ts";
import { type Call, done, explained, type Method, missing, type Outcome, refused } from "./method.ts";

/** Slack edits less than it posts: https://docs.slack.dev/reference/methods/chat.update */
const LONGEST_EDIT = 4_000;

const postMessage: Method = (call) => {
  const { workspace, args } = call;
  const place = placeToWrite(call);
  if ("answer" in place) return place;
  const given = readContent(args, workspace);
  if (isUnacceptable(given)) return unacceptable(given);
  if (saysNothing(given)) return refused("no_text");
  const thread = args.text("thread_ts");
  if (thread !== undefined && workspace.message(place.id, thread) === undefined) return refused("thread_not_found");

  const { truncated, ...content } = given;
  const message = {
    text: "",
    blocks: [],
    ...content,
    channel: place.id,
    ts: workspace.newTs(),
    user: workspace.bot.userId,
    byApp: true,
    ...(thread === undefined ? {} : { thread }),
  };
  return done(
    {
      channel: place.id,
      ts: message.ts,
      message: messageObject(compose(message), workspace),
      ...(truncated ? { warning: "message_truncated", response_metadata: { warnings: ["message_truncated"] } } : {}),
    },
    () => void workspace.post(message),
  );
};

const postEphemeral: Method = (call) => {
  const { workspace, args } = call;
  const user = args.text("user");
  if (user === undefined || user === "") return missing("user");
  const place = placeToWrite(call);
  if ("answer" in place) return place;
  if (!place.members.includes(user)) return refused("user_not_in_channel");
  const given = readContent(args, workspace);
  if (isUnacceptable(given)) return unacceptable(given);
  if (given.truncated) return refused("msg_too_long");
  if (saysNothing(given)) return refused("no_text");

  const { truncated: _, ...content } = given;
  const ts = workspace.newTs();
  return done({ message_ts: ts }, () => {
    workspace.post({
      text: "",
      blocks: [],
      ...content,
      channel: place.id,
      ts,
      user: workspace.bot.userId,
      byApp: true,
      onlyFor: user,
    });
  });
};

const update: Method = (call) => {
  const { workspace, args } = call;
  const message = messageToChange(call, "cant_update_message");
  if ("answer" in message) return message;
  const given = readContent(args, workspace);
  if (isUnacceptable(given)) return unacceptable(given);
  if ((given.text ?? "").length > LONGEST_EDIT) return refused("msg_too_long");
  if (given.text === undefined && given.blocks === undefined && given.attachments === undefined)
    return refused("no_text");

  const content = edited(message, given);
  if (saysNothing(content)) return refused("no_text");
  return done(
    {
      channel: message.channel,
      ts: message.ts,
      text: content.text,
      message: messageObject(compose({ ...message, ...content }), workspace),
    },
    () => void workspace.edit(message, content),
  );
};

/** Blocks, attachments and metadata that aren't given stay; empty ones go. */
const edited = (message: Message, given: Partial<Content>): Content => {
  const metadata = given.metadata ?? message.metadata;
  const attachments = given.attachments ?? message.attachments;
  return {
    text: given.text ?? message.text,
    blocks: given.blocks ?? message.blocks,
    ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(attachments === undefined ? {} : { attachments }),
  };
};

const remove: Method = (call) => {
  const message = messageToChange(call, "cant_delete_message");
  if ("answer" in message) return message;
  return done({ channel: message.channel, ts: message.ts }, () => call.workspace.remove(message));
};

const getPermalink: Method = ({ args, workspace }) => {
  const channel = workspace.conversation(args.text("channel") ?? "");
  if (channel === undefined) return refused("channel_not_found");
  const ts = args.text("message_ts") ?? "";
  if (workspace.message(channel.id, ts) === undefined) return refused("message_not_found");
  const permalink = `https://${workspace.team.domain}.slack.com/archives/${channel.id}/p${ts.replace(".", "")}`;
  return done({ channel: channel.id, permalink });
};

export const chatMethods = {
  "chat.postMessage": postMessage,
  "chat.postEphemeral": postEphemeral,
  "chat.update": update,
  "chat.delete": remove,
  "chat.getPermalink": getPermalink,
} satisfies Record<string, Method>;

const placeToWrite = ({ args, workspace }: Call): Conversation | Outcome => {
  const named = args.text("channel");
  if (named === undefined || named === "") return missing("channel");
  const place = workspace.conversation(named);
  if (place === undefined) return refused("channel_not_found");
  if (!place.members.includes(workspace.bot.userId))
    // A private channel that the bot isn't in doesn't exist for it.
    return refused(place.is_private === true ? "channel_not_found" : "not_in_channel");
  if (place.is_archived === true) return refused("is_archived");
  return place;
};

const messageToChange = ({ args, workspace }: Call, notOurs: string): Message | Outcome => {
  const named = args.text("channel");
  const ts = args.text("ts");
  if (named === undefined || ts === undefined)
    return missing(...(named === undefined ? ["channel"] : []), ...(ts === undefined ? ["ts"] : []));
  // Unlike posting, changing takes a channel's id only.
  const place = named.startsWith("#") || /^[UW]/u.test(named) ? undefined : workspace.conversation(named);
  if (place === undefined) return refused("channel_not_found");
  if (place.is_private === true && !place.members.includes(workspace.bot.userId)) return refused("channel_not_found");
  if (place.is_archived === true) return refused("is_archived");
  const message = workspace.message(place.id, ts);
  if (message === undefined) return refused("message_not_found");
  return message.byApp ? message : refused(notOurs);
};

const unacceptable = ({ error, problems }: Unacceptable): Outcome =>
  problems.length === 0 ? refused(error) : explained(error, problems);
