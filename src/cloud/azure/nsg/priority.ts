/** Which priorities are ours to take, and whether an NSG has room for more rules. */

import { readRange } from "../../../posture/address.ts";
import { eitherAt, type JsonObject } from "../json.ts";
import { type InboundRule, isInbound, readInbound, surelyDeniesSome } from "./inbound-rule.ts";
import type { NsgDocument, NsgRule } from "./nsg-document.ts";

/** Both ends included: `{ from: 100, to: 999 }`. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

/** The highest priority that a rule can have, and the lowest: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview */
export const LIMITS: Band = { from: 100, to: 4_096 };

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
  const missing = shortage(nsg, added);
  if (missing !== undefined) return full(missing);

  const taken = takenInbound(nsg.rules);
  const priorities: number[] = added.map(() => band.from);
  let priority = band.from;
  // Those that have to stand before the earliest deny choose first, so that one machine's deny is in nobody else's way.
  for (const { deny, last, index } of limitsOf(nsg, added, band)) {
    while (priority <= last && taken.has(priority)) priority += 1;
    if (priority > last) {
      return deny === undefined || deny.priority > band.to
        ? full(`every priority from ${band.from} to ${band.to} is taken`)
        : full(`rule \`${deny.name}\` denies it at priority ${deny.priority}, and no number before that is free`);
    }
    priorities[index] = priority;
    priority += 1;
  }
  return { kind: "room", priorities };
};

const limitsOf = (nsg: NsgDocument, added: readonly JsonObject[], band: Band) => {
  const there = readInbound(nsg.rules);
  return added
    .map((properties, index) => {
      const [ours] = readInbound([{ name: "", properties, raw: {} }]);
      const deny = ours === undefined ? undefined : firstDeny(there, ours);
      return { index, deny, last: Math.min(band.to, (deny?.priority ?? Number.POSITIVE_INFINITY) - 1) };
    })
    .toSorted((a, b) => a.last - b.last);
};

/** Why this many more rules and addresses can't be there at once; `undefined` when they can. */
export const shortage = (nsg: NsgDocument, added: readonly JsonObject[]): string | undefined => {
  if (nsg.rules.length + added.length > ROOM.rules) {
    return `${nsg.rules.length} of ${ROOM.rules} rules are there already`;
  }
  for (const [side, singular, plural] of SIDES) {
    const present = countOf(
      singular,
      plural,
      nsg.rules.map(({ properties }) => properties),
    );
    if (present + countOf(singular, plural, added) > ROOM.addresses) {
      return `${present} of ${ROOM.addresses} ${side} addresses are there already`;
    }
  }
  return undefined;
};

/** A rule whose direction isn't told may be inbound, so its number counts as taken. */
export const takenInbound = (rules: readonly NsgRule[]): Set<unknown> =>
  new Set(rules.filter(({ properties }) => isInbound(properties)).map(({ properties }) => properties.priority));

/**
 * The first rule that would keep `added` from letting anybody in: what stands before ours decides. A deny of ours counts like any other: it
 * mostly stands after the band, and is in the way of nothing; one that had to go over somebody's allow stands in it, and our allows go before it.
 */
const firstDeny = (
  rules: readonly InboundRule[],
  added: InboundRule,
): { readonly name: string; readonly priority: number } | undefined =>
  rules
    .flatMap((rule) =>
      rule.priority !== undefined && surelyDeniesSome(rule, added)
        ? [{ name: rule.name, priority: rule.priority }]
        : [],
    )
    .toSorted((a, b) => a.priority - b.priority)[0];

const full = (reason: string): Room => ({ kind: "full", reason });

const SIDES = [
  ["source", "sourceAddressPrefix", "sourceAddressPrefixes"],
  ["destination", "destinationAddressPrefix", "destinationAddressPrefixes"],
] as const;

/** `*` and service tags are no addresses. */
const countOf = (singular: string, plural: string, rules: readonly JsonObject[]): number =>
  rules.flatMap((rule) => eitherAt(rule, singular, plural)).filter((prefix) => readRange(prefix) !== undefined).length;
