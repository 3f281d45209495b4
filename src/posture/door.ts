/** The ways to one port of a machine, and what happens on each. */

import type { AddressFamily } from "../access/source.ts";
import type { AddressSet } from "./address-set.ts";
import type { NsgLevel } from "./nsg.ts";
import type { Outcome } from "./outcome.ts";
import type { Partition } from "./partition.ts";
import type { PortRange } from "./port-range.ts";

/** One place that a packet passes. Its parts are by the sender's own address, whatever address is seen there. */
export interface Level {
  readonly name: "translation" | "firewall" | "public-address" | NsgLevel | "security-groups";
  /** The addresses that stand for every sender there, after a firewall translated them. */
  readonly seenAs: AddressSet | undefined;
  readonly outcomes: Partition<Outcome>;
}

/** One way to a machine's port: where to connect to, and what becomes of it for each source. */
export interface Door {
  /**
   * `direct`: to the machine's own address, private or public. `translated`: to a public address of the firewall, which sends it on.
   * `routed`: to the private address, by a route through the firewall. `policy`: whatever a firewall policy does.
   */
  readonly kind: "direct" | "translated" | "routed" | "policy";
  readonly address: string;
  readonly ports: PortRange;
  readonly family: AddressFamily;
  /** The firewall's name. */
  readonly firewall: string | undefined;
  /** In the order in which a packet passes them; it must pass all. */
  readonly levels: readonly Level[];
  readonly outcomes: Partition<Outcome>;
}

/** A door without all that is behind it, to be kept. */
export type DoorRef = Omit<Door, "levels" | "outcomes">;

/** What stands one after the other on the last stretch, and what it makes of a packet together. */
export type Stretch = Pick<Door, "levels" | "outcomes">;
