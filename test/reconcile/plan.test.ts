import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import { type Firewall, type IngressRule, NO_CHANGES, type ObservedRule } from "../../src/cloud/firewall.ts";
import { desiredRules } from "../../src/reconcile/desired.ts";
import { isDone, plan } from "../../src/reconcile/plan.ts";
import { addForeign, createMemoryFirewall } from "../fakes/memory-firewall.ts";
import { cidrs, END, GROUPS, grantOn, later, NOW, NSG, never, ONE, ports, SECOND, THREE, TWO } from "./world.ts";

const [rule] = desiredRules([grantOn()], { id: NSG, ruleHolds: "grant" }, NOW);
if (rule === undefined) throw new Error("no rule");
const observed = (of: IngressRule = rule, id = "rule-1"): ObservedRule => {
  const { holders, ...hole } = of;
  return { id, rule: hole, holders };
};
const nothing = NO_CHANGES;

describe.each<Firewall["ruleHolds"]>(["grant", "hole"])("where a rule holds a %s", (kind) => {
  test("what is desired and there is kept", () => {
    expect(plan([rule], [observed()], kind)).toEqual(nothing);
    expect(plan([], [], kind)).toEqual(nothing);
  });

  test("what is desired and not there is added", () => {
    expect(plan([rule], [], kind)).toEqual({ ...nothing, add: [rule] });
  });

  test("what is there and not desired is removed", () => {
    expect(plan([], [observed()], kind)).toEqual({ ...nothing, remove: [observed()] });
  });

  test("another end of the same hole changes the mark only, and less than a second counts for nothing", () => {
    const longer = { ...rule, holders: rule.holders.map((holder) => ({ ...holder, expiresAt: later(END, SECOND) })) };
    expect(plan([longer], [observed()], kind)).toEqual({
      ...nothing,
      restamp: [{ observed: observed(), rule: longer }],
    });
    const half = { ...rule, holders: rule.holders.map((holder) => ({ ...holder, expiresAt: (END - 999) as EpochMs })) };
    expect(plan([half], [observed()], kind)).toEqual(nothing);
  });

  test("a note that was cut counts for nothing", () => {
    const cut = { ...observed(), holders: rule.holders.map((holder) => ({ ...holder, note: "U0" })) };
    expect(plan([rule], [cut], kind)).toEqual(nothing);
  });

  test("a mark whose end was damaged is written again", () => {
    const damaged = { ...observed(), holders: [{ grant: ONE, expiresAt: undefined, note: "" }] };
    expect(plan([rule], [damaged], kind)).toEqual({ ...nothing, restamp: [{ observed: damaged, rule }] });
  });

  test("a rule that can't be read goes, and what it should have been comes", () => {
    const unreadable = { ...observed(), rule: undefined };
    expect(plan([rule], [unreadable], kind)).toEqual({ ...nothing, remove: [unreadable], add: [rule] });
  });

  test("of the same rule observed twice the first stays", () => {
    expect(plan([rule], [observed(rule, "a"), observed(rule, "b")], kind)).toEqual({
      ...nothing,
      remove: [observed(rule, "b")],
    });
  });

  test("a changed port or source is another rule", () => {
    for (const change of [{ ports: [23] }, { sources: cidrs("203.0.113.8/32") }, { protocol: "udp" as const }]) {
      const edited = observed({ ...rule, ...change });
      expect(plan([rule], [edited], kind)).toEqual({ ...nothing, remove: [edited], add: [rule] });
    }
  });
});

test("another grant's rule is not ours to keep where each grant has its own, and is shared where it is a hole", () => {
  const theirs = { ...rule, holders: rule.holders.map((holder) => ({ ...holder, grant: TWO })) };
  expect(plan([rule], [observed(theirs)], "grant")).toEqual({ ...nothing, remove: [observed(theirs)], add: [rule] });
  expect(plan([rule], [observed(theirs)], "hole")).toEqual({
    ...nothing,
    restamp: [{ observed: observed(theirs), rule }],
  });
});

test("nothing to do means: the rules are right, and have their effect", () => {
  expect(isDone(nothing, { settled: true })).toBe(true);
  expect(isDone(nothing, { settled: false })).toBe(false);
  expect(isDone({ ...nothing, add: [rule] }, { settled: true })).toBe(false);
  expect(isDone({ ...nothing, remove: [observed()] }, { settled: true })).toBe(false);
  expect(isDone({ ...nothing, restamp: [{ observed: observed(), rule }] }, { settled: true })).toBe(false);
});

describe("the law", () => {
  const some = fc.record({
    id: fc.constantFrom(ONE, TWO, THREE),
    ports: fc.uniqueArray(fc.constantFrom("22", "443", "53/udp"), { minLength: 1 }).map((each) => ports(...each)),
    sources: fc
      .uniqueArray(fc.constantFrom("203.0.113.7/32", "203.0.113.0/24", "198.51.100.7/32", "2001:db8::/32"), {
        minLength: 1,
      })
      .map((each) => cidrs(...each)),
    expiresAt: fc.integer({ min: 1, max: 2_500 }).map((by) => (NOW + by) as EpochMs),
  });
  const state = fc
    .uniqueArray(some, { selector: ({ id }) => id })
    .map((facts) => facts.map((each) => grantOn(each, [NSG, GROUPS], ["10.0.0.4", "fd00:db8::4"])));
  const damage = fc.array(fc.tuple(fc.nat(5), fc.constantFrom("delete", "unreadable", "no end", "other port")));

  test.each<Firewall["ruleHolds"]>(["grant", "hole"])(
    "from whatever is there, the plan reaches what is desired, and planning again finds nothing to do (%s)",
    async (ruleHolds) => {
      await fc.assert(
        fc.asyncProperty(state, state, damage, async (first, second, harm) => {
          const firewall = createMemoryFirewall({ id: ruleHolds === "grant" ? NSG : GROUPS, ruleHolds });
          addForeign(firewall.state, { id: "AllowWeb", rule: undefined, holders: [] });
          const before = firewall.foreign();
          const reach = async (desired: readonly IngressRule[]) => {
            const { rules } = await firewall.observe(never);
            const changes = plan(desired, rules, ruleHolds);
            expect(changes.remove.every((each) => rules.includes(each))).toBe(true);
            await firewall.apply(changes, async () => undefined, never);
          };
          await reach(desiredRules(first, firewall, NOW));
          const there = (await firewall.observe(never)).rules;
          for (const [at, how] of harm) {
            const target = there[at];
            if (target === undefined) continue;
            firewall.tamper(target.id, (found) => {
              if (how === "delete") return undefined;
              if (how === "unreadable") return { ...found, rule: undefined };
              if (how === "other port") return { ...found, rule: found.rule && { ...found.rule, ports: [1 + at] } };
              return { ...found, holders: found.holders.map((holder) => ({ ...holder, expiresAt: undefined })) };
            });
          }
          const desired = desiredRules(second, firewall, NOW);
          await reach(desired);

          const reached = await firewall.observe(never);
          expect(isDone(plan(desired, reached.rules, ruleHolds), reached)).toBe(true);
          expect(reached.rules).toHaveLength(desired.length);
          const letIn = (rules: readonly (Omit<IngressRule, "holders"> | undefined)[]) =>
            rules.map((each) => JSON.stringify([each?.protocol, each?.ports, each?.sources])).toSorted();
          expect(letIn(reached.rules.map((each) => each.rule))).toEqual(letIn(desired));
          expect(firewall.foreign()).toEqual(before);
        }),
      );
    },
  );
});
