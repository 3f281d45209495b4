/** By what a human is recognised who has several accounts. */

import { type Identities, withWhomTheyShare } from "../access/person.ts";
import { allIdentities, combine, readIdentities, type Unread } from "./read-identities.ts";

/** What one way of linking says of somebody. */
export interface Said extends Unread {
  readonly pagerduty?: string;
  readonly opsgenie?: string;
}

/**
 * Who they are by all that is said of them, what goes before others first; and all of it is known, also what was said formerly, and by way of the people whom the
 * configuration lists.
 */
export const identitiesFrom = (
  said: readonly Said[],
  people: ReadonlyMap<string, Said>,
  formerly: readonly Said[] = [],
): Identities => ({
  ...combine(said.map(readIdentities)),
  known: withWhomTheyShare([...said, ...formerly].flatMap(knownIn), [...people.values()].map(knownIn)),
});

/** Many people may share an IAM role, so of ARNs only those of users tell. */
const knownIn = (said: Said): readonly string[] => {
  const { entra, aws } = allIdentities(said);
  return [
    ...(entra === undefined ? [] : [`entra:${entra}`]),
    // IAM knows no two users whose names differ only by case: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    ...aws.filter((arn) => USER.test(arn)).map((arn) => `aws:${arn.toLowerCase()}`),
    ...(said.pagerduty === undefined ? [] : [`pagerduty:${said.pagerduty}`]),
    ...(said.opsgenie === undefined ? [] : [`opsgenie:${said.opsgenie}`]),
  ];
};

const USER = /^arn:[^:]+:iam::\d+:user\//u;
