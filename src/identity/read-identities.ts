/** Reads who somebody is elsewhere from what somebody wrote; what isn't well formed links nobody. */

import type { Elsewhere } from "../access/person.ts";

/** Text or lists of text, from a profile, a token or a file. */
export interface Unread {
  readonly entra?: unknown;
  /** A list of ARNs, or a text that holds some, with blanks or commas between. */
  readonly aws?: unknown;
}

/** Of several ARNs of one account the first counts. */
export const readIdentities = (unread: Unread): Elsewhere => {
  const { entra, aws } = allIdentities(unread);
  return { entra, aws: onePerAccount(aws) };
};

/** Also those of which another counts. */
export const allIdentities = ({ entra, aws }: Unread): Elsewhere => ({
  entra: typeof entra === "string" && GUID.test(entra.trim()) ? entra.trim().toLowerCase() : undefined,
  aws: (Array.isArray(aws) ? aws : typeof aws === "string" ? aws.trim().split(BETWEEN) : []).filter(
    (each: unknown): each is string => typeof each === "string" && readPrincipal(each) !== undefined,
  ),
});

/** The first that names somebody in Entra ID counts, and for each AWS account the first that names somebody there. */
export const combine = (byPrecedence: readonly Elsewhere[]): Elsewhere => ({
  entra: byPrecedence.find(({ entra }) => entra !== undefined)?.entra,
  aws: onePerAccount(byPrecedence.flatMap(({ aws }) => aws)),
});

/** Who somebody counts as at the places where `said` says something else of them. `undefined`: nowhere. */
export const outranking = (said: Elsewhere, counts: Elsewhere): Elsewhere | undefined => {
  const others = {
    entra: said.entra === undefined || said.entra === counts.entra ? undefined : counts.entra,
    aws: counts.aws.filter(
      (arn) => !said.aws.includes(arn) && onePerAccount([...said.aws, arn]).length === said.aws.length,
    ),
  };
  return isNobody(others) ? undefined : others;
};

export const isNobody = ({ entra, aws }: Elsewhere): boolean => entra === undefined && aws.length === 0;

/** `11111111-2222-3333-4444-555555555555, arn:aws:iam::111122223333:user/dev1` */
export const showIdentities = ({ entra, aws }: Elsewhere): string =>
  [...(entra === undefined ? [] : [entra]), ...aws].join(", ");

/** A user or a role of IAM: `arn:aws:iam::111122223333:user/dev1`. */
export interface Principal {
  readonly arn: string;
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
  readonly account: string;
}

/** `undefined`: not the ARN of a user or a role. The session of an assumed role isn't either. */
export const readPrincipal = (arn: string): Principal | undefined => {
  const [, partition, account] = ARN.exec(arn) ?? [];
  return partition === undefined || account === undefined ? undefined : { arn, partition, account };
};

const onePerAccount = (arns: readonly string[]): readonly string[] => {
  const byAccount = new Map<string | undefined, string>();
  for (const arn of arns) {
    const account = readPrincipal(arn)?.account;
    if (!byAccount.has(account)) byAccount.set(account, arn);
  }
  return [...byAccount.values()];
};

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;
/** A comma may be part of a name as well. */
const BETWEEN = /\s*,\s*(?=arn:)|\s+/u;
/**
 * Users and roles, with their paths, which may hold whatever can be printed; but with `*` and `?` it would mean several.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
const ARN = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):(?:user|role)\/(?:[!-)+->@-~]+\/)?[\w+=,.@-]+$/u;
