import { describe, expect, test } from "vitest";
import { createTellOverdue, OVERDUE_AFTER } from "../../src/reconcile/tell-overdue.ts";
import { createWorld, END, grantOn, later, MINUTE, NOW, NSG, ONE, SECOND, SUBNET_NSG, TWO } from "./world.ts";

const setup = async () => {
  const world = await createWorld();
  const tellOverdue = createTellOverdue({
    ledger: world.ledger,
    auditLog: world.memory.auditLog,
    clock: world.clock,
    overdueAfter: OVERDUE_AFTER,
  });
  return { ...world, tellOverdue, overdue: () => world.events("closing.overdue").map(({ grantId }) => grantId) };
};
const OVERDUE_AT = END + OVERDUE_AFTER;

describe("a closing that doesn't succeed", () => {
  test("is told when it is overdue and not a millisecond before, with since when and why", async () => {
    const { give, clock, tellOverdue, events } = await setup();
    await give(grantOn());
    clock.set(OVERDUE_AT - 1);
    await tellOverdue(NSG, "busy");
    expect(events("closing.overdue")).toEqual([]);
    clock.set(OVERDUE_AT);
    await tellOverdue(NSG, "busy");
    expect(events("closing.overdue")).toMatchObject([{ grantId: ONE, firewall: NSG, since: END, problem: "busy" }]);
  });

  test("is told once, however often it fails", async () => {
    const { give, clock, tellOverdue, overdue } = await setup();
    await give(grantOn());
    clock.set(OVERDUE_AT);
    for (const _ of [1, 2, 3]) {
      await tellOverdue(NSG, "busy");
      clock.advance(MINUTE);
    }
    expect(overdue()).toEqual([ONE]);
  });

  test("counts from its revocation", async () => {
    const { give, revoke, clock, tellOverdue, overdue } = await setup();
    await give(grantOn());
    await revoke();
    clock.advance(OVERDUE_AFTER - 1);
    await tellOverdue(NSG, "busy");
    expect(overdue()).toEqual([]);
    clock.advance(1);
    await tellOverdue(NSG, "busy");
    expect(overdue()).toEqual([ONE]);
  });

  test("is no matter of a firewall where it has closed already", async () => {
    const { give, clock, tellOverdue, overdue } = await setup();
    await give(grantOn({ seenClosed: [SUBNET_NSG] }, [NSG, SUBNET_NSG]));
    clock.set(OVERDUE_AT);
    await tellOverdue(SUBNET_NSG, "busy with somebody else’s opening");
    expect(overdue()).toEqual([]);
    await tellOverdue(NSG, "busy");
    expect(overdue()).toEqual([ONE]);
  });

  test("that has succeeded is no matter any more", async () => {
    const { give, clock, tellOverdue, overdue } = await setup();
    await give(grantOn({ endedAt: END }));
    clock.set(OVERDUE_AT);
    await tellOverdue(NSG, "busy");
    expect(overdue()).toEqual([]);
  });
});

describe("the next look", () => {
  test("must not miss the next start, the next end, nor when an end becomes overdue", async () => {
    const { give, clock, tellOverdue } = await setup();
    expect(await tellOverdue(NSG, "busy")).toBeUndefined();
    await give(
      grantOn({ id: ONE, expiresAt: END }),
      grantOn({ id: TWO, startsAt: later(NOW, SECOND), expiresAt: later(NOW, MINUTE) }),
    );
    expect(await tellOverdue(NSG, "busy")).toBe(NOW + SECOND);
    clock.set(NOW + SECOND);
    expect(await tellOverdue(NSG, "busy")).toBe(NOW + MINUTE);
    clock.set(NOW + MINUTE);
    expect(await tellOverdue(NSG, "busy")).toBe(NOW + MINUTE + OVERDUE_AFTER);
    clock.set(NOW + MINUTE + OVERDUE_AFTER);
    expect(await tellOverdue(NSG, "busy")).toBe(END);
    expect(await tellOverdue(SUBNET_NSG, "busy")).toBeUndefined();
  });

  test("is nobody's to say while memory is away", async () => {
    const { give, outage, tellOverdue } = await setup();
    await give(grantOn());
    outage.away = true;
    expect(await tellOverdue(NSG, "redis is away")).toBeUndefined();
  });
});
