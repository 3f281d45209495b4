/** The machines of all configured accounts and regions, and the interfaces and groups that carry our mark. */

import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  type Filter,
  type Instance,
  type NetworkInterface,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import type { FirewallId, Machine } from "../../../access/machine.ts";
import type { Inventory } from "../../inventory.ts";
import { type Ask, allPages, type Ec2, quoted } from "../ec2.ts";
import {
  ANY_GROUP_NAME,
  interfaceOfGroup,
  readGroup,
  readInterface,
  writeFirewallId,
  writeGroupId,
} from "../firewall-id.ts";
import { INTERFACE_TAG, isOwn } from "../own-group/own-group.ts";
import { INSTALLATION_TAG } from "../own-group/owner-mark.ts";
import { placeOnTag, tagPrefix, withholdsTag } from "../withholding/withholds-tag.ts";
import { readMachine, type ShownInterface } from "./machine-reading.ts";

/** `ec2s`: one per account and region; all are read side by side. `seen` is told which account answers behind each. */
export const createAwsInventory = (
  installation: string,
  ec2s: readonly Ec2[],
  seen: (account: string, ec2: Ec2) => void,
): Inventory => ({
  machines: async (signal) => {
    const found = await Promise.all(ec2s.map((ec2) => readMachines(ec2, ec2.within(signal))));
    for (const { ec2, machines } of found) for (const { account } of machines) seen(account, ec2);
    return found.flatMap(({ machines }) => machines);
  },
  marked: async (signal) => {
    const found = await Promise.all(ec2s.map((ec2) => readMarked(installation, ec2.region, ec2.within(signal))));
    return [...new Set(found.flat())];
  },
});

const readMachines = async (ec2: Ec2, read: Ask): Promise<{ ec2: Ec2; machines: readonly Machine[] }> => {
  const [reservations, groups] = await Promise.all([
    allPages(
      read,
      `list the instances of ${quoted(ec2.region)}`,
      (client, options, at) => client.send(new DescribeInstancesCommand({ MaxResults: PAGE, ...at }), options),
      (page) => page.Reservations,
    ),
    readGroups(read, ec2.region, { Name: "group-name", Values: [ANY_GROUP_NAME] }),
  ]);
  const named = new Map(
    groups.flatMap(({ GroupId, Tags = [] }) =>
      GroupId === undefined ? [] : [[GroupId, Tags.find(({ Key }) => Key === INSTALLATION_TAG)?.Value] as const],
    ),
  );
  const instances = reservations
    .flatMap(({ OwnerId, Instances }) => (Instances ?? []).map((instance) => ({ account: OwnerId, instance })))
    .filter(({ instance }) => instance.State?.Name !== "terminated");

  // An instance normally shows its interfaces whole. Where it doesn't, the interfaces know their instance.
  const apart = instances.some(({ instance }) => !showsInterfaces(instance))
    ? await readInterfaces(read, ec2.region)
    : new Map<string, NetworkInterface[]>();

  const machines = instances.flatMap(({ account, instance }) => {
    const shown: readonly ShownInterface[] = showsInterfaces(instance)
      ? (instance.NetworkInterfaces ?? [])
      : (apart.get(instance.InstanceId ?? "") ?? instance.NetworkInterfaces ?? []);
    const owner = account ?? shown[0]?.OwnerId ?? "unknown";
    return readMachine(instance, shown, { account: owner, region: ec2.region }, named) ?? [];
  });
  return { ec2, machines };
};

const showsInterfaces = ({ NetworkInterfaces = [] }: Instance): boolean =>
  NetworkInterfaces.length > 0 &&
  NetworkInterfaces.every((each) => each.NetworkInterfaceId !== undefined && each.PrivateIpAddresses !== undefined);

const readInterfaces = async (read: Ask, region: string): Promise<Map<string, NetworkInterface[]>> => {
  const interfaces = await allPages(
    read,
    `list the interfaces of ${quoted(region)}`,
    (client, options, at) => client.send(new DescribeNetworkInterfacesCommand({ MaxResults: PAGE, ...at }), options),
    (page) => page.NetworkInterfaces,
  );
  return Map.groupBy(interfaces, (each) => each.Attachment?.InstanceId ?? "");
};

const readMarked = async (installation: string, region: string, read: Ask): Promise<readonly FirewallId[]> => {
  const [own, others] = await Promise.all([
    readGroups(read, region, { Name: `tag:${INSTALLATION_TAG}`, Values: [installation] }),
    // By any tag of ours, in case somebody took the first one away.
    readGroups(read, region, {
      Name: "tag-key",
      Values: [withholdsTag(installation), `${tagPrefix(installation)}*`],
    }),
  ]);
  const interfaces = own.flatMap((group) => {
    const eni = interfaceOfGroup(installation, group.GroupName ?? "");
    if (eni === undefined || !isOwn(group, installation)) return [];
    // The tag has the account as the inventory said it. Somebody may have edited it; a group's name can't be.
    const tagged = readInterface(group.Tags?.find((tag) => tag.Key === INTERFACE_TAG)?.Value ?? "");
    const account = tagged?.eni === eni ? tagged.account : (group.OwnerId ?? "unknown");
    return writeFirewallId({ account, region, eni });
  });
  const groups = others.flatMap(({ GroupId: group, OwnerId, Tags = [] }) => {
    const ours = Tags.flatMap(({ Key = "", Value = "" }) =>
      Key.startsWith(tagPrefix(installation)) ? [{ Key, Value }] : [],
    );
    if (group === undefined || ours.length === 0) return [];
    const place = placeOnTag(ours, installation);
    if (place === undefined) return writeGroupId({ account: OwnerId ?? "unknown", region, group });
    // Tags are copied with a group: what is said of another place isn't ours here.
    const tagged = readGroup(place);
    return tagged?.group === group && tagged.region === region ? writeGroupId(tagged) : [];
  });
  return [...interfaces, ...groups];
};

const readGroups = (read: Ask, region: string, filter: Filter): Promise<readonly SecurityGroup[]> =>
  allPages(
    read,
    `list our groups in ${quoted(region)}`,
    (client, options, at) =>
      client.send(new DescribeSecurityGroupsCommand({ Filters: [filter], MaxResults: PAGE, ...at }), options),
    (page) => page.SecurityGroups,
  );

/** The most that EC2 gives at once. */
const PAGE = 1_000;
