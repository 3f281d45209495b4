/** Which ports of the firewall's public addresses lead to what is newly opened. */

import { Fault } from "../../../access/fault.ts";
import type { IngressRule } from "../../firewall.ts";
import { nameKey, stringAt } from "../json.ts";
import {
  type Holding,
  ownerOf,
  type PortMapping,
  type PublicAddresses,
  publicPortOf,
  translatedPortOf,
} from "./classic-hole.ts";
import { printNatName, printOwner } from "./firewall-mark.ts";
import { createPortFinder, type MappedPorts } from "./mapped-port.ts";
import type { Divided } from "./own-collections.ts";

export interface MappingDeps {
  /** The firewall's, for people. */
  readonly name: string;
  readonly divided: Divided;
  readonly front: PublicAddresses;
  readonly mappedPorts: MappedPorts;
}

/**
 * One for each address and port, where it was before if it was there; none where the firewall has no public address. Free are ports that no NAT rule
 * has that is to stay: others', and those of our own holdings that aren't made anew.
 */
export const mapPorts = (
  rules: readonly IngressRule[],
  before: ReadonlyMap<string, Holding>,
  kept: readonly Holding[],
  { name, divided, front, mappedPorts }: MappingDeps,
): ReadonlyMap<IngressRule, readonly PortMapping[]> | Fault => {
  if (rules.some(({ addresses }) => addresses.some((address) => address.includes(":")))) {
    return new Fault("azure", `\`${name}\` doesn't do IPv6: classic rules are for IPv4 only`, { retry: "never" });
  }
  if (!front.any) return new Map(rules.map((rule) => [rule, []]));
  if (rules.length > 0 && front.addresses.length === 0) {
    return new Fault("azure", `no public IPv4 address of \`${name}\` can be read`, { retry: "never" });
  }
  const ours = { name: "", priority: 0, action: "dnat", rules: kept.flatMap(({ nat }) => nat) };
  const finder = createPortFinder(front.addresses, [...divided.foreignNat, ours], mappedPorts);
  const wanted = rules.flatMap((rule) =>
    rule.addresses.flatMap((address) => rule.ports.map((port) => ({ rule, to: { address, port } }))),
  );
  const found = wanted
    .map(({ rule, to }) => {
      const owner = ownerOf(rule);
      const called = nameKey(printNatName(owner, to.address, to.port));
      const there = before.get(printOwner(owner))?.nat.find((each) => nameKey(each.name) === called);
      const at = there === undefined ? undefined : publicPortOf(there);
      return { rule, to, at: at === undefined ? undefined : finder.keep(rule.protocol, at) };
    })
    .map(({ rule, to, at }) => ({ rule, to, at: at ?? finder.take(rule.protocol) }));
  const mappings = found.flatMap(({ rule, to, at }) => (at === undefined ? [] : [{ rule, mapping: { ...at, to } }]));
  if (mappings.length < found.length) {
    const reason = `every mapped port from ${mappedPorts.from} to ${mappedPorts.to} is taken`;
    return full(found.length - mappings.length, name, reason);
  }
  return new Map(
    rules.map((rule) => [rule, mappings.filter((each) => each.rule === rule).map(({ mapping }) => mapping)]),
  );
};

/** As it is read now. */
export const mappingsAt = ({ nat }: Holding): readonly PortMapping[] =>
  nat.flatMap((rule) => {
    const at = publicPortOf(rule);
    const address = stringAt(rule.raw, "translatedAddress");
    return at === undefined || address === undefined ? [] : [{ ...at, to: { address, port: translatedPortOf(rule) } }];
  });

/** No room for `count` more. */
export const full = (count: number, name: string, reason: string): Fault =>
  new Fault("quota", `no room for ${count} more in \`${name}\`: ${reason}`, { retry: "never" });
