import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { type DurationMs, HOUR, MINUTE } from "../../src/access/time.ts";
import type { Rule } from "../../src/policy/policy.ts";
import type { Verdict } from "../../src/workflow/review-request.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRole, aRule, hours, SSH } from "../policy/example-rule.ts";
import { machineBehind } from "../reconcile/world.ts";
import { createOffice, DEV, LEAD, NSG, OTHER_LEAD, personFacts, SECURITY, STRANGER, SUBNET_NSG } from "./office.ts";

const YES: Verdict = { kind: "approve" };
const NO: Verdict = { kind: "deny", reason: "not today" };
const approvedBy = (needed: number, ...roles: readonly string[]): Pick<Rule, "approve"> => ({
  approve: { kind: "by", steps: [{ roles, needed }], withinMs: (30 * MINUTE) as DurationMs, automatic: [] },
});
const two = approvedBy(2, "leads");

const asked = async (...args: Parameters<typeof createOffice>) => {
  const office = await createOffice(...args);
  const { id } = await office.submit();
  const code = async (user: string, verdict: Verdict = YES): Promise<string> => {
    const outcome = await office.review(id, user, verdict);
    return isRefusal(outcome) ? outcome.code : outcome.state.kind;
  };
  return { ...office, id, code };
};

describe("an approval", () => {
  test("stores the grant with the approved request, from now on, and makes its firewalls due", async () => {
    const { clock, review, id, request, grantOf, firewalls, told, lastEvent } = await asked();
    clock.advance(5 * MINUTE);
    const approved = await review(id, LEAD, YES);
    expect(approved).toEqual(await request(id));
    expect(approved).toMatchObject({
      state: { kind: "approved", at: NOW + 5 * MINUTE, approvals: [{ by: { user: LEAD } }] },
    });
    expect(await grantOf(id)).toMatchObject({
      id,
      requestId: id,
      startsAt: NOW + 5 * MINUTE,
      expiresAt: NOW + 5 * MINUTE + 2 * HOUR,
    });
    const due = await firewalls.take(clock.now(), 10, MINUTE);
    expect(due.map((each) => each.id).toSorted()).toEqual([NSG, SUBNET_NSG]);
    expect(told()).toEqual(["request.submitted", "request.approved"]);
    expect(lastEvent()).toMatchObject({ actor: { person: { user: LEAD } }, approvers: [{ user: LEAD }] });
  });

  test("counts up to the last millisecond, and not at the one after", async () => {
    for (const [at, outcome] of [
      [30 * MINUTE - 1, "approved"],
      [30 * MINUTE, "too-late"],
    ] as const) {
      const { clock, code } = await asked();
      clock.advance(at);
      expect(await code(LEAD)).toBe(outcome);
    }
  });

  test("isn't enough where two are needed, by two people", async () => {
    const { code, id, grantOf, told } = await asked(two);
    expect(await code(LEAD)).toBe("pending");
    expect(await grantOf(id)).toBeUndefined();
    expect(await code(LEAD)).toBe("already-answered");
    expect(await code(OTHER_LEAD)).toBe("approved");
    expect(await grantOf(id)).toBeDefined();
    expect(told()).toEqual(["request.submitted", "review.given", "review.refused", "request.approved"]);
  });
});

test("who dies right after the first write of an approval loses nothing of it", async () => {
  const { dieAfter, review, id, request, grantOf, firewalls, told } = await asked();
  dieAfter(1);
  await expect(review(id, LEAD, YES)).rejects.toThrow("died");
  expect((await request(id)).state.kind).toBe("approved");
  expect(await grantOf(id)).toMatchObject({ startsAt: NOW, expiresAt: NOW + 2 * HOUR });
  expect(await firewalls.nextAt()).toBe(NOW);
  expect(told()).toEqual(["request.submitted", "request.approved"]);
});

describe("of many clicks at once", () => {
  test("two approvals where one is needed: one wins, the other is told, there is one grant", async () => {
    const { code, id, grantOf, told } = await asked();
    const outcomes = await Promise.all([code(LEAD), code(OTHER_LEAD)]);
    expect(outcomes.toSorted()).toEqual(["approved", "too-late"]);
    expect((await grantOf(id))?.version).toBe(1);
    expect(told().filter((kind) => kind === "request.approved")).toHaveLength(1);
  });

  test("two approvals where two are needed: both count", async () => {
    const { code, id, request } = await asked(two);
    expect((await Promise.all([code(LEAD), code(OTHER_LEAD)])).toSorted()).toEqual(["approved", "pending"]);
    expect(await request(id)).toMatchObject({ version: 3, state: { kind: "approved" } });
  });

  test("one person's double click counts once", async () => {
    const { code, told } = await asked(two);
    expect((await Promise.all([code(LEAD), code(LEAD)])).toSorted()).toEqual(["already-answered", "pending"]);
    expect(told().filter((kind) => kind === "review.given")).toHaveLength(1);
  });

  test("yes, no and a withdrawal: exactly one is what became of it", async () => {
    const { code, endEarly, id, request, grantOf, told } = await asked();
    const [yes, no, withdrawn] = await Promise.all([code(LEAD), code(OTHER_LEAD, NO), endEarly(id, DEV)]);
    const ends = told().filter((kind) => ["request.approved", "request.denied", "request.withdrawn"].includes(kind));
    expect(ends).toHaveLength(1);
    const won = [yes === "approved", no === "denied", !isRefusal(withdrawn) && withdrawn.kind === "withdrawn"];
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await grantOf(id)) !== undefined).toBe((await request(id)).state.kind === "approved");
  });
});

describe("a denial", () => {
  test("ends it with its reason, and gives nothing", async () => {
    const { code, id, request, grantOf, lastEvent } = await asked();
    expect(await code(LEAD, NO)).toBe("denied");
    expect((await request(id)).state).toMatchObject({ kind: "denied", by: { user: LEAD }, reason: "not today" });
    expect(await grantOf(id)).toBeUndefined();
    expect(lastEvent()).toMatchObject({
      kind: "request.denied",
      reason: "not today",
      actor: { person: { user: LEAD } },
    });
    expect(await code(OTHER_LEAD)).toBe("too-late");
  });

  test("after a first approval of two still ends it", async () => {
    const { code } = await asked(two);
    await code(LEAD);
    expect(await code(OTHER_LEAD, NO)).toBe("denied");
  });
});

describe("doesn't count, changes nothing and is recorded:", () => {
  const unchanged = async ({
    id,
    request,
    grantOf,
    told,
    firewalls,
  }: Awaited<ReturnType<typeof asked>>): Promise<void> => {
    expect((await request(id)).state).toEqual({ kind: "pending", approvals: [] });
    expect(await grantOf(id)).toBeUndefined();
    expect(await firewalls.nextAt()).toBeUndefined();
    expect(told().at(-1)).toBe("review.refused");
  };

  test.each([YES, NO])("an answer to one's own request, also as an approver ($kind)", async (verdict) => {
    const world = await asked({
      request: ["engineers", "leads"],
      ...approvedBy(1, "leads", "engineers"),
    });
    expect(await world.code(DEV, verdict)).toBe("own-request");
    await unchanged(world);
  });

  test.each([YES, NO])("an answer of who is no approver ($kind)", async (verdict) => {
    for (const user of [STRANGER, SECURITY, "U0DEV2"]) {
      const world = await asked();
      expect(await world.code(user, verdict)).toBe("not-approver");
      await unchanged(world);
    }
  });

  test.each(["guest", "outsider", "bot", "deactivated"] as const)(
    "an answer of an approver who is a %s now",
    async (standing) => {
      const world = await asked();
      world.people.set(LEAD, personFacts(LEAD, { standing }));
      expect(await world.code(LEAD)).toBe("person-standing");
      await unchanged(world);
    },
  );

  test("an approval when the requester was deactivated, lost the role, or the policy offers less", async () => {
    const changes: ((world: Awaited<ReturnType<typeof asked>>) => void)[] = [
      ({ people }) => people.set(DEV, personFacts(DEV, { standing: "deactivated" })),
      ({ setRule }) => setRule({ request: ["seniors"] }),
      ({ setRule }) => setRule({ ports: [{ ...SSH, maximumMs: hours(1) }] }),
      ({ setRule }) => setRule({ ports: [] }),
      ({ setRule }) => setRule({ sources: [] }),
    ];
    for (const change of changes) {
      const world = await asked();
      change(world);
      expect(await world.code(LEAD)).toBe("not-any-more");
      await unchanged(world);
    }
  });

  test("an approval when the service has come to mean another port, which nobody asked for", async () => {
    const world = await asked();
    const policy = aPolicy(aRule({ ports: [{ ...SSH, ports: [{ port: 2222, protocol: "tcp" }] }] }));
    const services = new Map([...policy.services, ["ssh", { name: "ssh", ports: [{ port: 2222, protocol: "tcp" }] }]]);
    world.setPolicy({ ...policy, services });
    expect(await world.code(LEAD)).toBe("not-any-more");
    await unchanged(world);
  });

  test("an answer while the policy can't be read", async () => {
    const world = await asked();
    world.setPolicy(undefined);
    expect(await world.code(LEAD)).toBe("policy-unreadable");
    await unchanged(world);
  });

  test("an approval of a machine that is gone", async () => {
    const world = await asked();
    await world.setMachines();
    expect(await world.code(LEAD)).toBe("not-any-more");
    await unchanged(world);
  });

  test("an answer where the policy has come to ask for no approval, or to speak of the machine no more", async () => {
    const world = await asked();
    world.setRule({ approve: { kind: "none" } });
    for (const verdict of [YES, NO]) expect(await world.code(LEAD, verdict)).toBe("approval-not-needed");
    await unchanged(world);
    world.setPolicy({ ...aPolicy(aRule()), rules: [] });
    expect(await world.code(LEAD)).toBe("not-any-more");
    await unchanged(world);
  });

  test("an answer to what was never asked", async () => {
    const { review } = await createOffice();
    expect(await review("nosuch22" as never, LEAD, YES)).toMatchObject({ code: "request-unknown" });
  });
});

describe("what has changed since it was asked", () => {
  test("counts as it is now: more approvals needed", async () => {
    const { code, setRule } = await asked();
    setRule(two);
    expect(await code(LEAD)).toBe("pending");
    expect(await code(OTHER_LEAD)).toBe("approved");
  });

  test("counts as it is now: who gave the first of two approvals was deactivated, or lost the role", async () => {
    const changes: ((world: Awaited<ReturnType<typeof asked>>) => void)[] = [
      ({ people }) => people.set(LEAD, personFacts(LEAD, { standing: "deactivated" })),
      ({ setPolicy }) => {
        const policy = aPolicy(aRule(two));
        const leads = aRole({ name: "leads", users: [OTHER_LEAD, SECURITY] });
        setPolicy({ ...policy, roles: new Map([...policy.roles, ["leads", leads]]) });
      },
    ];
    for (const change of changes) {
      const world = await asked(approvedBy(2, "leads", "security"));
      expect(await world.code(LEAD)).toBe("pending");
      change(world);
      expect(await world.code(OTHER_LEAD)).toBe("pending");
      expect((await world.request(world.id)).state).toMatchObject({ approvals: [{ by: { user: OTHER_LEAD } }] });
      expect(await world.grantOf(world.id)).toBeUndefined();
      expect(await world.code(SECURITY)).toBe("approved");
    }
  });

  test("counts as it is now: other firewalls before the machine", async () => {
    const { code, id, grantOf, setMachines } = await asked();
    await setMachines(machineBehind([SUBNET_NSG]));
    await code(LEAD);
    expect((await grantOf(id))?.targets.map(({ firewall }) => firewall)).toEqual([SUBNET_NSG]);
  });

  test("a denial needs nothing of the requester", async () => {
    const { code, people } = await asked();
    people.set(DEV, personFacts(DEV, { standing: "deactivated" }));
    expect(await code(LEAD, NO)).toBe("denied");
  });
});

test("who could answer is known before they do, without changing the request; who couldn't is recorded", async () => {
  const { mayReview, id, request, told } = await asked();
  expect(await mayReview(id, LEAD)).toMatchObject({ id });
  expect(await mayReview(id, DEV)).toMatchObject({ code: "own-request" });
  expect(await mayReview(id, STRANGER)).toMatchObject({ code: "not-approver" });
  expect((await request(id)).version).toBe(1);
  expect(told()).toEqual(["request.submitted", "review.refused", "review.refused"]);
});

test("something that breaks is thrown, and the request is as it was", async () => {
  const { review, slack, id, request } = await asked();
  slack.away = true;
  await expect(review(id, LEAD, YES)).rejects.toMatchObject({ code: "slack" });
  expect((await request(id)).version).toBe(1);
});
