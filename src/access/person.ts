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

/** The same human elsewhere, as somebody who may say so linked them. */
export interface Identities {
  /** Object id in Entra ID, lower case. */
  readonly entra: string | undefined;
  /** ARNs of IAM users and roles, at most one of each account. */
  readonly aws: readonly string[];
}

export const NOBODY_ELSEWHERE: Identities = { entra: undefined, aws: [] };

/** Whether two accounts belong to one human. Many people may share an IAM role, so of ARNs only those of users tell. */
export const sameHuman = (a: LinkedPerson, b: LinkedPerson): boolean =>
  samePerson(a.person, b.person) ||
  (a.identities.entra !== undefined && a.identities.entra === b.identities.entra) ||
  a.identities.aws.some((arn) => /^arn:[^:]+:iam::\d+:user\//u.test(arn) && b.identities.aws.includes(arn));

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
 * `lookUp`, `members`, `identities` and `manager` throw a `Fault` when Slack can't be asked; callers count that as a "no".
 */
export interface Directory {
  /** `undefined` when Slack knows no such user. */
  readonly lookUp: (user: string) => Promise<PersonFacts | undefined>;
  /** User ids in a user group (`S0ENG`); empty when the group is disabled or unknown. */
  readonly members: (group: string) => Promise<ReadonlySet<string>>;
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
