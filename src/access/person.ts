/** A person, as Slack knows them, and what must be fresh about them at every decision. */

import { type Refusal, refuse } from "./refusal.ts";

declare const key: unique symbol;

/**
 * A Slack account: the enterprise's id if there is one, else the workspace's, and the user's.
 * An e-mail address is never an identity: it may be unconfirmed or change hands.
 */
export interface Person {
  readonly team: string;
  readonly user: string;
}

/** `T0ACME/U0DEV1` */
export type PersonKey = string & { readonly [key]: true };

export const personKey = ({ team, user }: Person): PersonKey => `${team}/${user}` as PersonKey;

export const samePerson = (a: Person, b: Person): boolean => personKey(a) === personKey(b);

/** The same human elsewhere, as somebody who may say so linked them: whom authorities are asked about. */
export interface Elsewhere {
  /** Object id in Entra ID, lower case. */
  readonly entra: string | undefined;
  /** ARNs of IAM users and roles, at most one of each account. */
  readonly aws: readonly string[];
}

export interface Identities extends Elsewhere {
  /** Everything that any way of linking says of them, also what others go before, as texts to be compared: `entra:1111…`, `pagerduty:PDEV1`. */
  readonly known: readonly string[];
}

export const NOBODY_ELSEWHERE: Identities = { entra: undefined, aws: [], known: [] };

/** Whether two accounts belong to one human, as far as anything tells. */
export const sameHuman = (a: LinkedPerson, b: LinkedPerson): boolean =>
  samePerson(a.person, b.person) || a.identities.known.some((each) => b.identities.known.includes(each));

/** With everything of all who share something with them, or with one who does, and so on: what is known of one human. */
export const withWhomTheyShare = (
  known: readonly string[],
  everybody: Iterable<readonly string[]>,
): readonly string[] => {
  const found = new Set(known);
  let left = [...everybody];
  for (;;) {
    const sharing = left.filter((each) => each.some((one) => found.has(one)));
    if (sharing.length === 0) return [...found];
    for (const one of sharing.flat()) found.add(one);
    left = left.filter((each) => !sharing.includes(each));
  }
};

/** With what was known of them before as well: a link that is taken back makes no other human of anybody. */
export const asKnownBefore = <P extends LinkedPerson>(linked: P, before: readonly string[] = []): P => ({
  ...linked,
  identities: { ...linked.identities, known: [...new Set([...linked.identities.known, ...before])] },
});

export interface LinkedPerson {
  readonly person: Person;
  readonly identities: Identities;
}

/** What Slack says of a person now. */
export interface PersonFacts {
  readonly person: Person;
  readonly name: string;
  readonly standing: "member" | "guest" | "outsider" | "bot" | "deactivated";
  /** IANA zone of their profile. */
  readonly timezone: string | undefined;
  /** Lower case; only one that Slack calls confirmed. An address alone links nobody to anything unless the configuration says so. */
  readonly email?: string;
}

/**
 * Who people are and which groups they are in, fresh enough to decide by.
 *
 * `lookUp`, `members`, `identities` and `manager` throw a `Fault` when Slack can't be asked or doesn't say clearly; callers count that as a "no".
 */
export interface Directory {
  /** `undefined` when Slack knows no such user. */
  readonly lookUp: (user: string) => Promise<PersonFacts | undefined>;
  /** User ids in a user group (`S0ENG`); `undefined` when the group is disabled or unknown, so that nobody knows who is meant. */
  readonly members: (group: string) => Promise<ReadonlySet<string> | undefined>;
  /** Who they are elsewhere, by every way of linking that the configuration has. */
  readonly identities: (person: PersonFacts) => Promise<Identities>;
  /** Slack id of their manager, by the profile field that the configuration names; `undefined`: they have none there. */
  readonly manager: (user: string) => Promise<string | undefined>;
  /** Slack ids of who is on call now. `undefined`: the service doesn't say, or names nobody we know; never throws, because others answer then, and it is told. */
  readonly onCall: (schedule: Schedule) => Promise<ReadonlySet<string> | undefined>;
}

/** Slack's facts of somebody who may be given something. Throws a `Fault` when Slack can't be asked. */
export const personOf = async (user: string, { lookUp }: Pick<Directory, "lookUp">): Promise<PersonFacts | Refusal> => {
  const facts = await lookUp(user);
  if (facts === undefined) return refuse("person-unknown", {});
  return facts.standing === "member" ? facts : refuse("person-standing", { standing: facts.standing });
};

/** A schedule of an on-call service. */
export interface Schedule {
  readonly service: "pagerduty" | "opsgenie";
  /** The service's own id: `PABC123`. */
  readonly id: string;
}

/** `pagerduty:PABC123` */
export const scheduleKey = ({ service, id }: Schedule): string => `${service}:${id}`;
