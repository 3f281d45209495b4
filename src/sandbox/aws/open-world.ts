/** Turns what was said of a world into what EC2 holds at the start. */

import { readPrefix, showPrefix } from "../network/address.ts";
import { acrossTo } from "./peering.ts";
import { type Ec2State, type Instance, newId, type Peer, type PrefixList, type Rule, setRules } from "./state.ts";
import type { Ec2World, InstanceSpec, PrefixListSpec, RuleSpec } from "./world.ts";

/** Throws when the world contradicts itself: a group in an unknown VPC, an interface with an unknown group. */
export const openWorld = (world: Ec2World, now: number): Ec2State => {
  const state: Ec2State = {
    vpcs: new Map(),
    subnets: new Map(),
    prefixLists: new Map((world.prefixLists ?? []).map((list) => [list.id, prefixListOf(list)])),
    peerings: new Map(
      (world.peerings ?? []).map(({ id, vpcs, status = "active" }) => [id, { id, vpcIds: vpcs, status }]),
    ),
    instances: new Map(),
    interfaces: new Map(),
    groups: new Map(),
  };
  for (const { ipv6Cidr, isDefault = false, tags = {}, ...vpc } of world.vpcs) {
    state.vpcs.set(vpc.id, { ...vpc, ipv6Cidr, isDefault, tags });
  }
  for (const { vpc, ipv6Cidr, tags = {}, ...subnet } of world.subnets) {
    known(state.vpcs, vpc);
    state.subnets.set(subnet.id, { ...subnet, vpcId: vpc, ipv6Cidr, tags });
  }
  for (const group of world.groups) addGroup(state, group);
  for (const { id } of world.vpcs) addDefaultGroup(state, id);
  for (const { vpcIds } of state.peerings.values()) for (const id of vpcIds) known(state.vpcs, id);
  for (const { id, vpcId } of state.groups.values()) {
    setRules(state, id, (rules) => rules.map((rule) => ({ ...rule, peer: peerIn(state, vpcId, rule.peer) })));
  }
  for (const instance of world.instances) addInstance(state, instance, now);
  return state;
};

/** As a new group has it; a VPC with IPv6 adds `::/0`. https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html */
export const firstEgressRules = (hasIpv6: boolean): readonly Rule[] =>
  ["0.0.0.0/0", ...(hasIpv6 ? ["::/0"] : [])].map((peer) => readRule({ protocol: "-1", peer }, true));

export const readRule = ({ protocol, ports, peer, description, tags = {} }: RuleSpec, isEgress: boolean): Rule => {
  const [fromPort, toPort] = ports === undefined ? [-1, -1] : typeof ports === "number" ? [ports, ports] : ports;
  return { id: newId("sgr"), isEgress, protocol, fromPort, toPort, peer: readPeer(peer), description, tags };
};

/** Says of a group in another VPC how it is reached. Throws when there is no such group or list, or no way to it. */
export const peerIn = (state: Ec2State, vpcId: string, peer: Peer): Peer => {
  if (peer.kind === "prefix-list") known(state.prefixLists, peer.id);
  if (peer.kind !== "group") return peer;
  const group = known(state.groups, peer.id);
  if (group.vpcId === vpcId) return peer;
  const across = acrossTo(state, vpcId, group);
  if (across === undefined) throw new Error(`\`${peer.id}\` is in a VPC that isn't peered with \`${vpcId}\``);
  return { ...peer, across };
};

const prefixListOf = ({ family, descriptions = {}, tags = {}, ...list }: PrefixListSpec): PrefixList => ({
  ...list,
  family: family ?? (list.cidrs[0]?.includes(":") === true ? "IPv6" : "IPv4"),
  versions: [list.cidrs],
  descriptions,
  tags,
});

const readPeer = (text: string): Peer => {
  if (text.startsWith("sg-")) return { kind: "group", id: text };
  if (text.startsWith("pl-")) return { kind: "prefix-list", id: text };
  const prefix = readPrefix(text);
  if (prefix === undefined) throw new Error(`\`${text}\` is neither a prefix nor the id of a group or prefix list`);
  return { kind: prefix.family === 4 ? "ipv4" : "ipv6", cidr: showPrefix(prefix) };
};

const addGroup = (state: Ec2State, group: Ec2World["groups"][number]): void => {
  const vpc = known(state.vpcs, group.vpc);
  state.groups.set(group.id, {
    id: group.id,
    vpcId: group.vpc,
    name: group.name,
    description: group.description ?? group.name,
    tags: group.tags ?? {},
    rules: [
      ...(group.ingress ?? []).map((rule) => readRule(rule, false)),
      ...(group.egress?.map((rule) => readRule(rule, true)) ?? firstEgressRules(vpc.ipv6Cidr !== undefined)),
    ],
    knownFrom: 0,
  });
};

const addDefaultGroup = (state: Ec2State, vpcId: string): void => {
  if ([...state.groups.values()].some((group) => group.vpcId === vpcId && group.name === "default")) return;
  const id = newId("sg");
  addGroup(state, {
    id,
    vpc: vpcId,
    name: "default",
    description: "default VPC security group",
    ingress: [{ protocol: "-1", peer: id }],
  });
};

export const addInstance = (state: Ec2State, spec: InstanceSpec, now: number): void => {
  const [first] = spec.interfaces;
  if (first === undefined) throw new Error(`\`${spec.id}\` has no interface`);
  for (const { subnet, groups, publicIp, secondaryPrivateIps = [], ipv6 = [], tags = {}, ...rest } of spec.interfaces) {
    const { vpcId } = known(state.subnets, subnet);
    for (const group of groups) known(state.groups, group);
    state.interfaces.set(rest.id, {
      ...rest,
      instanceId: spec.id,
      vpcId,
      subnetId: subnet,
      publicIp,
      secondaryPrivateIps,
      ipv6,
      groupIds: groups,
      description: "",
      tags,
    });
  }
  const instance: Instance = {
    id: spec.id,
    vpcId: known(state.subnets, first.subnet).vpcId,
    platform: spec.platform ?? "linux",
    state: spec.state ?? "running",
    launchedAt: now,
    interfaceIds: spec.interfaces.map(({ id }) => id),
    tags: { ...(spec.name === undefined ? {} : { Name: spec.name }), ...spec.tags },
  };
  state.instances.set(spec.id, instance);
};

const known = <T>(items: ReadonlyMap<string, T>, id: string): T => {
  const found = items.get(id);
  if (found === undefined) throw new Error(`the world names \`${id}\`, which isn't in it`);
  return found;
};
