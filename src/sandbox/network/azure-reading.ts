/** What the network has to know of Azure, reading nothing but what the cloud obeys. */

import type { FirewallReading } from "./azure-firewall.ts";
import type { RoutedNetwork, RouteTable } from "./azure-routes.ts";
import type { Ground } from "./ground.ts";
import type { NsgRule } from "./nsg.ts";
import type { AddressSpace } from "./service-tags.ts";

/** What the network has to know of Azure. Ids are ARM ids, compared without regard to letter case. */
export interface AzureReading {
  readonly virtualMachines: readonly AzureMachine[];
  readonly networkInterfaces: readonly AzureInterface[];
  readonly publicAddresses: readonly { readonly id: string; readonly address?: string; readonly sku?: string }[];
  readonly virtualNetworks: readonly AzureNetwork[];
  readonly networkSecurityGroups: readonly AzureGroup[];
  readonly routeTables?: readonly RouteTable[];
  readonly ipGroups?: readonly { readonly id: string; readonly addresses: readonly string[] }[];
  readonly azureFirewalls?: readonly FirewallReading[];
}

export interface AzureMachine {
  readonly id: string;
  readonly os: "Linux" | "Windows";
  readonly powerState: string;
  readonly networkInterfaces: readonly string[];
}

interface AzureInterface {
  readonly id: string;
  readonly ipConfigurations: readonly AzureIpConfiguration[];
  readonly networkSecurityGroup?: string;
}

export interface AzureIpConfiguration {
  readonly privateAddress: string;
  readonly subnet: string;
  readonly publicAddress?: string;
  readonly applicationSecurityGroups?: readonly string[];
}

export interface AzureNetwork extends RoutedNetwork {
  readonly subnets: readonly AzureSubnet[];
}

export interface AzureSubnet {
  readonly name: string;
  readonly prefixes?: readonly string[];
  readonly networkSecurityGroup?: string;
  readonly routeTable?: string;
}

export interface AzureGroup {
  readonly id: string;
  readonly flushConnection?: boolean;
  readonly rules: readonly NsgRule[];
}

export interface AzureSource {
  readonly state: () => AzureReading;
  readonly onChange: Ground["onChange"];
  /** What is peered with or connected to a virtual network, beside its own prefixes. */
  readonly connectedTo?: (virtualNetworkId: string) => readonly string[];
  /** Service tags beside `VirtualNetwork`, `Internet` and `AzureLoadBalancer`, by lower-case name. */
  readonly serviceTags?: AddressSpace["tags"];
}

export const byId = <T extends { readonly id: string }>(items: readonly T[], id: string | undefined): T | undefined =>
  id === undefined ? undefined : items.find((item) => item.id.toLowerCase() === id.toLowerCase());
