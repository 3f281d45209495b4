/** What stands right before a machine's address in Azure: the subnet's NSG and the interface's, or neither. */

import type { Port } from "../access/port.ts";
import type { AddressFamily } from "../access/source.ts";
import type { AzureTarget, Nsg, PublicWay } from "../cloud/rules.ts";
import { addressOf } from "./address.ts";
import type { AddressBook } from "./address-book.ts";
import type { AddressSet } from "./address-set.ts";
import type { Decider } from "./decider.ts";
import type { Level, Stretch } from "./door.ts";
import type { NsgLevel, NsgReading } from "./nsg.ts";
import { decideFirst, type Outcome, passAll, passAny, uniform } from "./outcome.ts";
import { type Partition, whole, within } from "./partition.ts";

/** Addresses that the machine sees instead of the sender's: those of a firewall that translated the packet. */
export interface SeenAs {
  readonly addresses: AddressSet;
  /** What to blame when nobody knows them. */
  readonly decider: Decider;
}

export type NsgLevels = (target: AzureTarget, port: Port, seenAs?: SeenAs) => Stretch;

export const createNsgLevels = (book: AddressBook, nsgs: NsgReading): NsgLevels => {
  const withoutNsg = (target: AzureTarget, family: AddressFamily): Partition<Outcome> => {
    // Standard public addresses are closed until an NSG opens them; Basic ones are open.
    // https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#sku
    const sku = MOST_OPEN_FIRST.find((each) => target.publicWays.some((way) => way.sku === each)) ?? "basic";
    if (sku === "basic") return whole(family, OPEN);
    const sources = book.extentOf(INTERNET, family, target.table);
    const closed = { verdict: sku === "standard" ? "deny" : "unknown", decider: WITHOUT_NSG[sku] } as const;
    return decideFirst(family, [{ ...closed, fit: "yes", sources }], OPEN);
  };

  return (target, port, seenAs) => {
    const { family, address } = addressOf(target.privateAddress);
    const present = levelsOf(target);
    if (present.length === 0) {
      const outcomes = seenAs === undefined ? withoutNsg(target, family) : whole(family, OPEN);
      return { levels: [{ name: "public-address", seenAs: seenAs?.addresses, outcomes }], outcomes };
    }

    // A sender picks its own port, so a rule for some source ports only can be chosen, or dodged. Of a firewall that translates nobody
    // knows which address and port it picks, so all must agree.
    const destination = { address, family, applicationGroups: target.applicationGroups, table: target.table };
    const sourcePorts = nsgs.sourcePortsThatDiffer(
      present.map(({ nsg }) => nsg),
      port,
    );
    const bySourcePort = sourcePorts.map((sourcePort) =>
      present.map(({ nsg, level }) => nsgs.evaluate(nsg, level, port, sourcePort, destination)),
    );
    const either = (ways: readonly Partition<Outcome>[]): Partition<Outcome> => {
      if (seenAs === undefined) return passAny(ways);
      const seen = ways.flatMap((way) => within(way, seenAs.addresses).map(({ value }) => value));
      return whole(family, seen.length === 0 ? { verdict: "unknown", deciders: [seenAs.decider] } : uniform(seen));
    };
    const levels = present.map(
      ({ level }, index): Level => ({
        name: level,
        seenAs: seenAs?.addresses,
        outcomes: either(bySourcePort.flatMap((each) => each.slice(index, index + 1))),
      }),
    );
    return { levels, outcomes: either(bySourcePort.map((each) => passAll(family, each))) };
  };
};

/** The NSGs that a packet passes, in that order. */
export const levelsOf = ({ subnetGroup, interfaceGroup }: AzureTarget): readonly { nsg: Nsg; level: NsgLevel }[] => [
  ...(subnetGroup === undefined ? [] : [{ nsg: subnetGroup, level: "subnet" as const }]),
  ...(interfaceGroup === undefined ? [] : [{ nsg: interfaceGroup, level: "interface" as const }]),
];

const INTERNET: readonly string[] = ["Internet"];
const OPEN: Outcome = { verdict: "allow", deciders: [{ kind: "no-nsg" }] };
const MOST_OPEN_FIRST: readonly PublicWay["sku"][] = ["basic", "unknown", "standard"];
const WITHOUT_NSG = {
  standard: { kind: "public-address", sku: "standard" },
  unknown: { kind: "public-address", sku: "unknown" },
} as const satisfies Record<string, Decider>;
