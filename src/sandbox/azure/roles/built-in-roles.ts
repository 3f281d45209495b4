/** Some of Azure's built-in roles, with their real ids and actions: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */

export interface RolePermission {
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
  /** What a role of today may say of one of its permissions. */
  readonly condition?: string;
}

export interface Role {
  /** A guid. */
  readonly name: string;
  readonly roleName: string;
  readonly type: "BuiltInRole" | "CustomRole";
  readonly description: string;
  readonly permissions: readonly RolePermission[];
  readonly assignableScopes: readonly string[];
}

const builtIn = (
  name: string,
  roleName: string,
  description: string,
  actions: readonly string[],
  notActions: readonly string[] = [],
): Role => ({
  name,
  roleName,
  type: "BuiltInRole",
  description,
  permissions: [{ actions, notActions, dataActions: [], notDataActions: [] }],
  assignableScopes: ["/"],
});

const FOR_EVERYBODY = [
  "Microsoft.Authorization/*/read",
  "Microsoft.Insights/alertRules/*",
  "Microsoft.Resources/deployments/*",
  "Microsoft.Resources/subscriptions/resourceGroups/read",
] as const;

export const BUILT_IN_ROLES: readonly Role[] = [
  builtIn(
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Owner",
    "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
    ["*"],
  ),
  builtIn(
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Contributor",
    "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.",
    ["*"],
    [
      "Microsoft.Authorization/*/Delete",
      "Microsoft.Authorization/*/Write",
      "Microsoft.Authorization/elevateAccess/Action",
      "Microsoft.Blueprint/blueprintAssignments/write",
      "Microsoft.Blueprint/blueprintAssignments/delete",
      "Microsoft.Compute/galleries/share/action",
      "Microsoft.Purview/consents/write",
      "Microsoft.Purview/consents/delete",
    ],
  ),
  builtIn(
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Reader",
    "View all resources, but does not allow you to make any changes.",
    ["*/read"],
  ),
  builtIn(
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "Virtual Machine Contributor",
    "Lets you manage virtual machines, but not access to them, and not the virtual network or storage account they're connected to.",
    [
      ...FOR_EVERYBODY,
      "Microsoft.Compute/availabilitySets/*",
      "Microsoft.Compute/locations/*",
      "Microsoft.Compute/virtualMachines/*",
      "Microsoft.Compute/virtualMachineScaleSets/*",
      "Microsoft.Compute/cloudServices/*",
      "Microsoft.Compute/disks/write",
      "Microsoft.Compute/disks/read",
      "Microsoft.Compute/disks/delete",
      "Microsoft.DevTestLab/schedules/*",
      "Microsoft.Network/applicationGateways/backendAddressPools/join/action",
      "Microsoft.Network/loadBalancers/backendAddressPools/join/action",
      "Microsoft.Network/loadBalancers/inboundNatPools/join/action",
      "Microsoft.Network/loadBalancers/inboundNatRules/join/action",
      "Microsoft.Network/loadBalancers/probes/join/action",
      "Microsoft.Network/loadBalancers/read",
      "Microsoft.Network/locations/*",
      "Microsoft.Network/networkInterfaces/*",
      "Microsoft.Network/networkSecurityGroups/join/action",
      "Microsoft.Network/networkSecurityGroups/read",
      "Microsoft.Network/publicIPAddresses/join/action",
      "Microsoft.Network/publicIPAddresses/read",
      "Microsoft.Network/virtualNetworks/read",
      "Microsoft.Network/virtualNetworks/subnets/join/action",
      "Microsoft.RecoveryServices/locations/*",
      "Microsoft.RecoveryServices/Vaults/backupPolicies/read",
      "Microsoft.ResourceHealth/availabilityStatuses/read",
      "Microsoft.SerialConsole/serialPorts/connect/action",
      "Microsoft.SqlVirtualMachine/*",
      "Microsoft.Storage/storageAccounts/listKeys/action",
      "Microsoft.Storage/storageAccounts/read",
      "Microsoft.Support/*",
    ],
  ),
  builtIn(
    "fb1c8493-542b-48eb-b624-b4c8fea62acd",
    "Security Admin",
    "View and update permissions for Microsoft Defender for Cloud.",
    [
      ...FOR_EVERYBODY,
      "Microsoft.Authorization/policyAssignments/*",
      "Microsoft.Authorization/policyDefinitions/*",
      "Microsoft.Authorization/policyExemptions/*",
      "Microsoft.Authorization/policySetDefinitions/*",
      "Microsoft.Management/managementGroups/read",
      "Microsoft.operationalInsights/workspaces/*/read",
      "Microsoft.Security/*",
      "Microsoft.IoTSecurity/*",
      "Microsoft.Support/*",
    ],
  ),
  builtIn(
    "39bc4728-0917-49c7-9d2c-d95423bc2eb4",
    "Security Reader",
    "View permissions for Microsoft Defender for Cloud.",
    [
      "Microsoft.Authorization/*/read",
      "Microsoft.Insights/alertRules/read",
      "Microsoft.operationalInsights/workspaces/*/read",
      "Microsoft.Resources/deployments/*/read",
      "Microsoft.Resources/subscriptions/resourceGroups/read",
      "Microsoft.Security/*/read",
      "Microsoft.IoTSecurity/*/read",
      "Microsoft.Support/*/read",
      "Microsoft.Security/iotDefenderSettings/packageDownloads/action",
      "Microsoft.Security/iotDefenderSettings/downloadManagerActivation/action",
      "Microsoft.Security/iotSensors/downloadResetPassword/action",
      "Microsoft.IoTSecurity/defenderSettings/packageDownloads/action",
      "Microsoft.IoTSecurity/defenderSettings/downloadManagerActivation/action",
      "Microsoft.Management/managementGroups/read",
    ],
  ),
];
