/** `SimulatePrincipalPolicy`: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */

import type { Params } from "../params.ts";
import type { Context } from "./condition.ts";
import { IamError } from "./error.ts";
import { type AttachedPolicy, type Judgement, judge, type Policies } from "./evaluate.ts";
import type { KeptPrincipal, PolicyDocument } from "./world.ts";
import type { Xml } from "./xml.ts";

export interface Simulated {
  readonly principals: ReadonlyMap<string, KeptPrincipal>;
  readonly serviceControl: ReadonlyMap<string, PolicyDocument>;
  /** Whose credentials asked. */
  readonly account: string;
  /** The most results in one answer; fewer than asked for may come. */
  readonly largestPage: number;
}

export const simulatePrincipalPolicy = (params: Params, world: Simulated): { readonly [name: string]: Xml } => {
  const source = params.text("PolicySourceArn") ?? "";
  const actions = params.texts("ActionNames.member");
  const named = params.texts("ResourceArns.member");
  if (source === "" || actions.length === 0) {
    throw new IamError("ValidationError", "PolicySourceArn and ActionNames must not be null");
  }
  if (!/^arn:[a-z-]+:iam::\d{12}:(?:user|group|role)\/./u.test(source)) {
    throw new IamError("InvalidInput", `Invalid Entity Arn: ${source} does not clearly define entity type and name.`);
  }
  const wrong = actions.find((action) => !/^[a-z0-9-]+:[A-Za-z0-9]+$/u.test(action));
  if (wrong !== undefined) throw new IamError("InvalidInput", `Invalid action: ${wrong}`);
  const principal = world.principals.get(source);
  if (principal === undefined || principal.account !== world.account) {
    const [, kind = "user", name = ""] = /:(user|group|role)\/(?:.*\/)?([^/]+)$/u.exec(source) ?? [];
    throw new IamError("NoSuchEntity", `The ${kind} with name ${name} cannot be found.`);
  }

  const policies = policiesOf(principal, world);
  const context = contextOf(params);
  const resources = named.length === 0 ? ["*"] : named;
  const results = actions.map((action) => {
    const judged = resources.map((resource) => ({
      resource,
      judgement: judge(policies, { action, resource, context }),
    }));
    return resultXml(action, judged);
  });
  return pageOf(results, params, world.largestPage);
};

/** A user's policies are also those of their groups. */
const policiesOf = (principal: KeptPrincipal, { principals, serviceControl, account }: Simulated): Policies => {
  const groups = [...principals.values()].filter(
    (other) => other.kind === "group" && other.account === principal.account && principal.groups.has(other.name),
  );
  const attached: readonly AttachedPolicy[] = [principal, ...groups].flatMap(({ kind, name, policies }) =>
    [...policies].map(([policy, document]) => ({ id: `${kind}_${name}_${policy}`, of: kind, document })),
  );
  return { attached, boundary: principal.boundary, serviceControl: serviceControl.get(account) };
};

const contextOf = (params: Params): Context => {
  const entries = params.parts("ContextEntries.member");
  const faulty = entries.find((entry) => !entry.text("ContextKeyName") || !entry.text("ContextKeyType"));
  if (faulty !== undefined) throw new IamError("InvalidInput", "A context entry needs a name and a type");
  return new Map(
    entries.map((entry) => [
      (entry.text("ContextKeyName") ?? "").toLowerCase(),
      entry.texts("ContextKeyValues.member"),
    ]),
  );
};

/** One result for each action, whose parts are about the single resources; above them stands the most restrictive. */
const resultXml = (
  action: string,
  judged: readonly { readonly resource: string; readonly judgement: Judgement }[],
): Xml => {
  const decision = (["explicitDeny", "implicitDeny", "allowed"] as const).find((each) =>
    judged.some(({ judgement }) => judgement.decision === each),
  );
  const all = judged.map(({ judgement }) => judgement);
  const isEverything = judged.every(({ resource }) => resource === "*");
  return {
    EvalActionName: action,
    EvalResourceName: action.startsWith("ec2:") && !isEverything ? INSTANCE : "*",
    EvalDecision: decision ?? "implicitDeny",
    MatchedStatements: statementsXml(all.filter((each) => each.decision === decision)),
    MissingContextValues: [...new Set(all.flatMap(({ missing }) => missing))],
    OrganizationsDecisionDetail: limitXml(
      "AllowedByOrganizations",
      all.map(({ byOrganization }) => byOrganization),
    ),
    PermissionsBoundaryDecisionDetail: limitXml(
      "AllowedByPermissionsBoundary",
      all.map(({ byBoundary }) => byBoundary),
    ),
    ResourceSpecificResults: isEverything
      ? undefined
      : judged.map(({ resource, judgement }) => ({
          EvalResourceName: resource,
          EvalResourceDecision: judgement.decision,
          MatchedStatements: statementsXml([judgement]),
          MissingContextValues: judgement.missing,
          PermissionsBoundaryDecisionDetail: limitXml("AllowedByPermissionsBoundary", [judgement.byBoundary]),
        })),
  };
};

const statementsXml = (judgements: readonly Judgement[]): Xml => {
  const policies = new Map(judgements.flatMap(({ matched }) => matched.map((policy) => [policy.id, policy] as const)));
  return [...policies.values()].map(({ id, of }) => ({ SourcePolicyId: id, SourcePolicyType: of }));
};

const limitXml = (name: string, allowed: readonly (boolean | undefined)[]): Xml =>
  allowed.some((each) => each === undefined) ? undefined : { [name]: allowed.every((each) => each === true) };

const pageOf = (results: readonly Xml[], params: Params, largestPage: number): { readonly [name: string]: Xml } => {
  const most = Math.min(Number(params.text("MaxItems") ?? 100), largestPage);
  const start = Number(params.text("Marker") ?? 0);
  if (!(most >= 1 && most <= 1_000) || !(start >= 0))
    throw new IamError("ValidationError", "Invalid Marker or MaxItems");
  const end = start + most;
  const isTruncated = end < results.length;
  return {
    IsTruncated: isTruncated,
    Marker: isTruncated ? String(end) : undefined,
    EvaluationResults: results.slice(start, end),
  };
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: so it stands in IAM's answers
const INSTANCE = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
