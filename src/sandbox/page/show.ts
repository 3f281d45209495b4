/** Gathers what one person has before them in the sandbox's Slack. */

import type { SlackServer } from "../slack/server.ts";
import type { SeenView } from "../slack/sight.ts";
import type { SlackUser } from "../slack/world.ts";
import type { Manifest } from "./manifest.ts";
import type { PageChannel, PageState, PageView, Person } from "./shown.ts";

/** Older ones are left out: the page is for looking at what happens. */
const MOST_MESSAGES = 300;

/** Whom one can be on the page. */
export const peopleIn = (slack: SlackServer): readonly SlackUser[] =>
  slack.people.users().filter(({ is_bot }) => is_bot !== true);

export const pageState = (user: string, slack: SlackServer, manifest: Manifest, now: number): PageState => {
  const { team, bot } = slack.people;
  const sight = slack.see(user);
  const people = peopleIn(slack);
  const groups = slack.people.groups();
  const channels = slack.people.channels();
  const me = people.find(({ id }) => id === user);
  if (me === undefined) throw new Error(`the sandbox's Slack has no person \`${user}\``);
  return {
    workspace: team.name ?? team.domain,
    me: person(me, team.id),
    people: people.map((each) => person(each, team.id)),
    app: { ...manifest, userId: bot.userId, name: slack.people.user(bot.userId)?.name ?? "app" },
    names: Object.fromEntries([
      ...slack.people.users().map(({ id, name }) => [id, name] as const),
      ...groups.map(({ id, handle }) => [id, handle] as const),
      ...channels.map(({ id, name }) => [id, name] as const),
      ["USLACKBOT", "Slackbot"] as const,
    ]),
    channels: sight.channels.map(({ id, name, direct, messages }): PageChannel => {
      const channel = channels.find((each) => each.id === id);
      return {
        id,
        name,
        kind: direct ? "direct" : channel?.is_private === true ? "private" : "public",
        isShared: channel?.is_ext_shared === true,
        messages: messages.slice(-MOST_MESSAGES).map(({ raw, files, onlyForYou }) => ({
          ts: raw.ts,
          from: raw.user,
          byApp: raw.byApp,
          text: raw.text,
          blocks: raw.blocks,
          thread: raw.thread,
          isEdited: raw.editedTs !== undefined,
          onlyForYou,
          files,
        })),
      };
    }),
    modals: sight.modals.map(view),
    home: sight.home === undefined ? undefined : view(sight.home),
    told: sight.told,
    now,
  };
};

const person = (user: SlackUser, team: string): Person => ({
  id: user.id,
  name: user.name,
  realName: user.real_name ?? user.name,
  zone: user.tz ?? "Etc/UTC",
  standing:
    user.deleted === true
      ? "deactivated"
      : user.is_stranger === true || (user.team_id ?? team) !== team
        ? "outside"
        : user.is_restricted === true || user.is_ultra_restricted === true
          ? "guest"
          : "member",
});

const view = ({ raw, title, errors, trouble }: SeenView): PageView => ({
  id: raw.id,
  title,
  submit: label(raw.source.submit),
  close: label(raw.source.close) ?? "Cancel",
  blocks: raw.blocks,
  errors,
  trouble,
});

const label = (text: unknown): string | undefined => {
  const said = (text as { readonly text?: unknown } | null | undefined)?.text;
  return typeof said === "string" ? said : undefined;
};
