/** All that `latch` can do, by its first words. */

import { nearMiss } from "../access/near-miss.ts";
import { auditExport } from "./audit-export.ts";
import { auditVerify } from "./audit-verify.ts";
import { type Command, type ExitCode, runCommand, type Terminal } from "./command.ts";
import { policyCheck } from "./policy-check.ts";
import { policyDiff } from "./policy-diff.ts";
import { policyExplain } from "./policy-explain.ts";
import { policyProve } from "./policy-prove.ts";
import { policySchema } from "./policy-schema.ts";
import { policyTest } from "./policy-test.ts";

const POLICY_COMMANDS: readonly Command[] = [
  policyCheck,
  policyExplain,
  policyTest,
  policyDiff,
  policyProve,
  policySchema,
];

const AUDIT_COMMANDS: readonly Command[] = [auditExport, auditVerify];

const TOPICS = ["policy", "audit"];

export const runLatch = async ([topic, ...args]: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  if (topic === "policy") return runCommand("latch policy", POLICY_COMMANDS, args, terminal);
  if (topic === "audit") return runCommand("latch audit", AUDIT_COMMANDS, args, terminal);
  const isHelp = topic === "help" || topic === "--help" || topic === "-h";
  const write = isHelp ? terminal.print : terminal.complain;
  if (topic !== undefined && !isHelp) {
    const guess = nearMiss(topic, TOPICS);
    const instead = guess === undefined ? `there are ${TOPICS.join(", ")}` : `did you mean \`${guess}\`?`;
    write(`latch: \`${topic}\` is none of its commands; ${instead}`);
  } else {
    write("latch policy <command>: tools for the policy; `latch policy --help` lists them");
    write("latch audit <command>: tools for the audit log; `latch audit --help` lists them");
  }
  return isHelp ? 0 : 2;
};
