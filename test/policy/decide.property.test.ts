import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { ruleFor } from "../../src/policy/match.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { Question } from "../../src/policy/question.ts";
import { aPolicy } from "./example-rule.ts";
import { ask, denial, freeze, policies, rule } from "./random-policy.ts";
import { type Slow, slowly } from "./slow-decision.ts";

const inWords = (question: Question, policy: Policy): Slow => {
  const decision = decide(question, policy);
  return decision.kind === "allow" ? decision.how : decision.kind;
};

test("decisions agree with a slow evaluator that asks about every port, address, minute and person, and the first matching rule alone decides", () => {
  const seen = { deny: 0, "no-approval-needed": 0, automatic: 0, "needs-approval": 0, "break-glass": 0 };
  // Refused by the one thing alone; so that each was put to the test and not only refused beside others.
  const alone = new Map<string, number>();
  fc.assert(
    fc.property(policies, ask, (policy, asked) => {
      const deciding = ruleFor(policy, asked.machine);
      const decision = decide({ ...asked, rule: deciding }, policy);
      const kind = decision.kind === "allow" ? decision.how : decision.kind;
      seen[kind] += 1;
      if (decision.kind === "deny" && decision.refusals.length === 1) {
        const { code } = decision.refusals[0];
        alone.set(code, (alone.get(code) ?? 0) + 1);
      }
      expect(kind).toBe(slowly(asked, policy));
    }),
    { numRuns: 5_000 },
  );
  expect(Object.entries(seen).filter(([, times]) => times < 20)).toEqual([]);
  const rarely = [
    "denied-by-policy",
    "machine-not-offered",
    "not-eligible",
    "break-glass-not-offered",
    "port-not-offered",
    "duration-too-long",
    "source-not-allowed",
    "justification-missing",
    "justification-mismatch",
    "outside-hours",
    "frozen",
    "too-many-at-once",
    "asked-too-often",
    "no-approver",
  ].filter((code) => (alone.get(code) ?? 0) < 5);
  expect(rarely).toEqual([]);
}, 60_000);

test("what is given for several ports is given for each of them alone, and nothing of it without a role", () => {
  fc.assert(
    fc.property(rule, ask, (only, asked) => {
      const policy = aPolicy(only);
      const question: Question = { ...asked, rule: only };
      if (decide(question, policy).kind === "deny") return;
      for (const service of question.services) {
        expect(decide({ ...question, services: [service] }, policy).kind).not.toBe("deny");
      }
      expect(decide({ ...question, roles: new Set() }, policy).kind).toBe("deny");
    }),
    { numRuns: 1_500 },
  );
}, 60_000);

test("a deny rule or a freeze more never gives anything, and break-glass gives nothing that a deny rule takes", () => {
  let taken = 0;
  fc.assert(
    fc.property(policies, denial, freeze, ask, (policy, more, frost, asked) => {
      const question: Question = { ...asked, rule: ruleFor(policy, asked.machine) };
      const before = inWords(question, policy);
      const stricter = { ...policy, denials: [...policy.denials, more], freezes: [...policy.freezes, frost] };
      const after = inWords(question, stricter);
      expect([before, "deny"]).toContain(after);
      if (after !== before) taken += 1;
    }),
    { numRuns: 1_500 },
  );
  expect(taken).toBeGreaterThan(15);
}, 60_000);
