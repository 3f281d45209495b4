/** What decided about a packet, by the names that people find in their cloud. */

import type { PublicWay } from "../cloud/rules.ts";

/** As written in the rule, so that the one that matched can be quoted. */
interface Written {
  readonly sources: readonly string[];
  readonly ports: readonly string[];
}

export interface NsgDecider extends Written {
  readonly kind: "nsg-rule";
  readonly level: "subnet" | "interface";
  /** Name of the NSG. */
  readonly group: string;
  readonly rule: string;
  readonly priority: number;
  readonly access: "allow" | "deny";
}

export interface NatDecider extends Written {
  readonly kind: "nat-rule";
  readonly firewall: string;
  readonly collection: string;
  readonly priority: number;
  readonly rule: string;
  /** `elsewhere`: to another machine or port. `unknown`: to a host name. */
  readonly leads: "here" | "elsewhere" | "unknown";
}

export interface NetworkDecider extends Written {
  readonly kind: "network-rule";
  readonly firewall: string;
  readonly collection: string;
  readonly priority: number;
  readonly rule: string;
  readonly access: "allow" | "deny";
}

export interface GroupDecider extends Written {
  readonly kind: "group-rule";
  /** `sg-…` */
  readonly group: string;
  readonly groupName: string;
  /** `sgr-…` */
  readonly rule: string;
}

export type Decider =
  | NsgDecider
  | NatDecider
  | NetworkDecider
  | GroupDecider
  /** Nothing stands there. */
  | { readonly kind: "no-nsg" }
  /** No NSG, and whether the public addresses are open without one depends on their kind. */
  | { readonly kind: "public-address"; readonly sku: PublicWay["sku"] }
  /** No rule of the firewall matched: it denies. */
  | { readonly kind: "firewall-default"; readonly firewall: string }
  /** Its application rules name the port, and they decide by host name. */
  | { readonly kind: "application-rules"; readonly firewall: string }
  | { readonly kind: "firewall-policy"; readonly firewall: string; readonly policy: string }
  /** Nobody told which addresses the firewall itself uses towards the machine. */
  | { readonly kind: "firewall-subnet"; readonly firewall: string }
  /** No rule of the attached groups lets in. */
  | { readonly kind: "no-group-rule"; readonly groups: readonly string[] };
