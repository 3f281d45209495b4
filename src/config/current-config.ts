/** The configuration that counts now: read at start, and again whenever its file changes. */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Config, type ConfigReading, parseConfig, readConfig, showProblem } from "../config.ts";
import { authoritySettings } from "./build-authorities.ts";
import { configChanges, needsRestart } from "./changes.ts";

export interface CurrentConfig {
  readonly config: () => Config;
  /** Why nothing may be given, a line each: what is configured is for closing only then. Empty: all is right. */
  readonly problems: () => readonly string[];
  /** Of the file when it was read at start, or last taken; a file that couldn't be used too. */
  readonly text: () => string;
  /** Of the last good one before this start; `undefined`: none is kept. */
  readonly lastText: string | undefined;
  /** Takes another reading of the file over, if it can be used. */
  readonly take: (reading: ConfigReading, text: string) => Promise<Taken>;
}

export type Taken =
  | { readonly kind: "same" }
  /** A sentence for each difference; `later`: what only a restart changes. */
  | { readonly kind: "taken"; readonly changes: readonly string[]; readonly later: readonly string[] }
  /** What counted before still does. */
  | { readonly kind: "refused"; readonly problems: readonly string[] };

interface Opening {
  readonly file: string;
  /** Where the last good one is kept. */
  readonly copy: string;
  /** A copy couldn't be kept. */
  readonly failed: (error: unknown) => void;
}

/**
 * With a configuration that can't be read nobody gets anything, but what is open must still close: then the last good one says which clouds
 * there are, for closing only.
 */
export const openConfig = async ({ file, copy, failed }: Opening): Promise<CurrentConfig> => {
  const keep = (good: string): Promise<void> => keepCopy(good, copy).catch(failed);
  const lastText = await readFile(copy, "utf8").catch(() => undefined);
  const text = await readFile(file, "utf8").catch(() => undefined);
  const reading = text === undefined ? await readConfig(file) : parseConfig(text, file);
  let seen = text ?? "";
  let problems: readonly string[] = [];
  let counts: Counting;
  if (reading.kind === "ok") {
    counts = { config: reading.config, text: text ?? "" };
    await keep(counts.text);
  } else {
    problems = reading.problems.map(showProblem);
    counts = lastGood(lastText ?? "", copy);
  }

  return {
    config: () => counts.config,
    problems: () => problems,
    text: () => seen,
    lastText,
    take: async (next, nextText) => {
      seen = nextText;
      if (next.kind === "bad") return { kind: "refused", problems: next.problems.map(showProblem) };
      const { installation } = next.config;
      // Everything in memory and in the clouds carries that name.
      if (installation !== counts.config.installation)
        return { kind: "refused", problems: [`installation: only a start of the bot makes it ${installation}`] };
      if (nextText === counts.text && problems.length === 0) return { kind: "same" };
      const changes = configChanges(counts.text, nextText);
      const later = needsRestart(counts.config, next.config);
      counts = { config: next.config, text: nextText };
      problems = [];
      await keep(nextText);
      return { kind: "taken", changes, later };
    },
  };
};

interface Counting {
  readonly config: Config;
  readonly text: string;
}

const lastGood = (text: string, copy: string): Counting => {
  const reading = parseConfig(text, copy);
  return reading.kind === "ok" ? { config: reading.config, text } : { config: NO_CONFIG, text: "" };
};

const keepCopy = async (text: string, copy: string): Promise<void> => {
  await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
  await writeFile(`${copy}.new`, text, { mode: 0o600 });
  await rename(`${copy}.new`, copy);
};

const NO_CONFIG: Config = {
  identities: { people: new Map(), profileFields: {}, signIn: undefined, byEmail: new Map() },
  onCall: { pagerduty: undefined, opsgenie: undefined },
  authorities: authoritySettings({ authorities: undefined }),
  installation: "unconfigured",
  timezone: "UTC",
  azure: undefined,
  aws: [],
  policy: { services: new Map(), networks: new Map(), roles: new Map(), rules: [], denials: [], freezes: [] },
  security: undefined,
};
