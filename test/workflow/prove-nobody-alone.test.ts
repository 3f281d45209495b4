import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Directory, Elsewhere, PersonFacts } from "../../src/access/person.ts";
import { HOUR } from "../../src/access/time.ts";
import { approve } from "../../src/grants/request.ts";
import { identitiesFrom } from "../../src/identity/known.ts";
import type { Policy, Role, Rule, Step } from "../../src/policy/policy.ts";
import { type Answer, proveNobodyAlone } from "../../src/workflow/prove-nobody-alone.ts";
import { aPolicy, aRole, aRule } from "../policy/example-rule.ts";

interface World {
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** As the configuration lists them. */
  readonly identities?: Readonly<Record<string, Elsewhere>>;
  /** As they showed themselves. */
  readonly shown?: Readonly<Record<string, Elsewhere>>;
  readonly managers?: Readonly<Record<string, string>>;
  readonly standing?: Readonly<Record<string, PersonFacts["standing"]>>;
}

const directoryOf = ({ groups = {}, identities = {}, shown = {}, managers = {}, standing = {} }: World): Directory => ({
  lookUp: async (user) => ({
    person: { team: "T0ACME", user },
    name: user,
    standing: standing[user] ?? "member",
    timezone: undefined,
  }),
  members: async (group) => new Set(groups[group]),
  identities: async ({ person }) =>
    identitiesFrom([identities[person.user] ?? {}, shown[person.user] ?? {}], new Map(Object.entries(identities))),
  manager: async (user) => managers[user],
  onCall: async () => undefined,
});

const entra = (digit: number): Elsewhere => ({ entra: `${digit}1111111-2222-3333-4444-555555555555`, aws: [] });
const aws = (name: string): Elsewhere => ({ entra: undefined, aws: [`arn:aws:iam::111122223333:user/${name}`] });

const NOBODY: Elsewhere = { entra: undefined, aws: [] };

const withSteps = (steps: readonly Step[], changes: Partial<Rule> = {}): Rule =>
  aRule({ request: ["engineers"], approve: { kind: "by", steps, withinMs: HOUR, automatic: [] }, ...changes });
const policyOf = (roles: readonly Role[], ...rules: readonly Rule[]): Policy => ({
  ...aPolicy(...rules),
  roles: new Map(roles.map((role) => [role.name, role])),
});
const prove = (policy: Policy, world: World = {}, answer?: Answer) =>
  proveNobodyAlone(policy, { directory: directoryOf(world), people: [] }, answer);

const engineers = aRole({ name: "engineers", users: ["U0DEV1", "U0DEV2", "U0LEAD1"] });
const leads = aRole({ name: "leads", users: ["U0LEAD1", "U0LEAD2"] });
const security = aRole({ name: "security", users: ["U0SEC1", "U0LEAD1"] });
const oneStep = policyOf([engineers, leads], withSteps([{ roles: ["leads"], needed: 1 }]));
const twoSteps = policyOf(
  [engineers, leads, security],
  withSteps([
    { roles: ["leads"], needed: 1 },
    { roles: ["security"], needed: 1 },
  ]),
);

describe("what the bot does", () => {
  test("lets nobody ask and approve, though engineers are leads as well", async () => {
    const proof = await prove(oneStep);
    expect(proof).toMatchObject({ kind: "proved", rules: 1, people: 4 });
    // Somebody really does get through: each asker's request is opened by a lead.
    expect(proof.kind === "proved" && proof.states).toBeGreaterThan(4);
  });

  test("lets nobody do so by another account of theirs, nor one human give both of two approvals", async () => {
    const identities = {
      U0DEV1: entra(1),
      U0LEAD2: entra(1),
      U0LEAD1: aws("kim"),
      U0SEC1: aws("kim"),
    };
    expect(await prove(oneStep, { identities })).toMatchObject({ kind: "proved", people: 3 });
    expect(await prove(twoSteps, { identities })).toMatchObject({ kind: "proved", people: 3 });
  });

  test("lets nobody do so who is their own manager, or in a group that approves, or gone", async () => {
    const policy = policyOf(
      [engineers, aRole({ name: "bosses", manager: true, groups: ["S0BOSS"] })],
      withSteps([{ roles: ["bosses"], needed: 1 }]),
    );
    const world: World = {
      managers: { U0DEV1: "U0DEV1", U0DEV2: "U0DEV1" },
      groups: { S0BOSS: ["U0DEV2", "U0GONE"] },
      standing: { U0GONE: "deactivated" },
    };
    expect(await prove(policy, world)).toMatchObject({ kind: "proved", people: 4 });
  });

  test("lets nobody do so by way of a third account that the configuration lists", async () => {
    const identities = { U0DEV1: entra(1), U0DEV2: { ...entra(1), aws: aws("kim").aws }, U0LEAD2: aws("Kim") };
    expect(await prove(oneStep, { identities })).toMatchObject({ kind: "proved", people: 2 });
  });

  test("can't be proved where only a third knows it by having signed in, and the way is shown", async () => {
    const identities = { U0DEV1: entra(1), U0DEV2: entra(1), U0LEAD2: aws("kim") };
    const proof = await prove(oneStep, { identities, shown: { U0DEV2: aws("kim") } });
    expect(proof).toEqual({
      kind: "counterexample",
      rule: "production",
      path: [
        "U0DEV1 asks under rule production",
        "U0LEAD2 approves",
        "the approval of U0LEAD2 counts, who is the same human as U0DEV1",
      ],
    });
  });
});

describe("a bot that forgets a check is found out:", () => {
  const naive: Answer = async (request, user) =>
    approve({ ...request, requester: { team: "T0ACME", user: "U0OTHER" } }, { team: "T0ACME", user }, request.askedAt);

  test("people may approve their own", async () => {
    expect(await prove(oneStep, {}, naive)).toMatchObject({
      kind: "counterexample",
      path: ["U0DEV1 asks under rule production", "U0DEV1 approves", expect.stringContaining("asked themselves")],
    });
  });

  test("another account of theirs may", async () => {
    const identities = { U0DEV1: entra(1), U0LEAD2: entra(1) };
    const byAccount: Answer = async (request, user, { policy }) =>
      policy.roles.get("leads")?.users.includes(user) === true
        ? approve(request, { team: "T0ACME", user }, request.askedAt)
        : { kind: "refusal", code: "not-approver", facts: { roles: [] } };
    expect((await prove(oneStep, {}, byAccount)).kind).toBe("proved");
    expect(await prove(oneStep, { identities }, byAccount)).toMatchObject({
      kind: "counterexample",
      path: [
        "U0DEV1 asks under rule production",
        "U0LEAD2 approves",
        "the approval of U0LEAD2 counts, who is the same human as U0DEV1",
      ],
    });
  });

  test("anybody may", async () => {
    const anybody: Answer = async (request, user) => approve(request, { team: "T0ACME", user }, request.askedAt);
    expect(await prove(oneStep, {}, anybody)).toMatchObject({
      path: [
        expect.anything(),
        "U0DEV2 approves",
        "the approval of U0DEV2 counts, who has none of the roles of step 1",
      ],
    });
  });

  test("it opens before the last step", async () => {
    const hasty: Answer = async (request, user) => {
      const [first] = request.steps;
      return user === "U0LEAD2"
        ? approve({ ...request, steps: first === undefined ? [] : [first] }, { team: "T0ACME", user }, request.askedAt)
        : { kind: "refusal", code: "not-approver", facts: { roles: [] } };
    };
    expect(await prove(twoSteps, {}, hasty)).toMatchObject({
      path: [expect.anything(), "U0LEAD2 approves", "it opens with 0 of 1 approvals of step 2"],
    });
  });
});

test("no policy, whoever has whichever role and however accounts are linked, lets the bot do it", async () => {
  const users = ["U1", "U2", "U3", "U4", "U5"];
  const step = fc.record({
    roles: fc.subarray(["engineers", "leads", "security"], { minLength: 1 }),
    needed: fc.integer({ min: 1, max: 2 }),
  });
  // Some share one, some the other, and some are one human by way of others.
  const elsewhere = fc.record({
    entra: fc.constantFrom(undefined, undefined, entra(1).entra, entra(2).entra),
    aws: fc.constantFrom([], [], aws("kim").aws, aws("Kim").aws, aws("lee").aws),
  });
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 3 }),
      fc.tuple(fc.subarray(users), fc.subarray(users), fc.subarray(users)),
      fc.array(elsewhere, { minLength: users.length, maxLength: users.length }),
      async (steps, [one, two, three], accounts) => {
        const policy = policyOf(
          [
            aRole({ name: "engineers", users: one }),
            aRole({ name: "leads", users: two }),
            aRole({ name: "security", groups: ["S1"] }),
          ],
          withSteps(steps),
        );
        const proof = await prove(policy, {
          groups: { S1: three },
          identities: Object.fromEntries(users.map((user, index) => [user, accounts[index] ?? NOBODY])),
        });
        expect(proof.kind).toBe("proved");
        if (proof.kind === "proved") reached += proof.states;
      },
    ),
    { numRuns: 200 },
  );
  expect(reached).toBeGreaterThan(500);
}, 30_000);
