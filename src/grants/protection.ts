/** A machine's ports that are kept closed but for grants: stored, and made so by the same passes that open and close. */

import type { ProtectionId } from "../access/identifier.ts";
import type { FirewallId, MachineRef } from "../access/machine.ts";
import type { Person } from "../access/person.ts";
import type { Port } from "../access/port.ts";
import type { EpochMs } from "../access/time.ts";
import type { ProtectionFacts, Undercut } from "../audit/event.ts";
import type { ForeignAllow } from "../cloud/firewall.ts";

/** Which addresses of the machine a firewall stands before, and what the block there does with foreign allows. */
export interface BlockTarget {
  readonly firewall: FirewallId;
  readonly addresses: readonly string[];
  /** Ids of foreign allows that the block goes over. In AWS those that are withheld. */
  readonly overrules: readonly string[];
  /** `foreignKey`s of those that let in what the block is to keep out, and of which people were told. */
  readonly known: readonly string[];
  /** Those of them that were there at the latest look; absent before the first. */
  readonly undercut?: readonly ForeignAllow[];
}

/**
 *     on ──lift──▶ off ──protect again──▶ on          proposed ──confirm or leave──▶ off
 *
 * `proposed`: somebody was told what it would do and has yet to say that they want it; it does nothing, and confirming it stores another one that is on. `off`:
 * it is being taken away, or was.
 */
export type ProtectionState =
  | {
      readonly kind: "proposed";
      readonly at: EpochMs;
      readonly by: Person;
      /** Stands for what they were told: where it isn't the same any more they are told again. */
      readonly shown?: string;
    }
  /** `by` is absent where a rule of the policy asks for it, or where it was found by its mark. */
  | { readonly kind: "on"; readonly at: EpochMs; readonly by?: Person }
  | { readonly kind: "off"; readonly at: EpochMs; readonly by?: Person };

export interface Protection {
  /** `protectionIdOf(machine.id)`: a machine has one. A proposal has an id of its own, because it must not take the place of what is on. */
  readonly id: ProtectionId;
  readonly version: number;
  readonly machine: MachineRef;
  /** As people named them: `ssh`, `8080/tcp`. */
  readonly services: readonly string[];
  readonly ports: readonly Port[];
  readonly targets: readonly BlockTarget[];
  /** Where it is told. */
  readonly channel: string;
  readonly state: ProtectionState;
  /** Found in a cloud by its mark when our memory had lost it; absent: no. */
  readonly adopted?: boolean;
  /** Firewalls that were seen to hold its block since it is as it is now. */
  readonly seenOn: readonly FirewallId[];
  /** Firewalls that it no longer has to do with, or where it is off, and that were not yet seen without it. */
  readonly leaving: readonly FirewallId[];
  /** When every target was first seen to hold it. */
  readonly beganAt: EpochMs | undefined;
  /** Since when its machine wasn't in the inventory; absent: it was at the latest look. */
  readonly missingSince?: EpochMs;
  /** What couldn't be put back as it was, a sentence each; absent: nothing. */
  readonly changed?: readonly string[];
  /** When it was off and seen nowhere any more. */
  readonly endedAt: EpochMs | undefined;
}

/** Somebody takes it off: what others let in is let in again. */
export const liftsByHand = (next: Protection | undefined, before: Protection | undefined): boolean =>
  before?.state.kind === "on" && next?.state.kind === "off" && next.state.by !== undefined;

export const isOnNow = (protection: Protection): boolean => protection.state.kind === "on";

/** On, and seen to be so at every firewall. */
export const isKeptClosed = (protection: Protection): boolean =>
  isOnNow(protection) && protection.beganAt !== undefined;

/** Neither ended nor only proposed: some firewall has, or should have, something of it. */
export const isLive = ({ state, endedAt }: Protection): boolean => state.kind !== "proposed" && endedAt === undefined;

/** Each once. */
export const firewallsBlocked = ({
  targets,
  leaving,
}: Pick<Protection, "targets" | "leaving">): readonly FirewallId[] => [
  ...new Set([...targets.map((target) => target.firewall), ...leaving]),
];

/** The same addresses at the same firewalls, in any order; what is overruled there may differ. */
export const sameTargets = (some: readonly BlockTarget[], others: readonly BlockTarget[]): boolean =>
  some.length === others.length &&
  some.every(({ firewall, addresses }) =>
    others.some(
      (other) => other.firewall === firewall && other.addresses.toSorted().join() === addresses.toSorted().join(),
    ),
  );

/** What is told of a rule that lets in past a protection. */
export const undercutFacts = (
  firewall: { readonly id: FirewallId; readonly name: string },
  { id, name, priority, ports, sources }: ForeignAllow,
): Undercut => ({
  firewall: firewall.id,
  firewallName: firewall.name,
  rule: { id, name, priority, ports, sources },
});

/**
 * Tells a foreign allow from what it was before somebody edited it. A rule of a security group has no name that lasts: written again it is the same
 * rule with another id.
 */
export const foreignKey = ({ id, priority, protocol, ports, sources }: ForeignAllow): string =>
  [id.startsWith("sgr-") ? "" : id, priority ?? "", protocol, ports.toSorted().join(), sources.toSorted().join()].join(
    " ",
  );

export const protectionFacts = ({
  id,
  machine,
  services,
  ports,
  channel,
}: Omit<Protection, "version">): ProtectionFacts => ({
  protectionId: id,
  machine,
  services,
  ports,
  channel,
});
