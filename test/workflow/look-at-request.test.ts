import { describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { NOW } from "../contracts/samples.ts";
import { createOffice, DEV, LEAD } from "./office.ts";

describe("a request that nobody answers", () => {
  test("lapses at its time and not before, once", async () => {
    const { submit, clock, lookAtRequest, request, told } = await createOffice();
    const { id, answerBy } = await submit();
    clock.set(answerBy - 1);
    while ((await lookAtRequest(id)) === clock.now());
    expect(await lookAtRequest(id)).toBe(answerBy);
    expect((await request(id)).state.kind).toBe("pending");
    clock.set(answerBy);
    expect(await lookAtRequest(id)).toBeUndefined();
    expect((await request(id)).state).toEqual({ kind: "lapsed", at: answerBy });
    await lookAtRequest(id);
    expect(told()).toEqual(["request.submitted", "request.reminded", "request.lapsed"]);
  });

  test("is looked at again when somebody answers in that very moment", async () => {
    const { submit, clock, lookAtRequest, endEarly, told } = await createOffice();
    const { id, answerBy } = await submit();
    clock.set(answerBy - 1);
    const withdrawing = endEarly(id, DEV);
    clock.set(answerBy);
    await Promise.all([withdrawing, lookAtRequest(id)]);
    expect(told().filter((kind) => kind !== "request.submitted")).toHaveLength(1);
  });
});

describe("an access that is about to end", () => {
  const open = async (end: string, changes: Partial<Grant> = {}) => {
    const office = await createOffice();
    const { id } = await office.submit({ end });
    await office.review(id, LEAD, { kind: "approve" });
    const grant = await office.grantOf(id);
    if (grant === undefined) throw new Error("no grant");
    await office.ledger.commit({ grant: { ...grant, version: 2, openedAt: NOW, ...changes }, events: [] });
    const warned = () => office.told().filter((kind) => kind === "grant.ending").length;
    const look = (at: number) => {
      office.clock.set(NOW + at);
      return office.lookAtRequest(id);
    };
    return { ...office, id, warned, look };
  };

  test("is announced ten minutes before, not a millisecond sooner, once", async () => {
    const { look, warned, lastEvent } = await open("2h");
    const at = 2 * HOUR - 10 * MINUTE;
    expect(await look(at - 1)).toBe(NOW + at);
    expect(warned()).toBe(0);
    expect(await look(at)).toBeUndefined();
    expect(lastEvent()).toMatchObject({ kind: "grant.ending", expiresAt: NOW + 2 * HOUR });
    await look(at + 1);
    expect(warned()).toBe(1);
  });

  test("isn't announced when it never was longer than that", async () => {
    const [short, longer] = [await open("10m"), await open("11m")];
    await short.look(0);
    expect(short.warned()).toBe(0);
    await longer.look(MINUTE);
    expect(longer.warned()).toBe(1);
  });

  test("isn't announced when it never opened, was closed, or is over", async () => {
    const never = await open("2h", { openedAt: undefined });
    await never.look(2 * HOUR - MINUTE);
    expect(never.warned()).toBe(0);
    const over = await open("2h");
    expect(await over.look(2 * HOUR)).toBeUndefined();
    expect(over.warned()).toBe(0);
    const closed = await open("2h");
    await closed.endEarly(closed.id, DEV);
    await closed.look(2 * HOUR - MINUTE);
    expect(closed.warned()).toBe(0);
  });

  test("is known by its grant alone when the request was lost", async () => {
    const { memory, ledger, grantOf, id, look, warned } = await open("2h");
    const grant = await grantOf(id);
    memory.clear();
    if (grant !== undefined) await ledger.commit({ grant: { ...grant, version: 1 }, events: [] });
    await look(2 * HOUR - 10 * MINUTE);
    expect(warned()).toBe(1);
  });
});
