/** Who people are, asked of Slack. */

import type { webApi } from "@slack/bolt";
import { type Directory, NOBODY_ELSEWHERE, type PersonFacts } from "../access/person.ts";
import { type Clock, type DurationMs, type EpochMs, later, SECOND } from "../access/time.ts";
import { slackErrorCode, slackFault } from "./slack-fault.ts";

/** Our own workspace or enterprise, as `auth.test` names it. */
export interface Home {
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
}

interface DirectoryDeps {
  readonly client: webApi.WebClient;
  readonly clock: Clock;
  readonly home: () => Promise<Home>;
  /** Who people are elsewhere; without it nobody is anybody. */
  readonly identities?: Directory["identities"];
  readonly onCall?: Directory["onCall"];
}

/**
 * People are asked for each time: `users.info` allows more than 100 calls a minute, and a person who was deactivated a second ago must not
 * approve. `usergroups.users.list` allows 20 a minute, so memberships are kept for ten seconds.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export const createDirectory = (deps: DirectoryDeps): Directory => {
  const { client, clock, home } = deps;
  const membersByGroup = new Map<string, { readonly until: EpochMs; readonly users: Promise<ReadonlySet<string>> }>();

  const lookUp: Directory["lookUp"] = async (user) => {
    try {
      const [{ user: found }, ours] = await Promise.all([client.users.info({ user }), home()]);
      return found === undefined ? undefined : factsOf(user, found, ours);
    } catch (error) {
      if (["user_not_found", "user_not_visible"].includes(slackErrorCode(error) ?? "")) return undefined;
      throw slackFault(`look up \`${user}\``, error);
    }
  };

  const readMembers = async (group: string): Promise<ReadonlySet<string>> => {
    try {
      const { users } = await client.usergroups.users.list({ usergroup: group });
      return new Set(users);
    } catch (error) {
      if (["no_such_subteam", "subteam_not_found"].includes(slackErrorCode(error) ?? "")) return new Set();
      throw slackFault(`read the members of \`${group}\``, error);
    }
  };

  const members: Directory["members"] = (group) => {
    const known = membersByGroup.get(group);
    if (known !== undefined && clock.now() < known.until) return known.users;
    const users = readMembers(group);
    membersByGroup.set(group, { until: later(clock.now(), MEMBERS_ARE_FRESH_FOR), users });
    users.catch(() => membersByGroup.delete(group));
    return users;
  };

  return {
    lookUp,
    members,
    identities: deps.identities ?? (async () => NOBODY_ELSEWHERE),
    manager: async () => undefined,
    onCall: deps.onCall ?? (async () => undefined),
  };
};

const MEMBERS_ARE_FRESH_FOR = (10 * SECOND) as DurationMs;

type SlackUser = NonNullable<webApi.UsersInfoResponse["user"]>;

const factsOf = (id: string, user: SlackUser, home: Home): PersonFacts => ({
  person: { team: home.enterpriseId ?? home.teamId, user: user.id ?? id },
  name: user.profile?.display_name || user.real_name || user.name || id,
  standing: standingOf(user, home),
  timezone: user.tz ?? undefined,
  ...emailOf(user),
});

/** Slack leaves the address out without the scope `users:read.email`, and whether it is confirmed for people who are gone. */
const emailOf = (user: SlackUser): { readonly email?: string } =>
  user.is_email_confirmed === true && user.profile?.email !== undefined
    ? { email: user.profile.email.toLowerCase() }
    : {};

/**
 * Slack Connect lets people from other companies press buttons in a shared channel: someone is from outside when Slack calls them a stranger, or when neither
 * the workspace nor the enterprise is ours. https://docs.slack.dev/reference/objects/user-object
 */
const standingOf = (user: SlackUser, home: Home): PersonFacts["standing"] => {
  if (user.deleted === true) return "deactivated";
  if (user.is_bot === true || user.id === "USLACKBOT") return "bot";
  const sameEnterprise = home.enterpriseId !== undefined && user.enterprise_user?.enterprise_id === home.enterpriseId;
  if (isStranger(user) || (user.team_id !== home.teamId && !sameEnterprise)) return "outsider";
  if (user.is_restricted === true || user.is_ultra_restricted === true) return "guest";
  return "member";
};

const isStranger = (user: SlackUser): boolean => "is_stranger" in user && user.is_stranger;
