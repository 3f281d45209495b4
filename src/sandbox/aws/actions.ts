/** Every action that the sandbox's EC2 knows, and the bucket that its calls are counted against. */

import type { Action } from "./call.ts";
import { modifyInstanceAttribute, modifyNetworkInterfaceAttribute } from "./change-attachment.ts";
import { createSecurityGroup, deleteSecurityGroup } from "./change-groups.ts";
import { setInstanceStates } from "./change-instances.ts";
import { authorize, modifySecurityGroupRules, revoke } from "./change-rules.ts";
import { createTags, deleteTags } from "./change-tags.ts";
import {
  describeAccountAttributes,
  describeRegions,
  describeSubnets,
  describeTags,
  describeVpcs,
} from "./describe-account.ts";
import { describeSecurityGroupRules, describeSecurityGroups } from "./describe-groups.ts";
import { describeInstances } from "./describe-instances.ts";
import { describeNetworkInterfaces } from "./describe-interfaces.ts";
import { describeManagedPrefixLists, getManagedPrefixListEntries } from "./describe-prefix-lists.ts";
import type { BucketName } from "./throttle.ts";

export interface KnownAction {
  readonly run: Action;
  readonly bucket: BucketName;
}

const INGRESS = false;
const EGRESS = true;

export const ACTIONS: Readonly<Record<string, KnownAction>> = {
  DescribeInstances: { run: describeInstances, bucket: "describe" },
  DescribeNetworkInterfaces: { run: describeNetworkInterfaces, bucket: "describe" },
  DescribeSecurityGroups: { run: describeSecurityGroups, bucket: "describe" },
  DescribeSecurityGroupRules: { run: describeSecurityGroupRules, bucket: "describe" },
  DescribeManagedPrefixLists: { run: describeManagedPrefixLists, bucket: "describe" },
  GetManagedPrefixListEntries: { run: getManagedPrefixListEntries, bucket: "describe" },
  DescribeVpcs: { run: describeVpcs, bucket: "describe" },
  DescribeSubnets: { run: describeSubnets, bucket: "describe" },
  DescribeRegions: { run: describeRegions, bucket: "describe" },
  DescribeTags: { run: describeTags, bucket: "describe" },
  DescribeAccountAttributes: { run: describeAccountAttributes, bucket: "describe" },
  CreateSecurityGroup: { run: createSecurityGroup, bucket: "create" },
  DeleteSecurityGroup: { run: deleteSecurityGroup, bucket: "create" },
  AuthorizeSecurityGroupIngress: { run: authorize(INGRESS), bucket: "rules" },
  AuthorizeSecurityGroupEgress: { run: authorize(EGRESS), bucket: "rules" },
  RevokeSecurityGroupIngress: { run: revoke(INGRESS), bucket: "rules" },
  RevokeSecurityGroupEgress: { run: revoke(EGRESS), bucket: "rules" },
  ModifySecurityGroupRules: { run: modifySecurityGroupRules, bucket: "rules" },
  ModifyNetworkInterfaceAttribute: { run: modifyNetworkInterfaceAttribute, bucket: "modify" },
  ModifyInstanceAttribute: { run: modifyInstanceAttribute, bucket: "modify" },
  StartInstances: { run: setInstanceStates("running", "pending"), bucket: "modify" },
  StopInstances: { run: setInstanceStates("stopped", "stopping"), bucket: "modify" },
  TerminateInstances: { run: setInstanceStates("terminated", "shutting-down"), bucket: "modify" },
  CreateTags: { run: createTags, bucket: "tags" },
  DeleteTags: { run: deleteTags, bucket: "tags" },
};
