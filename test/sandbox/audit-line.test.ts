/** The line that the sandbox's terminal shows takes out the audit log, typed as it stands. */

import { execFile } from "node:child_process";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { auditLine } from "../../src/sandbox/audit-line.ts";
import { createPlayground } from "../../src/sandbox/playground.ts";
import { runTerminal } from "../../src/sandbox/terminal.ts";
import { folderWith } from "../cli/run-latch.ts";

const screenOf = async (typed: string, playground: Awaited<ReturnType<typeof createPlayground>>): Promise<string> => {
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = "";
  output.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
  });
  input.end(`${typed}\nquit\n`);
  await runTerminal({ sandbox: playground.sandbox, playground, input, output });
  return screen;
};

test("`audit` and `policy` show a line that finds the sandbox's log", async ({ onTestFinished }) => {
  const playground = await createPlayground();
  onTestFinished(playground.stop);
  const line = auditLine(playground.sandbox.configFile, playground.memory.url);
  for (const word of ["audit", "policy"]) expect(await screenOf(word, playground)).toContain(line);

  const folder = await folderWith({});
  const { stderr } = await promisify(execFile)("sh", ["-c", line.replace("> log", `> ${folder}/log`)]);
  expect(stderr.trim()).toBe("no events");
});

test("what a shell would take apart is quoted", () => {
  expect(auditLine("/tmp/a b/it's.yaml", "redis://x:1/0?a&b")).toBe(
    String.raw`LATCH_CONFIG='/tmp/a b/it'\''s.yaml' REDIS_URL='redis://x:1/0?a&b' npm run --silent latch -- audit export > log.jsonl`,
  );
});
