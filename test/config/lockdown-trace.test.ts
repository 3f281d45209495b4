import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { openLockdownTrace } from "../../src/config/lockdown-trace.ts";
import type { Lockdown } from "../../src/grants/lockdown.ts";
import { createKeepLockdown } from "../../src/workflow/lockdown/keep-lockdown.ts";
import { NOW } from "../contracts/samples.ts";
import { createMemoryLedger } from "../fakes/memory-ledger.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";

const LOCKDOWN: Lockdown = {
  at: NOW,
  by: { team: "T0ACME", user: "U0SEC1" },
  because: "INC-9",
  open: 2,
  channels: ["C0ACCESS"],
};

const setup = async () => {
  const folder = await mkdtemp(join(tmpdir(), "latch-trace-"));
  const file = join(folder, "data", "lockdown.json");
  const memory = createMemoryLedger({ firewalls: createMemoryWakeups({}), requests: createMemoryWakeups({}) });
  const problems: unknown[] = [];
  /** Another process, with what the one before it left. */
  const start = (installation = "acme") =>
    createKeepLockdown({
      ledger: memory.ledger,
      trace: openLockdownTrace({ file, installation }),
      failed: (error) => problems.push(error),
    });
  const lockdown = () => memory.ledger.lockdown();
  const set = (to: Lockdown | "lifted") => memory.ledger.commit({ lockdown: to, events: [] });
  return { folder, file, memory, problems, start, lockdown, set };
};

test("a lockdown outlives a restart that finds memory empty", async () => {
  const { memory, start, lockdown, set } = await setup();
  await set(LOCKDOWN);
  await start()();
  memory.clear();
  await start()();
  expect(await lockdown()).toEqual(LOCKDOWN);
});

test("one that was lifted doesn't come back, also where the process was away when it was lifted", async () => {
  const { memory, folder, start, lockdown, set } = await setup();
  await set(LOCKDOWN);
  const keep = start();
  await keep();
  await set("lifted");
  await start()();
  expect(await lockdown()).toBeUndefined();
  expect(await readdir(join(folder, "data"))).toEqual([]);
  memory.clear();
  await start()();
  expect(await lockdown()).toBeUndefined();
});

test("of two the later one is kept", async () => {
  const { memory, start, lockdown, set } = await setup();
  await set(LOCKDOWN);
  const keep = start();
  await keep();
  await set("lifted");
  const later = { ...LOCKDOWN, at: (NOW + MINUTE) as Lockdown["at"], because: "INC-10" };
  await set(later);
  await keep();
  memory.clear();
  await start()();
  expect(await lockdown()).toEqual(later);
});

test("another installation's lockdown isn't ours", async () => {
  const { memory, start, lockdown, set } = await setup();
  await set(LOCKDOWN);
  await start()();
  memory.clear();
  await start("other")();
  expect(await lockdown()).toBeUndefined();
});

test("what can't be read is told once, and what can't be kept is tried again", async () => {
  const { folder, file, memory, problems, start, lockdown, set } = await setup();
  // Where the folder should be there is a file.
  await writeFile(join(folder, "data"), "");
  await set(LOCKDOWN);
  const keep = start();
  await keep();
  await keep();
  expect(problems).toHaveLength(2);
  expect(await lockdown()).toEqual(LOCKDOWN);

  await rm(join(folder, "data"));
  await keep();
  memory.clear();
  await start()();
  expect(await lockdown()).toEqual(LOCKDOWN);

  await writeFile(file, "{");
  memory.clear();
  await start()();
  expect(problems).toHaveLength(3);
});
