/** The form of `authorities`: what those who have a say beside the policy look at. */

import type { z } from "zod";
import { SECOND } from "../access/time.ts";
import { LONGEST_WAIT } from "../workflow/ask-authorities.ts";
import { secondsUpTo } from "./amounts.ts";
import { list, map, matched, optional } from "./fields.ts";

const actionsOf = <T extends z.ZodType<string, string>>(what: string, action: T) =>
  optional(
    map(`which actions are needed, like { actions: { request: [${what}] } }`, {
      actions: optional(
        map(`actions for each activity, like { request: [${what}] }`, {
          request: list(action).optional(),
          approve: list(action).optional(),
          configure: list(action).optional(),
          read: list(action).optional(),
        }),
      ),
    }),
  );

export const authorities = map("who has a say, like { timeout: 4s }", {
  timeout: secondsUpTo(LONGEST_WAIT / SECOND).optional(),
  // https://learn.microsoft.com/azure/role-based-access-control/role-definitions#actions-format
  "azure-roles": actionsOf(
    "Microsoft.Compute/virtualMachines/read",
    matched(
      "an action",
      /^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)+(?:\/[A-Za-z0-9_.*-]+)+$/u,
      "write an action of Azure, like Microsoft.Compute/virtualMachines/read",
    ),
  ),
  // The simulation takes names only: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
  "aws-iam": actionsOf(
    "ec2:StartInstances",
    matched("an action", /^[a-z0-9-]+:[A-Za-z0-9]+$/u, "write an action of AWS without *, like ec2:StartInstances"),
  ),
});
