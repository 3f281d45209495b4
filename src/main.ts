/** The bot's entry: what `npm start` runs. */

import { enableCompileCache } from "node:module";
import process from "node:process";
import { systemClock } from "./access/time.ts";
import { runBot } from "./run-bot.ts";

enableCompileCache();

await runBot({ env: process.env, clock: systemClock });
