/** One authorized call of an action: what was asked, by whom, of which part of the world. */

import { type IdKind, notFound } from "./error.ts";
import type { Params } from "./params.ts";
import type { Ec2State, Instance, NetworkInterface, PrefixList, SecurityGroup, Subnet, Vpc } from "./state.ts";
import type { Xml } from "./xml.ts";

export interface Call {
  readonly params: Params;
  readonly account: string;
  readonly region: string;
  readonly now: number;
  readonly state: Ec2State;
  readonly limits: Limits;
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups */
export interface Quotas {
  /** Per direction and address family. */
  readonly rulesPerGroup: number;
  readonly groupsPerInterface: number;
  readonly groupsPerRegion: number;
  /** Those of AWS itself, `aws:…`, don't count. */
  readonly tagsPerResource: number;
}

export interface Limits extends Quotas {
  /** The most entries that one answer holds, whatever `MaxResults` says. */
  readonly largestPage: number;
  readonly eventuallyConsistentMs: number;
  readonly tagCharacters: "any" | "every-service";
  readonly regions: readonly string[];
}

/** What an action answers with besides its request id. Throws an `Ec2Error`, having changed nothing. */
export type Action = (call: Call) => { readonly [name: string]: Xml };

/** Whether something in this VPC belongs to the caller's account and region: all else doesn't exist for it. */
export const isMine =
  ({ state, account, region }: Call) =>
  ({ vpcId }: { readonly vpcId: string }): boolean => {
    const vpc = state.vpcs.get(vpcId);
    return vpc?.account === account && vpc.region === region;
  };

export const myVpcs = ({ state, account, region }: Call): readonly Vpc[] =>
  [...state.vpcs.values()].filter((vpc) => vpc.account === account && vpc.region === region);

export const myGroups = (call: Call): readonly SecurityGroup[] =>
  [...call.state.groups.values()].filter((group) => isMine(call)(group) && group.knownFrom <= call.now);

export const myInterfaces = (call: Call): readonly NetworkInterface[] =>
  [...call.state.interfaces.values()].filter(isMine(call));

export const myInstances = (call: Call): readonly Instance[] => [...call.state.instances.values()].filter(isMine(call));

export const mySubnets = (call: Call): readonly Subnet[] => [...call.state.subnets.values()].filter(isMine(call));

/** The account's own, and Amazon's. */
export const myPrefixLists = ({ state, account, region }: Call): readonly PrefixList[] =>
  [...state.prefixLists.values()].filter(
    (list) => list.region === region && (list.account === account || list.account === "AWS"),
  );

/** All of them when no ids are asked for. Throws `….NotFound` or `….Malformed` for the first id that isn't among the items. */
export const pickByIds = <T extends { readonly id: string }>(
  items: readonly T[],
  ids: readonly string[],
  kind: IdKind,
): readonly T[] => {
  if (ids.length === 0) return items;
  const byId = new Map(items.map((item) => [item.id, item]));
  return [...new Set(ids)].map((id) => {
    const found = byId.get(id);
    if (found === undefined) throw notFound(kind, id);
    return found;
  });
};

export const findMine = <T extends { readonly id: string }>(items: readonly T[], id: string, kind: IdKind): T => {
  const found = items.find((item) => item.id === id);
  if (found === undefined) throw notFound(kind, id);
  return found;
};
