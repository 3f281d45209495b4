/** `latch policy test`: cases in a file beside the policy, each with what is expected of it. */

import { readFile } from "node:fs/promises";
import type { RefusalCode } from "../access/refusal.ts";
import { showProblem } from "../config.ts";
import { refusalText } from "../slack/refusal-text.ts";
import { askPolicy, type PolicyAnswer } from "./ask-policy.ts";
import { type Case, type Expected, readCases } from "./cases-file.ts";
import { showCode } from "./code-words.ts";
import type { Command, Terminal } from "./command.ts";
import { showLocalTime } from "./local-time.ts";
import { readPolicyFile, usualFile } from "./policy-file.ts";
import { terminalText } from "./terminal-text.ts";
import { counted, showStep } from "./words.ts";
import { worldOf } from "./written-world.ts";

export const policyTest: Command = {
  name: "test",
  form: "test [cases.yaml] [--policy file]",
  summary: "whether the policy says of some asks what a file of cases expects",
  help: [
    "Left out, the cases of latch.yaml are those in latch.cases.yaml. manifests/policy.cases.example.yaml shows how they are written:",
    "`facts` say how the world is, each case says who asks for what, as they would type it after /jit, and what to expect.",
    "Nothing outside is asked. Exit code 1 when a case fails, with what was expected, what came instead, and where the case stands.",
  ],
  options: { policy: "text" },
  words: [0, 1],
  run: async ({ words: [file], text }, terminal) => {
    const policyFile = text("policy") ?? (file === undefined ? usualFile(terminal) : policyBeside(file, terminal));
    const casesFile = file ?? casesBeside(policyFile);
    const config = await readPolicyFile(policyFile, terminal);
    if (config === undefined) return 1;
    const written = await readFile(casesFile, "utf8").catch(() => undefined);
    if (written === undefined) {
      terminal.complain(`${casesFile}: cannot read this file of cases`);
      return 1;
    }
    const reading = readCases(written, casesFile, config);
    if (!("cases" in reading)) {
      for (const problem of reading) terminal.complain(showProblem(problem));
      return 1;
    }
    const facts = await worldOf(reading.facts, config);
    let failed = 0;
    for (const each of reading.cases) {
      const answer = await askPolicy(config.policy, facts, { ...each, zone: config.timezone });
      const differences = differencesOf(each.expected, answer);
      if (differences.length === 0) continue;
      failed += 1;
      const when = showLocalTime(each.at, config.timezone);
      terminal.print(`${casesFile}:${each.line}: ${each.name ?? `${each.user} asks: ${each.what}`} (${when})`);
      for (const line of [...differences, ...reasonsOf(answer, each, config.timezone)]) terminal.print(`  ${line}`);
    }
    const total = counted(reading.cases.length, "case");
    terminal.print(failed === 0 ? `${total}, all as expected` : `${total}, ${failed} not as expected`);
    return failed === 0 ? 0 : 1;
  },
};

/** `latch.yaml` → `latch.cases.yaml` */
const casesBeside = (policyFile: string): string => policyFile.replace(/(\.ya?ml)?$/u, ".cases$1");

/** `latch.cases.yaml` → `latch.yaml`; of a file that isn't called so, the bot's own policy. */
const policyBeside = (casesFile: string, terminal: Terminal): string =>
  /\.cases\.ya?ml$/u.test(casesFile) ? casesFile.replace(/\.cases(\.ya?ml)$/u, "$1") : usualFile(terminal);

const differencesOf = (expected: Expected, { outcome, refusals, asked }: PolicyAnswer): readonly string[] => {
  const differ = (what: string, wanted: string, got: string): readonly string[] =>
    wanted === got ? [] : [`expected ${what}${wanted}`, `got      ${what}${got}`];
  const codes = refusals.map(({ code }) => code);
  const decision = asked?.decision;
  const steps = outcome === "needs-approval" && decision?.kind === "needs-approval" ? decision.steps : [];
  const skipped = decision?.kind === "break-glass" ? decision.skipped : steps;
  const approvers = skipped.length === 0 ? [] : (asked?.approvers.flatMap(({ people }) => people) ?? []);
  // Else a slip in a name would pass for a "no" of the policy.
  const unclear =
    asked === undefined ? codes.filter((code) => NAMES_NOTHING.has(code) && !expected.because?.includes(code)) : [];
  return [
    ...(unclear.length > 0 ? ["it names what isn't there"] : []),
    ...differ("", expected.outcome, outcome),
    ...(expected.because === undefined ? [] : differ("because ", named(expected.because), named(codes))),
    ...(expected.rule === undefined ? [] : differ("rule ", expected.rule, asked?.question.rule?.name ?? "none")),
    ...(expected.steps === undefined ? [] : differ("steps ", inOrder(expected.steps), inOrder(skipped))),
    ...(expected.approvers === undefined ? [] : differ("approvers ", named(expected.approvers), named(approvers))),
  ];
};

const NAMES_NOTHING: ReadonlySet<RefusalCode> = new Set([
  "machine-unknown",
  "machine-ambiguous",
  "port-unreadable",
  "duration-unreadable",
  "source-unreadable",
  "source-impossible",
]);

/** In any order, each once. */
const named = (names: readonly string[]): string =>
  names.length === 0 ? "nothing" : [...new Set(names)].toSorted().join(", ");

const inOrder = (steps: Expected["steps"] & object): string =>
  steps.length === 0
    ? "none"
    : steps.map(({ roles, needed }) => showStep({ roles: roles.toSorted(), needed })).join(", then ");

const reasonsOf = ({ refusals }: PolicyAnswer, { ask, at, expected }: Case, zone: string): readonly string[] =>
  refusals
    .filter(({ code }) => expected.because?.includes(code) !== true)
    .map(
      (refusal) => `${showCode(refusal.code)}: ${terminalText(refusalText(refusal, { command: ask, now: at, zone }))}`,
    );
