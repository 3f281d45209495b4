/** Somebody else who changes the same account, by plain EC2 calls and with limits and faults in the way. */

import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  type IpPermission,
  ModifyNetworkInterfaceAttributeCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRuleRequest,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";

import { AWS_COLLEAGUE_KEY } from "../../../src/sandbox/world.ts";

export interface Colleague {
  /** For everything else. */
  readonly ec2: EC2Client;
  /** Returns the ids of the new rules. */
  readonly authorize: (groupId: string, ...permissions: readonly IpPermission[]) => Promise<readonly string[]>;
  readonly revoke: (groupId: string, ...ruleIds: readonly string[]) => Promise<void>;
  readonly modify: (groupId: string, ruleId: string, rule: SecurityGroupRuleRequest) => Promise<void>;
  readonly attach: (interfaceId: string, groupId: string) => Promise<void>;
  readonly detach: (interfaceId: string, groupId: string) => Promise<void>;
  readonly terminate: (instanceId: string) => Promise<void>;
  readonly leave: () => void;
}

export interface ColleagueOptions {
  /** Of the EC2 server. */
  readonly url: string;
  readonly key?: { readonly id: string; readonly secret: string };
  readonly region?: string;
}

export const createColleague = ({
  url,
  key = AWS_COLLEAGUE_KEY,
  region = "eu-west-1",
}: ColleagueOptions): Colleague => {
  const ec2 = new EC2Client({
    endpoint: url,
    region,
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
  });
  const changeGroups = async (
    interfaceId: string,
    change: (groups: readonly string[]) => readonly string[],
  ): Promise<void> => {
    const { NetworkInterfaces } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [interfaceId] }),
    );
    const held = (NetworkInterfaces?.[0]?.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
    const Groups = [...new Set(change(held))];
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: interfaceId, Groups }));
  };
  return {
    ec2,
    authorize: async (GroupId, ...permissions) => {
      const { SecurityGroupRules } = await ec2.send(
        new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [...permissions] }),
      );
      return (SecurityGroupRules ?? []).flatMap(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? []);
    },
    revoke: async (GroupId, ...ruleIds) => {
      await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [...ruleIds] }));
    },
    modify: async (GroupId, SecurityGroupRuleId, SecurityGroupRule) => {
      const SecurityGroupRules = [{ SecurityGroupRuleId, SecurityGroupRule }];
      await ec2.send(new ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules }));
    },
    attach: (interfaceId, groupId) => changeGroups(interfaceId, (groups) => [...groups, groupId]),
    detach: (interfaceId, groupId) => changeGroups(interfaceId, (groups) => groups.filter((id) => id !== groupId)),
    terminate: async (instanceId) => {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    },
    leave: () => ec2.destroy(),
  };
};
