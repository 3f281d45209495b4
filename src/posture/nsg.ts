/** What one network security group lets in: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview */

import { type Port, portKey } from "../access/port.ts";
import type { AddressFamily } from "../access/source.ts";
import type { AddressTable, Nsg, NsgRule } from "../cloud/rules.ts";
import type { Address } from "./address.ts";
import { type AddressBook, fitsAddress, remembered } from "./address-book.ts";
import type { NsgDecider } from "./decider.ts";
import { type Candidate, decideFirst, type Outcome } from "./outcome.ts";
import type { Partition } from "./partition.ts";
import { allFit, type Fit, fitsPort, type PortSet, readPorts } from "./port-range.ts";

export type NsgLevel = NsgDecider["level"];

/** The private address that packets go to: rules are evaluated after a public one was translated. */
export interface NsgDestination {
  readonly address: Address;
  readonly family: AddressFamily;
  readonly applicationGroups: readonly string[];
  readonly table: AddressTable;
}

export interface NsgReading {
  /**
   * By source, for packets from one source port. Machines for which the same rules count share the answer, so an NSG is evaluated about
   * once per port, however many machines it serves.
   */
  readonly evaluate: (
    nsg: Nsg,
    level: NsgLevel,
    port: Port,
    sourcePort: number,
    destination: NsgDestination,
  ) => Partition<Outcome>;
  /** Source ports that between them stand for all: rules treat every other one like one of these. Nearly always just one. */
  readonly sourcePortsThatDiffer: (nsgs: readonly Nsg[], port: Port) => readonly number[];
  /** Whether some custom rule allows the port to this destination, whatever stands above it. */
  readonly allows: (nsg: Nsg, port: Port, destination: NsgDestination) => boolean;
}

export const createNsgReading = (book: AddressBook): NsgReading => {
  const ordered = new WeakMap<Nsg, readonly ReadRule[]>();
  const concerned = new WeakMap<Nsg, Map<string, readonly Concerned[]>>();
  const answers = new WeakMap<Nsg, WeakMap<AddressTable, Map<string, Partition<Outcome>>>>();

  /** The rules that may be for this port, in the order in which they are asked. */
  const rulesFor = (nsg: Nsg, port: Port): readonly Concerned[] => {
    const byPort = remembered(concerned, nsg, () => new Map<string, readonly Concerned[]>());
    const known = byPort.get(portKey(port));
    if (known !== undefined) return known;
    const found = remembered(ordered, nsg, () => inOrder(nsg)).flatMap((read): Concerned[] => {
      const { protocol } = read.rule;
      const portFit = protocol === "any" || protocol === port.protocol ? fitsPort(read.ports, port.port) : "no";
      return portFit === "no" ? [] : [{ ...read, portFit }];
    });
    byPort.set(portKey(port), found);
    return found;
  };

  const fitOf = ({ rule, portFit, destinations }: Concerned, to: NsgDestination): Fit => {
    if (rule.destinations.some((text) => text === "*")) return portFit;
    // Which groups this address is in is known also where the table doesn't list their members.
    const { family, address, applicationGroups, table } = to;
    if (rule.destinations.some((text) => isGroup(text) && applicationGroups.includes(text.toLowerCase())))
      return portFit;
    if (destinations.length === 0 && rule.destinations.length > 0) return "no";
    return allFit(portFit, fitsAddress(book.extentOf(destinations, family, table), address));
  };

  return {
    evaluate: (nsg, level, port, sourcePort, destination) => {
      const { family, table } = destination;
      const fitting: { readonly read: Concerned; readonly fit: "yes" | "maybe" }[] = [];
      let key = `${level} ${family}`;
      for (const read of rulesFor(nsg, port)) {
        const fit = allFit(fitOf(read, destination), fitsPort(read.sourcePorts, sourcePort));
        if (fit === "no") continue;
        fitting.push({ read, fit });
        key += fit === "yes" ? ` ${read.place}` : ` ${read.place}?`;
      }
      const tables = remembered(answers, nsg, () => new WeakMap<AddressTable, Map<string, Partition<Outcome>>>());
      const known = remembered(tables, table, () => new Map<string, Partition<Outcome>>());
      const found =
        known.get(key) ??
        decideFirst(
          family,
          fitting.map(
            ({ read, fit }): Candidate => ({
              verdict: read.rule.access,
              decider: read.deciders[level],
              fit,
              sources: book.extentOf(read.rule.sources, family, table),
            }),
          ),
          NOTHING_LEFT,
        );
      known.set(key, found);
      return found;
    },
    sourcePortsThatDiffer: (nsgs, port) => {
      const starts = new Set([1]);
      for (const nsg of nsgs) {
        for (const { sourcePorts } of rulesFor(nsg, port)) {
          for (const { from, to } of sourcePorts.ranges) {
            for (const start of [from, to + 1]) if (start > 1 && start <= 65_535) starts.add(start);
          }
        }
      }
      return [...starts];
    },
    allows: (nsg, port, destination) =>
      rulesFor(nsg, port).some(
        (read) => read.isCustom && read.rule.access === "allow" && fitOf(read, destination) !== "no",
      ),
  };
};

/** Never reached: nothing gets past `DenyAllInBound`. */
const NOTHING_LEFT: Outcome = { verdict: "deny", deciders: [] };

interface ReadRule {
  /** Its place among all rules of its NSG. */
  readonly place: number;
  readonly rule: NsgRule;
  readonly isCustom: boolean;
  readonly ports: PortSet;
  readonly sourcePorts: PortSet;
  /** Without application security groups. */
  readonly destinations: readonly string[];
  readonly deciders: Readonly<Record<NsgLevel, NsgDecider>>;
}

interface Concerned extends ReadRule {
  readonly portFit: "yes" | "maybe";
}

const inOrder = (nsg: Nsg): readonly ReadRule[] =>
  [...nsg.rules, ...DEFAULT_RULES]
    .toSorted((a, b) => a.priority - b.priority)
    .map((rule, place) => {
      const decider = (level: NsgLevel): NsgDecider => ({
        kind: "nsg-rule",
        level,
        group: nsg.name,
        rule: rule.name,
        priority: rule.priority,
        access: rule.access,
        sources: rule.sources,
        ports: rule.destinationPorts,
      });
      return {
        place,
        rule,
        isCustom: !DEFAULT_RULES.includes(rule),
        ports: readPorts(rule.destinationPorts),
        sourcePorts: readPorts(rule.sourcePorts),
        destinations: rule.destinations.filter((text) => !isGroup(text)),
        deciders: { subnet: decider("subnet"), interface: decider("interface") },
      };
    });

const isGroup = (text: string): boolean => text.startsWith("/");

const defaultRule = (
  name: string,
  priority: number,
  access: NsgRule["access"],
  source: string,
  destination: string,
): NsgRule => ({
  name,
  priority,
  access,
  protocol: "any",
  sources: [source],
  sourcePorts: ["*"],
  destinations: [destination],
  destinationPorts: ["*"],
});

/** https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules */
const DEFAULT_RULES: readonly NsgRule[] = [
  defaultRule("AllowVnetInBound", 65_000, "allow", "VirtualNetwork", "VirtualNetwork"),
  defaultRule("AllowAzureLoadBalancerInBound", 65_001, "allow", "AzureLoadBalancer", "*"),
  defaultRule("DenyAllInBound", 65_500, "deny", "*", "*"),
];
