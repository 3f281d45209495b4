import type { EvaluationResult, ResourceSpecificResult } from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { verdict } from "../../../../src/cloud/aws/iam/verdict.ts";
import { INSTANCE, START, STOP } from "./stage.ts";

const result = (more: Partial<EvaluationResult> = {}): EvaluationResult => ({
  EvalActionName: START,
  EvalResourceName: INSTANCE,
  EvalDecision: "allowed",
  ...more,
});
const part = (more: Partial<ResourceSpecificResult> = {}): ResourceSpecificResult => ({
  EvalResourceName: INSTANCE,
  EvalResourceDecision: "allowed",
  ...more,
});
const told = (results: readonly EvaluationResult[], asked: readonly string[] = [START]): string => {
  const answer = verdict(results, asked, INSTANCE);
  if (answer.kind === "yes") return "yes";
  const { because } = answer;
  switch (because.kind) {
    case "denied":
      return `denied by ${because.by}: ${because.actions.join(" ")}`;
    case "not-given":
      return `not given: ${because.actions.join(" ")}`;
    case "undecidable":
      return because.what;
    case "no-say":
    case "not-linked":
      return because.kind;
  }
};
const HANGS = "`ec2:StartInstances`: this may hang on `aws:SourceIp`, which can't be known from here";
const ELSEWHERE = "`ec2:StartInstances`: IAM speaks of something else";

describe("of one action", () => {
  test.each<[string, Partial<EvaluationResult>, string]>([
    ["allowed", {}, "yes"],
    ["allowed, named in another case", { EvalActionName: "EC2:startinstances" }, "yes"],
    ["allowed, for this machine by name", { ResourceSpecificResults: [part()] }, "yes"],
    [
      "allowed above by a pattern, below by name",
      {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: so it stands in IAM's answers
        EvalResourceName: "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}",
        ResourceSpecificResults: [part()],
      },
      "yes",
    ],
    [
      "allowed on everything",
      { EvalResourceName: "*", ResourceSpecificResults: [part({ EvalResourceName: "*" })] },
      "yes",
    ],
    [
      "allowed, with empty lists",
      { MissingContextValues: [], MatchedStatements: [], ResourceSpecificResults: [] },
      "yes",
    ],
    [
      "allowed by all",
      {
        OrganizationsDecisionDetail: { AllowedByOrganizations: true },
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true },
        EvalDecisionDetails: {},
      },
      "yes",
    ],
    ["implicitDeny", { EvalDecision: "implicitDeny" }, `not given: ${START}`],
    [
      "allowed above, not below",
      { ResourceSpecificResults: [part({ EvalResourceDecision: "implicitDeny" })] },
      `not given: ${START}`,
    ],
    [
      "allowed below, not above",
      { EvalDecision: "implicitDeny", ResourceSpecificResults: [part()] },
      `not given: ${START}`,
    ],
    [
      "allowed for one, not for another entry of the machine",
      { ResourceSpecificResults: [part(), part({ EvalResourceDecision: "explicitDeny" })] },
      `denied by one of their policies: ${START}`,
    ],
    [
      "denied, with the policy's name",
      {
        EvalDecision: "explicitDeny",
        MatchedStatements: [{ SourcePolicyType: "user" }, { SourcePolicyId: "no-prod" }],
      },
      `denied by no-prod: ${START}`,
    ],
    [
      "denied below, with the policy's name there",
      {
        EvalDecision: "explicitDeny",
        ResourceSpecificResults: [
          part({ EvalResourceDecision: "explicitDeny", MatchedStatements: [{ SourcePolicyId: "no-prod" }] }),
        ],
      },
      `denied by no-prod: ${START}`,
    ],
    [
      "denied by the organization, whose statements aren't shown",
      { EvalDecision: "explicitDeny", OrganizationsDecisionDetail: { AllowedByOrganizations: false } },
      `denied by a service control policy: ${START}`,
    ],
    [
      "allowed, but not by the organization",
      { OrganizationsDecisionDetail: { AllowedByOrganizations: false } },
      `denied by a service control policy: ${START}`,
    ],
    [
      "allowed, but not by the boundary",
      { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
      `denied by their permissions boundary: ${START}`,
    ],
    [
      "allowed, but not by the boundary for this machine",
      {
        ResourceSpecificResults: [part({ PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } })],
      },
      `denied by their permissions boundary: ${START}`,
    ],
    ["allowed, hanging on something", { MissingContextValues: ["aws:SourceIp"] }, HANGS],
    [
      "allowed, hanging on something for this machine",
      { ResourceSpecificResults: [part({ MissingContextValues: ["aws:SourceIp"] })] },
      HANGS,
    ],
    [
      "not given, hanging on something",
      { EvalDecision: "implicitDeny", MissingContextValues: ["aws:SourceIp"] },
      HANGS,
    ],
    [
      "not given, and a tag is absent",
      { EvalDecision: "implicitDeny", MissingContextValues: ["ec2:ResourceTag/owner"] },
      `not given: ${START}`,
    ],
    [
      "denied, whatever else is missing",
      { EvalDecision: "explicitDeny", MissingContextValues: ["aws:SourceIp"] },
      `denied by one of their policies: ${START}`,
    ],
    ["allowed for another machine above", { EvalResourceName: `${INSTANCE}b` }, ELSEWHERE],
    [
      "allowed for another machine below",
      { ResourceSpecificResults: [part({ EvalResourceName: `${INSTANCE}b` })] },
      ELSEWHERE,
    ],
    ["allowed for all buckets, and nothing below", { EvalResourceName: "arn:aws:s3:::*" }, ELSEWHERE],
    ["allowed for instances of another region", { EvalResourceName: INSTANCE.replace("eu-west-1", "us-*") }, ELSEWHERE],
    ["allowed for instances whose names go on", { EvalResourceName: `${INSTANCE}b*` }, ELSEWHERE],
    ["allowed for all instances", { EvalResourceName: INSTANCE.replace(/i-.*$/u, "*") }, "yes"],
    [
      "allowed for what isn't this one, by a pattern's points",
      { EvalResourceName: `${INSTANCE.replace("/", ".")}*` },
      ELSEWHERE,
    ],
    ["another action", { EvalActionName: STOP }, "`ec2:StartInstances`: IAM said nothing of it"],
    ["a new word", { EvalDecision: "maybe" as "allowed" }, "`ec2:StartInstances`: IAM answers `maybe`"],
    ["no decision", { EvalDecision: undefined }, "`ec2:StartInstances`: IAM answers `nothing`"],
    [
      "no decision below",
      { ResourceSpecificResults: [part({ EvalResourceDecision: undefined })] },
      "`ec2:StartInstances`: IAM answers `nothing`",
    ],
  ])("%s", (_, more, expected) => {
    expect(told([result(more)])).toBe(expected);
  });

  test("said twice, the worse counts", () => {
    expect(told([result(), result({ EvalDecision: "implicitDeny" })])).toBe(`not given: ${START}`);
    expect(told([result({ EvalDecision: "explicitDeny" }), result()])).toBe(
      `denied by one of their policies: ${START}`,
    );
  });
});

describe("of several actions", () => {
  const stop = (more: Partial<EvaluationResult> = {}) => result({ EvalActionName: STOP, ...more });

  test("all must be allowed, and no actions are no yes", () => {
    expect(told([result(), stop()], [START, STOP])).toBe("yes");
    expect(told([result()], [START, STOP])).toBe("`ec2:StopInstances`: IAM said nothing of it");
    expect(told([result(), stop()], [])).toBe("no actions are asked about");
    expect(told([], [START])).toMatch(/said nothing/u);
  });

  test("what is denied is told before what isn't given, and that before what can't be decided", () => {
    const given = { EvalDecision: "implicitDeny" } as const;
    expect(told([result(given), stop({ EvalDecision: "explicitDeny" })], [START, STOP])).toMatch(
      /^denied .*: ec2:Stop/u,
    );
    expect(told([stop(given), result({ MissingContextValues: ["aws:SourceIp"] })], [START, STOP])).toBe(
      `not given: ${STOP}`,
    );
    expect(told([result(given), stop(given)], [START, STOP])).toBe(`not given: ${START} ${STOP}`);
  });
});
