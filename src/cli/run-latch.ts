/** All that `latch` can do, by its first words. */

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

export const runLatch = async ([topic, ...args]: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  if (topic === "policy") return runCommand("latch policy", POLICY_COMMANDS, args, terminal);
  if (topic === "audit") return runCommand("latch audit", AUDIT_COMMANDS, args, terminal);
  const isHelp = topic === "help" || topic === "--help" || topic === "-h";
  const write = isHelp ? terminal.print : terminal.complain;
  if (topic !== undefined && !isHelp) write(`latch: \`${topic}\` is none of its commands; there are policy, audit`);
  else {
    write("latch policy <command>: tools for the policy; `latch policy --help` lists them");
    write("latch audit <command>: tools for the audit log; `latch audit --help` lists them");
  }
  return isHelp ? 0 : 2;
};
