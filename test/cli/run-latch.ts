/** Runs the real program, as people do. */

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { onTestFinished, vi } from "vitest";

// Every run is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 });

const ROOT = join(import.meta.dirname, "../..");

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Around {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** Nothing of this process's environment is handed on but the path. */
export const latch = (args: readonly string[], { env = {}, input = "", cwd = ROOT }: Around = {}): Promise<Said> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, "src/cli.ts"), ...args],
      { cwd, env: { PATH: process.env.PATH ?? "", ...env } },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
    child.stdin?.end(input);
  });

/** A folder with these files, gone after the test. */
export const folderWith = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "latch-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
};

export const example = (name: string): string => join(ROOT, "manifests", name);
export const fixture = (name: string): string => join(dirname(import.meta.dirname), "cli/policies", name);
