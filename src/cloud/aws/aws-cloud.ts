/** AWS as one cloud: any number of accounts and regions, machines to find, interfaces to open and groups to withhold rules from. */

import type { FirewallId } from "../../access/machine.ts";
import { type Clock, type DurationMs, SECOND, systemClock } from "../../access/time.ts";
import type { Cloud, Firewall } from "../firewall.ts";
import type { WithheldMemory } from "../withheld.ts";
import { type Credentials, createEc2, type Ec2 } from "./ec2.ts";
import { readFirewallId, readGroupId } from "./firewall-id.ts";
import { createAwsInventory } from "./inventory/aws-inventory.ts";
import { createGroupFirewall } from "./own-group/group-firewall.ts";
import { DEFAULT_QUOTAS, type Quotas } from "./own-group/room.ts";
import { createAwsRules } from "./rules/aws-rules.ts";
import { createSharedGroup } from "./withholding/shared-group.ts";

export interface AwsAccount {
  readonly regions: readonly string[];
  /** Of another account, to be assumed: `arn:aws:iam::111122223333:role/latch`. */
  readonly roleArn?: string;
  readonly externalId?: string;
  /** Where AWS gave this account others than its default ones. */
  readonly quotas?: Partial<Quotas>;
}

/** A role to take on, and the region whose STS to ask. */
export interface AssumedRole {
  readonly roleArn: string;
  readonly externalId: string | undefined;
  readonly region: string;
}

export interface AwsCloudDeps {
  /** Goes into every owner mark and group name. */
  readonly installation: string;
  readonly accounts: readonly AwsAccount[];
  /** Where it is remembered what protections took out of groups. */
  readonly withheld: WithheldMemory;
  /** Signs the tags that tell what protections took out of groups: only what is signed with it, or remembered, is put back. Best always the same. */
  readonly secret: string;
  /** Another EC2. Without it as the SDK finds it: `AWS_ENDPOINT_URL_EC2`, or AWS. */
  readonly endpoint?: string;
  /** For accounts without a role. Without them as the SDK finds them. */
  readonly credentials?: Credentials;
  /** Needed when any account has a role: `fromTemporaryCredentials` of `@aws-sdk/credential-providers`, say. */
  readonly assumeRole?: (role: AssumedRole) => Credentials;
  /** How long one call may take; 9 s. */
  readonly answerWithinMs?: DurationMs;
  /** Without it the system's. */
  readonly clock?: Clock;
}

/** Makes no call. Throws when an account has a role and there is no way to assume it. */
export const createAwsCloud = (deps: AwsCloudDeps): Cloud => {
  const { installation } = deps;
  const places = deps.accounts.flatMap((account) => account.regions.map((region) => openPlace(account, region, deps)));

  // Who answers behind the credentials of an account without a role shows only when something of it is read.
  const seen = new Map<string, Place>();
  const inventory = createAwsInventory(
    installation,
    places.map((place) => place.ec2),
    (account, ec2) => {
      const place = places.find((each) => each.ec2 === ec2);
      if (place !== undefined) seen.set(`${account}/${ec2.region}`, place);
    },
  );

  const placeOf = (account: string, region: string): Place | undefined => {
    const here = places.filter((place) => place.ec2.region === region);
    // Another account's credentials would answer that the interface is gone, which reads as closed.
    const known = new Set(seen.values());
    return (
      seen.get(`${account}/${region}`) ??
      here.find((place) => place.account === account) ??
      here.find((place) => place.account === undefined && !known.has(place))
    );
  };

  const firewall = (id: FirewallId): Firewall | undefined => {
    const groups = readFirewallId(id);
    const group = readGroupId(id);
    const key = groups ?? group;
    const place = key === undefined ? undefined : placeOf(key.account, key.region);
    if (place === undefined) return undefined;
    const { ec2, quotas } = place;
    if (groups !== undefined) return createGroupFirewall({ id, installation, key: groups, ec2, quotas });
    if (group === undefined) return undefined;
    const { withheld, secret, clock = systemClock } = deps;
    return createSharedGroup({ id, installation, key: group, ec2, quotas, withheld, secret, clock });
  };

  const readRules = createAwsRules(({ account, region }) => placeOf(account, region)?.ec2, deps.clock);

  return { inventory, firewall, readRules };
};

/** One region of one account. `account` is known beforehand only of a role. */
interface Place {
  readonly account: string | undefined;
  readonly ec2: Ec2;
  readonly quotas: Quotas;
}

const openPlace = ({ roleArn, externalId, quotas }: AwsAccount, region: string, deps: AwsCloudDeps): Place => {
  const credentials = roleArn === undefined ? deps.credentials : deps.assumeRole?.({ roleArn, externalId, region });
  if (roleArn !== undefined && credentials === undefined) {
    throw new Error(`no way to assume \`${roleArn}\` is configured`);
  }
  return {
    account: roleArn === undefined ? undefined : /^arn:[^:]+:iam::(\d+):role\//u.exec(roleArn)?.[1],
    quotas: { ...DEFAULT_QUOTAS, ...quotas },
    ec2: createEc2({
      region,
      answerWithinMs: deps.answerWithinMs ?? ANSWER_WITHIN,
      ...(deps.endpoint === undefined ? {} : { endpoint: deps.endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    }),
  };
};

/**
 * The slowest EC2 writes take some seconds, and a closing that hangs is to be tried again within ten. A call that was given up may still take
 * effect; the next reading shows.
 */
const ANSWER_WITHIN = (9 * SECOND) as DurationMs;
