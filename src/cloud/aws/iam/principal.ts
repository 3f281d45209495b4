/** Whom IAM is asked about, and under which name it knows the machine. */

import type { Machine } from "../../../access/machine.ts";
import type { Elsewhere } from "../../../access/person.ts";
import { type Principal, readPrincipal } from "../../../identity/read-identities.ts";

export type Found =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "none" }
  /** They are linked to something that can't be asked about; `what` completes "it can't be decided: …". */
  | { readonly kind: "unusable"; readonly what: string };

/**
 * Only a principal of the machine's own account can say yes. One of another account gets at an instance only if both accounts allow it, and an
 * instance has no policy of its own by which its account could: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security_iam_service-with-iam.html
 * So what its own account says of it settles nothing.
 */
export const principalFor = ({ aws }: Elsewhere, account: string): Found => {
  if (aws.length === 0) return { kind: "none" };
  const here = aws.filter((arn) => accountOf(arn) === account);
  const [first] = here.length > 0 ? here : aws;
  if (first === undefined) return { kind: "none" };
  if (here.length === 0) {
    return {
      kind: "unusable",
      what: `\`${first}\` isn't of account \`${account}\`, and what an account lets others do there can't be asked`,
    };
  }
  if (here.length > 1) {
    return { kind: "unusable", what: `\`${here.join("` and `")}\` are both of account \`${account}\`` };
  }
  const principal = readPrincipal(first);
  // Neither is the session of an assumed role: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
  if (principal === undefined) return { kind: "unusable", what: `\`${first}\` is neither a user nor a role` };
  return { kind: "principal", principal };
};

/** `arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1` */
export const instanceArn = (partition: string, { region, account, id }: Machine): string =>
  `arn:${partition}:ec2:${region}:${account}:instance/${id}`;

/** Of an ARN of IAM or STS; `undefined` when it isn't one. */
export const accountOf = (arn: string): string | undefined => /^arn:[^:]+:(?:iam|sts)::(\d{12}):/u.exec(arn)?.[1];
