/** Who people are, asked of Slack. */

import type { webApi } from "@slack/bolt";
import { type Directory, NOBODY_ELSEWHERE, type PersonFacts } from "../access/person.ts";
import { type Clock, type DurationMs, SECOND } from "../access/time.ts";
import { createFreshFacts } from "./fresh-facts.ts";
import type { ProfileFields } from "./profile-fields.ts";
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
  /** Those that `identities` reads too. */
  readonly profile?: ProfileFields;
  /** Id of the profile field that names a manager, as it counts now; without it nobody has one. */
  readonly managerField?: () => string | undefined;
  readonly onCall?: Directory["onCall"];
}

/** What is known of people and groups for the moment, and when it isn't true any more. */
export interface SlackDirectory extends Directory {
  readonly forget: (user: string) => void;
  readonly forgetGroup: (group: string) => void;
  readonly startAnew: () => void;
}

/**
 * Nobody is judged by what was known before they acted, unless Slack wants us to ask less often: `users.info` allows more than 100 calls a minute,
 * `usergroups.users.list` 20. Then, and where nobody acts, answers count for a few seconds, if Slack tells no change.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export const createDirectory = ({ client, clock, home, ...deps }: DirectoryDeps): SlackDirectory => {
  const people = createFreshFacts(clock, PEOPLE_ARE_FRESH_FOR, async (user) => {
    try {
      const [{ user: found }, ours] = await Promise.all([client.users.info({ user }), home()]);
      return found === undefined ? undefined : factsOf(user, found, ours);
    } catch (error) {
      if (["user_not_found", "user_not_visible"].includes(slackErrorCode(error) ?? "")) return undefined;
      throw slackFault(`look up \`${user}\``, error);
    }
  });

  const groups = createFreshFacts(clock, MEMBERS_ARE_FRESH_FOR, async (group): Promise<ReadonlySet<string>> => {
    try {
      const { users } = await client.usergroups.users.list({ usergroup: group });
      return new Set(users);
    } catch (error) {
      if (["no_such_subteam", "subteam_not_found"].includes(slackErrorCode(error) ?? "")) return new Set();
      throw slackFault(`read the members of \`${group}\``, error);
    }
  });

  return {
    lookUp: people.ask,
    members: groups.ask,
    identities: deps.identities ?? (async () => NOBODY_ELSEWHERE),
    manager: async (user) => {
      const field = deps.managerField?.();
      return field === undefined ? undefined : userIdIn((await deps.profile?.read(user, field)) ?? "");
    },
    onCall: deps.onCall ?? (async () => undefined),
    forget: (user) => {
      people.forget(user);
      deps.profile?.forget(user);
    },
    forgetGroup: groups.forget,
    startAnew: () => {
      people.startAnew();
      groups.startAnew();
      deps.profile?.startAnew();
    },
  };
};

/** Of an id alone, or a mention. A text with several people doesn't say who is meant, so nobody is. */
export const userIdIn = (text: string): string | undefined => /^(?:<@)?([UW][A-Z0-9]+)(?:\|[^>]*)?>?$/u.exec(text)?.[1];

const PEOPLE_ARE_FRESH_FOR = (5 * SECOND) as DurationMs;
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
