/** The `latch` program for people who look after a policy or audit what was done: `npm run latch -- policy check`. */

import { enableCompileCache } from "node:module";
import process from "node:process";
import { text } from "node:stream/consumers";
import { systemClock } from "./access/time.ts";
import type { Terminal } from "./cli/command.ts";

// What is imported from here on is read faster the next time.
enableCompileCache();
const { runLatch } = await import("./cli/run-latch.ts");
const { messageOf } = await import("./operator-log.ts");

const terminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
  env: process.env,
  clock: systemClock,
};

// A pipe that is closed early (`| head`) wants no more lines, and that is no problem.
process.stdout.on("error", () => process.exit(0));

try {
  process.exitCode = await runLatch(process.argv.slice(2), terminal);
} catch (error) {
  terminal.complain(`latch: ${messageOf(error)}`);
  process.exitCode = 1;
}
