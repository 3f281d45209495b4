/** A lockdown, kept in a file beside the last good configuration: it outlives a restart that finds memory empty. */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { EpochMs } from "../access/time.ts";
import type { Lockdown } from "../grants/lockdown.ts";
import type { LockdownTrace } from "../workflow/lockdown/keep-lockdown.ts";

interface Opening {
  readonly file: string;
  /** Two installations may share a folder by mistake; one's lockdown isn't the other's. */
  readonly installation: string;
}

export const openLockdownTrace = ({ file, installation }: Opening): LockdownTrace => ({
  read: async () => {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const kept = KEPT.parse(JSON.parse(text));
    return kept.installation === installation ? lockdownOf(kept.lockdown) : undefined;
  },
  write: async (lockdown) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, JSON.stringify({ installation, lockdown }), { mode: 0o600 });
    await rename(`${file}.new`, file);
  },
  remove: () => rm(file, { force: true }),
});

const KEPT = z.object({
  installation: z.string(),
  lockdown: z.object({
    at: z.number(),
    by: z.object({ team: z.string(), user: z.string() }),
    because: z.string(),
    open: z.number(),
    channels: z.array(z.string()),
  }),
});

const lockdownOf = ({ at, ...rest }: z.infer<typeof KEPT>["lockdown"]): Lockdown => ({ ...rest, at: at as EpochMs });

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
