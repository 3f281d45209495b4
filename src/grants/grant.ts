/** Permission for one person to reach given ports of one machine from given sources, for a while. */

import type { GrantId } from "../access/identifier.ts";
import type { FirewallId, Machine } from "../access/machine.ts";
import type { Person } from "../access/person.ts";
import { type Mapping, samePort } from "../access/port.ts";
import type { Reason } from "../access/refusal.ts";
import { type EpochMs, earliest } from "../access/time.ts";
import type { AccessFacts } from "../audit/event.ts";
import type { Target } from "./request.ts";

/** Ended early: by a person, or because it couldn't be opened. */
export type Revocation =
  | { readonly kind: "closed"; readonly at: EpochMs; readonly by: Person }
  | { readonly kind: "failed"; readonly at: EpochMs; readonly problem: string }
  /** It wouldn't be given any more, and its rule says `recheck: close`. */
  | ({ readonly kind: "not-allowed"; readonly at: EpochMs } & Reason)
  /** A newer grant took its place, and was seen to let the requester in. */
  | { readonly kind: "superseded"; readonly at: EpochMs; readonly by: GrantId }
  | { readonly kind: "lockdown"; readonly at: EpochMs; readonly by: Person };

export interface Grant extends AccessFacts {
  readonly id: GrantId;
  readonly version: number;
  /** Where it needs rules. It is open only when each of these lets the requester in. */
  readonly targets: readonly Target[];
  readonly startsAt: EpochMs;
  /** It counts before this instant, not at it. */
  readonly expiresAt: EpochMs;
  readonly revoked: Revocation | undefined;
  /** Found in a cloud by its mark when our memory had lost it. */
  readonly adopted: boolean;
  /** Of the policy, as it was called when this was given. Absent: found in a cloud, or older than this field. */
  readonly rule?: string;
  /** Targets where the cloud was seen to hold all of its rules, and to hold none of them after its end. */
  readonly seenOpen: readonly FirewallId[];
  readonly seenClosed: readonly FirewallId[];
  /** When each of `seenOpen` was seen so; absent for those that were found by their marks. */
  readonly seenOpenAt?: Readonly<Record<FirewallId, EpochMs>>;
  readonly openedAt: EpochMs | undefined;
  /** Of the machine, to connect to, and its system, as they were when it opened. Absent: not yet, or found in a cloud. */
  readonly addresses?: readonly string[];
  readonly os?: Machine["os"];
  /** Where firewalls that translate addresses were seen to map its ports. Absent: none does. */
  readonly mappings?: readonly Mapping[];
  /** When it was found out whether what was opened lets in. Absent: not yet. */
  readonly checkedAt?: EpochMs;
  readonly warnedAt: EpochMs | undefined;
  /** The one whose place it takes once it is open; that one goes on until then. Absent: none. */
  readonly supersedes?: GrantId;
  /** The one that takes its place once that is open, the latest that was to. Absent: none was. */
  readonly movingTo?: GrantId;
  /** How it was made longer, each time, the latest last. Absent: never. */
  readonly extensions?: readonly Extension[];
  /** Why it wouldn't be given any more, as people were told. Absent: it would be. */
  readonly disallowed?: Reason;
  readonly endedAt: EpochMs | undefined;
  /** Whose grants kept one of its ports open when it ended. */
  readonly stillOpen: readonly StillOpen[];
}

export interface Extension {
  readonly at: EpochMs;
  /** Who approved it; empty: nobody had to. */
  readonly approvers: readonly Person[];
  /** When it would have ended before. */
  readonly from: EpochMs;
}

/** How a grant begins: nothing has been seen of it yet. */
export const UNSEEN = {
  version: 1,
  revoked: undefined,
  adopted: false,
  seenOpen: [],
  seenClosed: [],
  openedAt: undefined,
  warnedAt: undefined,
  endedAt: undefined,
  stillOpen: [],
} as const satisfies Partial<Grant>;

export interface StillOpen {
  readonly requester: Person;
  readonly expiresAt: EpochMs;
}

/** Whether it permits anything at `now`: from `startsAt` up to, not including, `expiresAt`, unless revoked. */
export const isActive = (grant: Grant, now: EpochMs): boolean =>
  grant.revoked === undefined && grant.startsAt <= now && now < grant.expiresAt;

/** Open or opening: what counts against the limits of a rule. */
export const isUnderWay = (grant: Pick<Grant, "revoked" | "expiresAt" | "endedAt">, now: EpochMs): boolean =>
  grant.revoked === undefined && grant.endedAt === undefined && now < grant.expiresAt;

/** When its permission ends or ended. */
export const endOf = (grant: Grant): EpochMs => earliest(grant.revoked?.at, grant.expiresAt) ?? grant.expiresAt;

/** Whether two grants let somebody reach one same port of one same machine, from wherever. */
export const sharesPort = (a: Grant, b: Grant): boolean =>
  a.machine.id === b.machine.id && a.ports.some((port) => b.ports.some((other) => samePort(port, other)));

/** The next start or end of one of them after `now`. */
export const nextInstant = (grants: readonly Grant[], now: EpochMs): EpochMs | undefined =>
  earliest(...grants.flatMap((grant) => [grant.startsAt, endOf(grant)]).filter((at) => at > now));

/** Each once. */
export const firewallsOf = (grant: Pick<Grant, "targets">): readonly FirewallId[] => [
  ...new Set(grant.targets.map((target) => target.firewall)),
];

export const isOn = (grant: Pick<Grant, "targets">, firewall: FirewallId): boolean =>
  grant.targets.some((target) => target.firewall === firewall);
