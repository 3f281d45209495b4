/**
 * What an Azure Firewall with classic rules lets through to one machine: translated to it, or routed to it.
 *
 * DNAT rules come first, then network rules; collections by priority, in each the rules as listed; the first match ends it, and no match
 * is a deny. A translation brings its own permission, which only a network rule that denies the translated packet takes away.
 * https://learn.microsoft.com/azure/firewall/rule-processing
 */

import type { Port } from "../access/port.ts";
import type { AddressFamily } from "../access/source.ts";
import type { AddressTable, ClassicFirewall, NatRule, NetworkRule, RuleProtocol } from "../cloud/rules.ts";
import { type Address, readRange } from "./address.ts";
import { type AddressBook, fitsAddress, remembered } from "./address-book.ts";
import type { NatDecider, NetworkDecider } from "./decider.ts";
import { type Candidate, decideFirst, type Outcome, PASSED, type Verdict } from "./outcome.ts";
import { type Partition, whole } from "./partition.ts";
import { allFit, type Fit, fitsPort, holdsPort, type PortRange, readPorts } from "./port-range.ts";

/** Where a machine is, as the firewall sees it. */
export interface FirewallDestination {
  readonly address: Address;
  readonly family: AddressFamily;
  readonly table: AddressTable;
}

/** A public address and ports of the firewall that lead, for somebody, to the machine's port. */
export interface NatDoor {
  readonly address: string;
  readonly ports: PortRange;
  readonly translation: Partition<Outcome>;
}

export interface FirewallReading {
  /** Ports are cut so that every port of a door is treated alike. */
  readonly natDoors: (firewall: ClassicFirewall, to: FirewallDestination, port: Port) => readonly NatDoor[];
  /** What network rules make of packets that are translated to the machine. */
  readonly translated: (firewall: ClassicFirewall, to: FirewallDestination, port: Port) => Partition<Outcome>;
  /** What network rules make of packets that are sent to the machine's own address. */
  readonly routed: (firewall: ClassicFirewall, to: FirewallDestination, port: Port) => Partition<Outcome>;
  /** Whether some rule allows the port to this machine, whatever stands above it. */
  readonly allows: (firewall: ClassicFirewall, to: FirewallDestination, port: Port) => boolean;
}

export const createFirewallReading = (book: AddressBook): FirewallReading => {
  const known = new WeakMap<ClassicFirewall, ReadFirewall>();
  const rulesOf = (firewall: ClassicFirewall): ReadFirewall =>
    remembered(known, firewall, () => readFirewall(firewall));

  const extents = (texts: readonly string[], { family, table }: FirewallDestination) =>
    book.extentOf(texts, family, table);

  const networkFit = ({ rule }: ReadFirewall["network"][number], to: FirewallDestination, port: Port): Fit =>
    allFit(
      fitsProtocol(rule.protocols, port),
      fitsPort(readPorts(rule.destinationPorts), port.port),
      fitsAddress(extents(rule.destinations, to), to.address),
    );

  const network = (firewall: ClassicFirewall, to: FirewallDestination, port: Port, otherwise: Outcome) =>
    decideFirst(
      to.family,
      rulesOf(firewall).network.flatMap((each): Candidate[] => {
        const fit = networkFit(each, to, port);
        if (fit === "no") return [];
        return [{ verdict: each.decider.access, decider: each.decider, fit, sources: extents(each.rule.sources, to) }];
      }),
      otherwise,
    );

  const natCandidates = (firewall: ClassicFirewall, to: FirewallDestination, port: Port, door: string, at: number) =>
    rulesOf(firewall).nat.flatMap(({ rule, deciders }): Candidate[] => {
      const address = readRange(door)?.first ?? 0;
      const fit = allFit(
        fitsProtocol(rule.protocols, port),
        fitsPort(readPorts(rule.destinationPorts), at),
        fitsAddress(extents(rule.destinations, to), address),
      );
      if (fit === "no") return [];
      const leads = leadsTo(rule, to, port);
      return [{ verdict: VERDICTS[leads], decider: deciders[leads], fit, sources: extents(rule.sources, to) }];
    });

  return {
    natDoors: (firewall, to, port) => {
      // Addresses of the firewall are IPv4: https://learn.microsoft.com/azure/firewall/firewall-faq
      if (to.family !== "ipv4") return [];
      const rules = rulesOf(firewall).nat.map(({ rule }) => rule);
      const ours = rules.filter(
        (rule) => leadsTo(rule, to, port) !== "elsewhere" && fitsProtocol(rule.protocols, port) !== "no",
      );
      const denied: Outcome = { verdict: "deny", deciders: [{ kind: "firewall-default", firewall: firewall.name }] };
      return doorsOf(firewall, ours).flatMap((address) =>
        sameTreatment(rules, ours)
          .map((ports) => ({ ports, candidates: natCandidates(firewall, to, port, address, ports.from) }))
          .filter(({ candidates }) => candidates.some(({ verdict }) => verdict !== "deny"))
          .map(({ ports, candidates }) => ({
            address,
            ports,
            translation: decideFirst(to.family, candidates, denied),
          })),
      );
    },
    translated: (firewall, to, port) => network(firewall, to, port, PASSED),
    routed: (firewall, to, port) => {
      if (to.family !== "ipv4") return whole(to.family, { verdict: "deny", deciders: [rulesOf(firewall).nothing] });
      return network(
        firewall,
        to,
        port,
        firewall.applicationPorts.includes(port.port) && port.protocol === "tcp"
          ? { verdict: "unknown", deciders: [rulesOf(firewall).application] }
          : { verdict: "deny", deciders: [rulesOf(firewall).nothing] },
      );
    },
    allows: (firewall, to, port) =>
      rulesOf(firewall).nat.some(
        ({ rule }) => leadsTo(rule, to, port) !== "elsewhere" && fitsProtocol(rule.protocols, port) !== "no",
      ) ||
      rulesOf(firewall).network.some((each) => each.decider.access === "allow" && networkFit(each, to, port) !== "no"),
  };
};

interface ReadFirewall {
  readonly nat: readonly {
    readonly rule: NatRule;
    readonly deciders: Readonly<Record<NatDecider["leads"], NatDecider>>;
  }[];
  readonly network: readonly { readonly rule: NetworkRule; readonly decider: NetworkDecider }[];
  readonly nothing: { readonly kind: "firewall-default"; readonly firewall: string };
  readonly application: { readonly kind: "application-rules"; readonly firewall: string };
}

const readFirewall = (firewall: ClassicFirewall): ReadFirewall => {
  const byPriority = (a: { priority: number }, b: { priority: number }): number => a.priority - b.priority;
  return {
    nat: firewall.natCollections.toSorted(byPriority).flatMap((collection) =>
      collection.rules.map((rule) => {
        const decider = (leads: NatDecider["leads"]): NatDecider => ({
          kind: "nat-rule",
          firewall: firewall.name,
          collection: collection.name,
          priority: collection.priority,
          rule: rule.name,
          leads,
          sources: rule.sources,
          ports: rule.destinationPorts,
        });
        return {
          rule,
          deciders: { here: decider("here"), elsewhere: decider("elsewhere"), unknown: decider("unknown") },
        };
      }),
    ),
    network: firewall.networkCollections.toSorted(byPriority).flatMap((collection) =>
      collection.rules.map((rule) => ({
        rule,
        decider: {
          kind: "network-rule" as const,
          firewall: firewall.name,
          collection: collection.name,
          priority: collection.priority,
          rule: rule.name,
          access: collection.access,
          sources: rule.sources,
          ports: rule.destinationPorts,
        },
      })),
    ),
    nothing: { kind: "firewall-default", firewall: firewall.name },
    application: { kind: "application-rules", firewall: firewall.name },
  };
};

const VERDICTS: Readonly<Record<NatDecider["leads"], Verdict>> = {
  here: "allow",
  elsewhere: "deny",
  unknown: "unknown",
};

const leadsTo = (rule: NatRule, to: FirewallDestination, port: Port): NatDecider["leads"] => {
  const at = fitsPort(readPorts([rule.translatedPort]), port.port);
  if (at === "no") return "elsewhere";
  if (rule.translatedAddress === undefined) return "unknown";
  const range = readRange(rule.translatedAddress);
  if (range === undefined) return "unknown";
  if (range.family !== to.family || to.address < range.first || range.last < to.address) return "elsewhere";
  return at === "yes" ? "here" : "unknown";
};

const fitsProtocol = (protocols: readonly RuleProtocol[], port: Port): Fit =>
  protocols.length === 0 ? "maybe" : protocols.includes("any") || protocols.includes(port.protocol) ? "yes" : "no";

/** The firewall's addresses that it told, and those that only its rules name. */
const doorsOf = (firewall: ClassicFirewall, rules: readonly NatRule[]): readonly string[] => {
  const named = rules
    .flatMap(({ destinations }) => destinations)
    .filter((text) => {
      const range = readRange(text);
      return range?.family === "ipv4" && range.first === range.last;
    });
  return [...new Set([...firewall.publicAddresses, ...named].map((text) => text.replace(/\/32$/u, "")))];
};

/** Ranges of the firewall's ports that may lead to the machine, cut where any rule begins or ends. */
const sameTreatment = (rules: readonly NatRule[], ours: readonly NatRule[]): readonly PortRange[] => {
  const rangesIn = (some: readonly NatRule[]): readonly PortRange[] =>
    some.flatMap(({ destinationPorts }) => {
      const { ranges, unreadable } = readPorts(destinationPorts);
      return unreadable ? [{ from: 0, to: 65_535 }, ...ranges] : ranges;
    });
  const wanted = rangesIn(ours);
  const starts = [...new Set(rangesIn(rules).flatMap(({ from, to }) => [from, to + 1]))].toSorted((a, b) => a - b);
  return starts
    .map((from, index) => ({ from, to: (starts[index + 1] ?? 65_536) - 1 }))
    .filter(({ from }) => wanted.some((range) => holdsPort(range, from)));
};
