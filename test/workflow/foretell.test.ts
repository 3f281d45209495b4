/** What is said of an ask before it is made: the same as asking would come to, and nothing is stored or told. */

import { describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { createForetell } from "../../src/workflow/foretell.ts";
import type { Ask } from "../../src/workflow/submit-request.ts";
import { office as officeNetwork, vpn } from "../policy/example-rule.ts";
import { anAsk, createOffice, DEV, LEAD, OTHER_LEAD, personFacts, STRANGER } from "./office.ts";

const createDesk = async (...given: Parameters<typeof createOffice>) => {
  const desk = await createOffice(...given);
  const foretell = createForetell(desk.deps);
  return { ...desk, foretell: (ask: Partial<Ask> = {}, user = DEV) => foretell(anAsk(ask), user) };
};
const codes = (foretold: Awaited<ReturnType<ReturnType<typeof createForetell>>>): readonly string[] =>
  foretold.kind === "refused" ? foretold.refusals.map(({ code }) => code) : [];

test("who has to approve, where they are told, and how long they have", async () => {
  const { foretell, told, people } = await createDesk();
  const asks = { kind: "asks", channel: "C0ACCESS", withinMs: 30 * MINUTE };
  expect(await foretell()).toMatchObject({ ...asks, steps: [{ needed: 1, users: [LEAD, OTHER_LEAD] }] });
  people.set(OTHER_LEAD, personFacts(OTHER_LEAD, { standing: "deactivated" }));
  const later = await createDesk();
  later.people.set(OTHER_LEAD, personFacts(OTHER_LEAD, { standing: "deactivated" }));
  expect(await later.foretell()).toMatchObject({ steps: [{ users: [LEAD] }] });
  expect(told()).toEqual([]);
});

test("that it opens at once, for how long, and whether that is the hour's doing", async () => {
  const { foretell, setRule } = await createDesk({ approve: { kind: "none" } });
  expect(await foretell()).toEqual({ kind: "opens", automatic: false, durationMs: 2 * HOUR });
  const always = { name: "always", days: [1, 2, 3, 4, 5, 6, 7], from: 0, until: 1_440, zone: "utc" };
  const steps = [{ roles: ["leads"], needed: 1 }];
  setRule({ approve: { kind: "by", steps, withinMs: MINUTE, automatic: [always] } });
  expect(await foretell()).toMatchObject({ kind: "opens", automatic: true });
});

describe("why not", () => {
  test.each<readonly [Partial<Ask>, string, string]>([
    [{}, STRANGER, "not-eligible"],
    [{ end: "9h" }, DEV, "duration-too-long"],
    [{ from: ["203.0.112.0/24"] }, DEV, "source-not-allowed"],
    [{ services: ["winrm"] }, DEV, "port-not-offered"],
    [{ machine: "gone" }, DEV, "machine-unknown"],
  ])("%j of %s: %s", async (ask, user, code) => {
    const { foretell, judged } = await createDesk();
    expect(codes(await foretell(ask, user))).toEqual([code]);
    expect(judged()).toEqual([]);
  });

  test.each<readonly [Partial<Ask>, readonly string[]]>([
    [{ from: ["1.2.3.999"] }, ["source-unreadable"]],
    [{ end: "99h", from: ["1.2.3.999"] }, ["duration-too-long", "source-unreadable"]],
    [{ end: "3h", from: ["1.2.3.999"] }, ["source-unreadable"]],
    [{ end: "soon", from: ["1.2.3.999"] }, ["duration-unreadable", "source-unreadable"]],
    [{ services: ["ssh", "sssh"], end: "99h" }, ["port-unreadable", "duration-too-long"]],
  ])("%j: all that can be told at once", async (ask, expected) => {
    const { foretell } = await createDesk();
    expect(codes(await foretell(ask))).toEqual(expected);
  });

  test("the same was asked already", async () => {
    const { foretell, submit } = await createDesk();
    await submit();
    expect(codes(await foretell())).toEqual(["already-asked"]);
  });

  test("nobody can read the policy", async () => {
    const { foretell, setPolicy } = await createDesk();
    setPolicy(undefined);
    expect(codes(await foretell())).toEqual(["policy-unreadable"]);
  });
});

test("a justification may still be missing, or of another form", async () => {
  const { foretell, refusalsOf } = await createDesk();
  for (const because of ["", "disk full"]) {
    expect(await foretell({ because })).toMatchObject({ kind: "asks" });
    expect(await refusalsOf({ because })).toHaveLength(1);
  }
});

describe("where they are has yet to be seen", () => {
  test.each([
    ["any single address", [{ kind: "single-address" }]],
    ["a network", [{ kind: "network", network: officeNetwork }]],
    ["a prefix", [{ kind: "prefix", prefix: vpn.prefixes[0] ?? ("10.0.0.0/8" as never) }]],
    ["anywhere", [{ kind: "anywhere" }]],
  ] as const)("and %s will do", async (_, sources) => {
    const office = await createOffice({ sources, defaultSource: undefined });
    const foretell = createForetell({ ...office.deps, rememberedAddresses: async () => [] });
    for (const from of [[], ["me"]])
      expect(await foretell(anAsk({ from }), DEV)).toMatchObject({ kind: "asks", address: "unknown" });
  });

  test("or is remembered, and isn't allowed", async () => {
    const office = await createOffice({
      sources: [{ kind: "network", network: officeNetwork }],
      defaultSource: undefined,
    });
    const rememberedAddresses = async () => ["192.0.2.7/32" as never];
    const foretell = createForetell({ ...office.deps, rememberedAddresses });
    expect(codes(await foretell(anAsk({ from: [] }), DEV))).toEqual(["source-not-allowed"]);
  });
});

test("people are asked about once for a form, and again after what couldn't be told", async () => {
  const { foretell, lookedUp, slack, clock } = await createDesk();
  await foretell();
  const once = lookedUp.filter((user) => user === DEV).length;
  await foretell({ end: "1h" });
  expect(lookedUp.filter((user) => user === DEV)).toHaveLength(once);
  clock.advance(20_000);
  slack.away = true;
  await expect(foretell()).rejects.toThrow("slack is away");
  slack.away = false;
  expect(await foretell()).toMatchObject({ kind: "asks" });
});
