/** What Slack's events tell an app of people and groups that changed. */

import { isDeepStrictEqual } from "node:util";
import { groupObject, userObject } from "./answer-objects.ts";
import type { Change } from "./changes.ts";
import type { Json } from "./json.ts";
import type { Workspace } from "./workspace.ts";
import type { SlackUser } from "./world.ts";

/** Those to which the app's manifest subscribes. */
export const eventsOf = (change: Change, workspace: Workspace): readonly Json[] => {
  if (change.kind === "user-changed") {
    const { before, user } = change;
    if (isDeepStrictEqual(withoutFields(before), withoutFields(user))) return [];
    // Both are told at the same time: https://docs.slack.dev/reference/events/user_profile_changed
    const told = { user: userObject(user, workspace), cache_ts: Math.floor(workspace.clock.now() / 1_000) };
    const isProfile = !isDeepStrictEqual(withoutFields(before).profile, withoutFields(user).profile);
    return [{ type: "user_change", ...told }, ...(isProfile ? [{ type: "user_profile_changed", ...told }] : [])];
  }
  if (change.kind !== "group-changed") return [];
  const { before, group } = change;
  const added = group.users.filter((user) => !before.users.includes(user));
  const removed = before.users.filter((user) => !group.users.includes(user));
  const now = Math.floor(workspace.clock.now() / 1_000);
  const members = {
    type: "subteam_members_changed",
    subteam_id: group.id,
    team_id: workspace.team.id,
    date_previous_update: now - 60,
    date_update: now,
    added_users: added,
    added_users_count: added.length,
    removed_users: removed,
    removed_users_count: removed.length,
  };
  return [
    { type: "subteam_updated", subteam: groupObject(group, workspace, true) },
    ...(added.length + removed.length > 0 ? [members] : []),
  ];
};

/** "Custom fields being modified on a user profile will not trigger" these events: https://docs.slack.dev/reference/events/user_change */
const withoutFields = (user: SlackUser): SlackUser => {
  const { fields: _, ...profile } = user.profile ?? {};
  return { ...user, profile };
};
