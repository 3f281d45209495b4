/** The `latch` program for people who look after a policy: `npm run latch -- policy check`. */

import process from "node:process";
import { text } from "node:stream/consumers";
import { systemClock } from "./access/time.ts";
import { type Command, runCommand, type Terminal } from "./cli/command.ts";
import { policyCheck } from "./cli/policy-check.ts";
import { policyDiff } from "./cli/policy-diff.ts";
import { policyExplain } from "./cli/policy-explain.ts";
import { policyTest } from "./cli/policy-test.ts";
import { messageOf } from "./operator-log.ts";

const POLICY_COMMANDS: readonly Command[] = [policyCheck, policyExplain, policyTest, policyDiff];

const terminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
  env: process.env,
  clock: systemClock,
};

const main = async ([topic, ...args]: readonly string[]): Promise<number> => {
  if (topic === "policy") return runCommand("latch policy", POLICY_COMMANDS, args, terminal);
  const isHelp = topic === "help" || topic === "--help" || topic === "-h";
  const write = isHelp ? terminal.print : terminal.complain;
  if (topic !== undefined && !isHelp) write(`latch: \`${topic}\` is none of its commands; did you mean \`policy\`?`);
  else write("latch policy <command>: tools for the policy; `latch policy --help` lists them");
  return isHelp ? 0 : 2;
};

// A pipe that is closed early (`| head`) wants no more lines, and that is no problem.
process.stdout.on("error", () => process.exit(0));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  terminal.complain(`latch: ${messageOf(error)}`);
  process.exitCode = 1;
}
