/** A person, as Slack knows them, and what must be fresh about them at every decision. */

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

/** What Slack says of a person now. */
export interface PersonFacts {
  readonly person: Person;
  readonly name: string;
  readonly standing: "member" | "guest" | "outsider" | "bot" | "deactivated";
  /** IANA zone of their profile. */
  readonly timezone: string | undefined;
}

/**
 * Who people are and which groups they are in, fresh enough to decide by.
 *
 * Both throw a `Fault` when Slack can't be asked; callers count that as a "no".
 */
export interface Directory {
  /** `undefined` when Slack knows no such user. */
  readonly lookUp: (user: string) => Promise<PersonFacts | undefined>;
  /** User ids in a user group (`S0ENG`); empty when the group is disabled or unknown. */
  readonly members: (group: string) => Promise<ReadonlySet<string>>;
}
