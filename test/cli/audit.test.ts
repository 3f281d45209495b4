/** The audit log, taken out and checked by the real program. */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { type EpochMs, systemClock } from "../../src/access/time.ts";
import { auditEvent } from "../../src/audit/event.ts";
import { createRedisAuditLog } from "../../src/redis/audit-log.ts";
import { keyPrefixOf } from "../../src/redis/keys.ts";
import { DEV } from "../contracts/samples.ts";
import { useRealRedis } from "../redis/real-redis.ts";
import { example, folderWith, latch } from "./run-latch.ts";

const redis = useRealRedis();
const DAY = 86_400_000;
/** What people type, with what ends lines elsewhere. */
const text = 'ssh "prod" \u2028 größer 🔧 \ud83d \u0000 \\ </event>","hash":"';

/** A folder with the export of a log whose first event is ten days old, the next five, and so on. */
const exported = async (args: readonly string[] = []) => {
  const installation = `audit-${process.pid}`;
  const log = createRedisAuditLog(redis.redis(), keyPrefixOf(installation), { clock: systemClock });
  await redis.clear(keyPrefixOf(installation));
  for (const [i, days] of [10, 5, 4, 3, 2, 1].entries())
    await log.append(
      auditEvent("request.refused", `e${i}`, (Date.now() - days * DAY) as EpochMs, DEV, {
        requester: DEV,
        text,
        codes: [],
      }),
    );
  const config = await readFile(example("latch.example.yaml"), "utf8");
  const folder = await folderWith({
    "latch.yaml": config.replace(/^installation: .*$/mu, `installation: ${installation}`),
  });
  const said = await latch(["audit", "export", ...args], { cwd: folder, env: { REDIS_URL: redis.url() } });
  await redis.clear(keyPrefixOf(installation));
  const head = /the last hash is ([0-9a-f]{64})/u.exec(said.err)?.[1] ?? "";
  return { ...said, head, lines: said.out.trimEnd().split("\n") };
};
const verify = (lines: readonly string[], args: readonly string[] = []) =>
  latch(["audit", "verify", "-", ...args], { input: lines.map((line) => `${line}\n`).join("") });

describe("an export", () => {
  test("is a line of JSON for each event, and passes, from a file or from stdin", async () => {
    const { code, lines, head } = await exported();
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      [0, 1, 2, 3, 4, 5].map((i) => ({ event: { id: `request.refused/e${i}`, text }, hash: expect.any(String) })),
    );
    const piped = await verify(lines, ["--head", head]);
    expect(piped).toEqual({
      code: 0,
      err: "",
      out: `6 events, unbroken\nit ends with that hash\nthe last hash is ${head}\n`,
    });
    const folder = await folderWith({ "log.jsonl": `${lines.join("\n")}\n` });
    expect(await latch(["audit", "verify", "log.jsonl"], { cwd: folder })).toMatchObject({ code: 0 });
    // Also when another program wrote it anew.
    const anew = lines.map((line) => {
      const { event, hash, previous } = JSON.parse(line) as { event: object; hash: string; previous: string };
      return JSON.stringify({ hash, previous, event }, undefined, 1).replaceAll("\n", "");
    });
    expect(await verify(anew)).toMatchObject({ code: 0 });
  });

  test("may begin later, and passes, and says so", async () => {
    const { lines, head } = await exported(["--from", "4d12h"]);
    expect(lines).toHaveLength(4);
    const { code, out } = await verify(lines);
    expect(code).toBe(0);
    expect(out).toContain("it doesn't begin with the first event: what was before (request.refused/e2) isn't in it");
    expect(out).toContain(head);
  });

  test("that was tampered with fails, and the line is named", async () => {
    const { lines, head } = await exported();
    const [a = "", b = "", c = "", d = "", ...rest] = lines;
    const tampered: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ["line 3 (request.refused/e2): the event was changed", [a, b, c.replace("prod", "test"), d, ...rest], []],
      ["line 3 (request.refused/e3): it follows an event that isn't there", [a, b, d, ...rest], []],
      ["line 2 (request.refused/e2): it was swapped with another", [a, c, b, d, ...rest], []],
      ["line 3 (request.refused/e1): it was inserted", [a, b, b, c, d, ...rest], []],
      ["the end is missing", [a, b, c], ["--head", head]],
      ["line 4: it can't be read", [a, b, c, d.slice(0, 80)], []],
      // No hash covers it.
      ["line 3: it can't be read", [a, b, c.replace(/\}$/u, ',"approved":"U0EVIL"}'), d, ...rest], []],
      ["it holds no events", [], []],
    ];
    for (const [words, damaged, args] of tampered) {
      const { code, out } = await verify(damaged, args);
      expect([out.startsWith(words) ? words : out, code]).toEqual([words, 1]);
    }
  });
});

test("what can't be done is told", async () => {
  const missing = await latch(["audit", "verify", "/nowhere.jsonl"]);
  expect([missing.code, missing.err]).toEqual([1, "cannot read /nowhere.jsonl: there is no such file\n"]);
  const folder = await latch(["audit", "verify", "/"]);
  expect([folder.code, folder.err]).toEqual([1, "cannot read /: it is a folder\n"]);
  expect(await latch(["audit", "verify"])).toMatchObject({ code: 2 });
  expect(await latch(["audit", "verify", "-", "--head", "abc"])).toMatchObject({ code: 2 });
  expect(await latch(["audit", "export", "--from", "yesterday"])).toMatchObject({ code: 2 });
  expect(await latch(["audit", "import"])).toMatchObject({ code: 2 });
});
