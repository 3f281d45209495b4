/** What is remembered of people who showed who they are elsewhere, and of those about to. */

import type { Elsewhere, Person } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";

/** Somebody is somebody elsewhere, as they showed. */
export interface Link {
  readonly person: Person;
  readonly issuer: string;
  readonly subject: string;
  readonly identities: Elsewhere;
  readonly at: EpochMs;
}

/** Whoever has the secret link may sign in for this person; it is used up by that. */
export interface Invitation {
  readonly person: Person;
  /** As Slack shows them. */
  readonly name: string;
  /** From this instant on it is over; so for the others below. */
  readonly until: EpochMs;
}

/** A browser is at the provider's, signing in; known by the `state` it will come back with. */
export interface Visit extends Invitation {
  /** Hash of what only that browser holds. */
  readonly browser: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Somebody signed in there; for this person it counts once they type the code that was shown. */
export interface Proof extends Omit<Link, "at"> {
  readonly until: EpochMs;
}

/**
 * Secrets (`token`, `state`, `code`) are given as they are and are kept hashed. Everything throws a `Fault` of code `redis` when memory is away.
 */
export interface Links {
  readonly linkOf: (person: Person) => Promise<Link | undefined>;
  /** What they themselves took back lately, and are no longer asked about: it still tells which accounts are one human's. */
  readonly formerOf: (person: Person) => Promise<readonly Link[]>;
  /** One of a person, one person of a subject. Together with the event that says so, or neither. */
  readonly add: (link: Link, event: AuditEvent) => Promise<"added" | "already-linked" | "identity-taken">;
  /** What was there, which is gone together with the event that says so, or not at all. `remembers`: it stays what they took back lately. */
  readonly remove: (
    person: Person,
    event: (link: Link) => AuditEvent,
    how: { readonly remembers: boolean },
  ) => Promise<Link | undefined>;

  readonly invite: (token: string, invitation: Invitation) => Promise<void>;
  readonly invitation: (token: string) => Promise<Invitation | undefined>;
  /** Of all who take it at once, one gets it. So for `takeVisit`. */
  readonly takeInvitation: (token: string) => Promise<Invitation | undefined>;
  readonly keepVisit: (state: string, visit: Visit) => Promise<void>;
  readonly takeVisit: (state: string) => Promise<Visit | undefined>;

  /** Instead of an earlier one of this person. */
  readonly keepProof: (proof: Proof, code: string, tries: number) => Promise<void>;
  /** The person's proof, once, for its code; a wrong code is one try less, and after the last the proof is gone. */
  readonly takeProof: (person: Person, code: string) => Promise<Proof | undefined>;
}
