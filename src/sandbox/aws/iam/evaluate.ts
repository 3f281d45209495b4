/** Judges one action on one resource: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */

import { type Context, holds, missingKeys } from "./condition.ts";
import { fitsAction, like } from "./pattern.ts";
import { listOf, type PolicyDocument, type PrincipalKind, type Statement } from "./world.ts";

/** A policy that belongs to a user, one of their groups, or a role. */
export interface AttachedPolicy {
  /** `user_dev1_admins` */
  readonly id: string;
  readonly of: PrincipalKind;
  readonly document: PolicyDocument;
}

export interface Policies {
  readonly attached: readonly AttachedPolicy[];
  readonly boundary: PolicyDocument | undefined;
  readonly serviceControl: PolicyDocument | undefined;
}

export interface Judgement {
  readonly decision: Decision;
  /** Those that decided, of the attached policies. */
  readonly matched: readonly AttachedPolicy[];
  readonly missing: readonly string[];
  /** `undefined`: there is no such limit. */
  readonly byBoundary: boolean | undefined;
  readonly byOrganization: boolean | undefined;
}

export type Decision = "allowed" | "explicitDeny" | "implicitDeny";

export interface Call {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export const judge = ({ attached, boundary, serviceControl }: Policies, call: Call): Judgement => {
  const deciding = (effect: Statement["Effect"]): readonly AttachedPolicy[] =>
    attached.filter(({ document }) => decisionOf(document, call).has(effect));
  const denying = deciding("Deny");
  const allowing = deciding("Allow");
  const limits = [boundary, serviceControl].map((document) =>
    document === undefined ? undefined : settle(decisionOf(document, call)),
  );
  const own: Decision = denying.length > 0 ? "explicitDeny" : allowing.length > 0 ? "allowed" : "implicitDeny";
  const decisions = [own, ...limits];
  const decision =
    (["explicitDeny", "implicitDeny", "allowed"] as const).find((each) => decisions.includes(each)) ?? own;
  const [byBoundary, byOrganization] = limits.map((limit) => (limit === undefined ? undefined : limit === "allowed"));
  const shown = decision === "explicitDeny" ? denying : decision === "allowed" ? allowing : [];
  return {
    decision,
    matched: shown,
    missing: [...new Set(attached.flatMap(({ document }) => missingOf(document, call)))],
    byBoundary,
    byOrganization,
  };
};

const settle = (effects: ReadonlySet<Statement["Effect"]>): Decision =>
  effects.has("Deny") ? "explicitDeny" : effects.has("Allow") ? "allowed" : "implicitDeny";

/** The effects of the statements that speak of the call and whose conditions hold. */
const decisionOf = (document: PolicyDocument, call: Call): ReadonlySet<Statement["Effect"]> =>
  new Set(
    statementsOf(document)
      .filter((statement) => speaksOf(statement, call) && holds(statement, call.context))
      .map(({ Effect }) => Effect),
  );

const missingOf = (document: PolicyDocument, call: Call): readonly string[] =>
  statementsOf(document)
    .filter((statement) => speaksOf(statement, call))
    .flatMap((statement) => missingKeys(statement, call.context));

const statementsOf = ({ Statement: statements }: PolicyDocument): readonly Statement[] =>
  "Effect" in statements ? [statements] : statements;

const speaksOf = (statement: Statement, { action, resource }: Call): boolean => {
  const named = (patterns: readonly string[]): boolean => patterns.some((pattern) => fitsAction(pattern, action));
  const placed = (patterns: readonly string[]): boolean => patterns.some((pattern) => like(pattern, resource));
  const isAction =
    statement.NotAction === undefined ? named(listOf(statement.Action)) : !named(listOf(statement.NotAction));
  const isResource =
    statement.NotResource === undefined ? placed(listOf(statement.Resource)) : !placed(listOf(statement.NotResource));
  return isAction && isResource;
};
