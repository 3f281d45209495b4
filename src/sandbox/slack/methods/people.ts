/** `auth.*`, `users.*`, `usergroups.*` and `bots.*`: who there is. */

import { groupObject, userObject } from "../answer-objects.ts";
import { objectOf } from "../json.ts";
import { done, type Method, missing, page, refused } from "./method.ts";

const authTest: Method = ({ workspace }) => {
  const { team, bot } = workspace;
  return done({
    url: `https://${team.domain}.slack.com/`,
    team: team.name ?? team.domain,
    user: workspace.user(bot.userId)?.name ?? "latch",
    team_id: team.id,
    user_id: bot.userId,
    bot_id: bot.botId,
    ...(team.enterpriseId === undefined ? {} : { enterprise_id: team.enterpriseId }),
    is_enterprise_install: false,
  });
};

const userInfo: Method = ({ args, workspace }) => {
  const id = args.text("user");
  if (id === undefined || id === "") return refused("user_not_found");
  const user = workspace.user(id);
  return user === undefined ? refused("user_not_found") : done({ user: userObject(user, workspace) });
};

const userList: Method = ({ args, workspace }) => {
  // Without a limit Slack tries to give everybody at once.
  const found = page(workspace.users(), args, { usual: 10_000, most: 1_000 });
  if (typeof found === "string") return refused(found);
  return done({
    members: found.items.map((user) => userObject(user, workspace)),
    cache_ts: Math.floor(workspace.clock.now() / 1_000),
    response_metadata: { next_cursor: found.next },
  });
};

const groupList: Method = ({ args, workspace }) =>
  done({
    usergroups: workspace
      .groups()
      .filter(({ disabled }) => disabled !== true || args.flag("include_disabled"))
      .map((group) => groupObject(group, workspace, args.flag("include_users"))),
  });

const groupUsers: Method = ({ args, workspace }) => {
  const id = args.text("usergroup");
  if (id === undefined || id === "") return missing("usergroup");
  const group = workspace.groups().find((each) => each.id === id);
  if (group === undefined || (group.disabled === true && !args.flag("include_disabled")))
    return refused("no_such_subteam");
  return done({ users: group.users });
};

/** https://docs.slack.dev/reference/methods/users.profile.get */
const userProfile: Method = ({ args, workspace }) => {
  const user = workspace.user(args.text("user") ?? workspace.bot.userId);
  if (user === undefined) return refused("user_not_found");
  const fields = Object.entries(user.profile?.fields ?? {}).map(([id, value]) => [id, { value, alt: "" }] as const);
  return done({ profile: { ...objectOf(userObject(user, workspace).profile), fields: Object.fromEntries(fields) } });
};

/** https://docs.slack.dev/reference/methods/team.profile.get */
const teamProfile: Method = ({ workspace }) =>
  done({
    profile: {
      fields: workspace.profileFields().map(({ id, label, type = "text", isProtected }, ordering) => ({
        id,
        ordering,
        field_name: "",
        label,
        hint: "",
        type,
        possible_values: null,
        options: isProtected === undefined ? null : { is_protected: isProtected, is_scim: isProtected },
        is_hidden: false,
      })),
      sections: [],
    },
  });

const botInfo: Method = ({ args, workspace }) => {
  const { bot } = workspace;
  if (args.text("bot") !== bot.botId) return refused("bot_not_found");
  const name = workspace.user(bot.userId)?.name ?? "latch";
  return done({
    bot: {
      id: bot.botId,
      deleted: false,
      name,
      updated: 1_700_000_000,
      app_id: bot.appId,
      user_id: bot.userId,
      icons: {},
    },
  });
};

const apiTest: Method = ({ args }) => {
  const error = args.text("error");
  return error === undefined || error === "" ? done({ args: args.all }) : refused(error, { args: args.all });
};

const openConnection: Method = ({ socketUrl }) => done({ url: socketUrl() });

export const peopleMethods = {
  "auth.test": authTest,
  "api.test": apiTest,
  "apps.connections.open": openConnection,
  "bots.info": botInfo,
  "team.profile.get": teamProfile,
  "users.info": userInfo,
  "users.list": userList,
  "users.profile.get": userProfile,
  "usergroups.list": groupList,
  "usergroups.users.list": groupUsers,
} satisfies Record<string, Method>;
