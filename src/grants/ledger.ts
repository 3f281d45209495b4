/** Memory for requests, grants and protections, and the one write that changes them together with what follows from the change. */

import type { GrantId, ProtectionId, RequestId } from "../access/identifier.ts";
import type { FirewallId, MachineId } from "../access/machine.ts";
import type { PersonKey } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Grant } from "./grant.ts";
import type { Lockdown } from "./lockdown.ts";
import type { Protection } from "./protection.ts";
import type { AccessRequest } from "./request.ts";

/**
 * All of it is written or none of it.
 *
 * An entity is written only over its version minus one (version 1: only where there is none); so of two who change the same thing, one wins.
 * The events are appended to the audit log and handed to the notices; the wake-ups are set. When this returns, nothing that follows
 * from the change can be lost any more.
 *
 * While a lockdown stands nothing is written that opens: no grant that is new, wasn't found in a cloud and isn't revoked, and none that ends later than before;
 * nor is a protection taken off that a person wants off.
 */
export interface Write {
  readonly request?: AccessRequest;
  readonly grant?: Grant;
  /** The one whose place `grant` is to take, changed in the same moment: so it is as it was read, and of two who replace it one wins. */
  readonly replaced?: Grant;
  readonly protection?: Protection;
  readonly events: readonly AuditEvent[];
  readonly firewallsDue?: readonly { readonly firewall: FirewallId; readonly at: EpochMs }[];
  readonly requestDue?: EpochMs;
  /** Counted in the same moment as written: where one is reached already, nothing is written. */
  readonly limits?: readonly Limit[];
  /** It begins, where none stands; `lifted`: it is over, where one does. The machines' watch is woken at once. */
  readonly lockdown?: Lockdown | "lifted";
}

/** Of `most`, none of what this write itself adds. */
export type Limit =
  /** Grants under one rule that are neither over nor revoked. */
  | {
      readonly kind: "grants-of-person";
      readonly rule: string;
      readonly person: PersonKey;
      readonly now: EpochMs;
      readonly most: number;
    }
  | {
      readonly kind: "grants-on-machine";
      readonly rule: string;
      readonly machine: MachineId;
      readonly now: EpochMs;
      readonly most: number;
    }
  /** Requests that were made after an instant, whatever became of them. */
  | { readonly kind: "asks-of-person"; readonly person: PersonKey; readonly after: EpochMs; readonly most: number };

/** Every method throws a `Fault` of code `redis` when memory is away. */
export interface Ledger {
  readonly request: (id: RequestId) => Promise<AccessRequest | undefined>;
  /** Pending ones of one requester. */
  readonly pendingOf: (requester: PersonKey) => Promise<readonly AccessRequest[]>;
  /** Pending ones of everybody. */
  readonly allPending: () => Promise<readonly AccessRequest[]>;
  /** When this person asked, after an instant of at most an hour ago, whatever became of it; ascending. */
  readonly asksOf: (requester: PersonKey, after: EpochMs) => Promise<readonly EpochMs[]>;
  /** What this person asked in the last 35 days, the latest first, whatever became of it. */
  readonly latestRequests: (requester: PersonKey, most: number) => Promise<readonly AccessRequest[]>;
  readonly grant: (id: GrantId) => Promise<Grant | undefined>;
  /** Not ended (`endedAt` is undefined), with a target on this firewall. */
  readonly grantsOn: (firewall: FirewallId) => Promise<readonly Grant[]>;
  /** All that are not ended. */
  readonly liveGrants: () => Promise<readonly Grant[]>;
  readonly protection: (id: ProtectionId) => Promise<Protection | undefined>;
  /** Live ones (`isLive`) with a target on this firewall, or that are leaving it. */
  readonly protectionsOn: (firewall: FirewallId) => Promise<readonly Protection[]>;
  /** All live ones. */
  readonly liveProtections: () => Promise<readonly Protection[]>;
  readonly lockdown: () => Promise<Lockdown | undefined>;
  /** When the one began that was lifted last. */
  readonly liftedLockdown: () => Promise<EpochMs | undefined>;
  /** `false`, and nothing written, when somebody else was first, a limit is reached, or a lockdown stands in its way. */
  readonly commit: (write: Write) => Promise<boolean>;
}
