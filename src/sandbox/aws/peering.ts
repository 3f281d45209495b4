/** References to groups of other VPCs: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html */

import type { Across, Ec2Reading, SecurityGroup } from "./state.ts";

/** By which active peering rules in this VPC may name that group; not from one region into another. */
export const acrossTo = (state: Ec2Reading, fromVpcId: string, group: SecurityGroup): Across | undefined => {
  const inRegion = state.vpcs.get(fromVpcId)?.region === state.vpcs.get(group.vpcId)?.region;
  const peering = [...state.peerings.values()].find(
    ({ vpcIds, status }) => status === "active" && vpcIds.includes(fromVpcId) && vpcIds.includes(group.vpcId),
  );
  return peering === undefined || !inRegion ? undefined : { peeringId: peering.id, vpcId: group.vpcId };
};

export interface GroupReference {
  readonly groupId: string;
  /** Whose the group is, as long as it exists. */
  readonly userId: string | undefined;
  readonly vpcId: string | undefined;
  readonly vpcPeeringConnectionId: string | undefined;
  readonly peeringStatus: string | undefined;
}

/** VPC and peering are only told of a group in another VPC; a peering that is gone is `deleted`. */
export const referenceTo = (
  state: Ec2Reading,
  { id, across }: { readonly id: string; readonly across?: Across },
): GroupReference => {
  const group = state.groups.get(id);
  return {
    groupId: id,
    userId: group === undefined ? undefined : state.vpcs.get(group.vpcId)?.account,
    vpcId: across?.vpcId,
    vpcPeeringConnectionId: across?.peeringId,
    peeringStatus: across === undefined ? undefined : (state.peerings.get(across.peeringId)?.status ?? "deleted"),
  };
};
