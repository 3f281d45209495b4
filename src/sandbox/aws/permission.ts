/** Reads the rules that a call asks for, and refuses those that EC2 refuses. */

import { readPrefix, showPrefix } from "../network/address.ts";
import { type Call, findMine, isMine, myGroups, myPrefixLists, myVpcs } from "./call.ts";
import { notFound, refusal } from "./error.ts";
import type { Params } from "./params.ts";
import { acrossTo } from "./peering.ts";
import type { Peer, Rule } from "./state.ts";

export type WantedRule = Omit<Rule, "id" | "tags">;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html; older calls say one CIDR without a list. */
export const readPermissions = (call: Call, isEgress: boolean, vpcId: string): readonly WantedRule[] => {
  const permissions = call.params.parts("IpPermissions");
  if (permissions.length > 0) return permissions.flatMap((permission) => rulesOf(call, permission, isEgress, vpcId));
  const cidr = call.params.text("CidrIp");
  if (cidr === undefined) throw refusal("MissingParameter", "The request must contain the parameter ipPermissions");
  return [{ isEgress, ...protocolAndPorts(call.params), peer: cidrPeer(cidr), description: undefined }];
};

const rulesOf = (call: Call, permission: Params, isEgress: boolean, vpcId: string): readonly WantedRule[] => {
  const reach = protocolAndPorts(permission);
  const rule = (part: Params, peer: Peer): WantedRule => ({
    isEgress,
    ...reach,
    peer,
    description: descriptionOf(part),
  });
  const rules = [
    ...permission.parts("IpRanges").map((part) => rule(part, cidrPeer(part.required("CidrIp"), "ipv4"))),
    ...permission.parts("Ipv6Ranges").map((part) => rule(part, cidrPeer(part.required("CidrIpv6"), "ipv6"))),
    ...permission.parts("PrefixListIds").map((part) => rule(part, prefixListPeer(call, part.required("PrefixListId")))),
    ...permission
      .parts("Groups")
      .map((part) => rule(part, groupPeer(call, groupSaid(call, part, vpcId), vpcId, part.text("UserId")))),
  ];
  if (rules.length === 0)
    throw refusal("InvalidPermission.Malformed", "The permission has no source: a range, a prefix list or a group");
  return rules;
};

const PROTOCOLS: Readonly<Record<string, string>> = {
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
  tcp: "tcp",
  udp: "udp",
  icmp: "icmp",
  icmpv6: "icmpv6",
  "-1": "-1",
  all: "-1",
};

/** Only TCP, UDP and ICMP have ports (ICMP: type and code); for anything else they are ignored and all is meant. */
export const protocolAndPorts = (params: Params): Pick<Rule, "protocol" | "fromPort" | "toPort"> => {
  const said = params.required("IpProtocol").toLowerCase();
  const protocol =
    PROTOCOLS[said] ?? (/^\d{1,3}$/u.test(said) && Number(said) <= 255 ? String(Number(said)) : undefined);
  if (protocol === undefined) {
    throw refusal(
      "InvalidPermission.Malformed",
      `Unsupported IP protocol "${said}"  - supported: [tcp(6), udp(17), icmp(1), icmpv6(58)]`,
    );
  }
  const fromPort = params.whole("FromPort");
  const toPort = params.whole("ToPort");
  if (protocol === "icmp" || protocol === "icmpv6") return { protocol, ...typeAndCode(protocol, fromPort, toPort) };
  if (protocol !== "tcp" && protocol !== "udp") return { protocol, fromPort: -1, toPort: -1 };
  if (fromPort === undefined || toPort === undefined) {
    throw refusal(
      "InvalidParameterValue",
      "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
    );
  }
  for (const port of [fromPort, toPort]) {
    if (port < 0 || port > 65_535) {
      throw refusal(
        "InvalidParameterValue",
        `Invalid value '${String(port)}' for ${protocol.toUpperCase()} port. Must be from 0 to 65535.`,
      );
    }
  }
  if (fromPort > toPort) {
    throw refusal(
      "InvalidParameterValue",
      `Invalid ${protocol.toUpperCase()} port range: ${String(fromPort)} is above ${String(toPort)}.`,
    );
  }
  return { protocol, fromPort, toPort };
};

/** ICMP's must be said, ICMPv6's may be left out; -1 is any, and any type is any code too. */
const typeAndCode = (
  protocol: "icmp" | "icmpv6",
  type: number | undefined,
  code: number | undefined,
): Pick<Rule, "fromPort" | "toPort"> => {
  if (type === undefined && code === undefined && protocol === "icmpv6") return { fromPort: -1, toPort: -1 };
  if (type === undefined || code === undefined) {
    throw refusal(
      "InvalidParameterValue",
      `Both the type and the code of ${protocol.toUpperCase()} must be specified.`,
    );
  }
  for (const value of [type, code]) {
    if (value < -1 || value > 255) {
      throw refusal("InvalidParameterValue", `Invalid ${protocol.toUpperCase()} type or code: ${String(value)}.`);
    }
  }
  if (type === -1 && code !== -1) {
    throw refusal("InvalidParameterValue", `Any type of ${protocol.toUpperCase()} must be with any code.`);
  }
  return { fromPort: type, toPort: code };
};

/** Host bits are cut: `203.0.113.7/24` is kept as `203.0.113.0/24`. */
export const cidrPeer = (text: string, kind?: "ipv4" | "ipv6"): Peer => {
  const prefix = text.includes("/") ? readPrefix(text) : undefined;
  const found = prefix?.family === 4 ? "ipv4" : "ipv6";
  if (prefix === undefined || (kind !== undefined && kind !== found)) {
    throw refusal("InvalidParameterValue", `CIDR block ${text} is malformed`);
  }
  return { kind: found, cidr: showPrefix(prefix) };
};

export const prefixListPeer = (call: Call, id: string): Peer => {
  findMine(myPrefixLists(call), id, "pl");
  return { kind: "prefix-list", id };
};

/** One of this VPC's groups, or of a VPC that is peered with it; another account's must come with that account. */
export const groupPeer = (call: Call, id: string, vpcId: string, userId?: string): Peer => {
  const group = call.state.groups.get(id);
  if (group === undefined || group.knownFrom > call.now) throw notFound("sg", id);
  const owner = call.state.vpcs.get(group.vpcId)?.account;
  if (owner !== (userId ?? call.account)) throw notFound("sg", id);
  if (group.vpcId === vpcId) return { kind: "group", id };
  const across = acrossTo(call.state, vpcId, group);
  if (across !== undefined) return { kind: "group", id, across };
  if (!isMine(call)(group)) throw notFound("sg", id);
  throw refusal("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.");
};

/** By id, or in a default VPC by name. */
const groupSaid = (call: Call, part: Params, vpcId: string): string => {
  const name = part.text("GroupName");
  const inDefault = myVpcs(call).some((vpc) => vpc.id === vpcId && vpc.isDefault);
  if (part.text("GroupId") !== undefined || name === undefined || !inDefault) return part.required("GroupId");
  const found = myGroups(call).find((group) => group.vpcId === vpcId && group.name === name);
  if (found !== undefined) return found.id;
  throw refusal("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcId}'`);
};

export const descriptionOf = (params: Params): string | undefined => {
  const text = params.text("Description");
  if (text === undefined || text === "") return undefined;
  if (!isPlainText(text)) {
    throw refusal(
      "InvalidParameterValue",
      "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
  }
  return text;
};

/** What names and descriptions of groups and rules may be made of. */
export const isPlainText = (text: string): boolean => /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/u.test(text);
