/** What events say of protections and of what stands against them. */

import type { ProtectionId } from "../access/identifier.ts";
import type { FirewallId, MachineRef } from "../access/machine.ts";
import type { Port } from "../access/port.ts";

/** What every event of a protection says of it. */
export interface ProtectionFacts {
  readonly protectionId: ProtectionId;
  readonly machine: MachineRef;
  /** As people named them: `ssh`, `8080/tcp`. */
  readonly services: readonly string[];
  readonly ports: readonly Port[];
  /** Where it is told. */
  readonly channel: string;
}

/** A rule of somebody else's that lets in what a protection is to keep out, as written in its firewall. */
export interface Undercut {
  readonly firewall: FirewallId;
  /** `nsg-prod-web` */
  readonly firewallName: string;
  readonly rule: {
    readonly id: string;
    readonly name: string;
    readonly priority: number | undefined;
    readonly ports: readonly string[];
    readonly sources: readonly string[];
  };
}

/**
 * What withholding rules of a security group does beyond the machine's own ports: to other machines that have it, to connections that are open now (AWS
 * doesn't track what it lets in from anywhere, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html), and to all
 * protocols of a rule that can't be split.
 */
export type Concern =
  /** Addresses of the machine with nothing before them: no port of these can be kept closed. */
  | { readonly kind: "bare"; readonly addresses: readonly string[] }
  | { readonly kind: "shared"; readonly firewallName: string; readonly machines: readonly string[] }
  | { readonly kind: "cuts-sessions"; readonly firewallName: string; readonly rules: readonly string[] }
  | { readonly kind: "all-protocols"; readonly firewallName: string; readonly rules: readonly string[] };

/** What the charts call a machine, and for whom its most open port is open. */
export interface PostureWords {
  readonly category: string;
  readonly openness: string;
}
