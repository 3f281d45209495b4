/** One virtual machine or EC2 instance, as its cloud describes it and as people name it. */

import type { Cidr } from "./source.ts";

declare const machineId: unique symbol;
declare const firewallId: unique symbol;

export type CloudName = "azure" | "aws";

/** The cloud's own id, lower-cased: an Azure resource id, or `i-0abc…`. */
export type MachineId = string & { readonly [machineId]: true };

/**
 * One thing in a cloud that we configure; the start says which adapter speaks to it.
 *
 *     azure-nsg:/subscriptions/…/networksecuritygroups/nsg-prod       (lower case)
 *     azure-firewall:/subscriptions/…/azurefirewalls/fw-hub           (lower case; its rules are classic)
 *     aws-groups:111122223333/eu-west-1/eni-0a1                        (the security groups of one interface: where grants open)
 *     aws-group:111122223333/eu-west-1/sg-0a1                          (one security group of somebody else's: where protections withhold)
 */
export type FirewallId = string & { readonly [firewallId]: true };

/** Sends what comes to one of its public addresses on to machines behind it. */
export interface Translator {
  readonly firewall: FirewallId;
  /** What a machine sees as the sender of what was sent on: the prefixes of the firewall's own subnet. */
  readonly sendsFrom: readonly Cidr[];
}

export interface NetworkInterface {
  /** Resource id (lower case) or `eni-…`. */
  readonly id: string;
  readonly privateAddresses: readonly string[];
  readonly publicAddresses: readonly string[];
  /**
   * All that a packet to this interface must pass: in Azure the subnet's and the interface's NSG and a classic Azure Firewall that it is behind, in
   * AWS the interface's groups.
   */
  readonly firewalls: readonly FirewallId[];
  /** Where a protection of it is made. Absent: at the same `firewalls`. In AWS each group that isn't ours. */
  readonly blockedAt?: readonly FirewallId[];
  /** Those of its firewalls that translate addresses; absent: none. */
  readonly translators?: readonly Translator[];
  /** There may be a firewall before it that we may not see, so none is named. Absent: no. */
  readonly isUnsure?: true;
  /** Absent: none. A firewall before it whose rules are in a firewall policy: it can't be opened or protected. */
  readonly policyFirewall?: { readonly name: string; readonly policy: string };
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

/** Every firewall where something of ours may be made for it, each once. */
export const firewallsBefore = (machine: Machine): readonly FirewallId[] => [
  ...new Set(machine.interfaces.flatMap(({ firewalls, blockedAt = [] }) => [...firewalls, ...blockedAt])),
];

export const refOf = ({ cloud, id, name, account }: Machine): MachineRef => ({ cloud, id, name, account });
