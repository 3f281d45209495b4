/** Which priorities are ours to take, and whether an NSG has room for more rules. */

import { parseCidr } from "../../access/source.ts";
import { eitherAt, type JsonObject, type NsgDocument, stringAt } from "./nsg-document.ts";

/** Both ends included: `{ from: 100, to: 999 }`. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

/** The highest priority that a rule can have, and the lowest: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview */
const LIMITS: Band = { from: 100, to: 4_096 };

export const isInBand = (priority: number, { from, to }: Band): boolean =>
  Number.isInteger(priority) && priority >= from && priority <= to;

/** Throws when a band is empty or outside what Azure knows. */
export const checkBand = (band: Band): Band => {
  if (!isInBand(band.from, LIMITS) || !isInBand(band.to, LIMITS) || band.from > band.to) {
    throw new Error(`priority band ${band.from}-${band.to} must lie within ${LIMITS.from}-${LIMITS.to}`);
  }
  return band;
};

/** Per NSG, `addresses` on each side: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits */
const ROOM = { rules: 1_000, addresses: 4_000 } as const;

export type Room =
  | { readonly kind: "room"; readonly priorities: readonly number[] }
  | { readonly kind: "full"; readonly reason: string };

/**
 * Priorities for `added` more rules: the first gaps in the band, whatever stands between. Nobody's rule is renumbered.
 * All or nothing: when one of them has no room, none has.
 */
export const findRoom = (nsg: NsgDocument, added: readonly JsonObject[], band: Band): Room => {
  const rules = nsg.rules.length + added.length;
  if (rules > ROOM.rules) return full(`${nsg.rules.length} of ${ROOM.rules} rules are there already`);

  for (const [side, singular, plural] of SIDES) {
    const present = countOf(
      singular,
      plural,
      nsg.rules.map(({ properties }) => properties),
    );
    if (present + countOf(singular, plural, added) > ROOM.addresses) {
      return full(`${present} of ${ROOM.addresses} ${side} addresses are there already`);
    }
  }

  const taken = new Set(
    nsg.rules
      // A rule whose direction isn't told may be inbound, so its number counts as taken.
      .filter(({ properties }) => stringAt(properties, "direction")?.toLowerCase() !== "outbound")
      .map(({ properties }) => properties.priority),
  );
  const priorities: number[] = [];
  for (let priority = band.from; priority <= band.to && priorities.length < added.length; priority += 1) {
    if (!taken.has(priority)) priorities.push(priority);
  }
  return priorities.length < added.length
    ? full(`every priority from ${band.from} to ${band.to} is taken`)
    : { kind: "room", priorities };
};

const full = (reason: string): Room => ({ kind: "full", reason });

const SIDES = [
  ["source", "sourceAddressPrefix", "sourceAddressPrefixes"],
  ["destination", "destinationAddressPrefix", "destinationAddressPrefixes"],
] as const;

/** `*` and service tags are no addresses. */
const countOf = (singular: string, plural: string, rules: readonly JsonObject[]): number =>
  rules.flatMap((rule) => eitherAt(rule, singular, plural)).filter((prefix) => parseCidr(prefix) !== undefined).length;
