/** The form of `clouds`: where the machines are. */

import { positive, rangeWithin } from "./amounts.ts";
import { list, map, matched, optional, text } from "./fields.ts";

const GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/** That a rule of an NSG can have: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview */
const PRIORITIES = { from: 100, to: 4_096 } as const;

const azure = map("Azure, like { subscriptions: [00000000-0000-0000-0000-000000000001] }", {
  subscriptions: list(
    matched(
      "a subscription",
      new RegExp(`^${GUID}$`, "u"),
      "write a subscription's id, like 00000000-0000-0000-0000-000000000001",
    ),
  ),
  mappedPorts: rangeWithin("a range of ports", "50000-59999", 1, 65_535).optional(),
  allowPriorities: rangeWithin("a range of priorities", "100-999", PRIORITIES.from, PRIORITIES.to).optional(),
});

const awsAccount = map("an AWS account, like { regions: [eu-west-1] }", {
  regions: list(matched("a region", /^[a-z]{2,}(?:-[a-z]+)+-\d+$/u, "write a region like eu-west-1")),
  roleArn: matched(
    "a role",
    /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/u,
    "write a role's ARN, like arn:aws:iam::111122223333:role/latch",
  ).optional(),
  externalId: text("an external id").optional(),
  quotas: optional(
    map("quotas, like { rulesPerGroup: 60 }", {
      rulesPerGroup: positive.optional(),
      groupsPerInterface: positive.optional(),
    }),
  ),
  azureScope: matched(
    "a scope in Azure",
    new RegExp(`^/subscriptions/${GUID}(?:/[^/\\s]+)*$`, "u"),
    "write where the account is connected to Azure, like /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/security/providers/Microsoft.Security/securityConnectors/acme",
  ).optional(),
});

export const clouds = map("clouds, like { azure: { subscriptions: [...] } }", {
  azure: optional(azure),
  aws: optional(list(awsAccount)),
}).refine(
  ({ azure: one, aws: other }) => one !== undefined || other !== undefined,
  "names no cloud; write azure, aws or both",
);
