/** What happened: facts in the past tense, each appended once, kept for auditors. Notices follow them. */

import type { AskedFacts } from "../access/asked-facts.ts";
import type { GrantId, ProtectionId, RequestId } from "../access/identifier.ts";
import type { CloudName, FirewallId, MachineRef } from "../access/machine.ts";
import type { Elsewhere, Person } from "../access/person.ts";
import type { Mapping, Port } from "../access/port.ts";
import type { Reason, RefusalCode } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { Concern, PostureWords, ProtectionFacts, Undercut } from "./protection-facts.ts";

export type { AskedFacts } from "../access/asked-facts.ts";
export type { Concern, PostureWords, ProtectionFacts, Undercut } from "./protection-facts.ts";

export type Actor = { readonly kind: "person"; readonly person: Person } | { readonly kind: "bot" };

/** What a request or a grant is about, as written into every event of it. */
export interface AccessFacts {
  readonly requestId: RequestId;
  readonly requester: Person;
  readonly machine: MachineRef;
  /** As the requester named them: `ssh`, `8080/tcp`. */
  readonly services: readonly string[];
  readonly ports: readonly Port[];
  readonly sources: readonly Cidr[];
  readonly justification: string;
  /** Where its card is and its end is told. */
  readonly channel: string;
}

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

interface EventFacts {
  /** What was known when somebody asked, and what came of it: so that it can be asked again of another policy. */
  readonly "request.judged": {
    readonly requester: Person;
    readonly requestId: RequestId | undefined;
    readonly asked: AskedFacts;
    readonly outcome: "allow" | "needs-approval" | "break-glass" | "deny";
    readonly rule: string | undefined;
    readonly codes: readonly RefusalCode[];
  };
  readonly "request.submitted": AccessFacts & {
    readonly rule: string;
    readonly durationMs: DurationMs;
    readonly answerBy: EpochMs;
  };
  readonly "request.refused": {
    readonly requester: Person;
    readonly text: string;
    readonly codes: readonly RefusalCode[];
  };
  readonly "review.given": AccessFacts & { readonly verdict: "approve"; readonly step: number };
  readonly "review.refused": {
    readonly requestId: RequestId;
    readonly reviewer: Person;
    /** `reviewed`: of a break-glass. */
    readonly verdict: "approve" | "deny" | "reviewed";
    readonly code: RefusalCode;
  };
  readonly "request.approved": AccessFacts & {
    readonly rule: string;
    readonly approvers: readonly Person[];
    readonly expiresAt: EpochMs;
  };
  /** Opened past approvals. `skipped`: Slack ids of users and groups who would have been asked; `tell`: of whoever else hears of it, channels too. */
  readonly "break-glass.used": AccessFacts & {
    readonly rule: string;
    readonly skipped: readonly string[];
    readonly tell: readonly string[];
    readonly expiresAt: EpochMs;
  };
  readonly "break-glass.unreviewed": AccessFacts & { readonly usedAt: EpochMs; readonly tell: readonly string[] };
  readonly "break-glass.reviewed": AccessFacts;
  /** Schedules that don't say who is on call; others answer instead. */
  readonly "schedule.silent": AccessFacts & {
    readonly schedules: readonly string[];
    readonly instead: readonly string[];
  };
  readonly "request.denied": AccessFacts & { readonly reason: string };
  readonly "request.withdrawn": AccessFacts;
  readonly "request.lapsed": AccessFacts;
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
  /** Ten minutes are left. */
  readonly "grant.ending": AccessFacts & { readonly grantId: GrantId; readonly expiresAt: EpochMs };
  /** The cloud was seen to match a world without the grant. */
  readonly "grant.ended": AccessFacts & {
    readonly grantId: GrantId;
    readonly cause: "expired" | "revoked" | "failed" | "not-allowed";
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
  /** Stored: from now on these ports are kept closed. Without an actor's person a rule of the policy asks for it. */
  readonly "protection.set": ProtectionFacts;
  /** Every firewall was seen to hold it. `undercut`: what lets in all the same. */
  readonly "protection.began": ProtectionFacts & { readonly undercut: readonly Undercut[] };
  /** A firewall doesn't take it, or doesn't give it up. It is tried again. */
  readonly "protection.failed": ProtectionFacts & {
    readonly firewall: FirewallId;
    readonly doing: "closing" | "putting-back";
    readonly problem: string;
  };
  /** Found in a cloud with our mark, unknown to our memory. */
  readonly "protection.adopted": ProtectionFacts & { readonly firewall: FirewallId };
  /** Somebody else's rule came, or became wider, and lets in; `overruled`: policy says that ours goes over it. */
  readonly "protection.undercut": Undercut & {
    readonly protections: readonly ProtectionFacts[];
    readonly channel: string;
    readonly overruled: boolean;
  };
  /** A person decided about such rules: ours goes over them. */
  readonly "undercut.overruled": ProtectionFacts & { readonly firewall: FirewallId; readonly rules: readonly string[] };
  /** A person decided that such rules are meant to be. */
  readonly "undercut.accepted": ProtectionFacts & { readonly firewall: FirewallId; readonly rules: readonly string[] };
  /** A rule of the policy asks for it, and somebody has to say yes first, because of this. */
  readonly "protection.wanted": ProtectionFacts & { readonly concerns: readonly Concern[] };
  /** Stored: to be put back. `cause`: `gone` when the machine is. */
  readonly "protection.lifted": ProtectionFacts & { readonly cause: "person" | "gone" };
  /** Nothing of it was seen any more: all that we changed is put back, but for `changed`: a sentence each. */
  readonly "protection.ended": ProtectionFacts & { readonly changed: readonly string[] };
  /** Ours wasn't as we left it, and was made so again. */
  readonly "firewall.repaired": {
    readonly firewall: FirewallId;
    readonly firewallName: string;
    /** Machines whose access or protection was touched. */
    readonly machines: readonly MachineRef[];
    readonly grants: readonly GrantId[];
    readonly protections: readonly ProtectionId[];
    readonly channel: string;
  };
  /** A machine is more open than it was, or called worse; from where its most open ports can be reached, in words. */
  readonly "posture.worsened": {
    readonly machine: MachineRef;
    readonly channel: string;
    readonly before: PostureWords;
    readonly now: PostureWords;
    readonly reachable: readonly string[];
  };
  /** How all machines stand, as asked for by the configuration's `digest`. */
  readonly "posture.digest": {
    readonly machines: number;
    readonly protected: number;
    /** How many there are of each, the words as in `posture/`. */
    readonly categories: Readonly<Record<string, number>>;
    readonly opennesses: Readonly<Record<string, number>>;
    readonly worst: readonly {
      readonly machine: MachineRef;
      readonly category: string;
      readonly reachable: readonly string[];
    }[];
  };
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
