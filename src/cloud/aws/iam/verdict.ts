/** What a simulation of IAM amounts to: a yes only where every action is allowed and nothing is left open. */

import type { EvaluationResult, Statement } from "@aws-sdk/client-iam";
import type { AuthorityAnswer } from "../../../policy/authority.ts";

/**
 * | of an action, for this machine                                     |                                         |
 * | ------------------------------------------------------------------ | --------------------------------------- |
 * | explicitly denied                                                  | no: denied, by the statement's policy   |
 * | not allowed by the organization or by the permissions boundary     | no: denied, by that                     |
 * | not allowed, nor denied                                            | no: not given                           |
 * | the same, and a condition's key isn't known                        | no: undecidable                         |
 * | allowed, and a condition's key isn't known: a deny may hang on it  | no: undecidable                         |
 * | nothing said, or another word than these                           | no: undecidable                         |
 * | allowed                                                            | yes, if all the others are              |
 *
 * Of several, the first of denied, not given, undecidable is told, with all of its actions. No actions are no yes.
 */
export const verdict = (
  results: readonly EvaluationResult[],
  asked: readonly string[],
  resource: string,
): AuthorityAnswer => {
  const judged = asked.map((action) => ({
    action,
    judgement: judgeAction(
      results.filter(({ EvalActionName }) => EvalActionName?.toLowerCase() === action.toLowerCase()),
      resource,
    ),
  }));
  const ofKind = <K extends Judgement["kind"]>(kind: K) =>
    judged.flatMap(({ action, judgement }) =>
      judgement.kind === kind ? [{ action, judgement: judgement as Extract<Judgement, { kind: K }> }] : [],
    );

  const [denied] = ofKind("denied");
  if (denied !== undefined) {
    const { by } = denied.judgement;
    const actions = ofKind("denied").flatMap(({ action, judgement }) => (judgement.by === by ? [action] : []));
    return { kind: "no", because: { kind: "denied", by, actions } };
  }
  const notGiven = ofKind("not-given").map(({ action }) => action);
  if (notGiven.length > 0) return { kind: "no", because: { kind: "not-given", actions: notGiven } };
  const unclear = ofKind("unclear");
  const [first] = unclear;
  if (first !== undefined) {
    const { what } = first.judgement;
    const alike = unclear.filter(({ judgement }) => judgement.what === what).map(({ action }) => `\`${action}\``);
    return undecidable(`${alike.join(", ")}: ${what}`);
  }
  if (judged.length === 0) return undecidable("no actions are asked about");
  return { kind: "yes" };
};

export const undecidable = (what: string): AuthorityAnswer => ({ kind: "no", because: { kind: "undecidable", what } });

type Judgement =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly by: string }
  | { readonly kind: "not-given" }
  | { readonly kind: "unclear"; readonly what: string };

/** All that was said of one action; the worst of it counts. */
const judgeAction = (results: readonly EvaluationResult[], resource: string): Judgement => {
  const all = results.map((result) => judgeResult(result, resource));
  const worst = (["denied", "not-given", "unclear", "allowed"] as const).flatMap(
    (kind) => all.find((each) => each.kind === kind) ?? [],
  );
  return worst[0] ?? { kind: "unclear", what: "IAM said nothing of it" };
};

/** One entry speaks of all resources asked about, here of one, and again of each: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html */
const judgeResult = (result: EvaluationResult, resource: string): Judgement => {
  const each = result.ResourceSpecificResults ?? [];
  const decisions: readonly (string | undefined)[] = [
    result.EvalDecision,
    ...each.map(({ EvalResourceDecision }) => EvalResourceDecision),
  ];
  const boundaries = [result, ...each].map(({ PermissionsBoundaryDecisionDetail: detail }) => detail);
  const byOrganization = result.OrganizationsDecisionDetail?.AllowedByOrganizations === false;
  const byBoundary = boundaries.some((detail) => detail?.AllowedByPermissionsBoundary === false);
  const withdrawn = byOrganization ? SERVICE_CONTROL : byBoundary ? BOUNDARY : undefined;

  if (decisions.includes("explicitDeny")) {
    const statements = [...each.flatMap((one) => one.MatchedStatements ?? []), ...(result.MatchedStatements ?? [])];
    // Statements of an organization's policies aren't shown.
    return { kind: "denied", by: policyOf(statements) ?? withdrawn ?? "one of their policies" };
  }
  if (withdrawn !== undefined) return { kind: "denied", by: withdrawn };

  const missing = [...new Set([result, ...each].flatMap(({ MissingContextValues = [] }) => MissingContextValues))];
  if (decisions.includes("implicitDeny")) {
    // A tag that the machine doesn't have isn't unknown.
    const unknown = missing.filter((key) => !/^(?:aws|ec2):ResourceTag\//iu.test(key));
    return unknown.length === 0 ? { kind: "not-given" } : { kind: "unclear", what: hangsOn(unknown) };
  }
  const strange = decisions.find((decision) => decision !== "allowed");
  if (decisions.some((decision) => decision !== "allowed")) {
    return { kind: "unclear", what: `IAM answers \`${strange ?? "nothing"}\`` };
  }
  if (!speaksOf(result, resource)) return { kind: "unclear", what: "IAM speaks of something else" };
  return missing.length === 0 ? { kind: "allowed" } : { kind: "unclear", what: hangsOn(missing) };
};

/** Above it stood the resource itself once, and a pattern of it now; where the parts are absent, nothing else may stand there. */
const speaksOf = (
  { EvalResourceName: above, ResourceSpecificResults: each = [] }: EvaluationResult,
  resource: string,
) =>
  each.length > 0
    ? each.some(({ EvalResourceName: name }) => name === resource || name === "*")
    : above === undefined || isOneOf(above, resource);

/** `arn:${Partition}:ec2:*:instance/${InstanceId}`: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards */
const isOneOf = (pattern: string, resource: string): boolean => {
  const parts = pattern.split(/(\$\{[^}]*\}|[*?])/u).map((part, at) => {
    if (at % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
    return part === "*" ? ".*" : part === "?" ? "." : "[^:/]+";
  });
  return new RegExp(`^${parts.join("")}$`, "u").test(resource);
};

const hangsOn = (keys: readonly string[]): string =>
  `this may hang on ${keys.map((key) => `\`${key}\``).join(", ")}, which can't be known from here`;

const policyOf = (statements: readonly Statement[]): string | undefined =>
  statements.flatMap(({ SourcePolicyId }) => (SourcePolicyId ? [SourcePolicyId] : []))[0];

const SERVICE_CONTROL = "a service control policy";
const BOUNDARY = "their permissions boundary";
