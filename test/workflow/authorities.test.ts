import { describe, expect, test } from "vitest";
import type { AuthorityName } from "../../src/access/authority.ts";
import { isRefusal } from "../../src/access/refusal.ts";
import type { AuthorityQuestion } from "../../src/policy/authority.ts";
import type { Verdict } from "../../src/workflow/review-request.ts";
import { aPolicy, aRole, aRule } from "../policy/example-rule.ts";
import { anAsk, createOffice, DEV, LEAD, OTHER_LEAD, SECURITY } from "./office.ts";

const YES: Verdict = { kind: "approve" };
const BOTH = { authorities: ["azure-roles", "aws-iam"] as readonly AuthorityName[] };
const ENTRA = { dev: "11111111-2222-3333-4444-555555555555", lead: "22222222-2222-3333-4444-555555555555" };
const NOT_GIVEN = { no: { kind: "not-given", actions: ["Microsoft.Compute/virtualMachines/read"] } } as const;
const of = (entra: string) => ({ entra, aws: [] });
/** No to this person alone. */
const noTo =
  (entra: string) =>
  ({ identities }: AuthorityQuestion) =>
    identities.entra === entra ? NOT_GIVEN : "yes";

const createLinkedOffice = async (...[rule, machines]: Parameters<typeof createOffice>) => {
  const office = await createOffice({ ...BOTH, ...rule }, machines);
  office.identities.set(DEV, of(ENTRA.dev));
  office.identities.set(LEAD, of(ENTRA.lead));
  return office;
};

describe("asking", () => {
  test("asks each authority that the rule names, about this person and machine, and none that it doesn't name", async () => {
    const office = await createLinkedOffice();
    await office.submit();
    expect(
      office.authorities.asked.map(({ name, activity, identities, machine }) => [
        name,
        activity,
        identities.entra,
        machine.name,
      ]),
    ).toEqual([
      ["azure-roles", "request", ENTRA.dev, "prod-vm-3"],
      ["aws-iam", "request", ENTRA.dev, "prod-vm-3"],
    ]);
    const other = await createOffice({ approve: { kind: "none" } });
    other.authorities.set("azure-roles", NOT_GIVEN);
    expect(await other.refusalsOf({})).toEqual([]);
    expect(other.lookedUp).not.toContain(`identities of ${DEV}`);
  });

  test("tells every no, of policy and of each authority, together", async () => {
    const office = await createLinkedOffice({ request: ["seniors"] });
    office.authorities.set("azure-roles", NOT_GIVEN);
    office.authorities.set("aws-iam", { no: { kind: "not-linked" } });
    expect(await office.submitRequest(anAsk({ end: "9h" }), DEV)).toMatchObject({
      refusals: [
        { code: "not-eligible" },
        { code: "duration-too-long" },
        { code: "authority-no", facts: { authority: "azure-roles", activity: "request", because: NOT_GIVEN.no } },
        { code: "authority-no", facts: { authority: "aws-iam", because: { kind: "not-linked" } } },
      ],
    });
  });

  test("takes a yes of all of them: one isn't enough", async () => {
    const office = await createLinkedOffice({ approve: { kind: "none" } });
    office.authorities.set("aws-iam", NOT_GIVEN);
    expect(await office.refusalsOf({})).toEqual(["authority-no"]);
    expect(office.memory.grants()).toEqual([]);
  });

  test.each([
    ["slow", "slow"],
    ["deaf", "slow"],
    ["failing", "failed"],
    ["throttled", "throttled"],
  ] as const)("one that is %s is a no that says so, soon, with a reference for operators", async (mood, problem) => {
    const office = await createLinkedOffice({ approve: { kind: "none" } });
    office.authorities.set("azure-roles", mood);
    const before = performance.now();
    const outcome = await office.submitRequest(anAsk(), DEV);
    expect(performance.now() - before).toBeLessThan(2_000);
    const [failure] = office.authorities.failures;
    expect(outcome).toMatchObject({
      refusals: [
        { code: "authority-silent", facts: { authority: "azure-roles", problem, reference: failure?.reference } },
      ],
    });
    expect(office.authorities.failures).toHaveLength(1);
    expect(office.memory.grants()).toEqual([]);
  });

  test("two that are slow take no longer than one", async () => {
    const office = await createLinkedOffice();
    office.authorities.set("azure-roles", "deaf");
    office.authorities.set("aws-iam", "deaf");
    office.deps.authorityTimeoutMs = () => 200 as never;
    const before = performance.now();
    expect(await office.refusalsOf({})).toEqual(["authority-silent", "authority-silent"]);
    expect(performance.now() - before).toBeLessThan(390);
  });

  test("no setting makes it wait longer than four seconds", async () => {
    const office = await createLinkedOffice();
    office.authorities.set("azure-roles", "deaf");
    office.deps.authorityTimeoutMs = () => 60_000 as never;
    const before = performance.now();
    expect(await office.refusalsOf({})).toEqual(["authority-silent"]);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("what took its time before leaves an authority less of it", async () => {
    const office = await createLinkedOffice({ request: ["engineers", "oncall"] });
    const oncall = aRole({ name: "oncall", schedules: [{ service: "pagerduty", id: "PSCHED1" }] });
    const policy = aPolicy(aRule({ ...BOTH, request: ["engineers", "oncall"] }));
    office.setPolicy({ ...policy, roles: new Map([...policy.roles, ["oncall", oncall]]) });
    Object.assign(office.deps.directory, { onCall: async () => office.clock.advance(3_500) });
    office.authorities.set("azure-roles", "deaf");
    office.deps.authorityTimeoutMs = () => 4_000 as never;
    const before = performance.now();
    expect(await office.refusalsOf({})).toEqual(["authority-silent"]);
    expect(performance.now() - before).toBeLessThan(1_400);
  });

  test("one that is named and not connected says no", async () => {
    const office = await createLinkedOffice();
    office.authorities.connected.delete("aws-iam");
    expect(await office.submitRequest(anAsk(), DEV)).toMatchObject({
      refusals: [{ code: "authority-no", facts: { authority: "aws-iam", because: { kind: "no-say" } } }],
    });
  });

  test("who can't be known elsewhere gets nothing", async () => {
    const office = await createLinkedOffice({ approve: { kind: "none" } });
    office.slack.profilesAway = true;
    await expect(office.submit()).rejects.toMatchObject({ code: "slack" });
    expect(office.memory.grants()).toEqual([]);
  });
});

describe("a click", () => {
  const asked = async (...args: Parameters<typeof createLinkedOffice>) => {
    const office = await createLinkedOffice(...args);
    const { id } = await office.submit();
    const click = async (user: string, verdict: Verdict = YES) => {
      const outcome = await office.review(id, user, verdict);
      return isRefusal(outcome) ? outcome : outcome.state.kind;
    };
    return { ...office, id, click };
  };

  test("asks about requester and approver again, and both have to be allowed", async () => {
    const office = await asked();
    office.authorities.asked.length = 0;
    expect(await office.click(LEAD)).toBe("approved");
    expect(
      office.authorities.asked
        .map(({ name, activity, identities }) => `${name} ${activity} ${identities.entra}`)
        .toSorted(),
    ).toEqual([
      `aws-iam approve ${ENTRA.lead}`,
      `aws-iam request ${ENTRA.dev}`,
      `azure-roles approve ${ENTRA.lead}`,
      `azure-roles request ${ENTRA.dev}`,
    ]);
  });

  test("gives nothing when the requester's role in the cloud was taken away meanwhile", async () => {
    const office = await asked();
    office.authorities.set("azure-roles", noTo(ENTRA.dev));
    expect(await office.click(LEAD)).toMatchObject({ code: "not-any-more", facts: { code: "authority-no" } });
    expect(await office.grantOf(office.id)).toBeUndefined();
    expect(office.lastEvent()).toMatchObject({ kind: "review.refused", code: "not-any-more" });
  });

  test("gives nothing when the approver has no role in the cloud, who may still say no", async () => {
    const office = await asked();
    office.authorities.set("aws-iam", noTo(ENTRA.lead));
    expect(await office.click(LEAD)).toMatchObject({
      code: "authority-no",
      facts: { authority: "aws-iam", activity: "approve" },
    });
    expect(await office.click(LEAD, { kind: "deny", reason: "" })).toBe("denied");
  });

  test.each(["slow", "deaf", "failing", "throttled"] as const)(
    "gives nothing while an authority is %s, and leaves everything as it was",
    async (mood) => {
      const office = await asked();
      office.authorities.set("azure-roles", mood);
      expect(await office.click(LEAD)).toMatchObject({ code: "authority-silent" });
      expect((await office.request(office.id)).version).toBe(1);
      office.authorities.set("azure-roles", "yes");
      expect(await office.click(LEAD)).toBe("approved");
    },
  );

  test("doesn't count an earlier approval of somebody who may not approve there any more", async () => {
    const office = await asked({
      approve: {
        kind: "by",
        steps: [{ roles: ["leads", "security"], needed: 2 }],
        withinMs: 1_800_000 as never,
        automatic: [],
      },
    });
    expect(await office.click(LEAD)).toBe("pending");
    office.authorities.set("azure-roles", noTo(ENTRA.lead));
    expect(await office.click(OTHER_LEAD)).toBe("pending");
    expect((await office.request(office.id)).state).toMatchObject({ approvals: [{ by: { user: OTHER_LEAD } }] });
    expect(await office.click(SECURITY)).toBe("approved");
  });

  test("loses no earlier approval because nothing can be known about who gave it", async () => {
    const office = await asked({
      approve: { kind: "by", steps: [{ roles: ["leads"], needed: 2 }], withinMs: 1_800_000 as never, automatic: [] },
    });
    await office.click(LEAD);
    office.authorities.set("azure-roles", ({ identities }) => (identities.entra === ENTRA.lead ? "failing" : "yes"));
    expect(await office.click(OTHER_LEAD)).toMatchObject({ code: "authority-silent" });
    office.authorities.set("azure-roles", "yes");
    expect(await office.click(OTHER_LEAD)).toBe("approved");
  });
});

test("protecting takes a yes to configuring it", async () => {
  const office = await createLinkedOffice({ configure: ["engineers"] });
  office.authorities.set("azure-roles", ({ activity }) => (activity === "configure" ? NOT_GIVEN : "yes"));
  expect(await office.protectMachine.protect("prod-vm-3", ["ssh"], DEV)).toMatchObject({
    refusals: [{ code: "authority-no", facts: { activity: "configure" } }],
  });
  office.authorities.set("azure-roles", "yes");
  expect(await office.protectMachine.protect("prod-vm-3", ["ssh"], DEV)).toMatchObject({ kind: "protecting" });
  office.authorities.set("azure-roles", "throttled");
  expect(await office.unprotect("prod-vm-3", DEV)).toMatchObject({ code: "authority-silent" });
});

test("an explanation takes a yes to reading, and says who would refuse an ask", async () => {
  const office = await createLinkedOffice();
  office.authorities.set("azure-roles", ({ activity }) => (activity === "read" ? NOT_GIVEN : "yes"));
  expect(await office.explainWhy("prod-vm-3", DEV)).toMatchObject({
    code: "authority-no",
    facts: { activity: "read" },
  });
  office.authorities.set("azure-roles", ({ activity }) => (activity === "request" ? NOT_GIVEN : "yes"));
  expect(await office.explainWhy("prod-vm-3", DEV)).toMatchObject({
    offered: [
      { line: { name: "ssh" }, refusals: [{ code: "authority-no" }] },
      { line: { name: "rdp" }, refusals: [{ code: "authority-no" }] },
    ],
  });
});
