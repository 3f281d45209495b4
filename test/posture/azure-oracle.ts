/**
 * What Azure does with one packet, read straight from its documentation, rule by rule, with no sets of anything. Slow and obvious.
 *
 * NSG: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
 * Firewall: https://learn.microsoft.com/azure/firewall/rule-processing
 */

import type { AddressTable, AzureTarget, ClassicFirewall, Nsg, NsgRule, RuleProtocol } from "../../src/cloud/rules.ts";
import { bitsOf, holds, textOf } from "./bits.ts";

export interface Packet {
  readonly source: string;
  readonly sourcePort: number;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** What may happen, and the rule that does it; more than one when something isn't known. */
export interface Possibility {
  readonly access: "allow" | "deny" | "unknown";
  readonly rule: string;
}

type Answer = "yes" | "no" | "perhaps";

/** The verdict on one packet that comes straight to the machine. */
export const directly = (target: AzureTarget, packet: Packet): readonly Possibility[] => {
  const nsgs = [target.subnetGroup, target.interfaceGroup].filter((nsg) => nsg !== undefined);
  if (nsgs.length === 0) return withoutNsg(target, packet);
  return inTurn(nsgs.map((nsg) => () => throughNsg(nsg, target, packet)));
};

/** The verdict on one packet that comes to a public address of the firewall. */
export const translated = (
  target: AzureTarget,
  firewall: ClassicFirewall,
  publicAddress: string,
  packet: Packet,
  sourcePortsOfFirewall: readonly number[],
): readonly ("allow" | "deny" | "unknown")[] => {
  const arriving: ("allow" | "deny" | "unknown")[] = [];
  for (const step of natSteps(firewall, target, publicAddress, packet)) {
    if (step.to === "nowhere") arriving.push("deny");
    else {
      // A host name may be that of this machine, or of another.
      if (step.to === "name") arriving.push("deny");
      const isHere = step.to === "name" || holds(step.to, target.privateAddress) === true;
      if (!isHere || step.port !== String(HERE.port)) {
        arriving.push("deny");
        continue;
      }
      const inside = { ...packet, port: HERE.port };
      const filtered = networkRules(firewall, target, inside, "allow").map(({ access }) => access);
      // The firewall sends it on from some address of its subnet and some port.
      const behind = new Set(
        firewall.subnetPrefixes.flatMap(everyAddress).flatMap((source) =>
          sourcePortsOfFirewall.flatMap((sourcePort) => {
            const nsgs = [target.subnetGroup, target.interfaceGroup].filter((nsg) => nsg !== undefined);
            return nsgs.length === 0
              ? ["allow" as const]
              : verdictOf(inTurn(nsgs.map((nsg) => () => throughNsg(nsg, target, { ...inside, source, sourcePort }))));
          }),
        ),
      );
      const machine = behind.size === 1 ? ([...behind][0] ?? "unknown") : "unknown";
      for (const access of filtered) arriving.push(access === "deny" || machine === "deny" ? "deny" : machine);
    }
  }
  return arriving;
};

/** The verdict on one packet that is routed through the firewall to the machine's own address. */
export const routed = (target: AzureTarget, firewall: ClassicFirewall, packet: Packet): readonly Possibility[] =>
  inTurn([
    () => networkRules(firewall, target, packet, firewall.applicationPorts.includes(packet.port) ? "unknown" : "deny"),
    () => directly({ ...target, publicWays: target.publicWays }, packet),
  ]);

/** The port that these tests ask about. */
export const HERE = { port: 22, protocol: "tcp" } as const;

export const verdictOf = (possible: readonly { readonly access: string }[]): "allow" | "deny" | "unknown" => {
  const kinds = new Set(possible.map(({ access }) => access));
  const [only] = kinds;
  return kinds.size === 1 && (only === "allow" || only === "deny") ? only : "unknown";
};

/** A packet must pass one after the other; the first that denies ends it. */
const inTurn = (places: readonly (() => readonly Possibility[])[]): readonly Possibility[] => {
  let standing: readonly Possibility[] = [{ access: "allow", rule: "" }];
  for (const place of places) {
    standing = standing.flatMap((before) =>
      before.access === "deny"
        ? [before]
        : place().map((now) => ({
            access: now.access === "allow" ? before.access : now.access,
            rule: now.access === "deny" ? now.rule : `${before.rule} ${now.rule}`.trim(),
          })),
    );
  }
  return standing;
};

const DEFAULTS: readonly NsgRule[] = [
  ["AllowVnetInBound", 65_000, "allow", "VirtualNetwork", "VirtualNetwork"] as const,
  ["AllowAzureLoadBalancerInBound", 65_001, "allow", "AzureLoadBalancer", "*"] as const,
  ["DenyAllInBound", 65_500, "deny", "*", "*"] as const,
].map(([name, priority, access, source, destination]) => ({
  name,
  priority,
  access,
  protocol: "any",
  sources: [source],
  sourcePorts: ["*"],
  destinations: [destination],
  destinationPorts: ["*"],
}));

const throughNsg = (nsg: Nsg, target: AzureTarget, packet: Packet): readonly Possibility[] => {
  const possible: Possibility[] = [];
  for (const rule of [...nsg.rules, ...DEFAULTS].toSorted((a, b) => a.priority - b.priority)) {
    if (rule.protocol !== "any" && rule.protocol !== packet.protocol) continue;
    const answers = [
      anyPort(rule.destinationPorts, packet.port),
      anyPort(rule.sourcePorts, packet.sourcePort),
      anyOf(rule.sources, (text) => isIn(text, packet.source, target.table)),
      anyOf(rule.destinations, (text) =>
        text.startsWith("/")
          ? target.applicationGroups.includes(text.toLowerCase())
            ? "yes"
            : "no"
          : isIn(text, target.privateAddress, target.table),
      ),
    ];
    if (answers.includes("no")) continue;
    possible.push({ access: rule.access, rule: rule.name });
    if (!answers.includes("perhaps")) return possible;
  }
  throw new Error("DenyAllInBound matches everything");
};

const withoutNsg = (target: AzureTarget, { source }: Packet): readonly Possibility[] => {
  const open: Possibility = { access: "allow", rule: "no-nsg" };
  const skus = target.publicWays.map(({ sku }) => sku);
  if (skus.length === 0 || skus.includes("basic")) return [open];
  const closed: Possibility = { access: skus.includes("unknown") ? "unknown" : "deny", rule: "public-address" };
  const outside = isIn("Internet", source, target.table);
  return outside === "no" ? [open] : outside === "yes" ? [closed] : [open, closed];
};

/** Where the first translation that matches sends a packet. */
const natSteps = (
  firewall: ClassicFirewall,
  { table }: AzureTarget,
  publicAddress: string,
  packet: Packet,
): readonly { readonly to: string; readonly port: string }[] => {
  const steps: { to: string; port: string }[] = [];
  for (const collection of [...firewall.natCollections].toSorted((a, b) => a.priority - b.priority)) {
    for (const rule of collection.rules) {
      const answers = [
        ofProtocol(rule.protocols, packet),
        anyPort(rule.destinationPorts, packet.port),
        anyOf(rule.sources, (text) => isIn(text, packet.source, table)),
        anyOf(rule.destinations, (text) => isIn(text, publicAddress, table)),
      ];
      if (answers.includes("no")) continue;
      // To a host name at another port it is surely not our port.
      const to = rule.translatedAddress ?? (rule.translatedPort === String(HERE.port) ? "name" : "0.0.0.0");
      steps.push({ to, port: rule.translatedPort });
      if (!answers.includes("perhaps")) return steps;
    }
  }
  return [...steps, { to: "nowhere", port: "" }];
};

const networkRules = (
  firewall: ClassicFirewall,
  target: AzureTarget,
  packet: Packet,
  otherwise: Possibility["access"],
): readonly Possibility[] => {
  const possible: Possibility[] = [];
  for (const collection of [...firewall.networkCollections].toSorted((a, b) => a.priority - b.priority)) {
    for (const rule of collection.rules) {
      const answers = [
        ofProtocol(rule.protocols, packet),
        anyPort(rule.destinationPorts, packet.port),
        anyOf(rule.sources, (text) => isIn(text, packet.source, target.table)),
        anyOf(rule.destinations, (text) => isIn(text, target.privateAddress, target.table)),
      ];
      if (answers.includes("no")) continue;
      possible.push({ access: collection.access, rule: rule.name });
      if (!answers.includes("perhaps")) return possible;
    }
  }
  return [...possible, { access: otherwise, rule: "default" }];
};

const ofProtocol = (protocols: readonly RuleProtocol[], packet: Packet): Answer =>
  protocols.includes("any") || protocols.includes(packet.protocol) ? "yes" : "no";

const anyOf = (texts: readonly string[], is: (text: string) => Answer): Answer => {
  const answers = texts.map(is);
  return answers.includes("yes") ? "yes" : answers.includes("perhaps") || texts.length === 0 ? "perhaps" : "no";
};

const anyPort = (texts: readonly string[], port: number): Answer =>
  anyOf(texts, (text) => {
    if (text === "*") return "yes";
    const [from = "", to = from] = text.split("-");
    if (!/^\d+$/u.test(from) || !/^\d+$/u.test(to)) return "perhaps";
    return Number(from) <= port && port <= Number(to) ? "yes" : "no";
  });

const isIn = (text: string, address: string, table: AddressTable): Answer => {
  const name = text.toLowerCase();
  if (name === "*") return "yes";
  if (name === "azureloadbalancer") return address === "168.63.129.16" ? "yes" : "no";
  if (name === "virtualnetwork") {
    const prefixes = table.virtualNetwork ?? ["nobody knows"];
    if (address === "168.63.129.16" || prefixes.some((prefix) => holds(prefix, address) === true)) return "yes";
    return prefixes.some((prefix) => holds(prefix, address) === undefined) ? "perhaps" : "no";
  }
  if (name === "internet") {
    if (!isPublic(address)) return "no";
    const inside = isIn("VirtualNetwork", address, table);
    return inside === "perhaps" ? "perhaps" : inside === "yes" ? "no" : "yes";
  }
  const held = holds(text, address);
  if (held !== undefined) return held ? "yes" : "no";
  const named = table.named.get(name);
  return named === undefined ? "perhaps" : named.some((prefix) => holds(prefix, address)) ? "yes" : "no";
};

const isPublic = (address: string): boolean =>
  address.includes(":")
    ? holds("2000::/3", address) === true
    : !"0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3 168.63.129.16"
        .split(" ")
        .some((prefix) => holds(prefix, address));

const everyAddress = (prefix: string): readonly string[] => {
  const [network = "", length = "32"] = prefix.split("/");
  const free = 32 - Number(length);
  const fixed = (bitsOf(network) ?? "").slice(0, Number(length));
  return Array.from({ length: 2 ** free }, (_, i) =>
    textOf(fixed + (free === 0 ? "" : i.toString(2).padStart(free, "0"))),
  );
};
