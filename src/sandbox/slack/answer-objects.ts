/** Users, conversations, groups and messages in the form in which Slack's methods and payloads give them. */

import { DateTime } from "luxon";
import type { Json } from "./json.ts";
import type { Message } from "./message.ts";
import type { Conversation, Workspace } from "./workspace.ts";
import type { SlackUser, SlackUserGroup } from "./world.ts";

const LONG_AGO = 1_700_000_000;

/** https://docs.slack.dev/reference/objects/user-object */
export const userObject = (user: SlackUser, workspace: Workspace): Json => {
  const { team, bot, clock } = workspace;
  const realName = user.real_name ?? user.name;
  const isOurs = user.id === bot.userId;
  // Custom fields are told by `users.profile.get` alone.
  const { fields: _, ...profile } = user.profile ?? {};
  const always = {
    id: user.id,
    team_id: user.team_id ?? team.id,
    name: user.name,
    deleted: user.deleted === true,
    profile: {
      real_name: realName,
      real_name_normalized: realName,
      display_name: user.name,
      display_name_normalized: user.name,
      team: user.team_id ?? team.id,
      avatar_hash: "g000000000000",
      ...(isOurs ? { api_app_id: bot.appId, bot_id: bot.botId } : {}),
      ...profile,
    },
    is_bot: user.is_bot === true,
    is_app_user: false,
    updated: LONG_AGO,
    ...(user.is_stranger === true ? { is_stranger: true } : {}),
  };
  // Slack leaves out the standing and the zone of people who are gone.
  if (user.deleted === true) return always;
  const tz = user.tz ?? "Etc/UTC";
  const local = DateTime.fromMillis(clock.now(), { zone: tz, locale: "en-US" });
  return {
    ...always,
    color: "9f69e7",
    real_name: realName,
    tz,
    tz_label: local.offsetNameLong ?? tz,
    tz_offset: local.isValid ? local.offset * 60 : 0,
    is_admin: user.is_admin === true,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.is_restricted === true || user.is_ultra_restricted === true,
    is_ultra_restricted: user.is_ultra_restricted === true,
    is_email_confirmed: user.is_email_confirmed !== false,
    who_can_share_contact_card: "EVERYONE",
    ...(user.enterprise_user === undefined ? {} : { enterprise_user: user.enterprise_user }),
  };
};

/** https://docs.slack.dev/reference/objects/conversation-object */
export const conversationObject = (conversation: Conversation, workspace: Workspace): Json => {
  const { team, bot, user } = workspace;
  const base = {
    id: conversation.id,
    created: LONG_AGO,
    is_archived: conversation.is_archived === true,
    is_org_shared: conversation.is_org_shared === true,
    context_team_id: team.id,
    updated: LONG_AGO * 1_000,
  };
  if (conversation.im !== undefined)
    return {
      ...base,
      is_im: true,
      user: conversation.im,
      is_user_deleted: user(conversation.im)?.deleted === true,
      is_open: true,
      priority: 0,
    };
  const isPrivate = conversation.is_private === true;
  return {
    ...base,
    name: conversation.name,
    name_normalized: conversation.name,
    is_channel: !isPrivate,
    is_group: isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: isPrivate,
    is_general: false,
    unlinked: 0,
    is_shared:
      conversation.is_shared === true || conversation.is_ext_shared === true || conversation.is_org_shared === true,
    is_pending_ext_shared: conversation.is_pending_ext_shared === true,
    pending_shared: [],
    parent_conversation: null,
    creator: conversation.members[0] ?? bot.userId,
    is_ext_shared: conversation.is_ext_shared === true,
    shared_team_ids: conversation.shared_team_ids ?? [team.id],
    pending_connected_team_ids: [],
    is_member: conversation.members.includes(bot.userId),
    topic: { value: "", creator: "", last_set: 0 },
    purpose: { value: "", creator: "", last_set: 0 },
    previous_names: [],
  };
};

/** https://docs.slack.dev/reference/objects/usergroup-object */
export const groupObject = (group: SlackUserGroup, workspace: Workspace, withUsers: boolean): Json => ({
  id: group.id,
  team_id: workspace.team.id,
  is_usergroup: true,
  is_subteam: true,
  name: group.name ?? group.handle,
  description: "",
  handle: group.handle,
  is_external: false,
  date_create: LONG_AGO,
  date_update: LONG_AGO,
  date_delete: group.disabled === true ? LONG_AGO : 0,
  auto_type: null,
  auto_provision: false,
  created_by: workspace.bot.userId,
  updated_by: workspace.bot.userId,
  deleted_by: group.disabled === true ? workspace.bot.userId : null,
  prefs: { channels: [], groups: [] },
  ...(withUsers ? { users: group.users } : {}),
  user_count: group.users.length,
});

/** Metadata only where it was asked for: `include_all_metadata`. */
export const messageObject = (message: Message, workspace: Workspace, withMetadata = true): Json => {
  const { team, bot } = workspace;
  const name = workspace.user(bot.userId)?.name ?? "latch";
  return {
    type: "message",
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: team.id,
    ...(message.byApp
      ? {
          bot_id: bot.botId,
          app_id: bot.appId,
          bot_profile: {
            id: bot.botId,
            app_id: bot.appId,
            user_id: bot.userId,
            name,
            deleted: false,
            updated: LONG_AGO,
            team_id: team.id,
          },
        }
      : {}),
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
    ...(message.files === undefined ? {} : { files: message.files }),
    ...(message.thread === undefined ? {} : { thread_ts: message.thread }),
    ...(message.editedTs === undefined
      ? {}
      : { edited: { user: message.byApp ? bot.botId : message.user, ts: message.editedTs } }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
  };
};
