/** `latch policy check`: every mistake of a policy with its place, or what it says in a few lines. */

import type { Policy, Rule } from "../policy/policy.ts";
import { ALONE, aloneByWord } from "./alone-by-word.ts";
import type { Command } from "./command.ts";
import { readPolicyFile, usualFile } from "./policy-file.ts";
import { printSection } from "./section.ts";
import { warningsOf } from "./warnings.ts";
import { counted, either, showRule } from "./words.ts";

export const policyCheck: Command = {
  name: "check",
  form: "check [file]",
  summary: "every mistake with line and column, or what the policy says in a few lines",
  help: [
    "Reads the file as the bot does at its start; left out, it is that of LATCH_CONFIG, or latch.yaml.",
    "Mistakes go to stderr, a line each: file:line:column, path, and what would be right. Exit code 1 then.",
    "Warnings are no mistakes: rules never reached, roles that nobody holds or nothing uses, freezes that are over.",
  ],
  options: {},
  words: [0, 1],
  run: async ({ words: [file] }, terminal) => {
    const name = file ?? usualFile(terminal);
    const config = await readPolicyFile(name, terminal);
    if (config === undefined) return 1;
    const { policy } = config;
    const { print } = terminal;
    print(`${name} is in order: ${counted(policy.rules.length, "rule")}, ${counted(policy.roles.size, "role")}`);
    printSection(terminal, "Rules, of which the first that matches a machine decides", policy.rules.map(ruleLine));
    printSection(terminal, "Nothing opens", [...denialLines(policy), ...freezeLines(policy)]);
    printSection(terminal, ALONE, policy.rules.flatMap(aloneByWord));
    printSection(terminal, "Worth a second look", warningsOf(config, terminal.clock.now()));
    return 0;
  },
};

const ruleLine = (rule: Rule): string => `${rule.name}: ${showRule(rule)}`;

const denialLines = ({ denials }: Policy): readonly string[] =>
  denials.map(
    ({ name, people }) =>
      `for ${people.length === 0 ? "anybody" : either(people)}, where the deny rule \`${name}\` fits`,
  );

const freezeLines = ({ freezes }: Policy): readonly string[] =>
  freezes.map(
    ({ name, except }) => `during the freeze \`${name}\`${except.length === 0 ? "" : `, but for ${either(except)}`}`,
  );
