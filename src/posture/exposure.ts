/** Who can really reach a machine's ports, as sets of addresses, as words, and as how bad it is. */

import type { Port } from "../access/port.ts";
import type { AddressFamily, Cidr } from "../access/source.ts";
import type { PublicWay, Target } from "../cloud/rules.ts";
import { publicSpace } from "./address-book.ts";
import { type AddressSet, cidrsOf, intersect, NOTHING, sizeOf, subtract } from "./address-set.ts";
import type { Door, DoorRef } from "./door.ts";
import { where } from "./partition.ts";
import type { Reachability } from "./reachability.ts";

/**
 * Worst first. `anyone`: more than half of the public addresses. `strangers`: some of them. `unknown`: nobody can say whether some of
 * them. `inside`: only addresses that strangers don't have. `nobody`: none.
 */
export type Openness = "anyone" | "strangers" | "unknown" | "inside" | "nobody";

const WORST_FIRST: readonly Openness[] = ["anyone", "strangers", "unknown", "inside", "nobody"];

/** 0 is the worst. */
export const rankOf = (openness: Openness): number => WORST_FIRST.indexOf(openness);

export const worstOf = (some: readonly Openness[]): Openness =>
  WORST_FIRST.find((openness) => some.includes(openness)) ?? "nobody";

/** Who gets in by one door. */
export interface DoorExposure {
  readonly door: DoorRef;
  /**
   * Those whom every rule on the way lets in and who have a way here: strangers don't come to a private address, whatever its rules say.
   */
  readonly reaching: AddressSet;
  /** Those of whom nobody can say. */
  readonly unknown: AddressSet;
  readonly openness: Openness;
}

export interface PortExposure {
  readonly port: Port;
  readonly openness: Openness;
  /** Every door of every address, also those that nobody gets through. */
  readonly doors: readonly DoorExposure[];
}

export const exposureOf = (reachability: Reachability, targets: readonly Target[], port: Port): PortExposure => {
  const doors = targets.flatMap((target) =>
    reachability
      .doors(target, port)
      .map((door) => throughDoor(door, target, port, strangersOf(reachability, target, door.family))),
  );
  return { port, openness: worstOf(doors.map(({ openness }) => openness)), doors };
};

/** A set of sources in few words. */
export type SourceWords =
  | { readonly kind: "nobody" }
  /** Every public address, whatever of the private ones. */
  | { readonly kind: "anywhere" }
  /** More than half of the public addresses, and fewer exceptions than prefixes. */
  | { readonly kind: "anywhere-but"; readonly except: readonly Cidr[] }
  | { readonly kind: "from"; readonly prefixes: readonly Cidr[] };

export const wordsOf = (set: AddressSet, family: AddressFamily): SourceWords => {
  if (set.length === 0) return { kind: "nobody" };
  const missing = subtract(publicSpace(family), set, family);
  if (missing.length === 0) return { kind: "anywhere" };
  const prefixes = cidrsOf(set, family);
  const except = cidrsOf(missing, family);
  return isMost(missing, publicSpace(family)) || except.length >= prefixes.length
    ? { kind: "from", prefixes }
    : { kind: "anywhere-but", except };
};

const throughDoor = (door: Door, target: Target, port: Port, strangers: AddressSet): DoorExposure => {
  const lead = door.kind === "direct" ? target.publicWays.some((way) => leadsTo(way, port)) : door.kind !== "routed";
  const come = (set: AddressSet): AddressSet => (lead ? set : subtract(set, strangers, door.family));
  const reaching = come(where(door.outcomes, ({ verdict }) => verdict === "allow"));
  const unknown = come(where(door.outcomes, ({ verdict }) => verdict === "unknown"));
  const { kind, address, ports, family, firewall } = door;
  return {
    door: { kind, address, ports, family, firewall },
    reaching,
    unknown,
    openness: opennessOf(reaching, unknown, strangers),
  };
};

const leadsTo = ({ ports }: PublicWay, { port, protocol }: Port): boolean =>
  ports === undefined ||
  ports.some((some) => (some.protocol === "any" || some.protocol === protocol) && some.from <= port && port <= some.to);

const opennessOf = (reaching: AddressSet, unknown: AddressSet, strangers: AddressSet): Openness => {
  const reachingStrangers = intersect(reaching, strangers);
  if (isMost(reachingStrangers, strangers)) return "anyone";
  if (reachingStrangers.length > 0) return "strangers";
  if (intersect(unknown, strangers).length > 0) return "unknown";
  return reaching.length + unknown.length > 0 ? "inside" : "nobody";
};

const isMost = (part: AddressSet, all: AddressSet): boolean => sizeOf(part) * 2 > sizeOf(all);

const strangersOf = ({ book }: Reachability, { table }: Target, family: AddressFamily): AddressSet => {
  const network = table.virtualNetwork === undefined ? NOTHING : book.entryOf("VirtualNetwork", family, table).certain;
  return subtract(publicSpace(family), network, family);
};
