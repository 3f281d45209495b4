/** A machine, read from what EC2 says of an instance and its network interfaces. */

import type { Instance, InstanceNetworkInterface, NetworkInterface } from "@aws-sdk/client-ec2";
import type { Machine, MachineId, NetworkInterface as MachineInterface } from "../../../access/machine.ts";
import { groupName, writeFirewallId, writeGroupId } from "../firewall-id.ts";
import { privateAddresses } from "../own-group/interface-groups.ts";

/** An interface, from either of EC2's two descriptions of it. */
export type ShownInterface = InstanceNetworkInterface | NetworkInterface;

/** Where an instance was found: the owner of its reservation, and the region that was asked. */
export interface Whereabouts {
  readonly account: string;
  readonly region: string;
}

/** Of each group that is named as Latch's are, by its id: the installation that its tag names. The name alone, or the tag alone, anybody may give. */
export type NamedGroups = ReadonlyMap<string, string | undefined>;

/** `undefined` when the instance is terminated, which EC2 goes on showing for an hour, or has no id. */
export const readMachine = (
  instance: Instance,
  interfaces: readonly ShownInterface[],
  { account, region }: Whereabouts,
  named: NamedGroups,
): Machine | undefined => {
  const id = instance.InstanceId;
  if (id === undefined || instance.State?.Name === "terminated") return undefined;
  const tags = Object.fromEntries((instance.Tags ?? []).flatMap(({ Key, Value }) => (Key ? [[Key, Value ?? ""]] : [])));
  return {
    cloud: "aws",
    id: id.toLowerCase() as MachineId,
    name: tags.Name?.trim() || id,
    account,
    region,
    tags,
    os: osOf(instance),
    power: powerOf(instance),
    interfaces: interfaces.flatMap((each) => readInterfaceOf(each, instance, { account, region }, named)),
  };
};

const readInterfaceOf = (
  shown: ShownInterface,
  instance: Instance,
  where: Whereabouts,
  named: NamedGroups,
): readonly MachineInterface[] => {
  const eni = shown.NetworkInterfaceId;
  if (eni === undefined) return [];
  const isFirst = shown.Attachment?.DeviceIndex === 0;
  const own = [shown.Association, ...(shown.PrivateIpAddresses ?? []).map((each) => each.Association)];
  const others = (shown.Groups ?? []).flatMap(({ GroupId: group, GroupName = "" }) => {
    const looksSo = GroupName.startsWith("latch-") && GroupName.endsWith(`-${eni.toLowerCase()}`);
    // One that came or went while we read isn't among those with their tags.
    const isLatchs =
      looksSo && (!named.has(group ?? "") || GroupName === groupName(named.get(group ?? "") ?? "", eni.toLowerCase()));
    return group === undefined || isLatchs ? [] : [group];
  });
  const shownPublic = own.flatMap((association) => association?.PublicIp ?? []);
  return [
    {
      id: eni.toLowerCase(),
      privateAddresses: privateAddresses(shown),
      publicAddresses: [...new Set([...shownPublic, ...(isFirst ? [instance.PublicIpAddress ?? []].flat() : [])])],
      firewalls: [writeFirewallId({ ...where, eni: eni.toLowerCase() })],
      blockedAt: [...new Set(others)].toSorted().map((group) => writeGroupId({ ...where, group })),
    },
  ];
};

/**
 * `Platform` is `windows` or absent; `PlatformDetails` says more: `Linux/UNIX`, `Red Hat Enterprise Linux`, `Windows with SQL Server`.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
 */
const osOf = ({ Platform, PlatformDetails }: Instance): Machine["os"] => {
  if (/windows/iu.test(`${Platform ?? ""} ${PlatformDetails ?? ""}`)) return "windows";
  return /linux|unix|suse|ubuntu|^$/iu.test(PlatformDetails ?? "") ? "linux" : "unknown";
};

const powerOf = ({ State }: Instance): Machine["power"] => {
  switch (State?.Name) {
    case "running":
      return "running";
    case "stopped":
    case "stopping":
      return "stopped";
    default:
      return "unknown";
  }
};
