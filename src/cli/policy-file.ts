/** Reads the policy that a command is about, or tells what is wrong with it. */

import { type Config, readConfig, readPlaces, showProblem } from "../config.ts";
import type { Terminal } from "./command.ts";

/** The one that the bot itself would read. */
export const usualFile = ({ env }: Terminal): string => readPlaces(env).configFile;

/** Tells every mistake on stderr, a line each; `undefined` then. */
export const readPolicyFile = async (file: string, terminal: Terminal): Promise<Config | undefined> => {
  const reading = await readConfig(file);
  if (reading.kind === "ok") return reading.config;
  for (const problem of reading.problems) terminal.complain(showProblem(problem));
  if (reading.mayBeMore === true)
    terminal.complain("When these are mended, what the parts say together is checked too, and there may be more.");
  return undefined;
};
