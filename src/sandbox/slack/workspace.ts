/** The state of a workspace: people, channels, messages, open modals and Homes. Everything that changes it is told to `changes`. */

import { randomBytes } from "node:crypto";
import type { Clock } from "../../access/time.ts";
import type { Changes } from "./changes.ts";
import { type Content, compose, edit, type Message, type NewMessage } from "./message.ts";
import type {
  SlackBot,
  SlackChannel,
  SlackProfileField,
  SlackTeam,
  SlackUser,
  SlackUserGroup,
  SlackWorld,
} from "./world.ts";

export interface Conversation extends SlackChannel {
  /** The person of a direct message with the bot. */
  readonly im?: string;
}

export interface Workspace {
  readonly team: SlackTeam;
  readonly bot: SlackBot;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly users: () => readonly SlackUser[];
  readonly user: (id: string) => SlackUser | undefined;
  readonly groups: () => readonly SlackUserGroup[];
  readonly channels: () => readonly SlackChannel[];
  readonly profileFields: () => readonly SlackProfileField[];
  /** By id, a user's id (their direct message), `#name` or name. */
  readonly conversation: (named: string) => Conversation | undefined;
  readonly directMessage: (user: string) => Conversation;
  readonly changeUser: (id: string, change: Partial<SlackUser>) => void;
  readonly changeChannel: (id: string, change: Partial<SlackChannel>) => void;
  readonly changeGroup: (id: string, change: Partial<SlackUserGroup>) => void;
  /** What a custom field of somebody's profile holds from now on; `undefined`: nothing. */
  readonly writeProfile: (user: string, field: string, value: string | undefined) => void;
  readonly changeProfileField: (id: string, change: Partial<SlackProfileField>) => void;

  /** In the order of their timestamps, without deleted ones. */
  readonly messages: (channel: string) => readonly Message[];
  /** Ephemeral ones only when `viewer` is the one who sees them. */
  readonly message: (channel: string, ts: string, viewer?: string) => Message | undefined;
  /** Later than every one before. */
  readonly newTs: () => string;
  readonly post: (message: NewMessage) => Message;
  readonly edit: (message: Message, content: Content) => Message;
  readonly remove: (message: Message) => void;
}

export const createWorkspace = ({
  world,
  clock,
  changes,
}: {
  world: SlackWorld;
  clock: Clock;
  changes: Changes;
}): Workspace => {
  const { team, bot } = world;
  const users = new Map(world.users.map((user) => [user.id, user]));
  if (!users.has(bot.userId)) {
    const name = bot.name ?? "latch";
    users.set(bot.userId, { id: bot.userId, name, real_name: name, is_bot: true, team_id: team.id });
  }
  const channels = new Map(world.channels.map((channel) => [channel.id, channel]));
  const groups = new Map(world.userGroups.map((group) => [group.id, group]));
  const profileFields = new Map((world.profileFields ?? []).map((field) => [field.id, field]));
  const ims = new Map<string, string>();
  const messages = new Map<string, Map<string, Message>>();
  let lastMicros = 0;

  const directMessage = (user: string): Conversation => {
    let id = [...ims].find(([, person]) => person === user)?.[0];
    if (id === undefined) {
      const plain = `D${user.slice(1)}`;
      id = ims.has(plain) ? `D${randomBytes(5).toString("hex").toUpperCase()}` : plain;
      ims.set(id, user);
    }
    return { id, name: "directmessage", members: [user, bot.userId], is_private: true, im: user };
  };

  const conversation = (named: string): Conversation | undefined => {
    const channel = channels.get(named);
    if (channel !== undefined) return channel;
    const person = ims.get(named);
    if (person !== undefined) return directMessage(person);
    if (users.has(named)) return directMessage(named);
    const name = named.replace(/^#/u, "");
    return [...channels.values()].find((each) => each.name === name && each.is_private !== true);
  };

  const inChannel = (channel: string): Map<string, Message> => {
    const found = messages.get(channel) ?? new Map<string, Message>();
    messages.set(channel, found);
    return found;
  };

  const store = (message: Message, kind: "message-posted" | "message-updated" | "message-deleted"): Message => {
    inChannel(message.channel).set(message.ts, message);
    changes.publish({ kind, channel: message.channel, ts: message.ts });
    return message;
  };

  const newTs = (): string => {
    lastMicros = Math.max(clock.now() * 1_000, lastMicros + 1);
    return `${Math.floor(lastMicros / 1_000_000)}.${String(lastMicros % 1_000_000).padStart(6, "0")}`;
  };

  const changed = <T extends { readonly id: string }>(all: Map<string, T>, id: string, change: Partial<T>) => {
    const before = all.get(id);
    if (before === undefined) throw new Error(`the sandbox's Slack has no \`${id}\``);
    const now = { ...before, ...change };
    all.set(id, now);
    changes.publish({ kind: "people-changed" });
    return { before, now };
  };

  const changeUser: Workspace["changeUser"] = (id, change) => {
    const { before, now } = changed(users, id, change);
    changes.publish({ kind: "user-changed", before, user: now });
  };

  return {
    team,
    bot,
    clock,
    changes,
    users: () => [...users.values()],
    user: (id) => users.get(id),
    groups: () => [...groups.values()],
    channels: () => [...channels.values()],
    conversation,
    directMessage,
    profileFields: () => [...profileFields.values()],
    changeUser,
    changeChannel: (id, change) => void changed(channels, id, change),
    changeGroup: (id, change) => {
      const { before, now } = changed(groups, id, change);
      changes.publish({ kind: "group-changed", before, group: now });
    },
    writeProfile: (id, field, value) => {
      const { profile } = users.get(id) ?? {};
      const others = Object.entries(profile?.fields ?? {}).filter(([other]) => other !== field);
      const fields = Object.fromEntries(value === undefined ? others : [...others, [field, value]]);
      changeUser(id, { profile: { ...profile, fields } });
    },
    changeProfileField: (id, change) => void changed(profileFields, id, change),
    messages: (channel) =>
      [...inChannel(channel).values()]
        .filter(({ deleted }) => deleted !== true)
        .toSorted((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0)),
    message: (channel, ts, viewer) => {
      const found = messages.get(channel)?.get(ts);
      if (found === undefined || found.deleted === true) return undefined;
      return found.onlyFor === undefined || found.onlyFor === viewer ? found : undefined;
    },
    newTs,
    post: (message) => store(compose(message), "message-posted"),
    edit: (message, content) => store(edit(message, content, newTs()), "message-updated"),
    remove: (message) => void store({ ...message, deleted: true }, "message-deleted"),
  };
};
