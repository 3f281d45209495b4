/**
 * The reference system's two charts and its tabs, as they are drawn.
 *
 * They call some open machines healthy (a port open to a few strangers in AWS) or not applicable (nothing stands before them at all), so
 * what is really reachable is always told beside them.
 * https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-overview
 */

import type { Port } from "../access/port.ts";

export type Category = "healthy" | "unhealthy" | "not-applicable";

/** The ports that the charts ask about: SSH, RDP and WinRM. */
export const MANAGEMENT_PORTS: readonly Port[] = [22, 3389, 5985, 5986].map((port) => ({ port, protocol: "tcp" }));

/** Where in the chart a machine ended. */
export type AzureBranch =
  | "jit-enabled"
  | "nsg-without-allow"
  | "nsg-allows-no-firewall"
  | "nsg-allows-firewall-allows"
  | "nsg-allows-firewall-without-allow"
  | "nothing-before-it"
  | "no-nsg-firewall-allows"
  | "no-nsg-firewall-without-allow"
  /** Not in the chart: the rules are in a firewall policy, which the reference doesn't support. */
  | "firewall-policy-unread";

export type AwsBranch = "jit-enabled" | "group-allows-anyone" | "no-group-allows-anyone";

export interface Diagnosis<Branch> {
  readonly category: Category;
  readonly branch: Branch;
}

export interface AzureFacts {
  readonly jitEnabled: boolean;
  /** On the subnet or the interface. */
  readonly hasNsg: boolean;
  /** A custom rule allows a management port to the machine, from anywhere and whatever stands above it. */
  readonly nsgAllows: boolean;
  readonly hasFirewall: boolean;
  /** `unread` when a firewall's rules are in a policy. */
  readonly firewallAllows: boolean | "unread";
}

export interface AwsFacts {
  readonly jitEnabled: boolean;
  /** One rule allows a management port from every address of a family. */
  readonly groupAllowsAnyone: boolean;
}

export const azureChart = (facts: AzureFacts): Diagnosis<AzureBranch> => {
  if (facts.jitEnabled) return { category: "healthy", branch: "jit-enabled" };
  if (facts.hasNsg && !facts.nsgAllows) return { category: "healthy", branch: "nsg-without-allow" };
  if (!facts.hasFirewall) {
    return facts.hasNsg
      ? { category: "unhealthy", branch: "nsg-allows-no-firewall" }
      : { category: "not-applicable", branch: "nothing-before-it" };
  }
  if (facts.firewallAllows === "unread") return { category: "not-applicable", branch: "firewall-policy-unread" };
  if (facts.firewallAllows) {
    return { category: "unhealthy", branch: facts.hasNsg ? "nsg-allows-firewall-allows" : "no-nsg-firewall-allows" };
  }
  return {
    category: "healthy",
    branch: facts.hasNsg ? "nsg-allows-firewall-without-allow" : "no-nsg-firewall-without-allow",
  };
};

export const awsChart = (facts: AwsFacts): Diagnosis<AwsBranch> => {
  if (facts.jitEnabled) return { category: "healthy", branch: "jit-enabled" };
  return facts.groupAllowsAnyone
    ? { category: "unhealthy", branch: "group-allows-anyone" }
    : { category: "healthy", branch: "no-group-allows-anyone" };
};

/** The second axis: whether just-in-time is on, could be, or can't be and why. */
export type Tab =
  | { readonly kind: "configured" }
  | { readonly kind: "not-configured" }
  | { readonly kind: "unsupported"; readonly reason: "nothing-before-it" | "firewall-policy" | "classic-machine" };

export interface TabFacts {
  readonly jitEnabled: boolean;
  /** Of Azure's classic deployment model. */
  readonly classicMachine: boolean;
  readonly firewallPolicy: boolean;
  /** An NSG, a firewall or a security group. */
  readonly hasFirewall: boolean;
}

export const tabOf = (facts: TabFacts): Tab => {
  if (facts.jitEnabled) return { kind: "configured" };
  if (facts.classicMachine) return { kind: "unsupported", reason: "classic-machine" };
  if (facts.firewallPolicy) return { kind: "unsupported", reason: "firewall-policy" };
  return facts.hasFirewall ? { kind: "not-configured" } : { kind: "unsupported", reason: "nothing-before-it" };
};
