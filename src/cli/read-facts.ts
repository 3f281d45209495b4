/** Facts for one command: from a file that `--facts` names, or from the world as the bot sees it. */

import { readFile } from "node:fs/promises";
import { type Config, showProblem } from "../config.ts";
import { readFactsOnly } from "./cases-file.ts";
import type { Terminal } from "./command.ts";
import type { Facts } from "./facts.ts";
import { worldOf } from "./written-world.ts";

/** Tells what is wrong on stderr; `undefined` then. */
export const factsFrom = async (
  file: string | undefined,
  config: Config,
  terminal: Terminal,
): Promise<Facts | undefined> => {
  if (file === undefined) {
    const { liveFacts } = await import("./live-facts.ts");
    return liveFacts(config, terminal);
  }
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) {
    terminal.complain(`${file}: cannot read this file of facts`);
    return undefined;
  }
  const reading = readFactsOnly(text, file, config.policy);
  if ("people" in reading) return worldOf(reading, config);
  for (const problem of reading) terminal.complain(showProblem(problem));
  return undefined;
};
