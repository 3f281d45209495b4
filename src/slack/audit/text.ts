/** Accesses as a list for whoever asked. */

import { showDuration } from "../../access/duration.ts";
import type { EpochMs } from "../../access/time.ts";
import type { AccessRow } from "../../audit/access-rows.ts";
import type { AccessList, AskedAccesses } from "../../workflow/list-accesses.ts";
import { cut, type Drawn, drawn } from "../blocks.ts";
import { few } from "../lists.ts";
import { literal, mention, when } from "../mrkdwn.ts";
import { showSources } from "../sources-words.ts";
import { boldTitle } from "../title.ts";

/** What became of the file with all of them. */
export type FileOutcome = "sent" | "not-allowed" | "failed";

/** `file` absent: there was nothing to put in one. */
export const drawAccesses = (
  list: AccessList,
  asked: AskedAccesses,
  file: FileOutcome | undefined,
  now: EpochMs,
  zone: string,
): Drawn => {
  const { rows } = list;
  const whose = list.isOwn ? " of yours" : asked.person === undefined ? "" : ` of ${personText(asked.person)}`;
  const where = asked.machine === undefined ? "" : ` on ${literal(asked.machine)}`;
  const what = `${whose}${where} in the last ${showDuration(list.periodMs).replace(/^1 (?=[a-z]+$)/u, "")}`;
  const limits = [
    ...(list.isShortened ? ["I look back 90 days at most."] : []),
    ...(list.cutAt === undefined
      ? []
      : [`There is too much on record: what was before ${when(list.cutAt, now, zone)} is left out.`]),
  ];
  if (rows.length === 0) return drawn(`No access${what}.`, limits);
  const count = rows.length === 1 ? "1 access" : `${rows.length} accesses`;
  const rest = rows.length - SHOWN;
  return drawn(`${count}${what}${rows.length === 1 ? "" : ", the latest first"}:`, [
    ...rows.slice(0, SHOWN).map((row) => rowText(row, now, zone)),
    ...(rest > 0 ? [`and ${rest} more.`] : []),
    ...limits,
    ...(file === undefined ? [] : [FILE[file]]),
  ]);
};

const FILE: Readonly<Record<FileOutcome, string>> = {
  sent: "The whole list is in a file that I sent you directly.",
  "not-allowed":
    "I can't send you the whole list as a file: Slack hasn't given me the permission `files:write`. Whoever runs me can add it.",
  failed: "I can't send you the whole list as a file right now. Ask again in a minute.",
};

const rowText = (row: AccessRow, now: EpochMs, zone: string): string => {
  const { requester, sources, from, approvers, brokeGlass } = row;
  const yes =
    approvers.length === 0
      ? []
      : [
          `approved by ${few(
            approvers.map(({ user }) => mention(user)),
            3,
          )}`,
        ];
  const parts = [
    boldTitle(row),
    `${mention(requester.user)} from ${cut(showSources(sources), 200)}`,
    ...(from === undefined ? [] : [when(from, now, zone)]),
    ...(brokeGlass ? ["break-glass"] : []),
    ...yes,
    stateText(row, now, zone),
  ];
  return cut(parts.join(" · "), 700);
};

const stateText = ({ state, until, closedAt, lagMs }: AccessRow, now: EpochMs, zone: string): string => {
  const end = until === undefined ? "" : ` until ${when(until, now, zone)}`;
  const closed = closedAt === undefined ? "closed" : `closed ${when(closedAt, now, zone)}`;
  const lag = lagMs === undefined ? "" : `, ${showDuration(lagMs)} after its time`;
  switch (state) {
    case "waiting":
      return "waiting for an answer";
    case "denied":
    case "withdrawn":
      return state;
    case "lapsed":
      return "nobody answered";
    case "opening":
      return `opening,${end}`;
    case "open":
      return `open${end}`;
    case "closing":
      return `over${until === undefined ? "" : ` since ${when(until, now, zone)}`}, not closed yet`;
    case "expired":
      return `${closed}${lag}`;
    case "closed":
      return `${closed}, before its time`;
    case "failed":
      return "couldn't be opened";
    case "not-allowed":
      return `${closed}, because it was no longer allowed`;
    case "superseded":
      return `${closed}, moved to another address`;
    case "lockdown":
      return `${closed} by the lockdown`;
  }
};

const personText = (typed: string): string => (/^[UW][A-Z0-9]+$/u.test(typed) ? mention(typed) : literal(typed));

const SHOWN = 10;
