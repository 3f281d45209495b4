/** The security groups attached to one network interface: adding ours and taking it away without losing anybody else's. */

import {
  DescribeNetworkInterfacesCommand,
  ModifyNetworkInterfaceAttributeCommand,
  type NetworkInterface,
} from "@aws-sdk/client-ec2";
import { Fault } from "../../../access/fault.ts";
import { isMissing } from "../aws-fault.ts";
import { type Ask, allPages, quoted } from "../ec2.ts";

export interface AttachedInterface {
  readonly eni: string;
  readonly vpc: string;
  readonly groups: readonly string[];
  /** Private ones of both families. */
  readonly addresses: readonly string[];
}

/** `undefined` when there is no such interface any more. */
export const readInterfaceState = async (read: Ask, eni: string): Promise<AttachedInterface | undefined> => {
  try {
    const shown = await allPages(
      read,
      `read ${quoted(eni)}`,
      (client, options, at) =>
        client.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [eni], ...at }), options),
      (page) => page.NetworkInterfaces,
    );
    const found = shown.find((each) => each.NetworkInterfaceId === eni);
    return found === undefined
      ? undefined
      : {
          eni,
          vpc: found.VpcId ?? "",
          groups: (found.Groups ?? []).flatMap((group) => group.GroupId ?? []),
          addresses: privateAddresses(found),
        };
  } catch (error) {
    if (isMissing(error, "interface")) return undefined;
    throw error;
  }
};

/** Also of an interface as `DescribeInstances` shows it. */
export const privateAddresses = (shown: PrivateSide): readonly string[] => {
  const v4 = [shown.PrivateIpAddress, ...(shown.PrivateIpAddresses ?? []).map((each) => each.PrivateIpAddress)];
  const v6 = (shown.Ipv6Addresses ?? []).map((each) => each.Ipv6Address?.toLowerCase());
  return [...new Set([...v4, ...v6].flatMap((address) => address ?? []))];
};

type PrivateSide = Pick<NetworkInterface, "PrivateIpAddress" | "PrivateIpAddresses" | "Ipv6Addresses">;

/** Throws a `Fault` of code `quota` when the interface has as many groups as it may have. */
export const attachGroup = async (
  read: Ask,
  write: Ask,
  eni: string,
  group: string,
  groupsPerInterface: number,
): Promise<void> => {
  await changeGroups(read, write, eni, (groups) => {
    if (groups.includes(group)) return undefined;
    if (groups.length >= groupsPerInterface) throw noRoomForGroup(eni, groups.length, groupsPerInterface);
    return [...groups, group];
  });
};

/**
 * Whether the group is off the interface now. It stays when it is the only one: an interface must have one, and which other that
 * should be isn't ours to say. Without rules it lets nothing in.
 */
export const detachGroup = async (read: Ask, write: Ask, eni: string, group: string): Promise<boolean> => {
  const left = await changeGroups(read, write, eni, (groups) => {
    const others = groups.filter((other) => other !== group);
    return others.length === 0 || others.length === groups.length ? undefined : others;
  });
  return !left.includes(group);
};

export const noRoomForGroup = (eni: string, has: number, mayHave: number): Fault =>
  new Fault("quota", `${quoted(eni)} already has ${has} of ${mayHave} security groups`, { retry: "never" });

/**
 * EC2 replaces the whole set and has no compare-and-swap, so: read, write, read.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html
 *
 * When somebody writes after us, from what they read before us, the second read shows it: we start again from their set. When somebody
 * writes between our first read and our write, their change is lost and EC2 keeps no trace of it. That window is one round trip; we
 * keep it so short by reading right here, whatever was read earlier in the pass.
 */
const changeGroups = async (
  read: Ask,
  write: Ask,
  eni: string,
  change: (groups: readonly string[]) => readonly string[] | undefined,
): Promise<readonly string[]> => {
  for (let writes = 0; ; writes += 1) {
    const groups = (await readInterfaceState(read, eni))?.groups ?? [];
    const wanted = change(groups);
    if (wanted === undefined) return groups;
    if (writes === MOST_WRITES) {
      throw new Fault("aws", `the groups of ${quoted(eni)} don't stay as written`, { retry: "later" });
    }
    await write(`change the groups of ${quoted(eni)}`, (client, options) =>
      client.send(
        new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: eni, Groups: [...wanted] }),
        options,
      ),
    );
  }
};

const MOST_WRITES = 3;
