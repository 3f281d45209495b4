/** Accesses as a CSV file. Times are ISO 8601 in UTC, lags seconds, several things in one cell are set apart by `; `. */

import type { Person } from "../access/person.ts";
import { portKey } from "../access/port.ts";
import type { EpochMs } from "../access/time.ts";
import type { AccessRow } from "./access-rows.ts";
import { csvOf } from "./csv.ts";

/** `nameOf`: what people are called, where that is known; it comes before their id. */
export const accessCsv = (rows: readonly AccessRow[], nameOf: (user: string) => string | undefined): string =>
  csvOf([COLUMNS.map(({ name }) => name), ...rows.map((row) => COLUMNS.map(({ of }) => of(row, nameOf)))]);

interface Column {
  readonly name: string;
  readonly of: (row: AccessRow, nameOf: (user: string) => string | undefined) => string;
}

const COLUMNS: readonly Column[] = [
  { name: "who", of: ({ requester }, nameOf) => personText(requester, nameOf) },
  { name: "machine", of: ({ machine }) => machine.name },
  { name: "ports", of: ({ ports }) => ports.map(portKey).join("; ") },
  { name: "source", of: ({ sources }) => sources.join("; ") },
  { name: "from", of: ({ from }) => timeText(from) },
  { name: "until", of: ({ until }) => timeText(until) },
  { name: "justification", of: ({ justification }) => justification },
  {
    name: "approvers",
    of: ({ approvers }, nameOf) => approvers.map((person) => personText(person, nameOf)).join("; "),
  },
  { name: "opened", of: ({ openedAt }) => timeText(openedAt) },
  { name: "closed", of: ({ closedAt }) => timeText(closedAt) },
  { name: "lag", of: ({ lagMs }) => (lagMs === undefined ? "" : String(Math.max(0, lagMs) / 1_000)) },
  { name: "state", of: ({ state }) => state },
  { name: "break-glass", of: ({ brokeGlass }) => (brokeGlass ? "yes" : "") },
  { name: "rule", of: ({ rule }) => rule ?? "" },
  { name: "cloud", of: ({ machine }) => machine.cloud },
  { name: "machine id", of: ({ machine }) => machine.id },
  { name: "id", of: ({ id }) => id },
];

const timeText = (at: EpochMs | undefined): string => (at === undefined ? "" : new Date(at).toISOString());

const personText = ({ user }: Person, nameOf: (user: string) => string | undefined): string => {
  const name = nameOf(user);
  return name === undefined ? user : `${name} (${user})`;
};
