import {
  IAMClient,
  ListUsersCommand,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandInput,
} from "@aws-sdk/client-iam";
import { describe, expect, onTestFinished, test } from "vitest";
import { createIamServer, type IamServer, type IamServerOptions } from "../../../../src/sandbox/aws/iam/server.ts";
import type { Statement } from "../../../../src/sandbox/aws/iam/world.ts";
import {
  ACCOUNT,
  allow,
  DEV,
  deny,
  INSTANCE,
  OTHER,
  policy,
  START,
  STOP,
  WORLD,
} from "../../../cloud/aws/iam/stage.ts";

const setIam = async (options: Partial<IamServerOptions> = {}) => {
  const iam = await createIamServer({ world: WORLD, ...options });
  onTestFinished(() => iam.stop());
  const client = (accessKeyId = "AKIAOURS", secretAccessKey = "ours") =>
    new IAMClient({
      region: "eu-west-1",
      endpoint: iam.url,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
    });
  const simulate = (more: Partial<SimulatePrincipalPolicyCommandInput> = {}, by = client()) =>
    by.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: DEV,
        ActionNames: [START],
        ResourceArns: [INSTANCE],
        ...more,
      }),
    );
  return { iam, client, simulate };
};

const decided = async (
  iam: IamServer,
  simulate: Awaited<ReturnType<typeof setIam>>["simulate"],
  statement: Statement,
  context: Readonly<Record<string, string>> = {},
) => {
  iam.setPolicy(DEV, "one", policy(statement));
  const ContextEntries = Object.entries(context).map(([ContextKeyName, value]) => ({
    ContextKeyName,
    ContextKeyValues: [value],
    ContextKeyType: "string" as const,
  }));
  return (await simulate({ ContextEntries })).EvaluationResults?.[0]?.EvalDecision;
};

describe("an answer has IAM's shape", () => {
  test("one result for each action, with a part for each resource and the worst of them above", async () => {
    const { iam, simulate } = await setIam();
    iam.setPolicy(DEV, "one", policy(allow(START, { Resource: INSTANCE })));
    const { EvaluationResults, IsTruncated, $metadata } = await simulate({
      ActionNames: [START, STOP],
      ResourceArns: [INSTANCE, `${INSTANCE}b`],
    });
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/u);
    expect(IsTruncated).toBe(false);
    expect(EvaluationResults?.map(({ EvalActionName, EvalDecision }) => [EvalActionName, EvalDecision])).toEqual([
      [START, "implicitDeny"],
      [STOP, "implicitDeny"],
    ]);
    expect(EvaluationResults?.[0]?.ResourceSpecificResults).toMatchObject([
      {
        EvalResourceName: INSTANCE,
        EvalResourceDecision: "allowed",
        MatchedStatements: [{ SourcePolicyId: "user_dev1_one", SourcePolicyType: "user" }],
      },
      { EvalResourceName: `${INSTANCE}b`, EvalResourceDecision: "implicitDeny", MatchedStatements: [] },
    ]);
  });

  test("only what denies is shown of a denial, and nothing of an organization's policies", async () => {
    const { iam, simulate } = await setIam();
    iam.setPolicy(DEV, "all", policy(allow("*")));
    iam.setPolicy(DEV, "none", policy(deny("*")));
    expect((await simulate()).EvaluationResults).toMatchObject([
      { EvalDecision: "explicitDeny", MatchedStatements: [{ SourcePolicyId: "user_dev1_none" }] },
    ]);
    iam.setPolicy(DEV, "none", undefined);
    iam.setServiceControl(ACCOUNT, policy(allow("s3:*")));
    expect((await simulate()).EvaluationResults).toMatchObject([
      {
        EvalDecision: "implicitDeny",
        MatchedStatements: [],
        OrganizationsDecisionDetail: { AllowedByOrganizations: false },
      },
    ]);
  });

  test("in pages", async () => {
    const { simulate } = await setIam({ largestPage: 2 });
    const ActionNames = ["ec2:A", "ec2:B", "ec2:C"];
    const first = await simulate({ ActionNames });
    expect([first.EvaluationResults?.length, first.IsTruncated]).toEqual([2, true]);
    const second = await simulate({ ActionNames, Marker: first.Marker });
    expect(second.EvaluationResults?.map(({ EvalActionName }) => EvalActionName)).toEqual(["ec2:C"]);
    expect([second.IsTruncated, second.Marker]).toEqual([false, undefined]);
  });
});

describe("policies are judged as documented", () => {
  const condition = (operator: string, key: string, value: string | readonly string[]) =>
    allow("*", { Condition: { [operator]: { [key]: value } } });
  test.each<[string, Statement, Readonly<Record<string, string>>, string]>([
    ["any of several values", condition("StringEquals", "aws:x", ["a", "b"]), { "aws:X": "b" }, "allowed"],
    ["the same case", condition("StringEquals", "aws:x", "a"), { "aws:x": "A" }, "implicitDeny"],
    ["any case", condition("StringEqualsIgnoreCase", "aws:x", "a"), { "aws:x": "A" }, "allowed"],
    ["none of several", condition("StringNotEquals", "aws:x", ["a", "b"]), { "aws:x": "b" }, "implicitDeny"],
    ["no star without like", condition("StringEquals", "aws:x", "p*"), { "aws:x": "prod" }, "implicitDeny"],
    ["a star", condition("StringLike", "aws:x", "p*d"), { "aws:x": "prod" }, "allowed"],
    ["no text for a question mark", condition("StringLike", "aws:x", "prod?"), { "aws:x": "prod" }, "implicitDeny"],
    ["an absent key", condition("StringEquals", "aws:x", "a"), {}, "implicitDeny"],
    ["an absent key, if it exists", condition("StringEqualsIfExists", "aws:x", "a"), {}, "allowed"],
    ["an absent key, negated", condition("StringNotLike", "aws:x", "a"), {}, "allowed"],
    ["an absent key, of all values", condition("ForAllValues:StringEquals", "aws:x", "a"), {}, "allowed"],
    ["that it is absent", condition("Null", "aws:x", "true"), {}, "allowed"],
    ["that it isn't", condition("Null", "aws:x", "false"), {}, "implicitDeny"],
    ["other actions", { Effect: "Allow", NotAction: "ec2:*", Resource: "*" }, {}, "implicitDeny"],
    ["other resources", { Effect: "Allow", Action: "*", NotResource: `${INSTANCE}*` }, {}, "implicitDeny"],
    ["but others", { Effect: "Allow", NotAction: "s3:*", Resource: "*" }, {}, "allowed"],
    ["actions in any case", allow("EC2:start*"), {}, "allowed"],
  ])("%s", async (_, statement, context, expected) => {
    const { iam, simulate } = await setIam();
    expect(await decided(iam, simulate, statement, context)).toBe(expected);
  });

  test("keys that fitting statements name and nobody gave are missing", async () => {
    const { iam, simulate } = await setIam();
    const office = { Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } };
    iam.setPolicy(
      DEV,
      "one",
      policy(allow("ec2:*", office), allow("s3:*", { Condition: { Bool: { "aws:Other": "true" } } })),
    );
    const [result] = (await simulate()).EvaluationResults ?? [];
    expect(result?.ResourceSpecificResults?.[0]?.MissingContextValues).toEqual(["aws:SourceVpc"]);
  });
});

describe("it refuses", () => {
  test.each<[string, Partial<SimulatePrincipalPolicyCommandInput>, string]>([
    ["somebody it doesn't know", { PolicySourceArn: `${DEV}9` }, "NoSuchEntityException"],
    ["somebody of another account", { PolicySourceArn: `arn:aws:iam::${OTHER}:user/dev1` }, "NoSuchEntityException"],
    ["the session of a role", { PolicySourceArn: `arn:aws:sts::${ACCOUNT}:assumed-role/a/b` }, "InvalidInputException"],
    ["an action with a wildcard", { ActionNames: ["ec2:*"] }, "InvalidInputException"],
    ["an action without its service", { ActionNames: ["StartInstances"] }, "InvalidInputException"],
  ])("%s", async (_, more, name) => {
    const { simulate } = await setIam();
    await expect(simulate(more)).rejects.toMatchObject({ name });
  });

  test("what it can't judge", async () => {
    const { iam, simulate } = await setIam();
    await expect(
      decided(iam, simulate, allow("*", { Condition: { StringSounds: { "aws:x": "a" } } })),
    ).rejects.toMatchObject({ name: "PolicyEvaluationException", $metadata: { httpStatusCode: 500 } });
  });

  test("keys that are unknown, wrongly signed, or may not", async () => {
    const { iam, client, simulate } = await setIam();
    await expect(simulate({}, client("AKIANOBODY"))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    await expect(simulate({}, client("AKIAOURS", "guessed"))).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
    const giveBack = iam.deny("AKIAOURS", "iam:*");
    await expect(simulate()).rejects.toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
    giveBack();
    expect((await simulate()).EvaluationResults).toHaveLength(1);
    expect((await fetch(iam.url, { method: "POST", body: "Action=SimulatePrincipalPolicy" })).status).toBe(403);
  });

  test("other calls", async () => {
    const { client } = await setIam();
    await expect(client().send(new ListUsersCommand({}))).rejects.toMatchObject({ name: "InvalidAction" });
  });

  test("to go on when told to throttle", async () => {
    const { iam, simulate } = await setIam();
    iam.faults.add({ calls: /^SimulatePrincipalPolicy arn:/u, does: { kind: "throttle" }, times: 1 });
    await expect(simulate()).rejects.toMatchObject({ name: "Throttling", $metadata: { httpStatusCode: 400 } });
    expect((await simulate()).EvaluationResults).toHaveLength(1);
  });
});
