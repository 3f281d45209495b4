/** `conversations.*`: https://docs.slack.dev/reference/methods?family=conversations */

import { conversationObject, messageObject } from "../answer-objects.ts";
import type { Message } from "../message.ts";
import type { Conversation } from "../workspace.ts";
import { type Call, done, type Method, missing, type Outcome, page, refused } from "./method.ts";

const open: Method = ({ args, workspace }) => {
  const users = (args.text("users") ?? "").split(",").filter((id) => id !== "");
  const [first, second] = users;
  if (first === undefined) return refused("users_list_not_supplied");
  if (second !== undefined) return refused("too_many_users");
  const user = workspace.user(first);
  if (user === undefined) return refused("user_not_found");
  if (user.is_bot === true) return refused("cannot_dm_bot");
  if (user.deleted === true) return refused("user_disabled");
  const im = workspace.directMessage(first);
  return done({ channel: args.flag("return_im") ? conversationObject(im, workspace) : { id: im.id } });
};

const info: Method = (call) => {
  const channel = readable(call);
  if ("answer" in channel) return channel;
  const counted = call.args.flag("include_num_members") ? { num_members: channel.members.length } : {};
  return done({ channel: { ...conversationObject(channel, call.workspace), ...counted } });
};

const list: Method = ({ args, workspace }) => {
  const types = (args.text("types") ?? "public_channel").split(",");
  const seen = workspace
    .channels()
    .filter((channel) =>
      channel.is_private === true
        ? types.includes("private_channel") && channel.members.includes(workspace.bot.userId)
        : types.includes("public_channel"),
    )
    .filter((channel) => !(args.flag("exclude_archived") && channel.is_archived === true));
  const found = page(seen, args, { usual: 100, most: 1_000 });
  if (typeof found === "string") return refused(found);
  return done({
    channels: found.items.map((channel) => conversationObject(channel, workspace)),
    response_metadata: { next_cursor: found.next },
  });
};

const members: Method = (call) => {
  const channel = readable(call);
  if ("answer" in channel) return channel;
  const found = page(channel.members, call.args, { usual: 100, most: 1_000 });
  if (typeof found === "string") return refused(found);
  return done({ members: found.items, response_metadata: { next_cursor: found.next } });
};

const history: Method = (call) => {
  const channel = readable(call);
  if ("answer" in channel) return channel;
  if (!channel.members.includes(call.workspace.bot.userId)) return refused("not_in_channel");
  const all = call.workspace.messages(channel.id).filter(({ thread, ts }) => thread === undefined || thread === ts);
  return messagePage(call, all.toReversed());
};

const replies: Method = (call) => {
  const channel = readable(call);
  if ("answer" in channel) return channel;
  const parent = call.args.text("ts") ?? "";
  const all = call.workspace.messages(channel.id).filter(({ thread, ts }) => ts === parent || thread === parent);
  return all.length === 0 ? refused("thread_not_found") : messagePage(call, all);
};

export const conversationsMethods = {
  "conversations.open": open,
  "conversations.info": info,
  "conversations.list": list,
  "conversations.members": members,
  "conversations.history": history,
  "conversations.replies": replies,
} satisfies Record<string, Method>;

const messagePage = ({ args, workspace }: Call, messages: readonly Message[]): Outcome => {
  const oldest = args.text("oldest") ?? "0";
  const latest = args.text("latest");
  if (!isTs(oldest)) return refused("invalid_ts_oldest");
  if (latest !== undefined && !isTs(latest)) return refused("invalid_ts_latest");
  const edge = args.flag("inclusive");
  // Ephemeral messages are in nobody's history.
  const between = messages.filter(({ ts, onlyFor }) => {
    if (onlyFor !== undefined) return false;
    const after = order(ts, oldest);
    const before = latest === undefined ? -1 : order(ts, latest);
    return (after > 0 || (edge && after === 0)) && (before < 0 || (edge && before === 0));
  });
  const found = page(between, args, { usual: 100, most: 999 });
  if (typeof found === "string") return refused(found);
  const withMetadata = args.flag("include_all_metadata");
  return done({
    messages: found.items.map((message) => messageObject(message, workspace, withMetadata)),
    has_more: found.next !== "",
    pin_count: 0,
    ...(found.next === "" ? {} : { response_metadata: { next_cursor: found.next } }),
  });
};

const isTs = (ts: string): boolean => /^\d+(\.\d+)?$/u.test(ts);

/** Exactly: a timestamp has more digits than a number keeps. */
const order = (a: string, b: string): number => {
  const [left, right] = [micros(a), micros(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

const micros = (ts: string): bigint => {
  const [seconds = "0", fraction = ""] = ts.split(".");
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
};

const readable = ({ args, workspace }: Call): Conversation | Outcome => {
  const named = args.text("channel");
  if (named === undefined || named === "") return missing("channel");
  const channel = /^[CDG]/u.test(named) ? workspace.conversation(named) : undefined;
  if (channel === undefined) return refused("channel_not_found");
  const isMember = channel.members.includes(workspace.bot.userId);
  return channel.is_private === true && !isMember ? refused("channel_not_found") : channel;
};
