/** `latch policy prove`: that no way lets one person both ask and approve where somebody else has to. */

import { isFault } from "../access/fault.ts";
import type { Config } from "../config.ts";
import { listed } from "../slack/lists.ts";
import { type Proof, proveNobodyAlone } from "../workflow/prove-nobody-alone.ts";
import { ALONE, aloneByWord } from "./alone-by-word.ts";
import type { Command, Terminal } from "./command.ts";
import type { Facts } from "./facts.ts";
import { NO_FACTS } from "./facts-file.ts";
import { readPolicyFile, usualFile } from "./policy-file.ts";
import { factsFrom } from "./read-facts.ts";
import { printSection } from "./section.ts";
import { counted } from "./words.ts";
import { worldOf } from "./written-world.ts";

export const policyProve: Command = {
  name: "prove",
  form: "prove [file] [--facts facts.yaml | --live]",
  summary: "that nobody can both ask and approve, whatever people do in whatever order",
  help: [
    "Goes every way a request can take, for all people there are, with the very functions that answer their clicks, and tells the way",
    "that shouldn't be there, if there is one: exit code 1. Accounts that are linked to one human count as one.",
    "What the policy itself opens without anybody else (no approval, automatic hours, break-glass) is listed.",
    "--facts facts.yaml  who is in which user group and who is who elsewhere, as in a file of cases",
    "--live              Slack and the on-call services are asked instead, with the bot's environment, reading only",
    "Left out, only whom the policy itself names is looked at, and not who is in its user groups.",
  ],
  options: { facts: "text", live: "flag" },
  words: [0, 1],
  run: async ({ words: [file], text, has }, terminal) => {
    if (has("live") && text("facts") !== undefined) return { wrong: "`--facts` and `--live` don't go together" };
    const config = await readPolicyFile(file ?? usualFile(terminal), terminal);
    if (config === undefined) return 1;
    const isAsked = has("live") || text("facts") !== undefined;
    const facts = isAsked ? await factsFrom(text("facts"), config, terminal) : await worldOf(NO_FACTS, config);
    if (facts === undefined) return 1;
    if (!isAsked) noteGroups(config, terminal);
    try {
      return show(await prove(config, facts), config, isAsked, terminal);
    } catch (error) {
      if (!isFault(error)) throw error;
      terminal.complain(`can't be known now: ${error.message}`);
      return 1;
    }
  },
};

const prove = ({ policy }: Config, facts: Facts): Promise<Proof> =>
  proveNobodyAlone(policy, { directory: facts.directory, people: facts.people() });

const noteGroups = ({ policy }: Config, { complain }: Terminal): void => {
  const groups = [...new Set([...policy.roles.values()].flatMap((role) => role.groups))];
  if (groups.length > 0)
    complain(`who is in ${listed(groups)} isn't known here: name facts with \`--facts\`, or ask Slack with \`--live\``);
};

const show = (proof: Proof, { policy }: Config, isAsked: boolean, terminal: Terminal): 0 | 1 => {
  const { print } = terminal;
  if (proof.kind === "proved") {
    const { rules, people, states } = proof;
    const who = people === 1 ? "1 person" : `${people} people`;
    print(`Proved${isAsked ? "" : " for those the policy names"}: nobody both asks and approves.`);
    print(`${counted(rules, "rule")} with approvals, ${who}, ${counted(states, "state")} of a request looked at`);
  } else {
    print(`Not so: under the rule ${proof.rule} there is a way.`);
    for (const step of proof.path) print(`  ${step}`);
  }
  printSection(terminal, ALONE, policy.rules.flatMap(aloneByWord));
  return proof.kind === "proved" ? 0 : 1;
};
