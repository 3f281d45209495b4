/** What every kind of firewall looks like to the reconcile loop: see what is ours, and apply a plan. */

import type { GrantId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import type { Protocol } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
import type { Inventory } from "./inventory.ts";

/** A grant that wants a rule to be there, as written into the rule's owner mark. */
export interface Holder {
  readonly grant: GrantId;
  /** The grant's own end. The mark keeps whole seconds: an end is rounded up to the next one when written. */
  readonly expiresAt: EpochMs;
  /** For a cloud administrator who finds the rule: `U0DEV1: INC-1042 disk full`. Cut to what the cloud can hold. */
  readonly note: string;
}

/**
 * One hole in a firewall: from these sources to these ports of these private addresses. Never mixes address families.
 *
 *     { addresses: ["10.0.1.4"], protocol: "tcp", ports: [22], sources: ["203.0.113.7/32"], holders: [{ grant: "k7f3q2xd", … }] }
 *
 * All lists are sorted and without repetition, and none is empty. `addresses` are those of one machine behind this firewall.
 */
export interface IngressRule {
  readonly addresses: readonly string[];
  readonly protocol: Protocol;
  readonly ports: readonly number[];
  readonly sources: readonly Cidr[];
  readonly holders: readonly Holder[];
}

/**
 * A rule with our owner mark, as the cloud holds it. When somebody edited it so that it can't be read as an `IngressRule`, or it
 * stands outside our band, or isn't an inbound allow, `rule` is `undefined`: it is still ours, and it matches nothing we desire.
 */
export interface ObservedRule {
  /** The cloud's own name for it: an NSG rule's name, or `sgr-…`. */
  readonly id: string;
  readonly rule: Omit<IngressRule, "holders"> | undefined;
  /** From the mark. `expiresAt` is `undefined` when the mark was damaged; who the grant belongs to is still known. */
  readonly holders: readonly {
    readonly grant: GrantId;
    readonly expiresAt: EpochMs | undefined;
    readonly note: string;
  }[];
}

export interface Observed {
  readonly rules: readonly ObservedRule[];
  /**
   * Whether the rules have the effect they claim and nothing of ours is left over beside them. `false` asks for an `apply`, with empty
   * changes too: a group of ours that has rules but isn't attached, or one without rules that should be gone.
   */
  readonly settled: boolean;
}

/** The least work between observed and desired. Applied in this order: remove, restamp, add. */
export interface Changes {
  readonly remove: readonly ObservedRule[];
  /** Same hole, other holders or another end: only the owner mark changes, and the hole stays open meanwhile. */
  readonly restamp: readonly { readonly observed: ObservedRule; readonly rule: IngressRule }[];
  readonly add: readonly IngressRule[];
}

/**
 * Called right before every single cloud write, and throws a `Fault` of code `lease-lost` when this worker may no longer write
 * (another one has the firewall) or should not (time has changed what is desired).
 */
export type Guard = () => Promise<void>;

export interface Firewall {
  readonly id: FirewallId;
  /** As people know it: `nsg-prod-web`, `eni-0a1`. */
  readonly name: string;
  /**
   * `grant`: a rule belongs to one grant and lists all its ports and sources.
   * `hole`: one rule for one port and one source, because this cloud refuses the same hole twice; grants share it.
   */
  readonly ruleHolds: "grant" | "hole";

  /** Everything with our owner mark, read freshly. A firewall that no longer exists holds nothing and is settled. */
  readonly observe: (signal: AbortSignal) => Promise<Observed>;

  /**
   * Carries out a plan. Returns when the cloud says it is done, which proves nothing: the caller observes again.
   *
   * Reads again what it needs, touches only what carries our mark, and is safe to repeat after dying anywhere in between.
   * Throws a `Fault`: code `quota`, before any rule was added, when there is no room; `retry: "never"` when the cloud says that it
   * won't accept a rule or doesn't permit us; else `retry: "later"`, with `afterMs` when the cloud named a time. It doesn't
   * retry by itself, because the caller reads and plans again.
   */
  readonly apply: (changes: Changes, guard: Guard, signal: AbortSignal) => Promise<void>;
}

/** Makes the firewall of an id that this cloud's adapter gave out or could have; `undefined` when the id is another's. */
export type OpenFirewall = (id: FirewallId) => Firewall | undefined;

/** One configured cloud account or subscription set. */
export interface Cloud {
  readonly inventory: Inventory;
  readonly firewall: OpenFirewall;
}
