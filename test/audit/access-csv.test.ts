import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RequestId } from "../../src/access/identifier.ts";
import { type DurationMs, HOUR, later, SECOND } from "../../src/access/time.ts";
import { accessCsv } from "../../src/audit/access-csv.ts";
import type { AccessRow } from "../../src/audit/access-rows.ts";
import { csvOf } from "../../src/audit/csv.ts";
import { factsOf } from "../../src/grants/facts.ts";
import { aRequest, DEV, LEAD, NOW } from "../contracts/samples.ts";

/** As a spreadsheet reads it. */
const parse = (text: string): readonly (readonly string[])[] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = text;
  while (rest !== "") {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/u.exec(rest);
    if (match === null) throw new Error(`not RFC 4180: ${JSON.stringify(rest.slice(0, 80))}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    rest = rest.slice(match[0].length);
    if (match[3] === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
};

const row: AccessRow = {
  ...factsOf(aRequest()),
  id: "k7f3q2xd" as RequestId,
  rule: "production",
  from: NOW,
  until: later(NOW, HOUR),
  approvers: [LEAD],
  brokeGlass: false,
  openedAt: later(NOW, SECOND),
  closedAt: later(NOW, (HOUR + 512) as DurationMs),
  lagMs: 512 as DurationMs,
  state: "expired",
  lastAt: NOW,
};

test("each access is a row, with its names, its times in UTC and its lag in seconds", () => {
  const [head = [], first = [], ...rest] = parse(accessCsv([row], (id) => (id === DEV.user ? "Dev, One" : undefined)));
  expect(rest).toEqual([]);
  expect(head.slice(0, 11).join(",")).toBe(
    "who,machine,ports,source,from,until,justification,approvers,opened,closed,lag",
  );
  expect(Object.fromEntries(head.map((name, i) => [name, first[i]]))).toMatchObject({
    who: "Dev, One (U0DEV1)",
    machine: "prod-vm-3",
    ports: "22/tcp",
    source: "203.0.113.7/32",
    from: "2027-01-15T08:00:00.000Z",
    until: "2027-01-15T09:00:00.000Z",
    justification: row.justification,
    approvers: "U0LEAD1",
    opened: "2027-01-15T08:00:01.000Z",
    closed: "2027-01-15T09:00:00.512Z",
    lag: "0.512",
    state: "expired",
    rule: "production",
    id: "k7f3q2xd",
  });
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '=HYPERLINK("http://x","y")', "＝1"])(
  "%j is text in every spreadsheet",
  (justification) => {
    const [, cells = []] = parse(accessCsv([{ ...row, justification }], () => undefined));
    expect(cells[6]).toBe(`'${justification}`);
  },
);

describe("whatever is in the cells", () => {
  test("comes back as it was, or with an apostrophe before it, and never begins like a formula", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: "binary" }), { minLength: 2, maxLength: 4 }), { minLength: 1 }),
        (cells) => {
          const read = parse(csvOf(cells));
          expect(read.map((each) => each.length)).toEqual(cells.map((each) => each.length));
          for (const [i, each] of read.entries())
            for (const [j, cell] of each.entries()) {
              const was = cells[i]?.[j] ?? "";
              expect([was, `'${was}`]).toContain(cell);
              expect(cell).not.toMatch(/^[=+\-@\t\r]/u);
            }
        },
      ),
    );
  });
});
