/** One hole, as EC2 is asked for it and as EC2 shows it. */

import type { IpPermission, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { type AddressFamily, familyOf, parseCidr } from "../../../access/source.ts";
import type { IngressRule, ObservedRule } from "../../firewall.ts";
import { readHolders } from "./owner-mark.ts";

/** The rule's port and source. A rule of more than one of either isn't a hole, and a mistake of the caller. */
export const permissionOf = (rule: IngressRule, installation: string): IpPermission => {
  const [port, ...otherPorts] = rule.ports;
  const [source, ...otherSources] = rule.sources;
  if (port === undefined || source === undefined || otherPorts.length + otherSources.length > 0) {
    throw new Error("a rule in a security group is for one port and one source");
  }
  // It says nothing that an extension would make untrue: a description can't be changed together with the tags.
  const Description = `Opened for a while by Latch (${installation}). Its tags tell for whom and until when.`;
  return {
    IpProtocol: rule.protocol,
    FromPort: port,
    ToPort: port,
    ...(familyOf(source) === "ipv4"
      ? { IpRanges: [{ CidrIp: source, Description }] }
      : { Ipv6Ranges: [{ CidrIpv6: source, Description }] }),
  };
};

/** `addresses` are the interface's: a rule of a security group is for all of them. */
export const readHole = (rule: SecurityGroupRule, addresses: readonly string[]): ObservedRule["rule"] => {
  const protocol = rule.IpProtocol;
  const port = rule.FromPort;
  const source = parseCidr(rule.CidrIpv4 ?? rule.CidrIpv6 ?? "");
  if (protocol !== "tcp" && protocol !== "udp") return undefined;
  if (source === undefined || port === undefined || port < 1 || port !== rule.ToPort) return undefined;
  const reached = addresses.filter((address) => familyOfAddress(address) === familyOf(source)).toSorted();
  return reached.length === 0 ? undefined : { addresses: reached, protocol, ports: [port], sources: [source] };
};

/** `legible`: whether the rule can have the effect it claims; without it, it is ours and matches nothing. */
export const observedRule = (
  rule: SecurityGroupRule,
  addresses: readonly string[],
  legible: boolean,
): ObservedRule => ({
  id: ruleId(rule),
  rule: legible ? readHole(rule, addresses) : undefined,
  holders: readHolders(rule.Tags ?? []),
});

export const ruleId = (rule: SecurityGroupRule): string => rule.SecurityGroupRuleId ?? "";

/** Which of the quotas it counts against: a source that isn't an address prefix counts against both. */
export const countsAs = (rule: SecurityGroupRule): readonly AddressFamily[] =>
  rule.CidrIpv4 !== undefined ? ["ipv4"] : rule.CidrIpv6 !== undefined ? ["ipv6"] : ["ipv4", "ipv6"];

const familyOfAddress = (address: string): AddressFamily => (address.includes(":") ? "ipv6" : "ipv4");
