/** The bot's entry in the sandbox: the same bot as `main.ts` starts, by the clock of the process that started this one. */

import { enableCompileCache } from "node:module";
import process from "node:process";
import { getTasks } from "node-cron";
import { type Clock, type EpochMs, systemClock } from "../access/time.ts";
import { runBot } from "../run-bot.ts";

enableCompileCache();

let ahead = 0;
const clock: Clock = { now: () => (systemClock.now() + ahead) as EpochMs };

/** node-cron goes by the machine's time: the full minutes that were skipped are made up for by one look at everything. */
const lookAtEverything = async (): Promise<void> => {
  for (const task of getTasks().values()) {
    if (task.name !== "minute") continue;
    // One that is under way began to look before time was moved.
    while (task.isBusy()) await new Promise((resolve) => setTimeout(resolve, 20));
    await task.execute();
  }
};

const told = Promise.withResolvers<void>();
let looking = Promise.resolve();
process.on("message", (aheadMs: number) => {
  const isMoved = aheadMs > ahead;
  ahead = Math.max(ahead, aheadMs);
  process.send?.(ahead);
  told.resolve();
  if (isMoved) looking = looking.then(lookAtEverything).catch(() => undefined);
});
// Whoever started it is gone: nobody could stop it any more.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));

await told.promise;
process.channel?.unref();
await runBot({ env: process.env, clock });
