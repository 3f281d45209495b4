/** Finds a Redis or Valkey server program on this machine, or fetches Debian's without being root. */

import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { RedisLog } from "./connect.ts";

const execute = promisify(execFile);

export interface ServerProgram {
  /** What to type before the server's own arguments. */
  readonly command: readonly [string, ...string[]];
}

export interface SearchOptions {
  readonly log: RedisLog;
  /** Programs to try on the path, in order. */
  readonly names?: readonly string[];
  /** Where a fetched one is kept for the next time. */
  readonly cache?: string;
}

/** Throws when there is none and none can be fetched; the message is one line to type. */
export const findServerProgram = async ({
  log,
  names = ["redis-server", "valkey-server"],
  cache = join(homedir(), ".cache", "latch"),
}: SearchOptions): Promise<ServerProgram> => {
  for (const file of names) if (await runs({ command: [file] })) return { command: [file] };

  const unpacked = join(cache, `redis-${process.arch}`);
  const fetched = programIn(unpacked);
  if (await runs(fetched)) return fetched;
  if (process.platform === "linux" && (await exists("/etc/debian_version"))) {
    log.info({ cache }, "fetching a redis server");
    try {
      await fetchInto(cache, unpacked);
      if (await runs(fetched)) return fetched;
    } catch (error) {
      log.warn({ problem: error instanceof Error ? error.message : String(error) }, "could not fetch a redis server");
    }
  }
  throw new Error(`no redis server on this machine: set REDIS_URL, or type \`${await installLine()}\``);
};

/** `env` and not our own environment: its libraries are for the server alone. */
const programIn = (root: string): ServerProgram => {
  const libraries = join(root, "usr", "lib");
  const ofThisMachine = join(libraries, process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu");
  return {
    command: ["env", `LD_LIBRARY_PATH=${ofThisMachine}:${libraries}`, join(root, "usr", "bin", "redis-server")],
  };
};

const runs = async ({ command: [first, ...rest] }: ServerProgram): Promise<boolean> => {
  try {
    await execute(first, [...rest, "--version"]);
    return true;
  } catch {
    return false;
  }
};

/** `redis-server` is a link into `redis-tools`; the other two are what it needs that no Debian has from the start. */
const PACKAGES = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1"];

/** Unpacks aside and moves into place, so that nobody meets half a server and of two who fetch at once both succeed. */
const fetchInto = async (cache: string, place: string): Promise<void> => {
  await mkdir(cache, { recursive: true });
  const aside = await mkdtemp(join(cache, "fetch-"));
  try {
    await download(aside);
    for (const name of await readdir(aside)) {
      if (name.endsWith(".deb")) await execute("dpkg", ["-x", name, "root"], { cwd: aside });
    }
    await rm(place, { recursive: true, force: true });
    await rename(join(aside, "root"), place).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST")))
        throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
};

const download = async (folder: string): Promise<void> => {
  try {
    await execute("apt-get", ["download", ...PACKAGES], { cwd: folder });
  } catch {
    // A fresh container has no package lists, and only root may write the system's: get them aside.
    const lists = ["-o", `Dir::State=${folder}/state`, "-o", `Dir::Cache=${folder}/apt`, "-o", "Debug::NoLocking=1"];
    await mkdir(join(folder, "state", "lists", "partial"), { recursive: true });
    await mkdir(join(folder, "apt", "archives", "partial"), { recursive: true });
    await execute("apt-get", [...lists, "update"], { cwd: folder });
    await execute("apt-get", [...lists, "download", ...PACKAGES], { cwd: folder });
  }
};

const installLine = async (): Promise<string> => {
  if (process.platform === "darwin") return "brew install redis";
  const lines = [
    ["/etc/debian_version", "sudo apt-get install -y redis-server"],
    ["/etc/alpine-release", "apk add redis"],
    ["/etc/fedora-release", "sudo dnf install -y valkey"],
    ["/etc/redhat-release", "sudo dnf install -y redis"],
    ["/etc/arch-release", "sudo pacman -S valkey"],
  ] as const;
  for (const [mark, line] of lines) if (await exists(mark)) return line;
  return "docker run -d -p 127.0.0.1:6379:6379 redis:7 redis-server --appendonly yes";
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
