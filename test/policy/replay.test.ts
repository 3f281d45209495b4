import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AskedFacts } from "../../src/access/asked-facts.ts";
import { scheduleKey } from "../../src/access/person.ts";
import { type EpochMs, HOUR } from "../../src/access/time.ts";
import { decide } from "../../src/policy/decide.ts";
import { approvalsOf } from "../../src/policy/enough.ts";
import { ruleFor } from "../../src/policy/match.ts";
import type { Policy, Role } from "../../src/policy/policy.ts";
import type { Question } from "../../src/policy/question.ts";
import { askedFacts, questionOf, replay } from "../../src/policy/replay.ts";
import { type Memberships, NO_MEMBERSHIPS, peopleOf, rolesOf } from "../../src/policy/roles.ts";
import { aPolicy, aQuestion, aRole, aRule, everyMachine } from "./example-rule.ts";
import { ask, policies } from "./random-policy.ts";

const AT = 1_800_000_000_000 as EpochMs;

const PEOPLE = ["U1", "U2", "U3", "U4", "U5"];
const SCHEDULES = [
  { service: "pagerduty", id: "P1" },
  { service: "opsgenie", id: "O1" },
] as const;
const NAMES = ["a", "b", "c", "d", "x", "leads", "secs", "bosses"];

const role = fc.record({
  users: fc.subarray(PEOPLE, { maxLength: 3 }),
  groups: fc.subarray(["S1", "S2", "S3"], { maxLength: 2 }),
  schedules: fc.oneof(fc.constant([]), fc.subarray([...SCHEDULES])),
  manager: fc.constantFrom(false, false, true),
  otherwise: fc.subarray(NAMES, { maxLength: 1 }),
});
const policyWithRoles: fc.Arbitrary<Policy> = fc
  .tuple(policies, fc.array(role, { minLength: NAMES.length, maxLength: NAMES.length }))
  .map(([policy, given]) => ({
    ...policy,
    roles: new Map(
      given.map((each, index): [string, Role] => [NAMES[index] ?? "", { name: NAMES[index] ?? "", ...each }]),
    ),
  }));

interface World {
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly onCall: Readonly<Record<string, readonly string[]>>;
  readonly manager: string | undefined;
  readonly left: readonly string[];
}
const someone = fc.subarray(PEOPLE, { maxLength: 3 });
const world: fc.Arbitrary<World> = fc.record({
  groups: fc.record({ S1: someone, S2: someone, S3: someone }),
  onCall: fc.record({ "pagerduty:P1": someone, "opsgenie:O1": someone }),
  manager: fc.constantFrom(undefined, ...PEOPLE),
  left: fc.oneof(fc.constant([]), fc.subarray(PEOPLE, { maxLength: 2 })),
});

/** Looks up what the policy names, and of approvers as many as are enough. */
const lookedUp = (
  asked: Omit<Question, "rule" | "roles" | "memberships" | "approvers">,
  policy: Policy,
  there: World,
): Question => {
  const roles = [...policy.roles.values()];
  const memberships: Memberships = {
    groups: new Map(roles.flatMap(({ groups }) => groups).map((group) => [group, new Set(there.groups[group])])),
    missingGroups: new Set(),
    onCall: new Map(
      roles
        .flatMap(({ schedules }) => schedules.map(scheduleKey))
        .map((schedule) => [schedule, new Set(there.onCall[schedule])]),
    ),
    manager: roles.some(({ manager }) => manager) ? there.manager : undefined,
  };
  const rule = ruleFor(policy, asked.machine);
  const approving = rule?.approve.kind === "by" ? rule.approve.steps.flatMap((step) => step.roles) : [];
  return {
    ...asked,
    rule,
    memberships,
    roles: rolesOf(policy, asked.requester, memberships),
    approvers: new Map(
      approving.map((name) => {
        const { users, groups } = peopleOf(policy, [name], memberships);
        const all = [...users, ...groups.flatMap((group) => [...(memberships.groups.get(group) ?? [])])];
        const found = all.filter((user) => user !== asked.requester && !there.left.includes(user));
        return [name, new Set([...new Set(found)].slice(0, approvalsOf(rule)))];
      }),
    ),
  };
};

const written = (question: Question, policy: Policy): AskedFacts =>
  JSON.parse(JSON.stringify(askedFacts(question, policy)));

const lacksApprovers = (decision: ReturnType<typeof decide>): boolean =>
  decision.kind === "deny" && decision.refusals.some(({ code }) => code === "no-approver");

test("what was written down decides as it did then", () => {
  const seen = { deny: 0, allow: 0, "needs-approval": 0, "break-glass": 0 };
  fc.assert(
    fc.property(policyWithRoles, ask, world, (policy, asked, there) => {
      const question = lookedUp(asked, policy, there);
      const then = decide(question, policy);
      const again = replay(written(question, policy), question.requester, question.at, policy);
      expect(again.decision).toEqual(then);
      if (!lacksApprovers(then)) expect(again.unknown).toEqual([]);
      seen[then.kind] += 1;
    }),
    { numRuns: 1_500 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
}, 60_000);

test("another policy decides as it would have then, or it is said what nobody knew", () => {
  const seen = { known: 0, unknown: 0, changed: 0 };
  fc.assert(
    fc.property(policyWithRoles, policyWithRoles, ask, world, (before, after, asked, given) => {
      const there = { ...given, left: [] };
      const question = lookedUp(asked, before, there);
      const again = replay(written(question, before), question.requester, question.at, after);
      if (again.unknown.length > 0) {
        seen.unknown += 1;
        return;
      }
      const truly = decide(lookedUp(asked, after, there), after);
      expect(again.decision).toEqual(truly);
      seen.known += 1;
      if (truly.kind !== decide(question, before).kind) seen.changed += 1;
    }),
    { numRuns: 1_500 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(30);
}, 60_000);

describe("asked again", () => {
  const asked = askedFacts(
    aQuestion({
      memberships: {
        groups: new Map([
          ["S0ENG", new Set(["U0DEV1"])],
          ["S0SENIOR", new Set(["U0LEAD1"])],
        ]),
        missingGroups: new Set(),
        onCall: new Map([["pagerduty:P1", new Set<string>()]]),
        manager: undefined,
      },
    }),
    aPolicy(aRule()),
  );
  const under = (...roles: readonly Role[]) => {
    const rule = aRule({
      approve: { kind: "by", steps: [{ roles: ["new"], needed: 1 }], withinMs: HOUR, automatic: [] },
    });
    const policy = aPolicy(rule);
    const all = new Map([...policy.roles, ...roles.map((each) => [each.name, each] as const)]);
    return questionOf(asked, "U0DEV1", AT, { ...policy, roles: all });
  };

  test("groups, schedules and managers that nobody looked up then are named, and count as nobody", () => {
    const schedules = [{ service: "pagerduty", id: "P1" } as const, { service: "opsgenie", id: "O1" } as const];
    const { question, unknown } = under(aRole({ name: "new", groups: ["S0NEW"], schedules, manager: true }));
    expect(unknown).toEqual(["user group S0NEW", "schedule opsgenie:O1", "manager"]);
    expect(question.approvers).toEqual(new Map([["new", new Set()]]));
  });

  test("people whom a role names count as there", () => {
    const { question, unknown } = under(aRole({ name: "new", users: ["U0NEW", "U0DEV1"] }));
    expect(unknown).toEqual([]);
    expect(question.approvers).toEqual(new Map([["new", new Set(["U0NEW"])]]));
  });

  test("of a group that was looked up only those who could have answered then are known", () => {
    const { question, unknown } = under(aRole({ name: "new", groups: ["S0SENIOR"] }));
    expect(unknown).toEqual([]);
    expect(question.approvers).toEqual(new Map([["new", new Set(["U0LEAD1"])]]));
    expect(under(aRole({ name: "new", groups: ["S0ENG"] })).unknown).toEqual(["user group S0ENG"]);
  });

  test("a user group that wasn't there then still keeps its deny rule from being told", () => {
    const policy = aPolicy(aRule());
    const denying = {
      ...policy,
      roles: new Map([...policy.roles, ["con", aRole({ name: "con", groups: ["S0CON"] })]]),
      denials: [{ name: "no", people: ["con"], match: everyMachine, ports: [], because: "" }],
    };
    const memberships = { ...NO_MEMBERSHIPS, missingGroups: new Set(["S0CON"]) };
    const facts = askedFacts(aQuestion({ memberships }), denying);
    expect(replay(facts, "U0DEV1", AT, denying)).toMatchObject({
      decision: { refusals: [{ code: "deny-rule-unclear" }] },
    });
    expect(replay(facts, "U0DEV1", AT, denying).unknown).not.toContain("user group S0CON");
  });

  test("who was found to be away still is", () => {
    const facts = askedFacts(aQuestion({ approvers: new Map([["leads", new Set<string>()]]) }), aPolicy());
    expect(facts.away).toEqual(["U0LEAD1", "U0LEAD2"]);
    expect(questionOf(facts, "U0DEV1", AT, aPolicy(aRule())).question.approvers).toEqual(
      new Map([["leads", new Set()]]),
    );
  });
});
