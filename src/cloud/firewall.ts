/** What every kind of firewall looks like to the reconcile loop: see what is ours, and apply a plan. */

import type { GrantId, ProtectionId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import type { Mapping, Port, Protocol } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
import type { Inventory } from "./inventory.ts";
import type { ReadRules } from "./rules.ts";

export type { Mapping } from "../access/port.ts";

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
  /** Where a firewall maps ports; absent: nowhere. */
  readonly mappings?: readonly Mapping[];
}

/**
 * Ports of one machine that a protection keeps closed to everybody for whom no grant opens them.
 *
 * An NSG and an Azure Firewall deny: after our own allows, and after every foreign allow that speaks of these ports but those in `overrules`. That is for
 * allows that are there before the deny: one that comes behind it stays without effect, also when the deny is changed for another port. A security group,
 * which can't deny, is kept without the rules in `overrules`: they are stored, then revoked, and split where they cover more; taking the block away
 * puts them back.
 */
export interface Block {
  readonly protection: ProtectionId;
  /** Sorted, of one machine, of both families. */
  readonly addresses: readonly string[];
  /** Sorted by number, then protocol. */
  readonly ports: readonly Port[];
  /** `id`s of foreign allows. One that isn't there any more means nothing. */
  readonly overrules: readonly string[];
  /** For a cloud administrator who finds it: `prod-vm-3: U0SEC1`. Cut to what the cloud can hold. */
  readonly note: string;
}

/** A block of ours as the cloud holds it. `block` is `undefined` when somebody edited it so that it isn't what we write. */
export interface ObservedBlock {
  readonly protection: ProtectionId;
  readonly block: Pick<Block, "addresses" | "ports"> | undefined;
  readonly note: string;
}

/** A rule of somebody else's that lets in what a block is to keep out. */
export interface ForeignAllow {
  /** As this firewall tells its rules apart: an NSG rule's name, `sgr-…`, a collection's and a rule's name. */
  readonly id: string;
  /** For people, who are told the firewall's name beside it: `AllowSSH`, `sgr-0a1`. */
  readonly name: string;
  readonly priority: number | undefined;
  /** `any`: all protocols, which a security group can't be split by. */
  readonly protocol: Protocol | "any";
  /** As written: `22`, `20-25`, `*`. */
  readonly ports: readonly string[];
  /** As written: `203.0.113.0/24`, `Internet`, `0.0.0.0/0`, `sg-0a1`. */
  readonly sources: readonly string[];
}

export interface Observed {
  readonly rules: readonly ObservedRule[];
  readonly blocks: readonly ObservedBlock[];
  /**
   * For each block that was asked about: the foreign allows that let in what it is to keep out, as things are; where it isn't there yet, those that
   * would when it is made without overruling any. May hold too many (a tag's extent isn't always known), never too few.
   */
  readonly undercut: ReadonlyMap<ProtectionId, readonly ForeignAllow[]>;
  /**
   * Whether the rules have the effect they claim and nothing of ours is left over beside them. `false` asks for an `apply`, with empty
   * changes too: a group of ours that has rules but isn't attached, or one without rules that should be gone.
   */
  readonly settled: boolean;
}

/** The least work between observed and desired. Applied in this order: remove, block, restamp, unblock, add. */
export interface Changes {
  readonly remove: readonly ObservedRule[];
  /** Made, or changed in place so that there is no moment without it. */
  readonly block: readonly Block[];
  readonly unblock: readonly ObservedBlock[];
  /** Same hole, other holders or another end: only the owner mark changes, and the hole stays open meanwhile. */
  readonly restamp: readonly { readonly observed: ObservedRule; readonly rule: IngressRule }[];
  readonly add: readonly IngressRule[];
}

export const NO_CHANGES: Changes = { remove: [], block: [], restamp: [], unblock: [], add: [] };

/**
 * Called right before every single cloud write, and throws a `Fault` of code `lease-lost` when this worker may no longer write
 * (another one has the firewall) or should not (time has changed what is desired).
 */
export type Guard = () => Promise<void>;

export interface Firewall {
  readonly id: FirewallId;
  /** As people know it: `nsg-prod-web`, `eni-0a1`, `web (sg-0a1)`; for as long as nothing was read of a group, `sg-0a1`. */
  readonly name: string;
  /**
   * `grant`: a rule belongs to one grant and lists all its ports and sources.
   * `hole`: one rule for one port and one source, because this cloud refuses the same hole twice; grants share it.
   */
  readonly ruleHolds: "grant" | "hole";
  /** Absent: no. Every change rewrites it whole and takes long, so a pass makes all its changes in one. */
  readonly changesAtOnce?: boolean;

  /**
   * Everything with our owner mark, read freshly, and what undercuts `blocks`. A firewall that no longer exists holds nothing and is settled. One
   * whose rules were moved to where we can't read them shows nothing and is never settled, and each `apply` to it throws.
   */
  readonly observe: (signal: AbortSignal, blocks?: readonly Block[]) => Promise<Observed>;

  /**
   * Carries out a plan. Returns when the cloud says it is done, which proves nothing: the caller observes again.
   *
   * Reads again what it needs, touches only what carries our mark, and is safe to repeat after dying anywhere in between.
   * Throws a `Fault`: code `quota`, before any rule was added, when there is no room; `retry: "never"` when the cloud says that it
   * won't accept a rule or doesn't permit us; else `retry: "later"`, with `afterMs` when the cloud named a time. It doesn't
   * retry by itself, because the caller reads and plans again.
   *
   * Returns what it didn't put back as it was, because others changed something meanwhile or other blocks want it so: a sentence each, mostly none.
   */
  readonly apply: (changes: Changes, guard: Guard, signal: AbortSignal) => Promise<readonly string[]>;
}

/** Makes the firewall of an id that this cloud's adapter gave out or could have; `undefined` when the id is another's. */
export type OpenFirewall = (id: FirewallId) => Firewall | undefined;

/** One configured cloud account or subscription set. */
export interface Cloud {
  readonly inventory: Inventory;
  readonly firewall: OpenFirewall;
  readonly readRules: ReadRules;
}
