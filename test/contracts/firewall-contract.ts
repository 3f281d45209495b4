/** What every implementation of `Firewall` must do. */

import { describe, expect, test } from "vitest";

import { Fault } from "../../src/access/fault.ts";
import type { GrantId } from "../../src/access/identifier.ts";
import { type Cidr, familyOf } from "../../src/access/source.ts";
import { type EpochMs, SECOND } from "../../src/access/time.ts";
import {
  type Changes,
  type Firewall,
  type Guard,
  type Holder,
  type IngressRule,
  NO_CHANGES,
  type ObservedRule,
} from "../../src/cloud/firewall.ts";
import { isDone, plan } from "../../src/reconcile/plan.ts";
import { NOW } from "./samples.ts";

export interface FirewallSetup {
  /** Holds foreign rules and none of ours. */
  readonly firewall: Firewall;
  /** The same, as another installation sees it. */
  readonly others: Firewall;
  /** Of one machine behind it, one of each family. Without `ipv6`: this kind of firewall doesn't do it. */
  readonly addresses: { readonly ipv4: string; readonly ipv6?: string };
  /** All that is in the cloud and isn't of `firewall`'s installation, in a form to compare. */
  readonly foreign: () => unknown;
  /** A rule that isn't ours, by its cloud's own name for it. */
  readonly foreignRuleId: string;
}

const ONE = "k7f3q2xd" as GrantId;
const TWO = "m8g4r3zf" as GrantId;
const END = (NOW + 3_600_000 + 1) as EpochMs;
const ROUNDED = (NOW + 3_600_000 + SECOND) as EpochMs;
const never = new AbortController().signal;
const always: Guard = async () => undefined;
const nothing: Changes = NO_CHANGES;

const holder = (grant: GrantId = ONE, expiresAt = END, note = "U0DEV1: INC-1042 disk full"): Holder => ({
  grant,
  expiresAt,
  note,
});

/** `make` gives a fresh one. */
export const firewallContract = (make: () => Promise<FirewallSetup>): void => {
  describe("firewall contract", () => {
    const setUp = async () => {
      const setup = await make();
      const hole = (source: string, port = 22, holders: readonly Holder[] = [holder()]): IngressRule => ({
        addresses: [setup.addresses[familyOf(source as Cidr)] ?? setup.addresses.ipv4],
        protocol: "tcp",
        ports: [port],
        sources: [source as Cidr],
        holders,
      });
      const { firewall } = setup;
      const observe = (of: Firewall = firewall) => of.observe(never);
      /** Looks, plans and applies until all is as desired. */
      const reach = async (
        desired: readonly IngressRule[],
        of: Firewall = firewall,
      ): Promise<readonly ObservedRule[]> => {
        for (let tries = 0; tries < 5; tries += 1) {
          const before = await observe(of);
          const changes = plan(desired, before.rules, of.ruleHolds);
          if (isDone(changes, before)) return before.rules;
          await of.apply(changes, always, never);
        }
        throw new Error("not as desired after five passes");
      };
      return { ...setup, hole, observe, reach };
    };

    test("holds nothing of ours at first, and that is settled", async () => {
      const { observe } = await setUp();
      expect(await observe()).toEqual({ rules: [], blocks: [], undercut: new Map(), settled: true });
    });

    test("shows what was added as it was asked for, its end rounded up to a whole second", async () => {
      const { hole, observe, firewall } = await setUp();
      const { holders: _, ...asked } = hole("203.0.113.7/32");
      await firewall.apply({ ...nothing, add: [hole("203.0.113.7/32")] }, always, never);
      const there = await observe();
      expect(there).toEqual({
        rules: [
          expect.objectContaining({
            id: expect.any(String),
            rule: asked,
            holders: [{ ...holder(), expiresAt: ROUNDED }],
          }),
        ],
        blocks: [],
        undercut: new Map(),
        settled: true,
      });
      expect(await observe()).toEqual(there);
    });

    test("is as it was before once everything is removed again", async () => {
      const { hole, reach, foreign, addresses } = await setUp();
      const before = foreign();
      await reach([hole("203.0.113.7/32"), ...(addresses.ipv6 === undefined ? [] : [hole("2001:db8:1::/48", 22)])]);
      expect(await reach([])).toEqual([]);
      expect(foreign()).toEqual(before);
    });

    test("opens for one family without the other", async () => {
      const { hole, reach, addresses } = await setUp();
      if (addresses.ipv6 === undefined) return;
      const rules = await reach([hole("2001:db8:1::/48")]);
      expect(rules.map(({ rule }) => rule?.sources)).toEqual([["2001:db8:1::/48"]]);
    });

    test("removes, changes and adds in one go, and leaves what is to stay alone", async () => {
      const { hole, reach, firewall } = await setUp();
      const grants = ["bcdfghjk", "cdfghjkm", "dfghjkmn", "fghjkmnp"].map((id) => id as GrantId);
      const of = (at: number, expiresAt = END) =>
        hole(`203.0.113.${at}/32`, 22, [holder(grants[at] ?? ONE, expiresAt)]);
      const first = await reach([of(0), of(1), of(2)]);
      const second = await reach([of(1), of(2, (END + 60_000) as EpochMs), of(3)]);
      const idOf = (rules: readonly ObservedRule[], at: number) =>
        rules.find(({ holders }) => holders[0]?.grant === grants[at])?.id;
      expect(second).toHaveLength(3);
      expect(idOf(second, 1)).toBe(idOf(first, 1));
      expect(idOf(second, 2)).toBe(idOf(first, 2));
      expect(second.find(({ holders }) => holders[0]?.grant === grants[2])?.holders[0]?.expiresAt).toBe(
        ROUNDED + 60_000,
      );
      expect(plan([of(1), of(2, (END + 60_000) as EpochMs), of(3)], second, firewall.ruleHolds)).toEqual(nothing);
    });

    test("has as many rules as its kind needs for two people behind one address, and one goes with each of them", async () => {
      const { hole, reach, firewall } = await setUp();
      const [one, two] = [holder(ONE), holder(TWO, (END + 60_000) as EpochMs)];
      const source = "203.0.113.7/32";
      const both =
        firewall.ruleHolds === "hole"
          ? [hole(source, 22, [one, two])]
          : [hole(source, 22, [one]), hole(source, 22, [two])];
      expect(await reach(both)).toHaveLength(both.length);
      const left = await reach([hole(source, 22, [two])]);
      expect(left.map(({ holders }) => holders.map(({ grant }) => grant))).toEqual([[TWO]]);
    });

    test("asks before it writes: a guard that says no leaves everything as it was", async () => {
      const { hole, observe, reach, firewall, foreign } = await setUp();
      await reach([hole("203.0.113.7/32")]);
      const [before, beside] = [await observe(), foreign()];
      const no = new Fault("lease-lost", "another worker has it now", { retry: "later" });
      const changes = plan([hole("203.0.113.8/32", 23)], before.rules, firewall.ruleHolds);
      await expect(firewall.apply(changes, () => Promise.reject(no), never)).rejects.toBe(no);
      expect([await observe(), foreign()]).toEqual([before, beside]);
    });

    test("asks before each write: wherever a guard says no, a new plan finishes the work, and closings were first", async () => {
      for (let allowed = 0; allowed < 8; allowed += 1) {
        const { hole, observe, reach, firewall, foreign } = await setUp();
        const beside = foreign();
        await reach([hole("203.0.113.7/32", 22, [holder(ONE)])]);
        const desired = [hole("203.0.113.8/32", 22, [holder(TWO)])];
        let asked = 0;
        const guard: Guard = async () => {
          asked += 1;
          if (asked > allowed) throw new Fault("lease-lost", "not yours any more", { retry: "later" });
        };
        const changes = plan(desired, (await observe()).rules, firewall.ruleHolds);
        const finished = await firewall.apply(changes, guard, never).then(
          () => true,
          () => false,
        );
        const grants = (await observe()).rules.flatMap(({ holders }) => holders.map(({ grant }) => grant));
        expect(grants).not.toEqual(expect.arrayContaining([ONE, TWO]));
        expect(await reach(desired)).toHaveLength(1);
        await reach([]);
        expect(foreign()).toEqual(beside);
        if (finished) return;
      }
      throw new Error("more than eight writes for one rule");
    });

    test("removes what is gone already without complaint", async () => {
      const { hole, observe, reach, firewall, foreign } = await setUp();
      const beside = foreign();
      const rules = await reach([hole("203.0.113.7/32")]);
      await firewall.apply({ ...nothing, remove: rules }, always, never);
      await firewall.apply({ ...nothing, remove: rules }, always, never);
      expect((await observe()).rules).toEqual([]);
      await reach([]);
      expect(foreign()).toEqual(beside);
    });

    test("never holds the same rule twice, even when told to add it twice", async () => {
      const { hole, reach, firewall, observe } = await setUp();
      await firewall.apply({ ...nothing, add: [hole("203.0.113.7/32")] }, always, never);
      await firewall.apply({ ...nothing, add: [hole("203.0.113.7/32")] }, always, never).catch((error: unknown) => {
        expect(error).toMatchObject({ retry: "later" });
      });
      expect((await observe()).rules).toHaveLength(1);
      expect(await reach([hole("203.0.113.7/32")])).toHaveLength(1);
    });

    test("touches nothing foreign, not even when told to", async () => {
      const { reach, hole, firewall, foreign, foreignRuleId } = await setUp();
      const before = foreign();
      const claimed: ObservedRule = { id: foreignRuleId, rule: undefined, holders: [] };
      const claim = () => firewall.apply({ ...nothing, remove: [claimed] }, always, never).catch(() => undefined);
      await claim();
      await reach([hole("203.0.113.7/32")]);
      await claim();
      await reach([]);
      expect(foreign()).toEqual(before);
    });

    test("is shared by two installations, neither of which sees or touches the other's rules", async () => {
      const { hole, observe, reach, firewall, others } = await setUp();
      const theirs = await reach([hole("203.0.113.8/32", 22, [holder(TWO)])], others);
      await reach([hole("203.0.113.7/32")]);
      expect((await observe(others)).rules).toEqual(theirs);
      await firewall.apply({ ...nothing, remove: theirs }, always, never).catch(() => undefined);
      await reach([]);
      expect((await observe(others)).rules).toEqual(theirs);
      expect(await reach([], others)).toEqual([]);
    });

    test("keeps who and why of a note, whatever people typed", async () => {
      const { hole, reach } = await setUp();
      const notes = [`U0DEV1: ${"größer 🔧 ".repeat(80)}`, "U0DEV1: line\nbreak \u202e \u0000 <@U0DEV2>", "U0DEV1"];
      for (const [at, note] of notes.entries()) {
        const rules = await reach([hole(`203.0.113.${at}/32`, 22, [holder(ONE, END, note)])]);
        expect(rules[0]?.holders[0]?.note).toMatch(/^U0DEV1/u);
        expect(rules[0]?.holders[0]?.expiresAt).toBe(ROUNDED);
      }
    });

    test("gives up when it is told to", async () => {
      const { hole, observe, firewall } = await setUp();
      const signal = AbortSignal.abort();
      await expect(firewall.observe(signal)).rejects.toThrow();
      await expect(firewall.apply({ ...nothing, add: [hole("203.0.113.7/32")] }, always, signal)).rejects.toThrow();
      expect((await observe()).rules).toEqual([]);
    });
  });
};
