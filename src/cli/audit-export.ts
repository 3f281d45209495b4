/** `latch audit export`: the audit log as lines of JSON that can be checked elsewhere. */

import { parseDuration } from "../access/duration.ts";
import { later } from "../access/time.ts";
import { readPlaces } from "../config.ts";
import { messageOf } from "../operator-log.ts";
import type { Command, Terminal } from "./command.ts";
import { exportLine } from "./export-lines.ts";
import { readPolicyFile, usualFile } from "./policy-file.ts";
import { counted } from "./words.ts";

export const auditExport: Command = {
  name: "export",
  form: "export [--from 30d|2026-11-01] > file.jsonl",
  summary: "write the audit log to stdout, a line of JSON for each event",
  help: [
    'A line is {"event":{…},"hash":"…","previous":"…"}: the event as it was written, sha256(previous + event), and the hash of the line before.',
    "It is read from Redis as the bot finds it: REDIS_URL, or the embedded one of a bot that isn't running (LATCH_DATA); the installation's name from LATCH_CONFIG.",
    "--from  so far back (30d), or a day or time of ISO 8601 in UTC; left out: from the first event on.",
    "Keep the last hash, which is told on stderr, somewhere else: `latch audit verify --head` finds with it that nothing is missing at the end.",
  ],
  options: { from: "text" },
  words: [0, 0],
  run: async ({ text }, terminal) => {
    const from = startOf(text("from"), terminal);
    if (from === undefined) return { wrong: "`--from` is a length of time like 30d, or a day like 2026-11-01" };
    const config = await readPolicyFile(usualFile(terminal), terminal);
    if (config === undefined) return 1;
    let count = 0;
    let head = "";
    try {
      // Redis' client takes a while to load.
      const { eachStored } = await import("./stored-log.ts");
      const deps = { ...readPlaces(terminal.env), installation: config.installation, clock: terminal.clock };
      const isThere = await eachStored(deps, (page) => {
        for (const entry of page) {
          // From the first one that is new enough on, so that the chain has no gap.
          if (count === 0 && entry.event.at < from) continue;
          terminal.print(exportLine(entry));
          count += 1;
          head = entry.hash;
        }
      });
      if (!isThere) {
        terminal.complain("there is no audit log: name its Redis with REDIS_URL, or the bot's folder with LATCH_DATA");
        return 1;
      }
    } catch (error) {
      terminal.complain(`cannot read the audit log from Redis: ${messageOf(error)}`);
      return 1;
    }
    terminal.complain(count === 0 ? "no events" : `${counted(count, "event")}; the last hash is ${head}`);
    return 0;
  },
};

const startOf = (typed: string | undefined, { clock }: Terminal): number | undefined => {
  if (typed === undefined) return 0;
  const length = parseDuration(typed);
  if (typeof length === "number") return later(clock.now(), -length as typeof length);
  const at = /^\d{4}-\d\d-\d\d/u.test(typed) ? Date.parse(typed) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
};
