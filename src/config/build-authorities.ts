/** Who has a say beside the policy, and whether they can have it over the machines of each rule. */

import type { ActionsOf, Activity } from "../access/authority.ts";
import type { DurationMs } from "../access/time.ts";
import { DEFAULT_ACTIONS } from "../cloud/azure/roles/default-actions.ts";
import type { Rule } from "../policy/policy.ts";
import { LONGEST_WAIT } from "../workflow/ask-authorities.ts";
import type { Complain } from "./fields.ts";
import type { FileContent } from "./schema.ts";

export interface AuthoritySettings {
  /** One that takes longer has said no. */
  readonly timeoutMs: DurationMs;
  readonly azureRoles: { readonly actions: ActionsOf };
  /** Without any that somebody named there are none, and none are needed. */
  readonly awsIam: { readonly actions: ActionsOf };
}

export const authoritySettings = ({ authorities }: Pick<FileContent, "authorities">): AuthoritySettings => {
  const azure = authorities?.["azure-roles"]?.actions;
  const aws = authorities?.["aws-iam"]?.actions;
  const read = azure?.read ?? DEFAULT_ACTIONS.read;
  return {
    timeoutMs: authorities?.timeout ?? LONGEST_WAIT,
    azureRoles: {
      actions: {
        request: azure?.request ?? DEFAULT_ACTIONS.request,
        approve: azure?.approve ?? read,
        configure: azure?.configure ?? DEFAULT_ACTIONS.configure,
        read,
      },
    },
    awsIam: {
      actions: {
        request: aws?.request ?? [],
        approve: aws?.approve ?? [],
        configure: aws?.configure ?? [],
        read: aws?.read ?? [],
      },
    },
  };
};

/** An authority without a say over a machine says no, so a rule that names one it can't have is told before anybody asks. */
export const checkAuthorities = (
  { clouds, authorities }: FileContent,
  rules: readonly Rule[],
  { awsIam }: AuthoritySettings,
  complain: Complain,
): void => {
  const missing = new Set<Activity>();
  for (const [index, rule] of rules.entries()) {
    const isFor = rule.match.clouds;
    if (rule.authorities.includes("aws-iam")) {
      if (isFor.length !== 1 || isFor[0] !== "aws")
        complain(
          ["rules", index, "authorities"],
          "aws-iam has a say over machines in AWS only; write match: { clouds: [aws] }, and another rule for the rest",
        );
      for (const activity of neededBy(rule)) if (awsIam.actions[activity].length === 0) missing.add(activity);
    }
    if (rule.authorities.includes("azure-roles") && (isFor.length === 0 || isFor.includes("aws"))) {
      const unconnected = (clouds.aws ?? []).findIndex(({ azureScope }) => azureScope === undefined);
      if (unconnected >= 0)
        complain(
          ["rules", index, "authorities"],
          `azure-roles has a say over machines in AWS only where they are connected to Azure; give clouds.aws[${unconnected}] its azureScope, or write match: { clouds: [azure] }`,
        );
    }
  }
  if (missing.size > 0)
    complain(
      authorities?.["aws-iam"] === undefined ? ["authorities"] : ["authorities", "aws-iam", "actions"],
      `aws-iam needs actions to ask about for ${[...missing].join(", ")}; write them like aws-iam: { actions: { request: [ec2:StartInstances] } }`,
    );
};

const neededBy = ({ approve, configure }: Rule): readonly Activity[] => [
  "request",
  ...(approve.kind === "none" ? [] : (["approve"] as const)),
  ...(configure.length === 0 ? [] : (["configure"] as const)),
  "read",
];
