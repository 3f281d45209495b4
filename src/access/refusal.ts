/**
 * A "no" of ours: a returned value with a code and facts that are safe to show. Words for them are in `slack/refusal-text.ts`.
 *
 * Something that broke is not a refusal but a `Fault`; where a check can't be made because of one, the answer is `cannot-check`.
 */

import type { Activity, AuthorityName, AuthorityNo } from "./authority.ts";
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

  /** A deny rule; `because` is what the file says of it, and may be empty. */
  readonly "denied-by-policy": { readonly machine: string; readonly name: string; readonly because: string };
  /** Whom a deny rule is for can't be told, because these user groups are disabled or unknown. */
  readonly "deny-rule-unclear": {
    readonly machine: string;
    readonly name: string;
    readonly groups: readonly string[];
  };
  /** Outside of all hours in which access opens; `nextAt`: when it does again. */
  readonly "outside-hours": {
    readonly machine: string;
    readonly hours: readonly string[];
    readonly nextAt: EpochMs | undefined;
  };
  readonly frozen: { readonly name: string; readonly fromAt: EpochMs; readonly untilAt: EpochMs };
  readonly "too-many-at-once": { readonly machine: string; readonly of: "person" | "machine"; readonly most: number };
  readonly "asked-too-often": { readonly most: number; readonly nextAt: EpochMs };
  /** `roles`: who may; none: nobody. */
  readonly "break-glass-not-offered": { readonly machine: string; readonly roles: readonly string[] };

  // What the clouds' own roles say
  readonly "authority-no": {
    readonly authority: AuthorityName;
    readonly machine: string;
    readonly cloud: CloudName;
    readonly activity: Activity;
    readonly because: AuthorityNo;
  };
  /** It didn't answer, so no. */
  readonly "authority-silent": {
    readonly authority: AuthorityName;
    readonly problem: "slow" | "throttled" | "failed";
    readonly reference: string;
  };

  // Who somebody is elsewhere
  readonly "linking-not-offered": Record<never, never>;
  /** Used already, too old, somebody else's, or made up. */
  readonly "link-code-unknown": Record<never, never>;
  readonly "already-linked": { readonly as: string };
  /** That account elsewhere belongs to another person here. */
  readonly "identity-taken": Record<never, never>;
  /** Nothing they linked themselves; `user`: whose link somebody else wanted to take back. */
  readonly "not-linked": { readonly user?: string };
  /** To take back another's link, or to lock everything down, is for these roles; none: nobody. */
  readonly "not-security": { readonly roles: readonly string[]; readonly what?: "lockdown" };
  /** What others could reach is for these roles to see; none: nobody. */
  readonly "not-auditor": { readonly roles: readonly string[] };
  /** Somebody else, who can't be found by what was typed. */
  readonly "somebody-unknown": { readonly text: string };

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
  /** By break-glass: the very same, and not near its end. */
  readonly "already-open": { readonly machine: string; readonly until: EpochMs };
  readonly "request-unknown": Record<never, never>;
  readonly "own-request": Record<never, never>;
  /** Who used it reviews it. */
  readonly "own-break-glass": Record<never, never>;
  readonly "not-approver": { readonly roles: readonly string[] };
  /** Somebody else's step comes first, or theirs is done. */
  readonly "not-your-turn": { readonly roles: readonly string[] };
  readonly "already-answered": { readonly at: EpochMs };
  readonly "too-late": {
    readonly state: "approved" | "denied" | "withdrawn" | "lapsed";
    readonly by?: string;
    readonly at: EpochMs;
  };
  readonly "not-any-more": Reason;
  /** Of what an approver wants to give instead. */
  readonly "wider-than-asked": {
    readonly what: "length" | "ports" | "source";
    /** The most, where it is too long. */
    readonly maximumMs?: DurationMs;
    /** The one that isn't within what was asked. */
    readonly source?: string;
  };
  /** It is what was asked, or nothing of it can be left out. */
  readonly "not-less": Record<never, never>;
  /** The policy has come to ask for no approval. */
  readonly "approval-not-needed": { readonly machine: string };
  /** Of a break-glass: it was reviewed already, or there is none. */
  readonly "nothing-to-review": { readonly by?: string; readonly at?: EpochMs };
  /** `ids`: theirs that are open on the machine of that name, more than one. */
  readonly "grant-unknown": { readonly text: string; readonly ids?: readonly string[] };
  readonly "access-over": { readonly machine: string; readonly at: EpochMs };
  /** `extension`: they wanted to make somebody else's access longer; `move`: to let it in from elsewhere. */
  readonly "not-yours": { readonly what: "request" | "access" | "extension" | "move" };
  /** `maximumMs`: in all, from its start on; `leftMs`: of that can still be added. */
  readonly "extension-too-long": {
    readonly grantId: string;
    readonly port: string;
    readonly machine: string;
    readonly maximumMs: DurationMs;
    readonly leftMs: DurationMs;
  };
  /** It lasts at least as long already. */
  readonly "not-longer": { readonly machine: string; readonly until: EpochMs };
  /** Its request was lost with our memory, so nobody knows what it was given for and since when. */
  readonly "origin-lost": { readonly machine: string; readonly until: EpochMs };

  // Where the person is
  /** Nobody can reach a page of ours that would see it. */
  readonly "no-address-page": Record<never, never>;
  /** They are where they were. */
  readonly "not-moved": { readonly machine: string };
  /** It is on its way elsewhere already. */
  readonly "moving-already": { readonly machine: string };
  /** `by` gave less than was asked, from these sources only. */
  readonly "source-narrowed": { readonly machine: string; readonly by: string; readonly allowed: readonly string[] };
  /** It was given without approval, and by now its rule asks for one. */
  readonly "move-unapproved": { readonly machine: string; readonly rule: string };

  // Protecting
  readonly "not-configurer": { readonly machine: string; readonly roles: readonly string[] };
  readonly "not-protected": { readonly machine: string };
  readonly "protected-by-policy": { readonly machine: string; readonly rule: string };
  readonly "proposal-gone": Record<never, never>;
  /** Nothing that the button was about lets in any more. */
  readonly "undercut-gone": Record<never, never>;

  // Locked down
  /** Nothing opens before somebody of security lifts it. */
  readonly "locked-down": { readonly by: string; readonly at: EpochMs };
  /** There is none to lift. */
  readonly "not-locked-down": Record<never, never>;

  // We don't know, so no
  /** What is known of the cloud's machines is of `since`, and it can't be read now. */
  readonly "inventory-old": { readonly cloud: CloudName; readonly since: EpochMs | undefined };
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

/** A refusal in short, to keep and to tell others of. */
export interface Reason {
  readonly code: RefusalCode;
  /** Whose "no" it was, when it wasn't the policy's. */
  readonly authority?: AuthorityName;
}

export const reasonOf = ({ code, facts }: Refusal): Reason =>
  "authority" in facts ? { code, authority: facts.authority } : { code };

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "refusal";
