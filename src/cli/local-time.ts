/** Instants as people write and read them: on the wall clock of a zone. */

import { DateTime } from "luxon";
import type { EpochMs } from "../access/time.ts";

/** Reads `2026-11-23 10:00` in the zone, or ISO 8601 with an offset of its own (`2026-11-23T09:00Z`). `problem`: lower case, no full stop. */
export const parseLocalTime = (text: string, zone: string): EpochMs | { readonly problem: string } => {
  const typed = text.trim();
  const at = DateTime.fromISO(typed.replace(/^(\S+)\s+(?=\d)/u, "$1T"), { zone });
  if (!at.isValid || !/^\d{4}-/u.test(typed))
    return { problem: `${JSON.stringify(typed)} is not a time; write one like 2026-11-23 10:00` };
  const isLocal = !/(?:z|[+-]\d{2}(?::?\d{2})?)$/iu.test(typed.slice(10));
  // luxon moves a time that the clocks skip to one they show.
  const hour = /^\d{4}-\d{2}-\d{2}[\sT]+(\d{2})/u.exec(typed)?.[1];
  if (isLocal && hour !== undefined && Number(hour) % 24 !== at.hour)
    return { problem: `the clocks of ${zone} skip ${typed}` };
  return at.toMillis() as EpochMs;
};

/** `Mon 23 Nov 2026 10:00` */
export const showLocalTime = (at: EpochMs, zone: string): string =>
  DateTime.fromMillis(at, { zone }).setLocale("en").toFormat("ccc d LLL yyyy HH:mm");
