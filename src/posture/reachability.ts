/** From all that stands before one address of a machine to exactly who can reach a port there, and by which rules. */

import type { Port } from "../access/port.ts";
import type { AwsTarget, AzureTarget, ClassicFirewall, PolicyFirewall, Target } from "../cloud/rules.ts";
import { addressOf, readRange } from "./address.ts";
import { type AddressBook, createAddressBook } from "./address-book.ts";
import { type AddressSet, includes, union } from "./address-set.ts";
import { createFirewallReading, type FirewallReading } from "./azure-firewall.ts";
import type { Door, Level } from "./door.ts";
import { createNsgReading, type NsgReading } from "./nsg.ts";
import { createNsgLevels, type SeenAs } from "./nsg-levels.ts";
import { type Outcome, passAll } from "./outcome.ts";
import { type Partition, whole } from "./partition.ts";
import { createGroupReading } from "./security-groups.ts";

export interface Reachability {
  /**
   * All ways to a port; there is at least one. Throws when the private address can't be read.
   *
   * What was read is remembered by identity: an NSG, group, firewall or table must not be changed after it was given.
   */
  readonly doors: (target: Target, port: Port) => readonly Door[];
  readonly book: AddressBook;
  readonly nsgs: NsgReading;
  readonly firewalls: FirewallReading;
}

export const createReachability = (): Reachability => {
  const book = createAddressBook();
  const nsgs = createNsgReading(book);
  const groups = createGroupReading(book);
  const firewalls = createFirewallReading(book);
  const nsgLevels = createNsgLevels(book, nsgs);

  const throughClassic = (target: AzureTarget, firewall: ClassicFirewall, port: Port): readonly Door[] => {
    const { family, address } = addressOf(target.privateAddress);
    const to = { address, family, table: target.table };
    // What is translated reaches the machine from an address of the firewall's own subnet, whoever sent it.
    // https://learn.microsoft.com/azure/firewall/firewall-known-issues: "SNAT on inbound connections"
    const behind = nsgLevels(target, port, addressesOf(firewall));
    const door = { family, firewall: firewall.name };
    const translated = firewalls
      .natDoors(firewall, to, port)
      .map(({ address: publicAddress, ports, translation }): Door => {
        const filter = firewalls.translated(firewall, to, port);
        const levels = [level("translation", translation), level("firewall", filter), ...behind.levels];
        const outcomes = passAll(family, [translation, filter, behind.outcomes]);
        return { ...door, kind: "translated", address: publicAddress, ports, levels, outcomes };
      });

    // To private addresses the firewall passes on the sender's address: https://learn.microsoft.com/azure/firewall/snat-private-range
    const after = includes(NOT_TRANSLATED, address) ? nsgLevels(target, port) : behind;
    const filter = firewalls.routed(firewall, to, port);
    const levels = [level("firewall", filter), ...after.levels];
    const outcomes = passAll(family, [filter, after.outcomes]);
    return [...translated, { ...door, kind: "routed", ...endOf(target, port), levels, outcomes }];
  };

  const throughPolicy = (target: AzureTarget, { name, policy }: PolicyFirewall, port: Port): Door => {
    const { family } = addressOf(target.privateAddress);
    const deciders = [{ kind: "firewall-policy", firewall: name, policy } as const];
    const outcomes = whole<Outcome>(family, { verdict: "unknown", deciders });
    const levels = [level("firewall", outcomes)];
    return { kind: "policy", firewall: name, family, ...endOf(target, port), levels, outcomes };
  };

  const azure = (target: AzureTarget, port: Port): readonly Door[] => {
    const { family } = addressOf(target.privateAddress);
    const direct = { kind: "direct", firewall: undefined, family, ...endOf(target, port) } as const;
    return [
      { ...direct, ...nsgLevels(target, port) },
      ...target.firewalls.flatMap((firewall) =>
        firewall.kind === "classic" ? throughClassic(target, firewall, port) : throughPolicy(target, firewall, port),
      ),
    ];
  };

  const aws = (target: AwsTarget, port: Port): readonly Door[] => {
    const { family } = addressOf(target.privateAddress);
    const outcomes = groups.evaluate(target.groups, port, family, target.table);
    const levels = [level("security-groups", outcomes)];
    return [{ kind: "direct", firewall: undefined, family, ...endOf(target, port), levels, outcomes }];
  };

  return {
    doors: (target, port) => (target.cloud === "azure" ? azure(target, port) : aws(target, port)),
    book,
    nsgs,
    firewalls,
  };
};

const endOf = ({ privateAddress }: Target, { port }: Port): Pick<Door, "address" | "ports"> => ({
  address: privateAddress,
  ports: { from: port, to: port },
});

const level = (name: Level["name"], outcomes: Partition<Outcome>): Level => ({ name, seenAs: undefined, outcomes });

/** None at all when one of its prefixes can't be read: half of them would answer too surely. */
const addressesOf = ({ name, subnetPrefixes }: ClassicFirewall): SeenAs => {
  const ranges = subnetPrefixes.flatMap((text) => readRange(text) ?? []);
  const readable = ranges.length === subnetPrefixes.length;
  const addresses = readable ? union(ranges.filter(({ family }) => family === "ipv4")) : [];
  return { addresses, decider: { kind: "firewall-subnet", firewall: name } };
};

/** RFC 1918 and RFC 6598. */
const NOT_TRANSLATED: AddressSet = union(
  ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].flatMap((text) => readRange(text) ?? []),
);
