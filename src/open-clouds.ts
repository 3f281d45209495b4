/** The clouds that are configured, and the say that their own roles have. Each cloud's SDK takes a while to load, so only those that are needed are. */

import type { AuthorityName } from "./access/authority.ts";
import type { CloudName, Machine } from "./access/machine.ts";
import type { Clock } from "./access/time.ts";
import type { Cloud } from "./cloud/firewall.ts";
import type { WithheldMemory } from "./cloud/withheld.ts";
import type { AwsAccount, Config, Settings } from "./config.ts";
import type { Authority } from "./policy/authority.ts";

export const openClouds = async (
  config: Config,
  settings: Settings,
  clock: Clock,
  withheld: WithheldMemory,
): Promise<ReadonlyMap<CloudName, Cloud>> => {
  const { installation } = config;
  const clouds = new Map<CloudName, Cloud>();
  if (config.azure !== undefined) {
    const { createAzureCloud } = await import("./cloud/azure/azure-cloud.ts");
    clouds.set(
      "azure",
      createAzureCloud({
        installation,
        subscriptions: config.azure.subscriptions,
        mappedPorts: config.azure.mappedPorts,
        allowPriorities: config.azure.allowPriorities,
        clock,
        ...(await azureAccess(settings)),
      }),
    );
  }
  if (config.aws.length > 0) {
    const { createAwsCloud } = await import("./cloud/aws/aws-cloud.ts");
    const { assumeRole } = await import("./cloud/aws/assume-role.ts");
    const { tagSecret } = await import("./cloud/aws/tag-secret.ts");
    const { receive } = settings.slack;
    const secret = tagSecret(receive.kind === "http" ? receive.signingSecret : receive.appToken);
    clouds.set(
      "aws",
      createAwsCloud({ installation, accounts: config.aws.map(accountOf), assumeRole, withheld, secret }),
    );
  }
  return clouds;
};

/** Those that some rule names. */
export const openAuthorities = async (
  config: Config,
  settings: Settings,
  clock: Clock,
): Promise<ReadonlyMap<AuthorityName, Authority>> => {
  const named = new Set(config.policy.rules.flatMap(({ authorities }) => authorities));
  const authorities = new Map<AuthorityName, Authority>();
  if (named.has("azure-roles")) {
    const { createAzureRoles } = await import("./cloud/azure/roles/azure-roles.ts");
    const connectedScope = ({ account }: Machine): string | undefined => azureScopeOf(account, config.aws);
    const { actions } = config.authorities.azureRoles;
    authorities.set(
      "azure-roles",
      createAzureRoles({ actions, connectedScope, clock, ...(await azureAccess(settings)) }),
    );
  }
  if (named.has("aws-iam")) {
    const { createAwsIam } = await import("./cloud/aws/iam/aws-iam.ts");
    const { assumeRole } = await import("./cloud/aws/assume-role.ts");
    const { actions } = config.authorities.awsIam;
    authorities.set("aws-iam", createAwsIam({ accounts: config.aws.map(accountOf), assumeRole, actions }));
  }
  return authorities;
};

const azureAccess = async ({ azure: { armEndpoint, armToken } }: Settings) => {
  const { fixedToken } = await import("./cloud/azure/arm-endpoint.ts");
  const { DefaultAzureCredential } = await import("@azure/identity");
  return {
    credential: armToken === undefined ? new DefaultAzureCredential() : fixedToken(armToken),
    ...(armEndpoint === undefined ? {} : { endpoint: armEndpoint }),
  };
};

const accountOf = ({ regions, roleArn, externalId, quotas: { rulesPerGroup, groupsPerInterface } }: AwsAccount) => ({
  regions,
  quotas: {
    ...(rulesPerGroup === undefined ? {} : { rulesPerGroup }),
    ...(groupsPerInterface === undefined ? {} : { groupsPerInterface }),
  },
  ...(roleArn === undefined ? {} : { roleArn }),
  ...(externalId === undefined ? {} : { externalId }),
});

/** Of an AWS account, where in Azure it is connected. The account of one without a role shows only when something of it is read. */
const azureScopeOf = (account: string, accounts: readonly AwsAccount[]): string | undefined => {
  const own = accounts.find(({ roleArn }) => roleArn?.split(":")[4] === account);
  return (own ?? accounts.find(({ roleArn }) => roleArn === undefined))?.azureScope;
};
