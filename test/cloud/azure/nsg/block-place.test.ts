import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PlaceAsk, placeDeny, type Standing } from "../../../../src/cloud/azure/nsg/block-place.ts";

const ask = (changes: Partial<PlaceAsk> = {}): PlaceAsk => ({
  taken: new Set([...(changes.keeping ?? []), ...(changes.overruled ?? []), ...(changes.own ?? [])].map(numberOf)),
  present: undefined,
  keeping: [],
  overruled: [],
  own: [],
  band: { from: 100, to: 999 },
  ...changes,
});
const numberOf = ({ priority }: Standing): number => priority;
const at = (...priorities: readonly number[]): readonly Standing[] =>
  priorities.map((priority) => ({ name: `r${priority}`, priority }));
const place = (priority: number, moves: readonly object[] = []) => ({ kind: "place", priority, moves });

describe("a deny stands", () => {
  test("at the first free number from 1000 on when no rule speaks of its ports", () => {
    expect(placeDeny(ask())).toEqual(place(1_000));
    expect(placeDeny(ask({ taken: new Set([1_000, 1_001]) }))).toEqual(place(1_002));
  });

  test("after the last rule that keeps priority, and 1000 is early enough after what stands in the allows' band", () => {
    expect(placeDeny(ask({ keeping: at(300, 2_000) }))).toEqual(place(2_001));
    expect(placeDeny(ask({ keeping: at(300) }))).toEqual(place(1_000));
    expect(placeDeny(ask({ keeping: at(4_095) }))).toEqual(place(4_096));
  });

  test("nowhere after 4096, and that is told", () => {
    expect(placeDeny(ask({ keeping: at(4_096) }))).toEqual({
      kind: "none",
      reason: "no number is free after rule `r4096` at priority 4096, which keeps priority",
    });
  });

  test("before what it overrules, from 1000 on if it can, else as late as it can", () => {
    expect(placeDeny(ask({ overruled: at(3_000) }))).toEqual(place(1_000));
    expect(placeDeny(ask({ overruled: at(1_000, 500) }))).toEqual(place(499));
    expect(placeDeny(ask({ overruled: at(500), taken: new Set([499, 498]) }))).toEqual(place(497));
    expect(placeDeny(ask({ overruled: at(101) }))).toEqual(place(100));
  });

  test("nowhere before the first number there is", () => {
    expect(placeDeny(ask({ overruled: at(100) }))).toEqual({
      kind: "none",
      reason: "no number is free before rule `r100` at priority 100",
    });
  });

  test("between what keeps priority and what it overrules, if there is room, and nowhere if there isn't", () => {
    expect(placeDeny(ask({ keeping: at(300), overruled: at(302) }))).toEqual(place(301));
    expect(placeDeny(ask({ keeping: at(300), overruled: at(301) }))).toEqual({
      kind: "none",
      reason:
        "no number is free after rule `r300` at priority 300, which keeps priority, and before rule `r301` at priority 301",
    });
  });

  test("before what it overrules also when something that keeps priority comes later still", () => {
    expect(placeDeny(ask({ keeping: at(200, 600), overruled: at(500) }))).toEqual(place(499));
  });

  test("where it is, as long as that is right", () => {
    expect(placeDeny(ask({ present: 1_700, keeping: at(300) }))).toEqual(place(1_700));
    expect(placeDeny(ask({ present: 400, overruled: at(500) }))).toEqual(place(400));
    expect(placeDeny(ask({ present: 400, overruled: at(2_000) }))).toEqual(place(1_000));
    expect(placeDeny(ask({ present: 400 }))).toEqual(place(1_000));
    expect(placeDeny(ask({ present: 1_000, keeping: at(2_000) }))).toEqual(place(2_001));
    expect(placeDeny(ask({ present: 1_000, taken: new Set([1_000]) }))).toEqual(place(1_001));
  });

  test("after our own allows, which move when it has to go far up", () => {
    expect(placeDeny(ask({ own: at(500, 501), overruled: at(300) }))).toEqual(
      place(299, [
        { name: "r500", to: 100 },
        { name: "r501", to: 101 },
      ]),
    );
    expect(placeDeny(ask({ own: at(100, 500), overruled: at(103), taken: new Set([100, 500, 102, 103]) }))).toEqual({
      kind: "none",
      reason: "our own allows need numbers before it, and there are too few",
    });
  });

  test("after the band of our allows, wherever that ends", () => {
    expect(placeDeny(ask({ band: { from: 2_000, to: 2_500 } }))).toEqual(place(2_501));
  });
});

test("a place is free, after all that keeps priority but what is overruled with it, before all that is overruled, and stays", () => {
  const numbers = fc.uniqueArray(fc.oneof(fc.integer({ min: 100, max: 110 }), fc.integer({ min: 995, max: 1_005 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      numbers,
      fc.infiniteStream(fc.nat({ max: 3 })),
      fc.option(fc.integer({ min: 100, max: 1_005 })),
      (all, kinds, now) => {
        const kindOf = new Map(all.map((number) => [number, kinds.next().value ?? 0]));
        const of = (kind: number): readonly Standing[] => at(...all.filter((number) => kindOf.get(number) === kind));
        const present = now === null || all.includes(now) ? undefined : now;
        const own = of(2).filter(({ priority }) => priority <= 999);
        const asked = ask({ keeping: of(0), overruled: of(1), own, taken: new Set(all), present });
        const found = placeDeny(asked);
        if (found.kind === "none") return;
        const end = Math.min(...asked.overruled.map(numberOf));
        expect(all).not.toContain(found.priority);
        expect(found.priority).toBeLessThan(end);
        for (const { priority } of asked.keeping) if (priority < end) expect(priority).toBeLessThan(found.priority);
        const moved = new Map(found.moves.map(({ name, to }) => [name, to]));
        const after = own.map(({ name, priority }) => moved.get(name) ?? priority);
        for (const priority of after) expect(priority).toBeLessThan(found.priority);
        expect(new Set(after).size).toBe(own.length);
        for (const to of moved.values()) expect(all).not.toContain(to);

        const then = own.map((allow, index) => ({ ...allow, priority: after[index] ?? 0 }));
        const again = { ...asked, own: then, present: found.priority };
        expect(placeDeny(again)).toEqual({ kind: "place", priority: found.priority, moves: [] });
      },
    ),
    { numRuns: 1_000 },
  );
});
