/** Describes network interfaces: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html */

import { createHash } from "node:crypto";

import { type Action, type Call, myInterfaces, pickByIds } from "./call.ts";
import { type FilterFields, filtered, page } from "./filter.ts";
import type { Ec2State, NetworkInterface } from "./state.ts";
import { tagSetXml } from "./tag-set.ts";
import type { Xml } from "./xml.ts";

export const describeNetworkInterfaces: Action = (call) => {
  const ids = call.params.texts("NetworkInterfaceId");
  const found = filtered(call, pickByIds(myInterfaces(call), ids, "eni"), fieldsOf(call.state));
  const { items, nextToken } = page(call, found, ({ id }) => id, ids.length > 0);
  return { networkInterfaceSet: items.map((one) => interfaceXml(call, one)), nextToken };
};

const fieldsOf = (state: Ec2State): FilterFields<NetworkInterface> => ({
  "network-interface-id": ({ id }) => [id],
  "group-id": ({ groupIds }) => groupIds,
  "group-name": ({ groupIds }) => groupIds.map((id) => state.groups.get(id)?.name),
  "attachment.instance-id": ({ instanceId }) => [instanceId],
  "attachment.device-index": (one) => [String(deviceIndexOf(state, one))],
  "attachment.status": ({ instanceId }) => [instanceId === undefined ? undefined : "attached"],
  "subnet-id": ({ subnetId }) => [subnetId],
  "vpc-id": ({ vpcId }) => [vpcId],
  "owner-id": ({ vpcId }) => [state.vpcs.get(vpcId)?.account],
  status: ({ instanceId }) => [instanceId === undefined ? "available" : "in-use"],
  description: ({ description }) => [description],
  "private-ip-address": ({ privateIp }) => [privateIp],
  "addresses.private-ip-address": (one) => [one.privateIp, ...one.secondaryPrivateIps],
  "addresses.association.public-ip": ({ publicIp }) => [publicIp],
  "association.public-ip": ({ publicIp }) => [publicIp],
  "ipv6-addresses.ipv6-address": ({ ipv6 }) => ipv6,
});

const interfaceXml = ({ state, account, region }: Call, one: NetworkInterface): Xml => ({
  networkInterfaceId: one.id,
  subnetId: one.subnetId,
  vpcId: one.vpcId,
  availabilityZone: `${region}a`,
  description: one.description,
  ownerId: account,
  requesterManaged: false,
  status: one.instanceId === undefined ? "available" : "in-use",
  macAddress: macOf(one),
  privateIpAddress: one.privateIp,
  privateDnsName: hostName(one.privateIp, region),
  sourceDestCheck: true,
  interfaceType: "interface",
  groupSet: groupSetXml(state, one.groupIds),
  attachment:
    one.instanceId === undefined
      ? undefined
      : {
          attachmentId: attachmentIdOf(one),
          instanceId: one.instanceId,
          instanceOwnerId: account,
          deviceIndex: deviceIndexOf(state, one),
          status: "attached",
          deleteOnTermination: true,
        },
  association: associationXml(state, one),
  tagSet: tagSetXml(one.tags),
  privateIpAddressesSet: privateAddressesXml(state, region, one),
  ipv6AddressesSet: one.ipv6.map((ipv6Address) => ({ ipv6Address, isPrimaryIpv6: false })),
});

export const groupSetXml = (state: Ec2State, ids: readonly string[]): Xml =>
  ids.map((groupId) => ({ groupId, groupName: state.groups.get(groupId)?.name }));

/** A stopped instance has no public address but an elastic one; the sandbox's are not elastic. */
export const associationXml = (state: Ec2State, one: NetworkInterface): Xml =>
  one.publicIp === undefined || !isUp(state, one)
    ? undefined
    : { publicIp: one.publicIp, publicDnsName: "", ipOwnerId: "amazon" };

export const privateAddressesXml = (state: Ec2State, region: string, one: NetworkInterface): Xml =>
  [one.privateIp, ...one.secondaryPrivateIps].map((privateIpAddress, index) => ({
    privateIpAddress,
    privateDnsName: hostName(privateIpAddress, region),
    primary: index === 0,
    association: index === 0 ? associationXml(state, one) : undefined,
  }));

export const hostName = (privateIp: string, region: string): string =>
  `ip-${privateIp.replaceAll(".", "-")}.${region}.compute.internal`;

export const attachmentIdOf = ({ id }: NetworkInterface): string => id.replace(/^eni-/u, "eni-attach-");

/** Locally administered, and always the same for the same interface. */
export const macOf = ({ id }: NetworkInterface): string =>
  ["02", ...(createHash("sha256").update(id).digest("hex").slice(0, 10).match(/../gu) ?? [])].join(":");

const deviceIndexOf = (state: Ec2State, one: NetworkInterface): number =>
  one.instanceId === undefined ? -1 : (state.instances.get(one.instanceId)?.interfaceIds.indexOf(one.id) ?? -1);

const isUp = (state: Ec2State, one: NetworkInterface): boolean =>
  one.instanceId !== undefined && state.instances.get(one.instanceId)?.state === "running";
