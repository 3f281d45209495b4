/** Who people are, asked of Slack. */

import type { webApi } from "@slack/bolt";
import { Fault } from "../access/fault.ts";
import { type Directory, NOBODY_ELSEWHERE, type PersonFacts } from "../access/person.ts";
import { type Clock, type DurationMs, MINUTE, SECOND } from "../access/time.ts";
import { createFreshFacts } from "./fresh-facts.ts";
import type { ProfileFields } from "./profile-fields.ts";
import { slackErrorCode, slackFault } from "./slack-fault.ts";

/** Our own workspace or enterprise, as `auth.test` names it. */
export interface OwnWorkspace {
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
}

interface DirectoryDeps {
  readonly client: webApi.WebClient;
  readonly clock: Clock;
  readonly home: () => Promise<OwnWorkspace>;
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
 * `usergroups.users.list` 20. Then, if Slack tells no change, what is known of people counts for a few seconds, and who is in a group for a minute, which is how long such a limit
 * lasts: else a few who act often could keep everybody out. Where nobody acts, answers count for a few seconds. What Slack doesn't say clearly is a fault.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
export const createDirectory = ({ client, clock, home, ...deps }: DirectoryDeps): SlackDirectory => {
  const people = createFreshFacts(clock, PEOPLE_ARE_FRESH_FOR, async (user) => {
    const asked = await answerOf(`look up \`${user}\``, NO_SUCH_USER, () => client.users.info({ user }));
    return asked === undefined ? undefined : factsOf(user, asked.user, await home());
  });

  const groups = createFreshFacts(
    clock,
    MEMBERS_ARE_FRESH_FOR,
    async (group): Promise<ReadonlySet<string> | undefined> => {
      const doing = `read the members of \`${group}\``;
      const asked = await answerOf(doing, NO_SUCH_GROUP, () => client.usergroups.users.list({ usergroup: group }));
      if (asked === undefined) return undefined;
      const users: unknown = asked.users;
      if (Array.isArray(users) && users.every((user) => typeof user === "string")) return new Set(users);
      throw unclear(doing, "`users` is no list of ids");
    },
    THROTTLED_MEMBERS_COUNT_FOR,
  );

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
const THROTTLED_MEMBERS_COUNT_FOR = MINUTE;

const NO_SUCH_USER = ["user_not_found", "user_not_visible"];
/** Of a disabled one too, unless those are asked for. */
const NO_SUCH_GROUP = ["no_such_subteam", "subteam_not_found"];

/** `undefined`: Slack says that there is none. */
const answerOf = async <T>(doing: string, none: readonly string[], call: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await call();
  } catch (error) {
    if (none.includes(slackErrorCode(error) ?? "")) return undefined;
    throw slackFault(doing, error);
  }
};

const unclear = (doing: string, why: string): Fault =>
  new Fault("slack", `cannot ${doing}: ${why}`, { retry: "later" });

type SlackUser = NonNullable<webApi.UsersInfoResponse["user"]>;

const factsOf = (id: string, user: SlackUser | undefined, home: OwnWorkspace): PersonFacts => {
  // Another id is another person, whatever was asked.
  if (user?.id !== id) throw unclear(`look up \`${id}\``, `the answer is about \`${String(user?.id)}\``);
  return {
    person: { team: home.enterpriseId ?? home.teamId, user: id },
    name: user.profile?.display_name || user.real_name || user.name || id,
    standing: standingOf(id, user, home),
    timezone: user.tz ?? undefined,
    ...emailOf(user),
  };
};

/** Slack leaves the address out without the scope `users:read.email`, and whether it is confirmed for people who are gone. */
const emailOf = (user: SlackUser): { readonly email?: string } =>
  user.is_email_confirmed === true && user.profile?.email !== undefined
    ? { email: user.profile.email.toLowerCase() }
    : {};

/**
 * Slack Connect lets people from other companies press buttons in a shared channel: someone is from outside when Slack calls them a stranger, or when neither
 * the workspace nor the enterprise is ours. A flag that Slack leaves out isn't set. https://docs.slack.dev/reference/objects/user-object
 */
const standingOf = (id: string, user: SlackUser, home: OwnWorkspace): PersonFacts["standing"] => {
  const says = new Map<string, unknown>(Object.entries(user));
  for (const flag of FLAGS) {
    const value = says.get(flag);
    if (value !== undefined && typeof value !== "boolean")
      throw unclear(`look up \`${id}\``, `\`${flag}\` is neither true nor false`);
  }
  const is = (flag: (typeof FLAGS)[number]): boolean => says.get(flag) === true;
  if (is("deleted")) return "deactivated";
  if (is("is_bot") || is("is_workflow_bot") || id === "USLACKBOT") return "bot";
  const sameEnterprise = home.enterpriseId !== undefined && user.enterprise_user?.enterprise_id === home.enterpriseId;
  if (is("is_stranger") || (user.team_id !== home.teamId && !sameEnterprise)) return "outsider";
  if (is("is_restricted") || is("is_ultra_restricted")) return "guest";
  return "member";
};

const FLAGS = ["deleted", "is_bot", "is_workflow_bot", "is_stranger", "is_restricted", "is_ultra_restricted"] as const;
