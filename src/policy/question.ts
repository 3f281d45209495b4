/** What policy is asked, and what each of its checks says. */

import type { Service } from "../access/port.ts";
import type { Refusal } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { MachineFacts } from "./match.ts";
import type { Policy, Rule } from "./policy.ts";
import type { Memberships } from "./roles.ts";

/** All that decides, and nothing that has to be looked up any more. */
export interface Question {
  readonly at: EpochMs;
  /** Slack id of who asks, and the names of the roles they hold now. */
  readonly requester: string;
  readonly roles: ReadonlySet<string>;
  readonly machine: MachineFacts;
  /** The rule that decides about the machine; `undefined`: none matches. */
  readonly rule: Rule | undefined;
  readonly services: readonly Service[];
  /** Empty: none was named and policy has no default. */
  readonly sources: readonly Cidr[];
  readonly durationMs: DurationMs;
  /** It is to be made longer: for so long it is open already, and that counts toward the maximum. Absent: it is to be opened. */
  readonly openForMs?: DurationMs;
  readonly justification: string;
  /** They ask to go past approvals, hours, freezes and limits; nothing else gives way. */
  readonly breakGlass: boolean;
  readonly usage: Usage;
  /** Whom the roles' groups, schedules and the requester's manager stand for now. */
  readonly memberships: Memberships;
  /**
   * Of each approving role, Slack ids of who could answer now, but for the requester: still members here. All of them, or at least as many as `approvalsOf`
   * the rule: more change nothing.
   */
  readonly approvers: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What counts against the limits, this ask not among it. */
export interface Usage {
  /** Accesses that are open or opening under this rule. */
  readonly ofPerson: number;
  readonly onMachine: number;
  /** When the person asked within the last hour; what is older doesn't count. */
  readonly asksAt: readonly EpochMs[];
}

export const NO_USAGE: Usage = { ofPerson: 0, onMachine: 0, asksAt: [] };

/** Why not, if it says no. */
export type Check = (question: Question, rule: Rule, policy: Policy) => readonly Refusal[];
