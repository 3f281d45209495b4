/** Custom fields of Slack profiles, as far as their owners can't write them themselves. */

import type { webApi } from "@slack/bolt";
import { type Clock, type DurationMs, SECOND } from "../access/time.ts";
import { createFreshFacts } from "./fresh-facts.ts";
import { slackErrorCode, slackFault } from "./slack-fault.ts";

export interface ProfileFields {
  /** By the id of the field (`Xf0ENTRA`). `undefined`: empty, or not to be believed. Throws a `Fault` when Slack can't be asked. */
  readonly read: (user: string, field: string) => Promise<string | undefined>;
  readonly forget: (user: string) => void;
  readonly startAnew: () => void;
}

interface ProfileFieldsDeps {
  readonly client: webApi.WebClient;
  readonly clock: Clock;
  /** A field that somebody asked for isn't believed: told once for each. */
  readonly distrusted: (field: string, because: "unknown" | "members-can-edit-it") => void;
}

/**
 * A field that members can edit says what they like, so it says nothing. Slack calls those that they can't edit `is_protected`.
 * https://docs.slack.dev/reference/methods/team.profile.get
 *
 * A change of a custom field is no event of Slack's, so only asking again shows it.
 * https://docs.slack.dev/reference/events/user_change
 */
export const createProfileFields = ({ client, clock, distrusted }: ProfileFieldsDeps): ProfileFields => {
  const told = new Set<string>();

  const definitions = createFreshFacts(clock, KEPT_FOR, async () => {
    try {
      const { profile } = await client.team.profile.get({});
      return new Map((profile?.fields ?? []).map((field) => [field.id, isProtected(field.options)]));
    } catch (error) {
      throw slackFault("read which profile fields there are", error);
    }
  });

  const profiles = createFreshFacts(clock, KEPT_FOR, async (user) => {
    try {
      const { profile } = await client.users.profile.get({ user });
      return new Map(Object.entries(profile?.fields ?? {}).map(([id, field]) => [id, field.value?.trim()]));
    } catch (error) {
      if (["user_not_found", "user_not_visible"].includes(slackErrorCode(error) ?? "")) return new Map();
      throw slackFault(`read the profile of \`${user}\``, error);
    }
  });

  const isBelieved = (field: string, isProtectedField: boolean | undefined): boolean => {
    if (isProtectedField === true) return true;
    if (!told.has(field)) distrusted(field, isProtectedField === undefined ? "unknown" : "members-can-edit-it");
    told.add(field);
    return false;
  };

  return {
    read: async (user, field) => {
      const [known, values] = await Promise.all([definitions.ask("all"), profiles.ask(user)]);
      if (!isBelieved(field, known.get(field))) return undefined;
      return values.get(field) || undefined;
    },
    forget: profiles.forget,
    startAnew: profiles.startAnew,
  };
};

/** Documented as a boolean, and shown as `1` on the same page. */
const isProtected = (options: unknown): boolean => {
  if (typeof options !== "object" || options === null || !("is_protected" in options)) return false;
  return options.is_protected === true || options.is_protected === 1;
};

const KEPT_FOR = (10 * SECOND) as DurationMs;
