/** Reads a file of cases: facts, and what policy is expected to say of some asks. */

import type { RefusalCode } from "../access/refusal.ts";
import { isRefusal } from "../access/refusal.ts";
import { type EpochMs, MINUTE } from "../access/time.ts";
import type { Config, ConfigProblem } from "../config.ts";
import type { Policy, Step } from "../policy/policy.ts";
import type { Usage } from "../policy/question.ts";
import { type Ask, readCommand, type TypedAsk } from "../slack/command.ts";
import { refusalText } from "../slack/refusal-text.ts";
import type { DecisionKind } from "./ask-policy.ts";
import { REFUSAL_CODES } from "./code-words.ts";
import { readFacts, userIn, type WrittenFacts } from "./facts-file.ts";
import { parseLocalTime } from "./local-time.ts";
import { terminalText } from "./terminal-text.ts";
import { type Form, isThere, openForm, type Part, quoted } from "./yaml-form.ts";

export interface CasesFile {
  readonly facts: WrittenFacts;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly line: number;
  readonly name: string | undefined;
  readonly user: string;
  /** As typed. */
  readonly what: string;
  readonly ask: Ask;
  readonly at: EpochMs;
  readonly usage: Usage;
  readonly expected: Expected;
}

/** What isn't there isn't looked at. */
export interface Expected {
  readonly outcome: DecisionKind;
  readonly because?: readonly RefusalCode[];
  readonly rule?: string;
  readonly steps?: readonly Step[];
  /** Slack ids of all whose approval would count. */
  readonly approvers?: readonly string[];
}

const OUTCOMES: readonly DecisionKind[] = ["allow", "needs-approval", "break-glass", "deny"];

/** `file` is what problems call it. */
export const readCases = (text: string, file: string, config: Config): CasesFile | readonly ConfigProblem[] => {
  const form = openForm(text, file);
  if (!("whole" in form)) return form;
  const fields = form.fields(form.whole, "a file of cases", ["facts", "at", "cases"]);
  const facts = readFacts(form, fields.facts, config.policy);
  const usualTime = isThere(fields.at) ? readTime(form, fields.at, config.timezone) : undefined;
  const parts = form.items(fields.cases);
  if (parts.length === 0) form.complain(fields.cases, "there are no cases; write who, what and expect for each");
  const cases = parts.flatMap((part) => readCase(form, part, { config, facts, usualTime }) ?? []);
  const problems = form.problems();
  return problems.length > 0 ? problems : { facts, cases };
};

/** Only the facts of such a file; cases are left alone. */
export const readFactsOnly = (text: string, file: string, policy: Policy): WrittenFacts | readonly ConfigProblem[] => {
  const form = openForm(text, file);
  if (!("whole" in form)) return form;
  const fields = form.fields(form.whole, "a file of facts", ["facts", "at", "cases"]);
  if (!isThere(fields.facts)) form.complain(form.whole, "there are no facts; they begin with `facts:`");
  const facts = readFacts(form, fields.facts, policy);
  const problems = form.problems();
  return problems.length > 0 ? problems : facts;
};

interface Around {
  readonly config: Config;
  readonly facts: WrittenFacts;
  readonly usualTime: EpochMs | undefined;
}

const readCase = (form: Form, part: Part, { config, facts, usualTime }: Around): Case | undefined => {
  const { policy, timezone } = config;
  const fields = form.fields(part, "a case, like { who: U0DEV1, what: ssh prod-vm-3 2h, expect: allow }", [
    "name",
    "who",
    "what",
    "at",
    "usage",
    "expect",
    "because",
    "rule",
    "steps",
    "approvers",
  ]);
  const users = new Set([...facts.people.keys(), ...[...policy.roles.values()].flatMap((role) => role.users)]);
  const names = new Map([...facts.people].map(([user, person]) => [`@${person.facts.name}`, user]));
  const userOf = (each: Part): string | undefined => userIn(form, each, users, names);

  const user = userOf(fields.who);
  const what = form.text(fields.what, "what is asked, like ssh prod-vm-3 2h,");
  const ask = what === undefined ? undefined : readAsk(form, fields.what, what, config);
  const at = isThere(fields.at) ? readTime(form, fields.at, timezone) : usualTime;
  if (!isThere(fields.at) && usualTime === undefined)
    form.complain(
      part,
      "at is missing: write a time like 2026-11-23 10:00 here, or for all cases at the top of the file",
    );
  const outcome = form.oneOf(fields.expect, "what to expect", OUTCOMES);
  const because = form
    .items(fields.because)
    .flatMap((each) => form.oneOf(each, "a reason to say no", REFUSAL_CODES) ?? []);
  const rules = policy.rules.map(({ name }) => name);
  const rule = isThere(fields.rule) ? form.oneOf(fields.rule, "a rule of the policy", rules) : undefined;
  const roles = [...policy.roles.keys()];
  const steps = form.items(fields.steps).map((each): Step => {
    const step = form.fields(each, "a step, like { by: [leads], needed: 1 }", ["by", "needed"]);
    const by = form.items(step.by).flatMap((one) => form.oneOf(one, "a role of the policy", roles) ?? []);
    return { roles: by, needed: form.number(step.needed) ?? 1 };
  });
  const approvers = form.items(fields.approvers).flatMap((each) => userOf(each) ?? []);
  const name = isThere(fields.name) ? form.text(fields.name, "a name") : undefined;
  const usage = readUsage(form, fields.usage, at);
  if (user === undefined || what === undefined || ask === undefined || at === undefined || outcome === undefined)
    return undefined;
  return {
    line: form.lineOf(part),
    name,
    user,
    what,
    ask,
    at,
    usage,
    expected: {
      outcome,
      ...(isThere(fields.because) ? { because } : {}),
      ...(rule === undefined ? {} : { rule }),
      ...(isThere(fields.steps) ? { steps } : {}),
      ...(isThere(fields.approvers) ? { approvers } : {}),
    },
  };
};

/** `/jit` may be left out. */
const commandText = (typed: string): string => typed.replace(/^\/jit\s+/u, "");

const readAsk = (form: Form, part: Part, what: string, { timezone }: Config): TypedAsk | undefined => {
  const command = readCommand(commandText(what));
  if (command.kind === "ask") return command;
  const why = isRefusal(command)
    ? terminalText(refusalText(command, { now: 0 as EpochMs, zone: timezone }))
    : `\`/jit ${command.kind}\` asks for no access`;
  form.complain(part, `${quoted(what)} can't be read as \`/jit\` reads it: ${why}`);
  return undefined;
};

const readTime = (form: Form, part: Part, zone: string): EpochMs | undefined => {
  const typed = form.text(part, "a time, like 2026-11-23 10:00");
  const at = typed === undefined ? undefined : parseLocalTime(typed, zone);
  if (typeof at !== "object") return at;
  form.complain(part, at.problem);
  return undefined;
};

/** `{ person: 2, machine: 3, asks: 10 }`: asks are some seconds apart, all of them within the last hour. */
const readUsage = (form: Form, part: Part, at: EpochMs | undefined): Usage => {
  const fields = form.fields(part, "what counts against limits, like { person: 2, machine: 3, asks: 10 }", [
    "person",
    "machine",
    "asks",
  ]);
  const asks = Math.min(form.number(fields.asks) ?? 0, MOST_ASKS);
  return {
    ofPerson: form.number(fields.person) ?? 0,
    onMachine: form.number(fields.machine) ?? 0,
    asksAt: Array.from({ length: asks }, (_, index) => ((at ?? 0) - (asks - index) * ONE_APART) as EpochMs),
  };
};

/** So many fit into the hour that counts. */
const MOST_ASKS = 1_000;
const ONE_APART = MINUTE / 20;
