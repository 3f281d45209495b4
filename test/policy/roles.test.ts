import { describe, expect, test } from "vitest";
import type { Policy, Role } from "../../src/policy/policy.ts";
import { type Memberships, NO_MEMBERSHIPS, peopleOf, rolesOf, silentSchedules } from "../../src/policy/roles.ts";
import { aPolicy, aRole } from "./example-rule.ts";

const pagerDuty = { service: "pagerduty", id: "P1" } as const;
const opsgenie = { service: "opsgenie", id: "O1" } as const;

const withRoles = (...roles: readonly Role[]): Policy => ({
  ...aPolicy(),
  roles: new Map(roles.map((role) => [role.name, role])),
});
const onCall = (people: Readonly<Record<string, readonly string[]>>): Memberships => ({
  ...NO_MEMBERSHIPS,
  onCall: new Map(Object.entries(people).map(([key, users]) => [key, new Set(users)])),
});

describe("on call", () => {
  const leads = aRole({ name: "leads", users: ["U0LEAD"], groups: ["S0LEADS"] });
  const policy = withRoles(aRole({ name: "oncall", schedules: [pagerDuty], otherwise: ["leads"] }), leads);

  test("whoever is, holds the role now, and nobody who would otherwise", () => {
    const now = onCall({ "pagerduty:P1": ["U0CALL"] });
    expect(peopleOf(policy, ["oncall"], now)).toEqual({ users: ["U0CALL"], groups: [] });
    expect(rolesOf(policy, "U0CALL", now)).toEqual(new Set(["oncall"]));
    expect(rolesOf(policy, "U0LEAD", now)).toEqual(new Set(["leads"]));
    expect(silentSchedules(policy, ["oncall"], now)).toEqual([]);
  });

  test.each([
    ["wasn't asked", NO_MEMBERSHIPS],
    ["names nobody", onCall({ "pagerduty:P1": [] })],
  ])("a schedule that %s is silent, and the others hold the role instead", (_, now) => {
    expect(silentSchedules(policy, ["oncall"], now)).toEqual([pagerDuty]);
    expect(peopleOf(policy, ["oncall"], now)).toEqual({ users: ["U0LEAD"], groups: ["S0LEADS"] });
    expect(rolesOf(policy, "U0LEAD", now)).toEqual(new Set(["oncall", "leads"]));
    const members = { ...now, groups: new Map([["S0LEADS", new Set(["U0MEMBER"])]]) };
    expect(rolesOf(policy, "U0MEMBER", members)).toEqual(new Set(["oncall", "leads"]));
  });

  test("without others nobody holds the role of a silent schedule", () => {
    const alone = withRoles(aRole({ name: "oncall", schedules: [pagerDuty] }));
    expect(peopleOf(alone, ["oncall"])).toEqual({ users: [], groups: [] });
  });

  test("of two schedules one that is silent brings the others beside whoever is on call", () => {
    const both = withRoles(aRole({ name: "oncall", schedules: [pagerDuty, opsgenie], otherwise: ["leads"] }), leads);
    const now = onCall({ "pagerduty:P1": ["U0CALL"] });
    expect(silentSchedules(both, ["oncall"], now)).toEqual([opsgenie]);
    expect(peopleOf(both, ["oncall"], now)).toEqual({ users: ["U0LEAD", "U0CALL"], groups: ["S0LEADS"] });
  });

  test("the others of the others aren't followed, so roles that name each other end", () => {
    const circle = withRoles(
      aRole({ name: "a", schedules: [pagerDuty], otherwise: ["b"] }),
      aRole({ name: "b", schedules: [opsgenie], otherwise: ["a", "c"], users: ["U0B"] }),
      aRole({ name: "c", users: ["U0C"] }),
    );
    expect(peopleOf(circle, ["a"])).toEqual({ users: ["U0B"], groups: [] });
    expect(rolesOf(circle, "U0C", NO_MEMBERSHIPS)).toEqual(new Set(["b", "c"]));
  });
});

test("the requester's manager holds the role that says so, and without one nobody does", () => {
  const policy = withRoles(aRole({ name: "manager", manager: true }));
  const memberships = { ...NO_MEMBERSHIPS, manager: "U0BOSS" };
  expect(peopleOf(policy, ["manager"], memberships)).toEqual({ users: ["U0BOSS"], groups: [] });
  expect(rolesOf(policy, "U0BOSS", memberships)).toEqual(new Set(["manager"]));
  expect(peopleOf(policy, ["manager"])).toEqual({ users: [], groups: [] });
});

test("people who are named in several ways are named once", () => {
  const policy = withRoles(
    aRole({ name: "a", users: ["U1"], groups: ["S1"] }),
    aRole({ name: "b", users: ["U1", "U2"], groups: ["S1"], schedules: [pagerDuty], manager: true }),
  );
  const now = { ...onCall({ "pagerduty:P1": ["U2", "U3"] }), manager: "U3" };
  expect(peopleOf(policy, ["a", "b", "unknown"], now)).toEqual({ users: ["U1", "U2", "U3"], groups: ["S1"] });
});
