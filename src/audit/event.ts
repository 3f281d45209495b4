/** What happened: facts in the past tense, each appended once, kept for auditors. Notices follow them. */

import type { RequestId } from "../access/identifier.ts";
import type { CloudName } from "../access/machine.ts";
import type { Elsewhere, Person } from "../access/person.ts";
import type { Refusal, RefusalCode } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { GrantEvents } from "./grant-events.ts";
import type { ProtectionEvents } from "./protection-events.ts";
import type { RequestEvents } from "./request-events.ts";

export type { AskedFacts } from "../access/asked-facts.ts";
export type { AccessFacts } from "./access-facts.ts";
export type { Concern, PostureWords, ProtectionFacts, Undercut } from "./protection-facts.ts";

export type Actor = { readonly kind: "person"; readonly person: Person } | { readonly kind: "bot" };

interface ConfigFacts {
  /** Where security heard before, and where it hears now: who writes the file mustn't choose who is told. */
  readonly channels: readonly string[];
}

interface LinkFacts {
  readonly person: Person;
  /** Address of the provider that says so. */
  readonly issuer: string;
  readonly subject: string;
  readonly identities: Elsewhere;
}

interface LockdownFacts {
  readonly channels: readonly string[];
}

interface EventFacts extends RequestEvents, GrantEvents, ProtectionEvents {
  /** A cloud's machines can't be read for long, and nobody is given anything there. `since`: the last reading; `undefined`: none since the start. */
  readonly "inventory.stale": {
    readonly cloud: CloudName;
    readonly since: EpochMs | undefined;
    readonly problem: string;
  };
  readonly "inventory.read-again": { readonly cloud: CloudName };
  /** Who somebody is elsewhere, as they showed by signing in there. */
  readonly "identity.linked": LinkFacts & {
    /** Who they are all the same, where what administrators wrote goes before. Absent: as linked. */
    readonly outranked?: Elsewhere;
  };
  readonly "identity.unlinked": LinkFacts;
  /** `other-browser`: the provider's answer came back elsewhere than it was asked for; `invalid-token`: it can't be believed. */
  readonly "identity.refused": {
    readonly person: Person;
    readonly because: "other-browser" | "invalid-token" | RefusalCode;
  };
  /** The configuration is another, and counts; a sentence for each difference, and how many there are beside these. */
  readonly "policy.changed": ConfigFacts & {
    readonly changes: readonly string[];
    readonly more: number;
    /** It changed while the bot ran, could be used again after nothing could, or the bot was started with another one. */
    readonly how: "while-running" | "usable-again" | "at-start";
  };
  /** The configuration is another, and can't be used. `counts`: the one before still does; else nobody gets anything. */
  readonly "policy.refused": ConfigFacts & {
    readonly problems: readonly string[];
    readonly more: number;
    readonly counts: boolean;
  };
  /** Everything is being closed, and nothing opens. `open`: how many accesses there were. `channels`: everywhere that it is told. */
  readonly "lockdown.begun": LockdownFacts & { readonly because: string; readonly open: number };
  /** Nothing that is ours is open any more. */
  readonly "lockdown.done": LockdownFacts & { readonly closed: number; readonly tookMs: DurationMs };
  readonly "lockdown.lifted": LockdownFacts & { readonly since: EpochMs };
  /** Where somebody is, as our page saw it. */
  readonly "address.seen": {
    readonly person: Person;
    readonly addresses: readonly Cidr[];
    /** What was asked with it; absent: nothing, because of these. */
    readonly requestId?: RequestId;
    readonly refusals?: readonly Refusal[];
    /** Until when it stands for them in what they ask; absent: this once. */
    readonly rememberedUntil?: EpochMs;
  };
  /** A link to that page was used in a way that it isn't for. */
  readonly "address.refused": { readonly person: Person; readonly because: "used" | "over" | "other-browser" };
  readonly "bot.started": { readonly installation: string };
}

export type AuditEventKind = keyof EventFacts;

/**
 * One fact. `id` is unique for what happened, not for the writing of it: `grant.ended/k7f3q2xd` is the same fact however often
 * a crash makes us say it.
 */
export type AuditEvent = {
  readonly [K in AuditEventKind]: {
    readonly id: string;
    readonly at: EpochMs;
    readonly actor: Actor;
    readonly kind: K;
  } & EventFacts[K];
}[AuditEventKind];

/**
 * `about` is what makes this fact unique among its kind: the id of a grant, mostly.
 *
 *     auditEvent("grant.revoked", grant.id, now, person, { ...factsOf(grant), grantId: grant.id })
 */
export const auditEvent = <K extends AuditEventKind>(
  kind: K,
  about: string,
  at: EpochMs,
  by: Person | "bot",
  facts: EventFacts[K],
): AuditEvent => {
  const actor: Actor = by === "bot" ? { kind: "bot" } : { kind: "person", person: by };
  return { id: `${kind}/${about}`, at, actor, kind, ...facts } as unknown as AuditEvent;
};

/** Where facts without a state of their own go: refusals, cloud changes, starts. The others are written by `Ledger.commit`. */
export interface AuditLog {
  /** Appends once per event id. Throws a `Fault` of code `redis` when memory is away. */
  readonly append: (event: AuditEvent) => Promise<void>;
}
