/**
 * What EC2 does with one packet: any rule of any group that fits lets it in. Slow and obvious.
 * https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */

import type { AwsTarget, GroupRule } from "../../src/cloud/rules.ts";
import type { Packet } from "./azure-oracle.ts";
import { holds } from "./bits.ts";

export const letsIn = (
  target: AwsTarget,
  packet: Packet,
): { readonly verdict: "allow" | "deny" | "unknown"; readonly rules: readonly string[] } => {
  const sure: string[] = [];
  const perhaps: string[] = [];
  for (const group of target.groups) {
    for (const rule of group.rules) {
      if (!isForProtocol(rule, packet.protocol)) continue;
      if (!isForPort(rule, packet.port)) continue;
      const from = isFrom(rule, packet.source, target);
      if (from === true) sure.push(rule.id);
      if (from === undefined) perhaps.push(rule.id);
    }
  }
  if (sure.length > 0) return { verdict: "allow", rules: sure };
  return perhaps.length > 0 ? { verdict: "unknown", rules: perhaps } : { verdict: "deny", rules: [] };
};

const isForProtocol = ({ protocol }: GroupRule, wanted: "tcp" | "udp"): boolean =>
  protocol === "-1" || protocol === wanted || protocol === (wanted === "tcp" ? "6" : "17");

const isForPort = ({ protocol, fromPort = -1, toPort = -1 }: GroupRule, port: number): boolean =>
  protocol === "-1" || fromPort === -1 || (fromPort <= port && port <= toPort);

const isFrom = ({ source }: GroupRule, address: string, { table }: AwsTarget): boolean | undefined => {
  if (!source.startsWith("sg-") && !source.startsWith("pl-")) return holds(source, address);
  const entries = table.named.get(source);
  return entries?.some((entry) => holds(entry, address));
};
