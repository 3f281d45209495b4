/** Whom the sources of rules stand for that aren't prefixes: entries of lists, members of groups. */

import type { NetworkInterface, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { isFault } from "../../../access/fault.ts";
import type { AddressTable } from "../../rules.ts";
import type { Ask } from "../ec2.ts";
import { privateAddresses } from "../own-group/interface-groups.ts";
import { readInterfaces } from "./described.ts";

export interface TableDeps {
  readonly read: Ask;
  /** By group. */
  readonly rules: ReadonlyMap<string, readonly SecurityGroupRule[]>;
  readonly prefixes: (id: string) => Promise<readonly string[] | undefined>;
  readonly accounts: ReadonlySet<string>;
  /** By VPC. */
  readonly groupsIn: ReadonlyMap<string, readonly { readonly GroupId: string }[]>;
}

/** One for each VPC, because a group of a peered one has members only for those that are still connected. */
export const readTables = async (deps: TableDeps): Promise<(vpc: string) => AddressTable> => {
  const { read, rules, prefixes, accounts, groupsIn } = deps;
  const all = [...rules.values()].flat();
  const lists = [...new Set(all.flatMap(({ PrefixListId }) => PrefixListId ?? []))];
  const referenced = all.flatMap(({ ReferencedGroupInfo }) => ReferencedGroupInfo ?? []);
  const known = referenced.filter(({ UserId }) => UserId === undefined || accounts.has(UserId));
  const [entries, members] = await Promise.all([
    Promise.all(lists.map(async (id) => ({ id, addresses: await prefixes(id) }))),
    readMembers(read, [...new Set(known.flatMap(({ GroupId }) => GroupId ?? []))]),
  ]);
  const named = new Map(
    [...entries, ...members].flatMap(({ id, addresses }): [string, readonly string[]][] =>
      addresses === undefined ? [] : [[id.toLowerCase(), addresses]],
    ),
  );

  const tables = new Map(
    [...groupsIn].map(([vpc, groups]): [string, AddressTable] => {
      const ofVpc = new Set(groups.map(({ GroupId }) => GroupId));
      const cut = [...ofVpc]
        .flatMap((id) => rules.get(id) ?? [])
        .flatMap(({ ReferencedGroupInfo }) => ReferencedGroupInfo ?? [])
        .filter(({ PeeringStatus }) => PeeringStatus !== undefined && PeeringStatus !== "active")
        .map(({ GroupId = "" }): [string, readonly string[]] => [GroupId.toLowerCase(), []]);
      return [vpc, { named: cut.length === 0 ? named : new Map([...named, ...cut]), virtualNetwork: undefined }];
    }),
  );
  const none: AddressTable = { named, virtualNetwork: undefined };
  return (vpc) => tables.get(vpc) ?? none;
};

/** None when interfaces may not be listed: nobody knows then who the members are. */
const readMembers = async (
  read: Ask,
  groups: readonly string[],
): Promise<readonly { readonly id: string; readonly addresses: readonly string[] }[]> => {
  try {
    const interfaces = groups.length === 0 ? [] : await readInterfaces(read, "group-id", groups);
    return groups.map((id) => {
      const members = interfaces.filter(({ Groups }) => (Groups ?? []).some(({ GroupId }) => GroupId === id));
      return { id, addresses: members.flatMap(addressesOf) };
    });
  } catch (error) {
    if (isFault(error) && error.retry === "never") return [];
    throw error;
  }
};

const addressesOf = (shown: NetworkInterface): readonly string[] => [
  ...privateAddresses(shown),
  ...(shown.Ipv4Prefixes ?? []).flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []),
  ...(shown.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix }) => Ipv6Prefix ?? []),
];
