import { describe, expect, test } from "vitest";
import { changeGrant } from "../../src/grants/change.ts";
import type { Ledger } from "../../src/grants/ledger.ts";
import { aGrant, anEvent, NOW } from "../contracts/samples.ts";
import { createMemoryLedger } from "../fakes/memory-ledger.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";

const setup = async () => {
  const { ledger, log } = createMemoryLedger({ firewalls: createMemoryWakeups(), requests: createMemoryWakeups() });
  await ledger.commit({ grant: aGrant(), events: [] });
  return { ledger, log };
};

describe("changing a grant", () => {
  test("writes the next version, with what goes with it, and returns it", async () => {
    const { ledger, log } = await setup();
    const written = await changeGrant(ledger, aGrant().id, (grant) => ({
      grant: { ...grant, openedAt: NOW },
      events: [anEvent("a")],
    }));
    expect(written).toEqual(aGrant({ openedAt: NOW, version: 2 }));
    expect(await ledger.grant(aGrant().id)).toEqual(written);
    expect(log()).toEqual([anEvent("a")]);
  });

  test("does nothing where there is nothing to do, or no such grant", async () => {
    const { ledger } = await setup();
    expect(await changeGrant(ledger, aGrant().id, () => undefined)).toBeUndefined();
    expect(await changeGrant(ledger, "nosuch22" as never, (grant) => ({ grant, events: [] }))).toBeUndefined();
    expect((await ledger.grant(aGrant().id))?.version).toBe(1);
  });

  test("loses no change of many who change it at once", async () => {
    const { ledger } = await setup();
    const add = (channel: string) =>
      changeGrant(ledger, aGrant().id, (grant) => ({
        grant: { ...grant, channel: `${grant.channel} ${channel}` },
        events: [],
      }));
    await Promise.all(["a", "b", "c", "d"].map(add));
    const grant = await ledger.grant(aGrant().id);
    expect(grant?.version).toBe(5);
    expect(grant?.channel.split(" ").toSorted()).toEqual(["C0ACCESS", "a", "b", "c", "d"].toSorted());
  });

  test("gives up, and may be tried again, when it never wins", async () => {
    const { ledger } = await setup();
    const jinxed: Ledger = { ...ledger, commit: async () => false };
    await expect(changeGrant(jinxed, aGrant().id, (grant) => ({ grant, events: [] }))).rejects.toMatchObject({
      code: "redis",
      retry: "later",
    });
  });
});
