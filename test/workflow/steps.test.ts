import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { type DurationMs, MINUTE } from "../../src/access/time.ts";
import type { Rule, Step } from "../../src/policy/policy.ts";
import type { Verdict } from "../../src/workflow/review-request.ts";
import { aPolicy, aRole, aRule } from "../policy/example-rule.ts";
import { createOffice, DEV, LEAD, OTHER_LEAD, personFacts, SECURITY, STRANGER } from "./office.ts";

const YES: Verdict = { kind: "approve" };
const NO: Verdict = { kind: "deny", reason: "not today" };
const step = (needed: number, ...roles: readonly string[]): Step => ({ needed, roles });
const inSteps = (...steps: readonly Step[]): Pick<Rule, "approve"> => ({
  approve: { kind: "by", steps, withinMs: (30 * MINUTE) as DurationMs, automatic: [] },
});
const LEADS_THEN_SECURITY = inSteps(step(1, "leads"), step(1, "security"));

const asked = async (rule: Partial<Rule>, requester = DEV) => {
  const office = await createOffice(rule);
  const { id } = await office.submit({}, requester);
  const click = async (user: string, verdict = YES as Verdict) => {
    const outcome = await office.review(id, user, verdict);
    return isRefusal(outcome) ? outcome.code : outcome.state.kind;
  };
  return { ...office, id, click };
};

describe("an approval in steps", () => {
  test("takes one after the other, tells each, and opens after the last", async () => {
    const { click, id, request, grantOf, told, eventsOf } = await asked(LEADS_THEN_SECURITY);
    expect((await request(id)).steps).toEqual([
      { needed: 1, users: [LEAD, OTHER_LEAD], groups: [] },
      { needed: 1, users: [SECURITY], groups: [] },
    ]);
    expect(await click(LEAD)).toBe("pending");
    expect(await grantOf(id)).toBeUndefined();
    expect(await click(SECURITY)).toBe("approved");
    expect((await request(id)).state).toMatchObject({
      approvals: [
        { by: { user: LEAD }, step: 0 },
        { by: { user: SECURITY }, step: 1 },
      ],
    });
    expect(told()).toEqual(["request.submitted", "review.given", "request.approved"]);
    expect(eventsOf("review.given")).toMatchObject([{ step: 0, actor: { person: { user: LEAD } } }]);
  });

  test("hears only the step that comes next, and tells others why", async () => {
    const { click, review, id, request } = await asked(LEADS_THEN_SECURITY);
    for (const verdict of [YES, NO]) {
      expect(await review(id, SECURITY, verdict)).toMatchObject({ code: "not-your-turn", facts: { roles: ["leads"] } });
      expect(await review(id, STRANGER, verdict)).toMatchObject({
        code: "not-approver",
        facts: { roles: ["leads", "security"] },
      });
    }
    expect((await request(id)).version).toBe(1);
    await click(LEAD);
    expect(await review(id, OTHER_LEAD, YES)).toMatchObject({ code: "not-your-turn", facts: { roles: ["security"] } });
    expect(await click(SECURITY, NO)).toBe("denied");
  });

  test("counts nobody in two of them", async () => {
    const { click } = await asked(inSteps(step(1, "leads"), step(1, "seniors", "security")));
    expect(await click(LEAD)).toBe("pending");
    expect(await click(LEAD)).toBe("already-answered");
    expect(await click(OTHER_LEAD)).toBe("not-your-turn");
    expect(await click(SECURITY)).toBe("approved");
  });

  test("isn't asked for where the same people would be needed twice", async () => {
    const office = await createOffice(inSteps(step(1, "seniors"), step(1, "seniors")));
    expect(await office.refusalsOf({})).toEqual(["no-approver"]);
    const enough = await createOffice(inSteps(step(1, "leads"), step(1, "leads")));
    expect(await enough.refusalsOf({})).toEqual([]);
  });

  test("of two who click the last step at once one wins", async () => {
    const { click, told } = await asked(inSteps(step(1, "security"), step(1, "leads")));
    await click(SECURITY);
    expect((await Promise.all([click(LEAD), click(OTHER_LEAD)])).toSorted()).toEqual(["approved", "too-late"]);
    expect(told().filter((kind) => kind === "request.approved")).toHaveLength(1);
  });

  test("goes back to the first when who approved it is gone", async () => {
    const { click, people, id, request } = await asked(LEADS_THEN_SECURITY);
    await click(LEAD);
    people.set(LEAD, personFacts(LEAD, { standing: "deactivated" }));
    expect(await click(SECURITY)).toBe("not-your-turn");
    expect(await click(OTHER_LEAD)).toBe("pending");
    expect((await request(id)).state).toMatchObject({ approvals: [{ by: { user: OTHER_LEAD }, step: 0 }] });
    expect(await click(SECURITY)).toBe("approved");
  });

  test("goes by today's steps when the policy changed in between", async () => {
    const { click, setRule, id, request } = await asked(inSteps(step(1, "leads")));
    setRule(inSteps(step(1, "leads"), step(1, "security")));
    expect(await click(LEAD)).toBe("pending");
    expect((await request(id)).steps).toHaveLength(2);
    setRule(inSteps(step(2, "leads")));
    expect(await click(SECURITY)).toBe("not-approver");
    expect(await click(OTHER_LEAD)).toBe("approved");
    expect((await request(id)).steps).toEqual([{ needed: 2, users: [LEAD, OTHER_LEAD], groups: [] }]);
  });

  test("who gave it, lost the role and has it again may give it again, and the card hears of it", async () => {
    const world = await asked(inSteps(step(2, "leads", "security")));
    const withLeads = (...users: readonly string[]) => {
      const policy = aPolicy(aRule(inSteps(step(2, "leads", "security"))));
      world.setPolicy({ ...policy, roles: new Map([...policy.roles, ["leads", aRole({ name: "leads", users })]]) });
    };
    await world.click(LEAD);
    withLeads(OTHER_LEAD);
    expect(await world.click(OTHER_LEAD)).toBe("pending");
    withLeads(LEAD);
    expect(await world.click(LEAD)).toBe("pending");
    expect(world.told().filter((kind) => kind === "review.given")).toHaveLength(3);
  });
});

describe("one human with two accounts", () => {
  const ENTRA = "11111111-2222-3333-4444-555555555555";
  const USER_ARN = "arn:aws:iam::111122223333:user/dev1";
  const ROLE_ARN = "arn:aws:iam::111122223333:role/admin";

  test.each([
    ["Entra", { entra: ENTRA, aws: [] }, { entra: ENTRA, aws: [USER_ARN] }],
    ["IAM", { entra: undefined, aws: [USER_ARN] }, { entra: ENTRA, aws: [USER_ARN] }],
  ])("can't approve or deny their own, whom %s gives away", async (_, dev, lead) => {
    for (const verdict of [YES, NO]) {
      const { click, identities, id, request, lastEvent } = await asked({});
      identities.set(DEV, dev);
      identities.set(LEAD, lead);
      expect(await click(LEAD, verdict)).toBe("own-request");
      expect((await request(id)).version).toBe(1);
      expect(lastEvent()).toMatchObject({ kind: "review.refused", code: "own-request", reviewer: { user: LEAD } });
      expect(await click(OTHER_LEAD, verdict)).not.toBe("own-request");
    }
  });

  test("a role that many people share is nobody's account", async () => {
    const { click, identities } = await asked({});
    for (const user of [DEV, LEAD]) identities.set(user, { entra: undefined, aws: [ROLE_ARN] });
    expect(await click(LEAD)).toBe("approved");
  });

  test("is found out at the click also when they were linked after asking", async () => {
    const { click, identities } = await asked(inSteps(step(2, "leads", "security")));
    expect(await click(LEAD)).toBe("pending");
    for (const user of [DEV, LEAD]) identities.set(user, { entra: ENTRA, aws: [] });
    // What the second account had approved counts no more.
    expect(await click(OTHER_LEAD)).toBe("pending");
    expect(await click(SECURITY)).toBe("approved");
  });

  test("counts once among approvals, in one step and across two", async () => {
    for (const rule of [
      inSteps(step(2, "leads", "security")),
      inSteps(step(1, "leads"), step(1, "leads", "security")),
    ]) {
      const { click, identities, id, grantOf } = await asked(rule);
      for (const user of [LEAD, OTHER_LEAD]) identities.set(user, { entra: ENTRA, aws: [] });
      expect(await click(LEAD)).toBe("pending");
      expect(await click(OTHER_LEAD)).toBe("already-answered");
      expect(await grantOf(id)).toBeUndefined();
      expect(await click(SECURITY)).toBe("approved");
    }
  });

  test("counts once also when both had approved before they were linked", async () => {
    const { click, identities, id, request } = await asked(inSteps(step(3, "leads", "security", "engineers")));
    expect(await click(LEAD)).toBe("pending");
    expect(await click(OTHER_LEAD)).toBe("pending");
    for (const user of [LEAD, OTHER_LEAD]) identities.set(user, { entra: ENTRA, aws: [] });
    expect(await click(SECURITY)).toBe("pending");
    expect((await request(id)).state).toMatchObject({
      approvals: [{ by: { user: LEAD } }, { by: { user: SECURITY } }],
    });
    expect(await click("U0DEV2")).toBe("approved");
  });

  test("stays one who takes back a link after asking, or after the first of two approvals", async () => {
    const office = await createOffice({});
    for (const user of [DEV, LEAD]) office.identities.set(user, { entra: ENTRA, aws: [] });
    const { id } = await office.submit();
    office.identities.delete(DEV);
    for (const verdict of [YES, NO])
      expect(await office.review(id, LEAD, verdict)).toMatchObject({ code: "own-request" });
    expect(await office.review(id, OTHER_LEAD, YES)).toMatchObject({ state: { kind: "approved" } });

    const { click, identities, grantOf, ...other } = await asked(inSteps(step(2, "leads", "security")));
    for (const user of [LEAD, OTHER_LEAD]) identities.set(user, { entra: ENTRA, aws: [] });
    expect(await click(LEAD)).toBe("pending");
    identities.delete(LEAD);
    expect(await click(OTHER_LEAD)).toBe("already-answered");
    // Not even where the first approval is another's by now.
    identities.set(DEV, { entra: ENTRA, aws: [] });
    identities.delete(OTHER_LEAD);
    expect(await click(OTHER_LEAD)).toBe("pending");
    expect(await grantOf(other.id)).toBeUndefined();
  });

  test("isn't told apart any better once Slack doesn't know the first account any more", async () => {
    const { click, identities, people } = await asked({});
    identities.set(DEV, { entra: ENTRA, aws: [] });
    people.delete(DEV);
    expect(await click(LEAD, NO)).toBe("denied");
    const office = await createOffice({});
    for (const user of [DEV, LEAD]) office.identities.set(user, { entra: ENTRA, aws: [] });
    const { id } = await office.submit();
    office.people.delete(DEV);
    expect(await office.review(id, LEAD, NO)).toMatchObject({ code: "own-request" });
  });

  test("isn't guessed: where nobody can be asked who they are, nothing is approved", async () => {
    const { review, slack, id, request } = await asked({});
    slack.profilesAway = true;
    await expect(review(id, LEAD, YES)).rejects.toMatchObject({ code: "slack" });
    expect((await request(id)).version).toBe(1);
  });

  test("an address alone makes nobody the same, however alike", async () => {
    const { click, people } = await asked({});
    for (const user of [DEV, LEAD]) people.set(user, personFacts(user, { email: "dev@acme.example" }));
    expect(await click(LEAD)).toBe("approved");
  });
});
