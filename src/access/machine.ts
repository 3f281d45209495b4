/** One virtual machine or EC2 instance, as its cloud describes it and as people name it. */

declare const machineId: unique symbol;
declare const firewallId: unique symbol;

export type CloudName = "azure" | "aws";

/** The cloud's own id, lower-cased: an Azure resource id, or `i-0abc…`. */
export type MachineId = string & { readonly [machineId]: true };

/**
 * One thing in a cloud that we configure; the start says which adapter speaks to it.
 *
 *     azure-nsg:/subscriptions/…/networksecuritygroups/nsg-prod       (lower case)
 *     aws-groups:111122223333/eu-west-1/eni-0a1                        (the security groups of one interface)
 */
export type FirewallId = string & { readonly [firewallId]: true };

export interface NetworkInterface {
  /** Resource id (lower case) or `eni-…`. */
  readonly id: string;
  readonly privateAddresses: readonly string[];
  readonly publicAddresses: readonly string[];
  /** All that a packet to this interface must pass: in Azure the subnet's and the interface's NSG, in AWS the interface's groups. */
  readonly firewalls: readonly FirewallId[];
}

export interface Machine {
  readonly cloud: CloudName;
  readonly id: MachineId;
  /** As people type it: the Azure name, or the AWS tag `Name`, or the instance id when there is none. */
  readonly name: string;
  /** Azure subscription id or AWS account id. */
  readonly account: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly os: "linux" | "windows" | "unknown";
  readonly power: "running" | "stopped" | "unknown";
  readonly interfaces: readonly NetworkInterface[];
}

/** Enough of a machine to speak of it after it is gone. */
export type MachineRef = Pick<Machine, "cloud" | "id" | "name" | "account">;

export const refOf = ({ cloud, id, name, account }: Machine): MachineRef => ({ cloud, id, name, account });
