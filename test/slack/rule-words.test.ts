import { describe, expect, test } from "vitest";
import { HOUR } from "../../src/access/time.ts";
import type { Hours } from "../../src/policy/hours.ts";
import type { Approve, Rule } from "../../src/policy/policy.ts";
import { answersText, ruleLines } from "../../src/slack/rule-words.ts";

const office: Hours = { name: "office", days: [1, 2, 3, 4, 5], from: 480, until: 1_080, zone: "Europe/Berlin" };
const by = (changes: Partial<Extract<Approve, { kind: "by" }>>): Approve => ({
  kind: "by",
  steps: [{ roles: ["leads"], needed: 1 }],
  withinMs: HOUR,
  automatic: [],
  ...changes,
});
const rule = (changes: Partial<Rule>): Rule =>
  ({
    hours: [],
    limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined },
    authorities: [],
    breakGlass: undefined,
    recheck: "tell",
    ...changes,
  }) as Rule;

describe("who approves", () => {
  test.each<[Approve, string]>([
    [{ kind: "none" }, "it opens at once."],
    [by({}), "one of *leads* has to approve."],
    [
      by({
        steps: [
          { roles: ["leads", "oncall"], needed: 1 },
          { roles: ["security"], needed: 2 },
        ],
      }),
      "one of *leads* or *oncall*, then 2 of *security* have to approve.",
    ],
    [
      by({ automatic: [office] }),
      "one of *leads* has to approve, but not during *office* (Mon-Fri 08:00-18:00, Europe/Berlin): then it opens at once.",
    ],
  ])("%j", (approve, text) => {
    expect(answersText(approve)).toBe(text);
  });
});

describe("what else a rule says", () => {
  test("nothing where it says nothing", () => {
    expect(ruleLines(rule({}))).toEqual([]);
  });

  test.each<[Partial<Hours>, string]>([
    [{ days: [1, 3] }, "Mon, Wed 08:00-18:00, Europe/Berlin"],
    [{ days: [6, 7], zone: "UTC" }, "Sat, Sun 08:00-18:00, UTC"],
    [{ days: [7, 1, 2, 3, 4, 5, 6], from: 1_320, until: 365 }, "every day 22:00-06:05, Europe/Berlin"],
  ])("hours: %j", (changes, text) => {
    expect(ruleLines(rule({ hours: [{ ...office, ...changes }] }))).toEqual([
      `It opens during *office* (${text}) only.`,
    ]);
  });

  test("limits, authorities, what closes, and break-glass, a line each", () => {
    const lines = ruleLines(
      rule({
        limits: { perPerson: 2, perMachine: 3, asksPerHour: 10 },
        authorities: ["azure-roles", "aws-iam"],
        recheck: "close",
        breakGlass: { by: ["sre"], maximumMs: HOUR, tell: { roles: [], channels: [] } },
      }),
    );
    expect(lines).toEqual([
      "Open at once at most: 2 for one person and 3 on one machine.",
      "One person may ask 10 times an hour.",
      "Azure and AWS have to say yes as well: by the roles you have there.",
      "What is open and wouldn't be given any more is closed.",
      expect.stringMatching(/^In an emergency \*sre\* can open it for 1 hour at once with `\/jit break-glass`/u),
    ]);
  });
});
