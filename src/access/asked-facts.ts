/** All that decided about an ask, plain enough to be written down and asked again of another policy. */

import type { AuthorityName } from "./authority.ts";
import type { Machine } from "./machine.ts";
import type { Service } from "./port.ts";
import type { Cidr } from "./source.ts";
import type { DurationMs, EpochMs } from "./time.ts";

/** User groups, schedules and roles are those that the policy named then. */
export interface AskedFacts {
  readonly machine: Pick<Machine, "name" | "cloud" | "account" | "region" | "os" | "tags">;
  readonly services: readonly Service[];
  readonly sources: readonly Cidr[];
  readonly durationMs: DurationMs;
  /** It was to be made longer, and was open for so long already. Absent: it was to be opened. */
  readonly openForMs?: DurationMs;
  readonly justification: string;
  readonly breakGlass: boolean;
  /** User groups they are in. */
  readonly groups: readonly string[];
  /** User groups that were disabled or unknown. Absent: none. */
  readonly missingGroups?: readonly string[];
  /** Schedules (`pagerduty:PABC123`) → Slack ids of who was on call; one that didn't say is left out. */
  readonly onCall: Readonly<Record<string, readonly string[]>>;
  readonly manager: string | undefined;
  /** What was looked up, with or without a result: user groups (`S0ENG`), schedules (`pagerduty:PABC123`), and `manager`. */
  readonly lookedUp: readonly string[];
  /** Role → Slack ids of those who could have answered; enough of them, not all. */
  readonly approvers: Readonly<Record<string, readonly string[]>>;
  /** User group → which of these approvers are in it. Absent: none is in any. */
  readonly approverGroups?: Readonly<Record<string, readonly string[]>>;
  /** Slack ids of people whom an approving role names and who couldn't have answered: no members any more. */
  readonly away: readonly string[];
  /** What those said that had a say under the rule that decided then. Absent in what was written down before this was. */
  readonly authorities?: AuthorityAnswers;
  readonly usage: { readonly ofPerson: number; readonly onMachine: number; readonly asksAt: readonly EpochMs[] };
}

/** Anything but `yes` is the code of the refusal. */
export type AuthorityAnswer = "yes" | "authority-no" | "authority-silent";
export type AuthorityAnswers = Readonly<Partial<Record<AuthorityName, AuthorityAnswer>>>;
