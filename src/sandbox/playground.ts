/** A sandbox to play in: its time can be moved ahead, its parts can be made to fail, and it shows how the bot comes through. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Memory, startMemory } from "./memory.ts";
import { createMovableClock, type MovableClock } from "./movable-clock.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "./sandbox.ts";
import { createSwitches, type Switches } from "./switches.ts";

export interface Playground {
  readonly sandbox: Sandbox;
  readonly clock: MovableClock;
  readonly memory: Memory;
  readonly switches: Switches;
  readonly stop: () => Promise<void>;
}

/** Starts all but the bot, as `createSandbox` does. */
export const createPlayground = async (
  options: Omit<SandboxOptions, "redisUrl" | "clock" | "movableClock"> = {},
): Promise<Playground> => {
  const folder = await mkdtemp(join(tmpdir(), "latch-memory-"));
  const memory = await startMemory(folder, "acme");
  const clock = createMovableClock();
  const sandbox = await createSandbox({ ...options, movableClock: clock, redisUrl: memory.url });
  return {
    sandbox,
    clock,
    memory,
    switches: createSwitches(sandbox),
    stop: async () => {
      await sandbox.stop();
      await memory.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
