/** A lock on a folder that the kernel takes back when its holder dies, however it dies. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Returns the way to unlock; `undefined` when somebody held it all the time.
 *
 * A file with a process id in it outlives its process and may name another one later. Node offers no file locks but those of SQLite, which are the kernel's:
 * https://www.sqlite.org/lockingv3.html
 */
export const lockFolder = async (folder: string, patienceMs: number): Promise<(() => void) | undefined> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const database = new DatabaseSync(join(folder, "lock"));
    try {
      database.exec("BEGIN EXCLUSIVE");
      held.add(database);
      return () => {
        if (held.delete(database)) database.close();
      };
    } catch (error) {
      database.close();
      if (!isBusy(error)) throw error;
    }
    if (performance.now() >= deadline) return undefined;
    await sleep(50);
  }
};

/** Keeps them from the garbage collector, which would unlock. */
const held = new Set<DatabaseSync>();

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
