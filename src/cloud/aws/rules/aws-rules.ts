/** Reads from EC2 all that stands before instances: the groups of their interfaces, and whom the rules' sources stand for. */

import {
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  type Instance,
  type InstanceNetworkInterface,
  type NetworkInterface,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { Fault } from "../../../access/fault.ts";
import type { Machine, MachineId } from "../../../access/machine.ts";
import { type Clock, systemClock } from "../../../access/time.ts";
import type { AwsTarget, GroupRule, ReadRules, RulesBefore, SecurityGroup } from "../../rules.ts";
import { type Ask, allPages, type Ec2, quoted } from "../ec2.ts";
import { privateAddresses } from "../own-group/interface-groups.ts";
import { readTables } from "./aws-tables.ts";
import { inBatches, PAGE, readInterfaces } from "./described.ts";
import { createPrefixLists, type LookUpPrefixList } from "./prefix-lists.ts";
import { publicWaysTo } from "./public-ways.ts";

/**
 * Three to five calls for each account and region, and more only where answers have several pages.
 *
 * Left out because EC2 doesn't tell: load balancers that send on to an instance, and whether a subnet's routes lead to the internet at all.
 */
export const createAwsRules = (
  ec2For: (machine: Machine) => Ec2 | undefined,
  clock: Clock = systemClock,
): ReadRules => {
  const lookUpPrefixList = createPrefixLists(clock);
  return async (machines, signal) => {
    const places = Map.groupBy(machines, (machine) => {
      const ec2 = ec2For(machine);
      if (ec2 !== undefined) return ec2;
      const where = `${quoted(machine.account)} in ${quoted(machine.region)}`;
      throw new Fault("aws", `cannot read the rules before ${quoted(machine.name)}: ${where} isn't configured`, {
        retry: "never",
      });
    });
    const read = await Promise.all(
      [...places].map(async ([ec2, here]) => readPlace(ec2, here, lookUpPrefixList, signal)),
    );
    return new Map(read.flat());
  };
};

const readPlace = async (
  ec2: Ec2,
  machines: readonly Machine[],
  lookUpPrefixList: LookUpPrefixList,
  signal: AbortSignal,
): Promise<readonly [MachineId, RulesBefore][]> => {
  const read = ec2.within(signal);
  const instances = await readInstances(read, machines);
  const shown = instances.flatMap(({ NetworkInterfaces }) => NetworkInterfaces ?? []);
  const names = new Map(
    shown.flatMap(({ Groups }) => Groups ?? []).map(({ GroupId = "", GroupName }) => [GroupId, GroupName ?? GroupId]),
  );
  const rules = Map.groupBy(await readRules(read, [...names.keys()]), ({ GroupId }) => GroupId ?? "");
  const groups = new Map(
    [...names].map(([id, name]): [string, SecurityGroup] => [
      id,
      { id, name, rules: (rules.get(id) ?? []).map(readRule) },
    ]),
  );
  const tableOf = await readTables({
    read,
    rules,
    prefixes: (id) => lookUpPrefixList(ec2, id, signal),
    // A VPC may be another account's, shared with this one; then groups are its users' all the same.
    accounts: new Set([...machines.map(({ account }) => account), ...shown.flatMap(({ OwnerId }) => OwnerId ?? [])]),
    groupsIn: Map.groupBy(
      shown.flatMap(({ VpcId = "", Groups }) => (Groups ?? []).map(({ GroupId = "" }) => ({ VpcId, GroupId }))),
      ({ VpcId }) => VpcId,
    ),
  });

  const targetsOf = (instance: Instance): readonly AwsTarget[] =>
    (instance.NetworkInterfaces ?? []).flatMap((each) =>
      privateAddresses(each).map(
        (privateAddress): AwsTarget => ({
          cloud: "aws",
          privateAddress,
          publicWays: publicWaysTo(privateAddress, each, instance),
          groups: (each.Groups ?? []).flatMap(({ GroupId = "" }) => groups.get(GroupId) ?? []),
          table: tableOf(each.VpcId ?? ""),
        }),
      ),
    );
  return instances.map((instance) => [
    (instance.InstanceId ?? "").toLowerCase() as MachineId,
    { cloud: "aws", targets: targetsOf(instance) },
  ]);
};

/** Those of the machines that are there. One that shows no interfaces whole is completed from what the interfaces say. */
const readInstances = async (read: Ask, machines: readonly Machine[]): Promise<readonly Instance[]> => {
  const wanted = new Set<string>(machines.map(({ id }) => id));
  const reservations = await inBatches([...wanted], "instance-id", async (Filters) =>
    allPages(
      read,
      "read instances",
      (client, options, at) =>
        client.send(new DescribeInstancesCommand({ ...Filters, MaxResults: PAGE, ...at }), options),
      (page) => page.Reservations,
    ),
  );
  const instances = reservations
    .flatMap(({ Instances }) => Instances ?? [])
    .filter(({ InstanceId = "", State }) => wanted.has(InstanceId.toLowerCase()) && State?.Name !== "terminated");
  const partly = instances.filter(({ NetworkInterfaces }) => !showsAll(NetworkInterfaces ?? []));
  if (partly.length === 0) return instances;

  const ids = partly.flatMap(({ InstanceId }) => InstanceId ?? []);
  const apart = Map.groupBy(
    await readInterfaces(read, "attachment.instance-id", ids),
    ({ Attachment }) => Attachment?.InstanceId ?? "",
  );
  return instances.map((instance) => {
    const found = apart.get(instance.InstanceId ?? "");
    return found === undefined ? instance : { ...instance, NetworkInterfaces: found.map(asShown) };
  });
};

const showsAll = (interfaces: readonly InstanceNetworkInterface[]): boolean =>
  interfaces.length > 0 &&
  interfaces.every(({ Groups, PrivateIpAddresses }) => Groups !== undefined && PrivateIpAddresses !== undefined);

const asShown = ({ Attachment, ...shown }: NetworkInterface): InstanceNetworkInterface => ({
  ...shown,
  Attachment: { DeviceIndex: Attachment?.DeviceIndex },
});

const readRules = async (read: Ask, groups: readonly string[]): Promise<readonly SecurityGroupRule[]> => {
  const rules = await inBatches(groups, "group-id", async (Filters) =>
    allPages(
      read,
      "read the rules of security groups",
      (client, options, at) =>
        client.send(new DescribeSecurityGroupRulesCommand({ ...Filters, MaxResults: PAGE, ...at }), options),
      (page) => page.SecurityGroupRules,
    ),
  );
  return rules.filter(({ IsEgress }) => IsEgress !== true);
};

const readRule = (rule: SecurityGroupRule): GroupRule => ({
  id: rule.SecurityGroupRuleId ?? "",
  protocol: rule.IpProtocol ?? "-1",
  fromPort: rule.FromPort,
  toPort: rule.ToPort,
  source:
    rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? rule.ReferencedGroupInfo?.GroupId ?? "(a source not told)",
});
