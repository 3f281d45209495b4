import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { type DurationMs, HOUR, later, MINUTE } from "../../src/access/time.ts";
import type { Policy, Role, Rule } from "../../src/policy/policy.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRole, aRule, everyMachine } from "../policy/example-rule.ts";
import { createOffice, DEV, LEAD, OTHER_LEAD, personFacts, SECURITY } from "./office.ts";

const PRIMARY = "pagerduty:PSCHED1";
const oncall = aRole({
  name: "oncall",
  schedules: [{ service: "pagerduty", id: "PSCHED1" }],
  otherwise: ["leads"],
});
const manager = aRole({ name: "manager", manager: true });

const approvedBy = (...roles: readonly string[]): Partial<Rule> => ({
  approve: { kind: "by", steps: [{ roles, needed: 1 }], withinMs: (30 * MINUTE) as DurationMs, automatic: [] },
});

const officeWith = async (rule: Partial<Rule>, ...roles: readonly Role[]) => {
  const office = await createOffice();
  const policy = aPolicy(aRule(rule));
  office.setPolicy({
    ...policy,
    roles: new Map([...policy.roles, ...roles.map((role) => [role.name, role] as const)]),
  });
  const click = async (id: never, user: string) => {
    const outcome = await office.review(id, user, { kind: "approve" });
    return isRefusal(outcome) ? outcome.code : outcome.state.kind;
  };
  return { ...office, click };
};

describe("whoever is on call", () => {
  test("approves while they are, by the schedule at the click", async () => {
    const { submit, onCall, click, told } = await officeWith(approvedBy("oncall"), oncall);
    onCall.set(PRIMARY, new Set(["U0DEV2"]));
    const request = await submit();
    expect(request.steps).toEqual([{ needed: 1, users: ["U0DEV2"], groups: [] }]);
    onCall.set(PRIMARY, new Set([SECURITY]));
    expect(await click(request.id as never, "U0DEV2")).toBe("not-approver");
    expect(await click(request.id as never, SECURITY)).toBe("approved");
    expect(told()).not.toContain("schedule.silent");
  });

  test("isn't known: others answer, and the card and an event say so loudly", async () => {
    const { submit, click, told, eventsOf } = await officeWith(approvedBy("oncall"), oncall);
    const request = await submit();
    expect(request.steps).toEqual([{ needed: 1, users: [LEAD, OTHER_LEAD], groups: [], silent: [PRIMARY] }]);
    expect(told()).toEqual(["schedule.silent", "request.submitted"]);
    expect(eventsOf("schedule.silent")).toMatchObject([
      { requestId: request.id, schedules: [PRIMARY], instead: [LEAD, OTHER_LEAD] },
    ]);
    expect(await click(request.id as never, LEAD)).toBe("approved");
  });

  test("answers again, once the schedule says who", async () => {
    const { submit, onCall, click, request } = await officeWith(
      {
        approve: {
          kind: "by",
          steps: [{ roles: ["oncall", "security"], needed: 2 }],
          withinMs: (30 * MINUTE) as DurationMs,
          automatic: [],
        },
      },
      oncall,
    );
    const { id } = await submit();
    onCall.set(PRIMARY, new Set(["U0DEV2"]));
    expect(await click(id as never, LEAD)).toBe("not-approver");
    expect(await click(id as never, "U0DEV2")).toBe("pending");
    expect((await request(id)).steps[0]).not.toHaveProperty("silent");
  });

  test("isn't looked up where the rule has nothing to do with them", async () => {
    const { submit, endEarly, lookedUp } = await officeWith({}, oncall);
    const { id } = await submit();
    await endEarly(id, DEV);
    expect(lookedUp).not.toContain(PRIMARY);
  });

  test("nobody at all, and nobody instead: refused", async () => {
    const { refusalsOf } = await officeWith(approvedBy("oncall"), { ...oncall, otherwise: [] });
    expect(await refusalsOf({})).toEqual(["no-approver"]);
  });
});

describe("the requester's manager", () => {
  test("approves for them, and for nobody else", async () => {
    const { submit, managers, click } = await officeWith(approvedBy("manager"), manager);
    managers.set(DEV, LEAD);
    managers.set("U0DEV2", OTHER_LEAD);
    const [mine, others] = [await submit(), await submit({}, "U0DEV2")];
    expect(mine.steps).toEqual([{ needed: 1, users: [LEAD], groups: [] }]);
    expect(await click(mine.id as never, OTHER_LEAD)).toBe("not-approver");
    expect(await click(others.id as never, LEAD)).toBe("not-approver");
    expect(await click(mine.id as never, LEAD)).toBe("approved");
  });

  test("is who it is at the click", async () => {
    const { submit, managers, click } = await officeWith(approvedBy("manager"), manager);
    managers.set(DEV, LEAD);
    const { id } = await submit();
    managers.set(DEV, SECURITY);
    expect(await click(id as never, LEAD)).toBe("not-approver");
    expect(await click(id as never, SECURITY)).toBe("approved");
  });

  test("that they don't have, that they are themselves, or who left: nobody could approve", async () => {
    const { refusalsOf, managers, people } = await officeWith(approvedBy("manager"), manager);
    expect(await refusalsOf({})).toEqual(["no-approver"]);
    managers.set(DEV, DEV);
    expect(await refusalsOf({})).toEqual(["no-approver"]);
    managers.set(DEV, LEAD);
    people.set(LEAD, personFacts(LEAD, { standing: "deactivated" }));
    expect(await refusalsOf({})).toEqual(["no-approver"]);
  });

  test("may close what they could have approved", async () => {
    const { submit, managers, click, endEarly } = await officeWith(approvedBy("manager"), manager);
    managers.set(DEV, LEAD);
    const { id } = await submit();
    await click(id as never, LEAD);
    expect(await endEarly(id, OTHER_LEAD)).toMatchObject({ code: "not-yours" });
    expect(await endEarly(id, LEAD)).toMatchObject({ kind: "closing" });
  });
});

test("a user group counts as it is now: who left it can't approve", async () => {
  const office = await createOffice(approvedBy("engineers"));
  office.groups.set("S0ENG", new Set(["U0DEV2", LEAD]));
  const { id } = await office.submit();
  office.groups.set("S0ENG", new Set(["U0DEV2"]));
  expect(await office.review(id, LEAD, { kind: "approve" })).toMatchObject({ code: "not-approver" });
  expect(await office.review(id, "U0DEV2", { kind: "approve" })).toMatchObject({ state: { kind: "approved" } });
});

describe("user groups", () => {
  const ofGroup = (name: string) => aRole({ name, groups: [`S0${name.toUpperCase()}`] });
  const withGroups = async (names: readonly string[], changes: Partial<Policy>) => {
    const office = await createOffice();
    const policy = aPolicy(aRule({ request: ["engineers", ...names.slice(0, 1)] }));
    const roles = new Map([...policy.roles, ...names.map((name) => [name, ofGroup(name)] as const)]);
    office.setPolicy({ ...policy, roles, ...changes });
    return office;
  };
  const denial = { name: "no", people: ["con"], match: everyMachine, ports: [], because: "" };
  const elsewhere = { ...everyMachine, names: ["another-vm"] };
  const freeze = { name: "f", fromAt: NOW, untilAt: later(NOW, HOUR), match: everyMachine, except: ["ops"] };

  test("are asked about only where they matter for this machine", async () => {
    const office = await withGroups(["new", "con", "ops", "far", "idle"], {
      denials: [denial, { ...denial, people: ["far"], match: elsewhere }],
      freezes: [freeze, { ...freeze, except: ["idle"], match: elsewhere }],
    });
    for (const group of ["S0CON", "S0NEW", "S0OPS"]) office.groups.set(group, new Set());
    expect(await office.refusalsOf({})).toEqual(["frozen"]);
    const groups = new Set(office.lookedUp.filter((each) => each.startsWith("S0")));
    expect(groups).toEqual(new Set(["S0ENG", "S0NEW", "S0CON", "S0OPS"]));
  });

  test("that aren't there give nobody anything, and keep nobody from what others give", async () => {
    const office = await withGroups(["new"], {});
    expect(await office.refusalsOf({}, "U0NOBODY")).toEqual(["not-eligible"]);
    expect(await office.refusalsOf({})).toEqual([]);
  });

  test("that aren't there and that a deny rule names let nobody in, at the ask and at the approval", async () => {
    const office = await withGroups(["new", "con"], { denials: [denial] });
    expect(await office.refusalsOf({})).toEqual(["deny-rule-unclear"]);
    office.groups.set("S0CON", new Set(["U0DEV2"]));
    expect(await office.refusalsOf({}, "U0DEV2")).toEqual(["denied-by-policy"]);
    const { id } = await office.submit();
    office.groups.delete("S0CON");
    expect(await office.review(id, LEAD, { kind: "approve" })).toMatchObject({
      code: "not-any-more",
      facts: { code: "deny-rule-unclear" },
    });
    office.groups.set("S0CON", new Set());
    expect(await office.review(id, LEAD, { kind: "approve" })).toMatchObject({ state: { kind: "approved" } });
  });
});

test("giving back waits for nobody's roles", async () => {
  const office = await createOffice({ approve: { kind: "none" } });
  const { id } = await office.submit();
  office.lookedUp.length = 0;
  await office.endEarly(id, DEV);
  expect(office.lookedUp).toEqual([DEV]);
});
