/** Describes instances: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */

import { type Action, type Call, myInstances, pickByIds } from "./call.ts";
import {
  associationXml,
  attachmentIdOf,
  groupSetXml,
  hostName,
  macOf,
  privateAddressesXml,
} from "./describe-interfaces.ts";
import { type FilterFields, filtered, page } from "./filter.ts";
import type { Ec2State, Instance, NetworkInterface } from "./state.ts";
import { tagSetXml } from "./tag-set.ts";
import type { InstanceStateName } from "./world.ts";
import type { Xml } from "./xml.ts";

export const describeInstances: Action = (call) => {
  const ids = call.params.texts("InstanceId");
  const found = filtered(call, pickByIds(myInstances(call), ids, "i"), fieldsOf(call.state));
  const { items, nextToken } = page(call, found, ({ id }) => id, ids.length > 0);
  return { reservationSet: items.map((instance) => reservationXml(call, instance)), nextToken };
};

export const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const interfacesOf = (state: Ec2State, instance: Instance): readonly NetworkInterface[] =>
  instance.interfaceIds.flatMap((id) => state.interfaces.get(id) ?? []);

const fieldsOf = (state: Ec2State): FilterFields<Instance> => {
  const each =
    (read: (one: NetworkInterface) => readonly (string | undefined)[]) =>
    (instance: Instance): readonly (string | undefined)[] =>
      interfacesOf(state, instance).flatMap(read);
  const groupIds = each((one) => one.groupIds);
  const groupNames = each((one) => one.groupIds.map((id) => state.groups.get(id)?.name));
  const privateIps = each((one) => [one.privateIp, ...one.secondaryPrivateIps]);
  const publicIps = each((one) => [one.publicIp]);
  return {
    "instance-id": ({ id }) => [id],
    "instance-state-name": (instance) => [instance.state],
    "instance-state-code": (instance) => [String(STATE_CODES[instance.state])],
    platform: ({ platform }) => [platform === "windows" ? "windows" : undefined],
    "vpc-id": ({ vpcId }) => [vpcId],
    "owner-id": ({ vpcId }) => [state.vpcs.get(vpcId)?.account],
    "subnet-id": (instance) => [interfacesOf(state, instance)[0]?.subnetId],
    "private-ip-address": (instance) => [interfacesOf(state, instance)[0]?.privateIp],
    "ip-address": publicIps,
    "instance.group-id": groupIds,
    "instance.group-name": groupNames,
    "network-interface.group-id": groupIds,
    "network-interface.group-name": groupNames,
    "network-interface.network-interface-id": each((one) => [one.id]),
    "network-interface.subnet-id": each((one) => [one.subnetId]),
    "network-interface.vpc-id": each((one) => [one.vpcId]),
    "network-interface.addresses.private-ip-address": privateIps,
    "network-interface.addresses.association.public-ip": publicIps,
    "network-interface.ipv6-addresses.ipv6-address": each((one) => one.ipv6),
  };
};

const reservationXml = (call: Call, instance: Instance): Xml => ({
  reservationId: instance.id.replace(/^i-/u, "r-"),
  ownerId: call.account,
  groupSet: [],
  instancesSet: [instanceXml(call, instance)],
});

const instanceXml = ({ state, region }: Call, instance: Instance): Xml => {
  // A terminated instance is still listed for a while, without its interfaces and addresses.
  const interfaces = instance.state === "terminated" ? [] : interfacesOf(state, instance);
  const [primary] = interfaces;
  const running = instance.state === "running";
  return {
    instanceId: instance.id,
    imageId: "ami-0abcdef1234567890",
    instanceState: { code: STATE_CODES[instance.state], name: instance.state },
    privateDnsName: primary === undefined ? "" : hostName(primary.privateIp, region),
    dnsName: "",
    reason: "",
    amiLaunchIndex: 0,
    productCodes: [],
    instanceType: "t3.medium",
    launchTime: new Date(instance.launchedAt).toISOString(),
    placement: { availabilityZone: `${region}a`, groupName: "", tenancy: "default" },
    platform: instance.platform === "windows" ? "windows" : undefined,
    platformDetails: instance.platform === "windows" ? "Windows" : "Linux/UNIX",
    monitoring: { state: "disabled" },
    subnetId: primary?.subnetId,
    vpcId: primary?.vpcId,
    privateIpAddress: primary?.privateIp,
    ipAddress: running ? primary?.publicIp : undefined,
    ipv6Address: primary?.ipv6[0],
    sourceDestCheck: primary === undefined ? undefined : true,
    groupSet: groupSetXml(state, primary?.groupIds ?? []),
    architecture: "x86_64",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/xvda",
    blockDeviceMapping: [],
    virtualizationType: "hvm",
    clientToken: "",
    tagSet: tagSetXml(instance.tags),
    hypervisor: "xen",
    networkInterfaceSet: interfaces.map((one, index) => instanceInterfaceXml(state, region, one, index)),
    ebsOptimized: false,
    enaSupport: true,
  };
};

const instanceInterfaceXml = (state: Ec2State, region: string, one: NetworkInterface, deviceIndex: number): Xml => ({
  networkInterfaceId: one.id,
  subnetId: one.subnetId,
  vpcId: one.vpcId,
  description: one.description,
  ownerId: state.vpcs.get(one.vpcId)?.account,
  status: "in-use",
  macAddress: macOf(one),
  privateIpAddress: one.privateIp,
  privateDnsName: hostName(one.privateIp, region),
  sourceDestCheck: true,
  interfaceType: "interface",
  groupSet: groupSetXml(state, one.groupIds),
  attachment: {
    attachmentId: attachmentIdOf(one),
    deviceIndex,
    status: "attached",
    deleteOnTermination: true,
    networkCardIndex: 0,
  },
  association: associationXml(state, one),
  privateIpAddressesSet: privateAddressesXml(state, region, one),
  ipv6AddressesSet: one.ipv6.map((ipv6Address) => ({ ipv6Address, isPrimaryIpv6: false })),
});
