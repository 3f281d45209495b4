/** Reads the rules that a call asks for, and refuses those that EC2 refuses. */

import { readPrefix, showPrefix } from "../network/address.ts";
import { type Call, findMine, myGroups } from "./call.ts";
import { notFound, refusal } from "./error.ts";
import type { Params } from "./params.ts";
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
    ...permission.parts("Groups").map((part) => rule(part, groupPeer(call, part.required("GroupId"), vpcId))),
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
  if (protocol === "icmp" || protocol === "icmpv6") return { protocol, fromPort: fromPort ?? -1, toPort: toPort ?? -1 };
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
  const list = call.state.prefixLists.get(id);
  if (list?.account !== call.account || list.region !== call.region) {
    throw notFound("pl", id);
  }
  return { kind: "prefix-list", id };
};

export const groupPeer = (call: Call, id: string, vpcId: string): Peer => {
  if (findMine(myGroups(call), id, "sg").vpcId !== vpcId) {
    throw refusal("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.");
  }
  return { kind: "group", id };
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
