/** What one says of a world with IAM in it: users, groups and roles of accounts, and their policies. */

import type { AccountSpec } from "../world.ts";

export interface IamWorld {
  /** Whose keys may call; each key belongs to some principal of its account that nobody describes. */
  readonly accounts: readonly AccountSpec[];
  readonly users?: readonly UserSpec[];
  readonly groups?: readonly PrincipalSpec[];
  readonly roles?: readonly PrincipalSpec[];
  /** By account: what its organization lets it do at most. Without one: it is in no organization. */
  readonly serviceControl?: Readonly<Record<string, PolicyDocument>>;
}

export interface PrincipalSpec {
  readonly account: string;
  readonly name: string;
  /** `aws` without it; `aws-cn`, `aws-us-gov`. */
  readonly partition?: string;
  /** `/` without it, else like `/engineering/`. */
  readonly path?: string;
  /** Inline ones, by name. */
  readonly policies?: Readonly<Record<string, PolicyDocument>>;
  /** The most that its policies can give. */
  readonly boundary?: PolicyDocument;
}

export interface UserSpec extends PrincipalSpec {
  /** Names of groups of the same account. */
  readonly groups?: readonly string[];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface PolicyDocument {
  readonly Version?: "2012-10-17" | "2008-10-17";
  readonly Statement: Statement | readonly Statement[];
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action?: OneOrMore;
  readonly NotAction?: OneOrMore;
  readonly Resource?: OneOrMore;
  readonly NotResource?: OneOrMore;
  /** `{ StringEquals: { "ec2:ResourceTag/env": ["prod"] } }` */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

export type OneOrMore = string | readonly string[];

export const listOf = (value: OneOrMore | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

export type PrincipalKind = "user" | "group" | "role";

/** A principal as the server keeps it. */
export interface KeptPrincipal {
  readonly kind: PrincipalKind;
  readonly account: string;
  readonly name: string;
  readonly arn: string;
  readonly groups: Set<string>;
  readonly policies: Map<string, PolicyDocument>;
  boundary: PolicyDocument | undefined;
}

export const keepPrincipal = (kind: PrincipalKind, spec: UserSpec): KeptPrincipal => ({
  kind,
  account: spec.account,
  name: spec.name,
  arn: `arn:${spec.partition ?? "aws"}:iam::${spec.account}:${kind}${spec.path ?? "/"}${spec.name}`,
  groups: new Set(spec.groups),
  policies: new Map(Object.entries(spec.policies ?? {})),
  boundary: spec.boundary,
});
