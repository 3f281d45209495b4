/** How network security groups and their rules look in answers, and in an export. */

import { defaultSecurityRules } from "./default-security-rules.ts";
import type { Group } from "./network-security-groups.ts";
import { lastName, sameId } from "./resource-identifiers.ts";
import type { ArmId, AzureWorld, SecurityRule } from "./world.ts";

export type Attachments = Pick<AzureWorld, "networkInterfaces" | "virtualNetworks">;

/** As in the recorded answers of azure-cli's `test_network_nsg`: back references are there only when there are any. */
export const groupBody = (group: Group, attachments: Attachments): unknown => {
  const { id, location, guid, etag, state, goal, leaving } = group;
  const { networkInterfaces, subnets } = attachedTo(id, attachments);
  return {
    name: lastName(id),
    id,
    etag,
    type: "Microsoft.Network/networkSecurityGroups",
    location,
    ...(goal.tags === undefined ? {} : { tags: goal.tags }),
    properties: {
      provisioningState: state,
      resourceGuid: guid,
      ...(goal.flushConnection === undefined ? {} : { flushConnection: goal.flushConnection }),
      securityRules: [...goal.rules, ...leaving].map((rule) => ruleBody(group, rule)),
      defaultSecurityRules: defaultSecurityRules.map((rule) => ruleBody(group, rule, "defaultSecurityRules")),
      ...(networkInterfaces.length === 0 ? {} : { networkInterfaces }),
      ...(subnets.length === 0 ? {} : { subnets }),
    },
  };
};

export const ruleBody = (
  group: Group,
  { name, properties }: SecurityRule,
  kind: "securityRules" | "defaultSecurityRules" = "securityRules",
): unknown => ({
  name,
  id: `${group.id}/${kind}/${name}`,
  etag: group.etag,
  type: `Microsoft.Network/networkSecurityGroups/${kind}`,
  properties: {
    provisioningState: group.leaving.some((rule) => rule.name === name) ? "Deleting" : group.state,
    ...properties,
  },
});

/** What a user set, for comparing before and after: rules by name, nothing that changes by itself. */
export interface SecurityGroupExport {
  readonly id: ArmId;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly flushConnection: boolean;
  readonly securityRules: readonly SecurityRule[];
  readonly networkInterfaces: readonly { readonly id: ArmId }[];
  readonly subnets: readonly { readonly id: ArmId }[];
}

export const exportGroup = ({ id, location, goal, leaving }: Group, attachments: Attachments): SecurityGroupExport =>
  structuredClone({
    id,
    location,
    tags: goal.tags ?? {},
    flushConnection: goal.flushConnection ?? false,
    securityRules: [...goal.rules, ...leaving].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ...attachedTo(id, attachments),
  });

/** The subnets and interfaces that this group guards. */
export const attachedTo = (id: ArmId, { networkInterfaces, virtualNetworks }: Attachments) => ({
  networkInterfaces: networkInterfaces
    .filter(({ networkSecurityGroup }) => sameId(networkSecurityGroup, id))
    .map((one) => ({ id: one.id })),
  subnets: virtualNetworks.flatMap((network) =>
    network.subnets
      .filter(({ networkSecurityGroup }) => sameId(networkSecurityGroup, id))
      .map(({ name }) => ({ id: `${network.id}/subnets/${name}` })),
  ),
});
