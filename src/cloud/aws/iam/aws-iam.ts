/** AWS IAM as an authority: what a person's own user or role there may do to the machine, by IAM's simulation of their policies. */

import { IAMClient } from "@aws-sdk/client-iam";
import type { ActionsOf } from "../../../access/authority.ts";
import type { Authority, AuthorityAnswer, AuthorityQuestion } from "../../../policy/authority.ts";
import type { AssumedRole, AwsAccount } from "../aws-cloud.ts";
import type { Credentials } from "../ec2.ts";
import { accountOf, instanceArn, principalFor } from "./principal.ts";
import { contextOf, isUnknownPrincipal, simulate } from "./simulation.ts";
import { undecidable, verdict } from "./verdict.ts";

export interface AwsIamDeps {
  readonly accounts: readonly AwsAccount[];
  /** What each activity needs: `{ request: ["ec2:StartInstances"], … }`. An activity without any is refused. */
  readonly actions: ActionsOf;
  /** Needed when any account has a role. */
  readonly assumeRole?: (role: AssumedRole) => Credentials;
  /** Another IAM. Without it as the SDK finds it: `AWS_ENDPOINT_URL_IAM`, or AWS. */
  readonly endpoint?: string;
  /** For accounts without a role. Without them as the SDK finds them. */
  readonly credentials?: Credentials;
}

/**
 * Makes no call yet. Throws when an account has a role and there is no way to assume it.
 *
 * A yes is what the policies of the person and of their organization say, as IAM simulates them:
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export const createAwsIam = (deps: AwsIamDeps): Authority => {
  const places = deps.accounts.map((account) => openPlace(account, deps));

  const ask = async (
    { activity, machine, identities }: AuthorityQuestion,
    signal: AbortSignal,
  ): Promise<AuthorityAnswer> => {
    if (machine.cloud !== "aws") return { kind: "no", because: { kind: "no-say" } };
    const place =
      places.find(({ account }) => account === machine.account) ??
      places.find(({ account, regions }) => account === undefined && regions.includes(machine.region));
    if (place === undefined) return { kind: "no", because: { kind: "no-say" } };
    const actions = [...new Set(deps.actions[activity] ?? [])];
    if (actions.length === 0) return undecidable(`no actions are named that one needs to ${activity}`);

    const found = principalFor(identities, machine.account);
    if (found.kind === "none") return { kind: "no", because: { kind: "not-linked" } };
    if (found.kind === "unusable") return undecidable(found.what);
    const { arn, partition } = found.principal;
    const resource = instanceArn(partition, machine);
    try {
      const results = await simulate(
        place.client,
        { principal: arn, actions, resource, context: contextOf(machine) },
        signal,
      );
      return verdict(results, actions, resource);
    } catch (error) {
      // Whoever linked them named somebody who is gone, or never was.
      if (isUnknownPrincipal(error)) return undecidable(`IAM knows no \`${arn}\``);
      throw error;
    }
  };
  return { name: "aws-iam", ask };
};

/** `account` is known beforehand only of a role. */
interface Place {
  readonly account: string | undefined;
  readonly regions: readonly string[];
  readonly client: IAMClient;
}

const openPlace = ({ regions, roleArn, externalId }: AwsAccount, deps: AwsIamDeps): Place => {
  // IAM is one for all regions of a partition; a region tells which partition.
  const region = regions[0] ?? "us-east-1";
  const credentials = roleArn === undefined ? deps.credentials : deps.assumeRole?.({ roleArn, externalId, region });
  if (roleArn !== undefined && credentials === undefined) {
    throw new Error(`no way to assume \`${roleArn}\` is configured`);
  }
  return {
    account: roleArn === undefined ? undefined : accountOf(roleArn),
    regions,
    client: new IAMClient({
      region,
      // Whoever asked waits, and a "no" now is better than a yes too late.
      maxAttempts: 1,
      ...(deps.endpoint === undefined ? {} : { endpoint: deps.endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    }),
  };
};
