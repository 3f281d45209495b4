/** A process that was frozen for longer than its lease, and is the only one. */

import { expect, test } from "vitest";
import { type DurationMs, type EpochMs, later, SECOND } from "../../src/access/time.ts";
import { createDestinationLook } from "../../src/notices/deliver.ts";
import { createLoop } from "../../src/reconcile/loop.ts";
import { createMemoryOutbox } from "../fakes/memory-outbox.ts";
import { NO_PACE } from "../fakes/memory-pace.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";

test("what waited for a destination is said all the same", async () => {
  let now = 1_795_446_000_000 as EpochMs;
  const clock = { now: () => now };
  const destinations = createMemoryWakeups();
  const outbox = createMemoryOutbox({ clock, destinations, events: createMemoryWakeups() });
  const said: string[] = [];
  const look = createDestinationLook({
    outbox,
    clock,
    pace: NO_PACE,
    homes: async () => [],
    messenger: {
      post: async (channel, id) => {
        said.push(id);
        return { channel, ts: String(said.length) };
      },
      update: async () => undefined,
      find: async () => undefined,
    },
    securityChannel: () => undefined,
    toldDirectly: async () => [],
    undeliverable: () => undefined,
  });
  let freezes = 1;
  const loop = createLoop({
    clock,
    wakeups: destinations,
    concurrency: 1,
    failed: async () => undefined,
    look: async (id, stillMine) => {
      if (freezes-- > 0) now = later(now, (60 * SECOND) as DurationMs);
      return await look(id, stillMine);
    },
  });
  await outbox.fanOut("1", [
    { id: "grant.ended/k7f3q2xd/channel", destination: "C0", urgency: 0, kind: "message", body: {} },
  ]);
  await loop.beat();
  await expect.poll(() => said).toEqual(["grant.ended/k7f3q2xd/channel"]);
  await loop.stop();
});
