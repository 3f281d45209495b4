/** What policy has to do with where people are. */

import { describe, expect, test } from "vitest";
import type { GrantId } from "../../../src/access/identifier.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { createMove } from "../../../src/workflow/my-address/move.ts";
import { createSubmitRequest } from "../../../src/workflow/submit-request.ts";
import { anAsk, createOffice, DEV, LEAD } from "../office.ts";

const HOME = "192.0.2.44/32" as Cidr;
const V6 = "2001:db8:1::10/128" as Cidr;

describe("who names no source", () => {
  test("is refused as ever where nobody reaches a page of ours", async () => {
    const { refusalsOf } = await createOffice({ defaultSource: undefined });
    for (const from of [[], ["me"]]) expect(await refusalsOf({ from })).toEqual(["source-missing"]);
  });

  test("needs an address once nothing else is in the way, and gets what it asks for with one that was seen", async () => {
    const office = await createOffice({ defaultSource: undefined });
    const submit = createSubmitRequest({ ...office.deps, rememberedAddresses: async () => [] });
    for (const from of [[], ["ME"]])
      expect(await submit(anAsk({ from }), DEV)).toMatchObject({ kind: "needs-address", ask: { from } });
    expect(await submit(anAsk({ because: "" }), DEV)).toMatchObject({ refusals: [{ code: "justification-missing" }] });
    expect(office.told()).toEqual([]);
    expect(await submit(anAsk(), DEV, [HOME, V6])).toMatchObject({ sources: [HOME, V6], address: "seen" });
  });

  test("is taken to be where they were seen lately, unless they name another", async () => {
    const office = await createOffice({ defaultSource: undefined });
    const submit = createSubmitRequest({ ...office.deps, rememberedAddresses: async () => [HOME] });
    expect(await submit(anAsk(), DEV)).toMatchObject({ sources: [HOME], address: "remembered" });
    const named = await submit(anAsk({ from: ["vpn"] }), DEV);
    expect(named).toMatchObject({ sources: ["198.51.100.7/32"] });
    expect(named).not.toHaveProperty("address");
  });
});

describe("who moves", () => {
  test("has one access, not two, where the rule gives a person one; and the old one goes only after the new one was seen open", async () => {
    const office = await createOffice({ limits: { perPerson: 1, perMachine: 1, asksPerHour: undefined } });
    const { id } = await office.submit();
    await office.review(id, LEAD, { kind: "approve" });
    const moved = await createMove(office.deps)(id as string as GrantId, DEV, [HOME]);
    if ("refusals" in moved) throw new Error(JSON.stringify(moved.refusals));
    expect(moved).toMatchObject({
      sources: [HOME],
      moves: id,
      state: { kind: "approved", approvals: [{ by: { user: LEAD } }] },
    });
    const [old, fresh] = [
      await office.ledger.grant(id as string as GrantId),
      await office.ledger.grant(moved.id as string as GrantId),
    ];
    expect(fresh).toMatchObject({ supersedes: id, expiresAt: old?.expiresAt });

    const look = office.lookAtRequest;
    await look(moved.id);
    expect((await office.ledger.grant(id as string as GrantId))?.revoked).toBeUndefined();
    if (fresh === undefined) throw new Error("nothing was granted");
    await office.ledger.commit({
      grant: { ...fresh, version: fresh.version + 1, openedAt: office.clock.now() },
      events: [],
    });
    await look(moved.id);
    await look(moved.id);
    expect((await office.ledger.grant(id as string as GrantId))?.revoked).toMatchObject({
      kind: "superseded",
      by: moved.id,
    });
    expect(office.eventsOf("grant.moved")).toHaveLength(1);
  });

  test("twice at once moves once", async () => {
    const office = await createOffice();
    const { id } = await office.submit();
    await office.review(id, LEAD, { kind: "approve" });
    const move = createMove(office.deps);
    const outcomes = await Promise.all(
      [HOME, "192.0.2.66/32" as Cidr].map((to) => move(id as string as GrantId, DEV, [to])),
    );
    expect(outcomes.map((outcome) => ("refusals" in outcome ? outcome.refusals[0].code : "moved"))).toEqual([
      "moved",
      "moving-already",
    ]);
  });
});
