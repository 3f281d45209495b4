import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { NOW } from "../contracts/samples.ts";
import { createOffice, DEV, LEAD, NSG, OTHER_LEAD, personFacts, SECURITY, STRANGER, SUBNET_NSG } from "./office.ts";

const granted = async () => {
  const office = await createOffice();
  const { id } = await office.submit();
  await office.review(id, LEAD, { kind: "approve" });
  // The opening was looked at, and nothing is due any more.
  for (const lease of await office.firewalls.take(NOW, 10, MINUTE)) await office.firewalls.finish(lease, undefined);
  office.clock.advance(MINUTE);
  const code = async (user: string): Promise<string> => {
    const outcome = await office.endEarly(id, user);
    return isRefusal(outcome) ? outcome.code : outcome.kind;
  };
  return { ...office, id, code };
};

describe("an access", () => {
  test.each([
    ["who has it", DEV],
    ["an approver", OTHER_LEAD],
    ["security", SECURITY],
  ])("is closed before its time by %s", async (_, user) => {
    const { code, id, grantOf, firewalls, clock, lastEvent } = await granted();
    expect(await code(user)).toBe("closing");
    expect((await grantOf(id))?.revoked).toEqual({ kind: "closed", at: NOW + MINUTE, by: { team: "T0ACME", user } });
    expect((await firewalls.take(clock.now(), 10, MINUTE)).map((each) => each.id).toSorted()).toEqual([
      NSG,
      SUBNET_NSG,
    ]);
    expect(lastEvent()).toMatchObject({ kind: "grant.revoked", actor: { person: { user } } });
  });

  test("isn't closed by anybody else", async () => {
    for (const user of [STRANGER, "U0DEV2"]) {
      const { code, id, grantOf } = await granted();
      expect(await code(user)).toBe("not-yours");
      expect((await grantOf(id))?.revoked).toBeUndefined();
    }
  });

  test("isn't closed by who isn't one of us any more", async () => {
    const { code, people } = await granted();
    people.set(LEAD, personFacts(LEAD, { standing: "deactivated" }));
    expect(await code(LEAD)).toBe("person-standing");
    expect(await code("U0GONE")).toBe("person-unknown");
  });

  test("is closed by its holder and by nobody else while the policy can't be read", async () => {
    const { code, setPolicy } = await granted();
    setPolicy(undefined);
    for (const user of [LEAD, SECURITY]) expect(await code(user)).toBe("not-yours");
    expect(await code(DEV)).toBe("closing");
  });

  test("is closed by its holder and by security where the machine is gone, and by no approver", async () => {
    const { code, setMachines } = await granted();
    await setMachines();
    expect(await code(LEAD)).toBe("not-yours");
    expect(await code(SECURITY)).toBe("closing");
  });

  test("is closed once by two who click at once", async () => {
    const { endEarly, id, told } = await granted();
    const outcomes = await Promise.all([endEarly(id, DEV), endEarly(id, LEAD)]);
    expect(outcomes.filter(isRefusal)).toHaveLength(1);
    expect(told().filter((kind) => kind === "grant.revoked")).toHaveLength(1);
  });

  test("is closed up to its last millisecond, and is none any more at its end", async () => {
    for (const [at, isClosed] of [
      [2 * HOUR - 1, true],
      [2 * HOUR, false],
    ] as const) {
      const { endEarly, id, clock } = await granted();
      clock.set(NOW + at);
      expect(!isRefusal(await endEarly(id, DEV))).toBe(isClosed);
    }
  });
});

describe("a request", () => {
  test("is withdrawn by who asked, and by nobody else", async () => {
    const office = await createOffice();
    const { id } = await office.submit();
    expect(await office.endEarly(id, LEAD)).toMatchObject({ code: "not-yours" });
    expect(await office.endEarly(id, DEV)).toMatchObject({
      kind: "withdrawn",
      request: { state: { kind: "withdrawn", at: NOW } },
    });
    expect(await office.endEarly(id, DEV)).toMatchObject({ code: "too-late" });
    expect(office.told()).toEqual(["request.submitted", "request.withdrawn"]);
  });

  test("that was approved meanwhile isn't closed by who only meant to withdraw it", async () => {
    const { endEarly, id, grantOf } = await granted();
    expect(await endEarly(id, DEV, "withdraw")).toMatchObject({ code: "too-late", facts: { state: "approved" } });
    expect((await grantOf(id))?.revoked).toBeUndefined();
  });

  test("that nobody knows is told as such", async () => {
    const office = await createOffice();
    expect(await office.endEarly("nosuch22", DEV)).toMatchObject({
      code: "grant-unknown",
      facts: { text: "nosuch22" },
    });
  });
});

test("everybody sees what is theirs: what waits, what is open, and what waits for their answer", async () => {
  const { listMine, submit, id, clock, endEarly } = await granted();
  const waiting = await submit({ services: ["rdp"], end: "1h", from: ["vpn"] });
  const mine = await listMine(DEV);
  expect(mine).toMatchObject({ pending: [{ id: waiting.id }], open: [{ id }], awaiting: { requests: [], more: 0 } });
  expect(await listMine(LEAD)).toMatchObject({
    pending: [],
    open: [],
    awaiting: { requests: [{ request: { id: waiting.id }, mayApprove: true }], more: 0 },
  });
  await endEarly(id, DEV);
  clock.set(waiting.answerBy);
  // Closing was asked for, and nobody has seen it closed yet.
  const nothing = { pending: [], awaiting: { requests: [], more: 0 } };
  expect(await listMine(DEV)).toMatchObject({
    ...nothing,
    open: [{ id, revoked: { kind: "closed" }, endedAt: undefined }],
  });
  expect(await listMine(LEAD)).toMatchObject({ ...nothing, open: [] });
});
