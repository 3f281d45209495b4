import { describe, expect, test } from "vitest";
import type { Machine, MachineId } from "../../../../src/access/machine.ts";
import {
  ACCOUNT,
  allow,
  DEV,
  deny,
  INSTANCE,
  machine,
  OPS,
  OTHER,
  policy,
  ROLE,
  START,
  STOP,
  setStage,
  THEIRS,
  WORLD,
} from "./stage.ts";

const yes = { kind: "yes" };
const notGiven = (...actions: readonly string[]) => ({ kind: "no", because: { kind: "not-given", actions } });
const undecidable = (what: RegExp) => ({
  kind: "no",
  because: { kind: "undecidable", what: expect.stringMatching(what) },
});
const as = (...aws: readonly string[]) => ({ identities: { entra: undefined, aws } });

describe("the policies of a person decide", () => {
  test("every action must be given", async () => {
    const { iam, ask } = await setStage();
    expect(await ask()).toEqual(notGiven(START, STOP));
    iam.setPolicy(DEV, "start", policy(allow(START)));
    expect(await ask()).toEqual(notGiven(STOP));
    iam.setPolicy(DEV, "stop", policy(allow(STOP)));
    expect(await ask()).toEqual(yes);
    iam.setPolicy(DEV, "stop", undefined);
    expect(await ask()).toEqual(notGiven(STOP));
  });

  test("what a group of theirs has counts, while they are in it", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(OPS, "machines", policy(allow("ec2:St*")));
    expect(await ask()).toEqual(notGiven(START, STOP));
    iam.setGroups(DEV, ["ops"]);
    expect(await ask()).toEqual(yes);
    iam.setGroups(DEV, []);
    expect(await ask()).toEqual(notGiven(START, STOP));
  });

  test("a role under a path is asked about as it is", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(ROLE, "machines", policy(allow("ec2:*")));
    expect(await ask(as(ROLE))).toEqual(yes);
    expect(iam.calls()).toEqual([`SimulatePrincipalPolicy ${ROLE}`]);
  });

  test("a statement that denies wins, and its policy is named", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(DEV, "all", policy(allow("*")));
    iam.setPolicy(DEV, "never-stop", policy(deny(STOP)));
    expect(await ask()).toEqual({
      kind: "no",
      because: { kind: "denied", by: "user_dev1_never-stop", actions: [STOP] },
    });
  });

  test("only this machine counts", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(DEV, "one", policy(allow("ec2:*", { Resource: INSTANCE })));
    expect(await ask()).toEqual(yes);
    expect(await ask({ machine: { ...machine, id: "i-0a2" as MachineId } })).toEqual(notGiven(START, STOP));
    expect(await ask({ machine: { ...machine, region: "us-east-1" } })).toMatchObject({ because: { kind: "no-say" } });
  });

  test.each([
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
  ])("in the partition %s the machine is named as there", async (partition, region) => {
    const dev = `arn:${partition}:iam::${ACCOUNT}:user/dev1`;
    const one = policy(allow("ec2:*", { Resource: `arn:${partition}:ec2:${region}:${ACCOUNT}:instance/i-0a1` }));
    const world = { ...WORLD, users: [{ account: ACCOUNT, name: "dev1", partition, policies: { one } }] };
    const { ask } = await setStage({ world }, { accounts: [{ regions: [region] }] });
    expect(await ask({ ...as(dev), machine: { ...machine, region } })).toEqual(yes);
  });

  test.each(["aws:ResourceTag/env", "ec2:ResourceTag/env", "ec2:resourcetag/env"])(
    "the machine's tags decide by %s",
    async (key) => {
      const { iam, ask } = await setStage();
      iam.setPolicy(DEV, "prod", policy(allow("ec2:*", { Condition: { StringEquals: { [key]: "prod" } } })));
      expect(await ask()).toEqual(yes);
      expect(await ask({ machine: { ...machine, tags: { env: "dev" } } })).toEqual(notGiven(START, STOP));
      expect(await ask({ machine: { ...machine, tags: {} } })).toEqual(notGiven(START, STOP));
    },
  );

  test.each(["ec2:Region", "aws:RequestedRegion"])("its region decides by %s", async (key) => {
    const { iam, ask } = await setStage();
    iam.setPolicy(DEV, "here", policy(allow("ec2:*", { Condition: { StringLike: { [key]: "eu-*" } } })));
    expect(await ask()).toEqual(yes);
    iam.setPolicy(DEV, "here", policy(allow("ec2:*", { Condition: { StringLike: { [key]: "us-*" } } })));
    expect(await ask()).toEqual(notGiven(START, STOP));
  });

  test("a condition on what can't be known is no yes, whichever way it would go", async () => {
    const { iam, ask } = await setStage();
    const office = { Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } };
    iam.setPolicy(DEV, "office", policy(allow("ec2:*", office)));
    expect(await ask()).toEqual(undecidable(/`ec2:StartInstances`, `ec2:StopInstances`: .*`aws:SourceVpc`/u));
    iam.setPolicy(DEV, "all", policy(allow("ec2:*")));
    iam.setPolicy(DEV, "office", policy(deny(STOP, office)));
    expect(await ask()).toEqual(undecidable(/^`ec2:StopInstances`: .*`aws:SourceVpc`/u));
  });

  test("an allow that hangs on a tag the machine lacks is no yes", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(
      DEV,
      "all",
      policy(allow("ec2:*"), deny(STOP, { Condition: { StringEquals: { "aws:ResourceTag/owner": "bank" } } })),
    );
    expect(await ask()).toEqual(undecidable(/aws:ResourceTag\/owner/u));
  });

  test("what the permissions boundary or the organization leaves out is denied by it", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(DEV, "all", policy(allow("*")));
    iam.setBoundary(DEV, policy(allow(START)));
    expect(await ask()).toEqual({
      kind: "no",
      because: { kind: "denied", by: "their permissions boundary", actions: [STOP] },
    });
    iam.setBoundary(DEV, policy(allow("ec2:*")));
    expect(await ask()).toEqual(yes);
    iam.setServiceControl(ACCOUNT, policy(allow("*"), deny("ec2:St*")));
    expect(await ask()).toEqual({
      kind: "no",
      because: { kind: "denied", by: "a service control policy", actions: [START, STOP] },
    });
  });
});

describe("every page is read", () => {
  test("also where each has one result", async () => {
    const { iam, ask } = await setStage({ largestPage: 1 });
    iam.setPolicy(DEV, "start", policy(allow(START)));
    expect(await ask()).toEqual(notGiven(STOP));
    iam.setPolicy(DEV, "start", policy(allow("ec2:*")));
    expect(await ask()).toEqual(yes);
    expect(iam.calls()).toHaveLength(4);
  });

  test("more actions than one call takes are asked about in several", async () => {
    const request = Array.from({ length: 120 }, (_, i) => `ec2:Do${i}`);
    const actions = { request, approve: [], configure: [], read: [] };
    const { iam, ask } = await setStage({}, { actions });
    iam.setPolicy(DEV, "all", policy(allow("ec2:*")));
    expect(await ask()).toEqual(yes);
    iam.setPolicy(DEV, "not-one", policy(deny("ec2:Do117")));
    expect(await ask()).toMatchObject({ because: { kind: "denied", actions: ["ec2:Do117"] } });
  });
});

describe("without asking, the answer is no", () => {
  test("for a machine of Azure, or of an account that isn't configured", async () => {
    const { iam, ask } = await setStage();
    const azure: Machine = { ...machine, cloud: "azure" };
    expect(await ask({ machine: azure })).toEqual({ kind: "no", because: { kind: "no-say" } });
    expect(iam.calls()).toEqual([]);
  });

  test("for somebody who isn't linked", async () => {
    const { iam, ask } = await setStage();
    expect(await ask(as())).toEqual({ kind: "no", because: { kind: "not-linked" } });
    expect(iam.calls()).toEqual([]);
  });

  test("where no actions are named for what they want to do", async () => {
    const { iam, ask } = await setStage();
    iam.setPolicy(DEV, "all", policy(allow("*")));
    expect(await ask({ activity: "approve" })).toEqual(undecidable(/no actions are named/u));
    expect(iam.calls()).toEqual([]);
  });

  test.each([
    [`arn:aws:iam::${OTHER}:user/dev1`, /isn't of account/u],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/admin/dev1`, /neither a user nor a role/u],
    [`arn:aws:iam::${ACCOUNT}:root`, /neither a user nor a role/u],
    [`arn:aws:iam::${ACCOUNT}:group/ops`, /neither a user nor a role/u],
    [`arn:aws:iam::${ACCOUNT}:user/*`, /neither a user nor a role/u],
    ["dev1", /isn't of account/u],
  ])("for %s, which says nothing of them here", async (arn, what) => {
    const { iam, ask } = await setStage();
    expect(await ask(as(arn))).toEqual(undecidable(what));
    expect(iam.calls()).toEqual([]);
  });
});

describe("of several accounts", () => {
  test("the identity of the machine's own account is asked about, with that account's role", async () => {
    const { iam, authorityOf } = await setStage();
    const assumed: string[] = [];
    const authority = authorityOf({
      accounts: [
        { regions: ["eu-west-1"] },
        { regions: ["us-east-1"], roleArn: `arn:aws:iam::${OTHER}:role/latch`, externalId: "x" },
      ],
      assumeRole: ({ roleArn, externalId, region }) => {
        assumed.push(`${roleArn} ${externalId ?? ""} ${region}`);
        return THEIRS;
      },
    });
    const theirs = `arn:aws:iam::${OTHER}:user/dev1`;
    iam.setPolicy(theirs, "all", policy(allow("ec2:*")));
    const question = { activity: "request", identities: { entra: undefined, aws: [DEV, theirs] } } as const;
    const { signal } = new AbortController();
    expect(await authority.ask({ ...question, machine: { ...machine, account: OTHER } }, signal)).toEqual(yes);
    expect(await authority.ask({ ...question, machine }, signal)).toEqual(notGiven(START, STOP));
    expect(assumed).toEqual([`arn:aws:iam::${OTHER}:role/latch x us-east-1`]);
  });

  test("a role without a way to assume it doesn't start", async () => {
    const { authorityOf } = await setStage();
    expect(() => authorityOf({ accounts: [{ regions: ["eu-west-1"], roleArn: ROLE }] })).toThrow(/no way to assume/u);
  });
});

describe("a failure is never a yes", () => {
  const stageThatAllows = async () => {
    const stage = await setStage();
    stage.iam.setPolicy(DEV, "all", policy(allow("*")));
    return stage;
  };
  const calls = /./u;

  test("throttled", async () => {
    const { iam, ask } = await stageThatAllows();
    iam.faults.add({ calls, does: { kind: "throttle", retryAfterSeconds: 7 }, times: 1 });
    await expect(ask()).rejects.toMatchObject({ name: "Fault", code: "aws", retry: "later", afterMs: 7_000 });
    expect(await ask()).toEqual(yes);
  });

  test.each([
    ["a 500", { kind: "answer", status: 500, body: "oh" }],
    ["a 429", { kind: "answer", status: 429, body: "" }],
    ["a 503 in HTML", { kind: "answer", status: 503, body: "<html>no</html>" }],
    ["a connection that ends", { kind: "drop" }],
  ] as const)("%s", async (_, does) => {
    const { iam, ask } = await stageThatAllows();
    iam.faults.add({ calls, does });
    await expect(ask()).rejects.toMatchObject({ name: "Fault", code: "aws", retry: "later" });
    expect(iam.calls()).toHaveLength(1);
  });

  test.each([
    ["an empty answer", ""],
    ["something else", "<html><body>welcome</body></html>"],
    [
      "an answer without results",
      "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>",
    ],
    [
      "an answer that is cut off",
      "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>true</IsTruncated></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>",
    ],
  ])("%s with status 200", async (_, body) => {
    const { iam, ask } = await stageThatAllows();
    iam.faults.add({ calls, does: { kind: "answer", status: 200, body } });
    const answer = await ask().catch((error: unknown) => error);
    expect(answer).not.toEqual(yes);
  });

  test.each([
    ["no marker to go on by", ""],
    ["the same marker again and again", "<Marker>1</Marker>"],
  ])("an answer that allows all so far, with more to come and %s", async (_, marker) => {
    const { iam, ask } = await stageThatAllows();
    const results = [START, STOP].map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision></member>`,
    );
    const page = (isTruncated: boolean) =>
      `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>${isTruncated}</IsTruncated>${marker}<EvaluationResults>${results.join("")}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
    iam.faults.add({ calls, does: { kind: "answer", status: 200, body: page(true) } });
    await expect(ask()).rejects.toMatchObject({ code: "aws", message: expect.stringMatching(/cut off/u) });
    iam.faults.clear();
    iam.faults.add({ calls, does: { kind: "answer", status: 200, body: page(false) } });
    expect(await ask()).toEqual(yes);
  });

  test.each(["hang", "delay"] as const)("%s: it gives up when whoever asked does", async (kind) => {
    const { iam, ask } = await stageThatAllows();
    iam.faults.add({ calls, does: kind === "hang" ? { kind } : { kind, ms: 30_000 } });
    const start = performance.now();
    await expect(ask({}, AbortSignal.timeout(150))).rejects.toMatchObject({
      name: "Fault",
      code: "aws",
      retry: "later",
    });
    expect(performance.now() - start).toBeLessThan(1_500);
    iam.faults.clear();
  });

  test("it gives up when whoever asked does", async () => {
    const { iam, ask } = await stageThatAllows();
    iam.faults.add({ calls, does: { kind: "hang" } });
    await expect(ask({}, AbortSignal.timeout(100))).rejects.toMatchObject({ code: "aws", retry: "later" });
    await expect(ask({}, AbortSignal.abort())).rejects.toMatchObject({ code: "aws" });
    iam.faults.clear();
  });

  test("may not ask, or signed wrongly", async () => {
    const { iam, ask, authorityOf } = await stageThatAllows();
    const giveBack = iam.deny("AKIAOURS", "iam:Simulate*");
    await expect(ask()).rejects.toMatchObject({
      code: "aws",
      retry: "never",
      message: expect.stringMatching(/AccessDenied/u),
    });
    giveBack();
    const wrong = authorityOf({ credentials: { accessKeyId: "AKIAOURS", secretAccessKey: "guessed" } });
    const question = { activity: "request", machine, identities: { entra: undefined, aws: [DEV] } } as const;
    await expect(wrong.ask(question, new AbortController().signal)).rejects.toMatchObject({ code: "aws" });
    expect(await ask()).toEqual(yes);
  });

  test("a principal that is gone", async () => {
    const { iam, ask } = await stageThatAllows();
    iam.remove(DEV);
    expect(await ask()).toEqual(undecidable(/IAM knows no `arn:aws:iam::111122223333:user\/dev1`/u));
  });

  test("an action that IAM doesn't know", async () => {
    const actions = { request: ["ec2:*"], approve: [], configure: [], read: [] };
    const { ask } = await setStage({}, { actions });
    await expect(ask()).rejects.toMatchObject({
      code: "aws",
      retry: "never",
      message: expect.stringMatching(/InvalidInput/u),
    });
  });
});
