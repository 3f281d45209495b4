/** What happened to grants, and to firewalls because of them. */

import type { GrantId, ProtectionId, RequestId } from "../access/identifier.ts";
import type { FirewallId, Machine } from "../access/machine.ts";
import type { Person } from "../access/person.ts";
import type { Mapping } from "../access/port.ts";
import type { Reason } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { AccessFacts } from "./access-facts.ts";

export interface GrantEvents {
  /** Found in a cloud with our mark, unknown to our memory, and still within its time. */
  readonly "grant.adopted": AccessFacts & {
    readonly grantId: GrantId;
    readonly firewall: FirewallId;
    readonly expiresAt: EpochMs;
  };
  /** The cloud was first seen to let the requester in, at these addresses of the machine. */
  readonly "grant.opened": AccessFacts & {
    readonly grantId: GrantId;
    readonly expiresAt: EpochMs;
    readonly tookMs: DurationMs;
    readonly addresses: readonly string[];
    /** Where a firewall translates addresses: connect there instead. */
    readonly mappings?: readonly Mapping[];
    /** The machine isn't running. */
    readonly isOff: boolean;
    readonly os?: Machine["os"];
  };
  /** The cloud holds all that is ours, and something before the machine still keeps the requester out, or may. A sentence for each port. */
  readonly "grant.blocked": AccessFacts & { readonly grantId: GrantId; readonly problems: readonly string[] };
  /** It wouldn't be given any more; `closes`: so it is closed. */
  readonly "grant.disallowed": AccessFacts &
    Reason & {
      readonly grantId: GrantId;
      readonly closes: boolean;
      readonly expiresAt: EpochMs;
    };
  readonly "grant.failed": AccessFacts & { readonly grantId: GrantId; readonly problem: string };
  readonly "grant.revoked": AccessFacts & { readonly grantId: GrantId };
  /** It ends later than it would have, at `before`. */
  readonly "grant.extended": AccessFacts & {
    readonly grantId: GrantId;
    readonly before: EpochMs;
    readonly expiresAt: EpochMs;
    readonly approvers: readonly Person[];
    /** The request of its own that asked for it; absent: nobody had to approve. */
    readonly asked?: RequestId;
    /** It wasn't seen open by then; absent: it was. */
    readonly opening?: true;
    /** Of a break-glass: who would have been asked, and who else hears of it. Absent: it is none. */
    readonly skipped?: readonly string[];
    readonly tell?: readonly string[];
  };
  /** Open from another source now; the grant `before`, from where they were, is being closed. */
  readonly "grant.moved": AccessFacts & {
    readonly grantId: GrantId;
    readonly before: GrantId;
    readonly from: readonly Cidr[];
    readonly expiresAt: EpochMs;
  };
  /** Ten minutes are left. */
  readonly "grant.ending": AccessFacts & { readonly grantId: GrantId; readonly expiresAt: EpochMs };
  /** The cloud was seen to match a world without the grant. */
  readonly "grant.ended": AccessFacts & {
    readonly grantId: GrantId;
    readonly cause: "expired" | "revoked" | "failed" | "not-allowed" | "superseded" | "lockdown";
    readonly openedAt: EpochMs | undefined;
    /** From its end (expiry or revocation) to when the cloud was seen without it. */
    readonly lagMs: DurationMs;
    /** Other grants that keep one of its ports open, for anyone. */
    readonly stillOpen: readonly { readonly requester: Person; readonly expiresAt: EpochMs }[];
  };
  readonly "closing.overdue": AccessFacts & {
    readonly grantId: GrantId;
    readonly firewall: FirewallId;
    readonly since: EpochMs;
    readonly problem: string;
  };
  readonly "firewall.changed": {
    readonly firewall: FirewallId;
    readonly removed: readonly string[];
    readonly added: readonly string[];
    readonly grants: readonly GrantId[];
    /** Protections whose block was made, and taken away. */
    readonly blocked: readonly ProtectionId[];
    readonly unblocked: readonly ProtectionId[];
    /** Ids of rules of others that no longer let in past a block: denied before them, or withheld. */
    readonly overruled: readonly string[];
  };
}
