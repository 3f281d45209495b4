import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import { createRememberedGrants } from "../../src/reconcile/remembered-grants.ts";
import { END, grantOn, later, MINUTE, NOW, NSG, ONE, SUBNET_NSG, TWO } from "./world.ts";

const at = (instant: number): EpochMs => instant as EpochMs;
const remembering = (...grants: ReturnType<typeof grantOn>[]) => {
  const remembered = createRememberedGrants();
  for (const grant of grants) remembered.remember(grant);
  return remembered;
};

describe("what this process remembers", () => {
  test("is the newest it saw, and nothing that has ended", () => {
    const remembered = remembering(grantOn({ version: 3 }), grantOn({ version: 2, channel: "COLD" }));
    expect(remembered.get(ONE)).toMatchObject({ version: 3, channel: "C0ACCESS" });
    remembered.remember(grantOn({ version: 4, endedAt: END }));
    expect([remembered.get(ONE), remembered.all()]).toEqual([undefined, []]);
  });

  test("begins anew with a first version, because memory was lost and has it back", () => {
    expect(remembering(grantOn({ version: 3 }), grantOn({ version: 1, channel: "CNEW" })).get(ONE)).toMatchObject({
      channel: "CNEW",
    });
  });

  test("is overdue from its end on, on each firewall until it was seen closed there", () => {
    const remembered = remembering(grantOn({}, [NSG, SUBNET_NSG]), grantOn({ id: TWO, expiresAt: later(END, MINUTE) }));
    expect(remembered.stillToClose(at(END - 1))).toEqual(new Set());
    expect(remembered.stillToClose(END)).toEqual(new Set([NSG, SUBNET_NSG]));
    remembered.sawClosed(ONE, NSG, END);
    expect(remembered.stillToClose(END)).toEqual(new Set([SUBNET_NSG]));
  });

  test("is overdue from its revocation on", () => {
    const revoked = grantOn({ revoked: { kind: "closed", at: later(NOW, MINUTE), by: grantOn().requester } });
    expect(remembering(revoked).stillToClose(at(NOW + MINUTE - 1))).toEqual(new Set());
    expect(remembering(revoked).stillToClose(later(NOW, MINUTE))).toEqual(new Set([NSG]));
  });

  test("knows the next end, later than now", () => {
    const remembered = remembering(grantOn(), grantOn({ id: TWO, expiresAt: later(NOW, MINUTE) }));
    expect(remembered.nextEnd(NOW)).toBe(NOW + MINUTE);
    expect(remembered.nextEnd(at(NOW + MINUTE - 1))).toBe(NOW + MINUTE);
    expect(remembered.nextEnd(later(NOW, MINUTE))).toBe(END);
    expect(remembered.nextEnd(END)).toBeUndefined();
  });

  test("knows when it first saw the cloud without it", () => {
    const remembered = remembering(grantOn());
    expect(remembered.closedAt(ONE, NSG)).toBeUndefined();
    remembered.sawClosed(ONE, NSG, END);
    remembered.sawClosed(ONE, NSG, later(END, MINUTE));
    expect(remembered.closedAt(ONE, NSG)).toBe(END);
  });

  test("forgets that it was seen closed when it was made longer in the moment of its end", () => {
    const remembered = remembering(grantOn());
    remembered.sawClosed(ONE, NSG, END);
    remembered.remember(grantOn({ version: 2, expiresAt: later(END, MINUTE) }));
    expect(remembered.closedAt(ONE, NSG)).toBeUndefined();
    expect(remembered.stillToClose(END)).toEqual(new Set());
    expect(remembered.stillToClose(later(END, MINUTE))).toEqual(new Set([NSG]));
  });

  test("keeps a later end before one that was brought back without it, and nothing before a revocation", () => {
    const longer = { version: 3, expiresAt: later(END, MINUTE), extensions: [{ at: NOW, approvers: [], from: END }] };
    const remembered = remembering(grantOn(longer), grantOn({ version: 1 }));
    expect(remembered.get(ONE)?.expiresAt).toBe(END + MINUTE);
    remembered.remember(grantOn({ version: 2, revoked: { kind: "closed", at: NOW, by: grantOn().requester } }));
    expect(remembered.get(ONE)?.revoked).toBeDefined();
  });
});
