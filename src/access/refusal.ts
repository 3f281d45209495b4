/**
 * A "no" of ours: a returned value with a code and facts that are safe to show. Words for them are in `slack/refusal-text.ts`.
 *
 * Something that broke is not a refusal but a `Fault`; where a check can't be made because of one, the answer is `cannot-check`.
 */

import type { CloudName } from "./machine.ts";
import type { DurationMs, EpochMs } from "./time.ts";

/** Every reason to say no, and what must be known to say it well. */
export interface RefusalFacts {
  // What was typed
  readonly "command-unreadable": {
    readonly problem:
      | "too-long"
      | "quotes"
      | "unknown-word"
      | "missing-machine"
      /** After a subcommand, which is the word. */
      | "missing-machine-name"
      | "missing-duration"
      | "missing-source"
      | "missing-justification"
      | "missing-id";
    readonly word?: string;
    readonly didYouMean?: string;
  };
  readonly "justification-too-long": { readonly length: number; readonly maximum: number };
  readonly "port-unreadable": {
    readonly text: string;
    readonly services: readonly string[];
    readonly didYouMean?: string;
  };
  readonly "duration-unreadable": {
    readonly text: string;
    readonly problem: "bare-number" | "unreadable" | "zero" | "in-the-past";
    readonly didYouMean?: string;
  };
  readonly "source-unreadable": {
    readonly text: string;
    readonly networks: readonly string[];
    readonly didYouMean?: string;
  };
  /** Read well, but nobody connects from there: loopback, multicast, the unspecified address, broadcast. */
  readonly "source-impossible": { readonly text: string };

  // What policy says
  readonly "policy-unreadable": Record<never, never>;
  readonly "machine-unknown": { readonly text: string; readonly didYouMean: readonly string[] };
  readonly "machine-ambiguous": { readonly text: string; readonly candidates: readonly string[] };
  readonly "machine-not-offered": { readonly machine: string };
  readonly "not-eligible": { readonly machine: string; readonly roles: readonly string[] };
  readonly "port-not-offered": { readonly machine: string; readonly port: string; readonly offered: readonly string[] };
  readonly "duration-too-long": { readonly port: string; readonly machine: string; readonly maximumMs: DurationMs };
  readonly "source-missing": { readonly allowed: readonly string[] };
  readonly "source-not-allowed": {
    readonly source: string;
    readonly rule: string;
    readonly allowed: readonly string[];
  };
  readonly "justification-missing": { readonly pattern: string | undefined };
  readonly "justification-mismatch": { readonly pattern: string };
  readonly "no-approver": { readonly machine: string; readonly roles: readonly string[]; readonly needed: number };

  // What the machine allows
  readonly "no-firewall": { readonly machine: string; readonly cloud: CloudName };
  /** A firewall before it takes its rules from a firewall policy, where I can't change any. */
  readonly "policy-firewall": { readonly machine: string; readonly firewall: string; readonly policy: string };
  readonly "no-address-in-family": { readonly machine: string; readonly family: "IPv4" | "IPv6" };

  // Who the person is
  readonly "person-unknown": Record<never, never>;
  readonly "person-standing": { readonly standing: "guest" | "outsider" | "bot" | "deactivated" };

  // Answering and ending
  readonly "already-asked": { readonly requestId: string };
  readonly "request-unknown": Record<never, never>;
  readonly "own-request": Record<never, never>;
  readonly "not-approver": { readonly roles: readonly string[] };
  readonly "already-answered": { readonly at: EpochMs };
  readonly "too-late": {
    readonly state: "approved" | "denied" | "withdrawn" | "lapsed";
    readonly by?: string;
    readonly at: EpochMs;
  };
  readonly "requester-changed": { readonly reason: RefusalCode };
  readonly "grant-unknown": { readonly text: string };
  readonly "access-over": { readonly machine: string; readonly at: EpochMs };
  readonly "not-yours": { readonly what: "request" | "access" };

  // Protecting
  readonly "not-configurer": { readonly machine: string; readonly roles: readonly string[] };
  readonly "not-protected": { readonly machine: string };
  readonly "protected-by-policy": { readonly machine: string; readonly rule: string };
  readonly "proposal-gone": Record<never, never>;
  /** Nothing that the button was about lets in any more. */
  readonly "undercut-gone": Record<never, never>;

  // We don't know, so no
  /** A firewall may stand before it that we may not see. */
  readonly "firewall-unseen": { readonly machine: string };
  readonly "cannot-check": {
    readonly what: "people" | "memory" | "clouds";
    /** Somebody waits for a yes to an ask; absent: they wanted something else. */
    readonly isAsk?: boolean;
    readonly reference: string;
  };
}

export type RefusalCode = keyof RefusalFacts;

export type Refusal = {
  [C in RefusalCode]: { readonly kind: "refusal"; readonly code: C; readonly facts: RefusalFacts[C] };
}[RefusalCode];

export const refuse = <C extends RefusalCode>(code: C, facts: RefusalFacts[C]): Extract<Refusal, { code: C }> =>
  ({ kind: "refusal", code, facts }) as unknown as Extract<Refusal, { code: C }>;

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "refusal";
