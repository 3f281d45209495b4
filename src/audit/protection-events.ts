/** What happened to protections, and to how machines stand. */

import type { GrantId, ProtectionId } from "../access/identifier.ts";
import type { FirewallId, MachineRef } from "../access/machine.ts";
import type { Concern, PostureWords, ProtectionFacts, Undercut } from "./protection-facts.ts";

export interface ProtectionEvents {
  /** Stored: from now on these ports are kept closed. Without an actor's person a rule of the policy asks for it. */
  readonly "protection.set": ProtectionFacts;
  /** Every firewall was seen to hold it. `undercut`: what lets in all the same. */
  readonly "protection.began": ProtectionFacts & { readonly undercut: readonly Undercut[] };
  /** A firewall doesn't take it, or doesn't give it up. It is tried again. */
  readonly "protection.failed": ProtectionFacts & {
    readonly firewall: FirewallId;
    readonly doing: "closing" | "putting-back";
    readonly problem: string;
  };
  /** Found in a cloud with our mark, unknown to our memory. */
  readonly "protection.adopted": ProtectionFacts & { readonly firewall: FirewallId };
  /** Somebody else's rule came, or became wider, and lets in; `overruled`: policy says that ours goes over it. */
  readonly "protection.undercut": Undercut & {
    readonly protections: readonly ProtectionFacts[];
    readonly channel: string;
    readonly overruled: boolean;
  };
  /** A person decided about such rules: ours goes over them. */
  readonly "undercut.overruled": ProtectionFacts & { readonly firewall: FirewallId; readonly rules: readonly string[] };
  /** A person decided that such rules are meant to be. */
  readonly "undercut.accepted": ProtectionFacts & { readonly firewall: FirewallId; readonly rules: readonly string[] };
  /** A rule of the policy asks for it, and somebody has to say yes first, because of this. */
  readonly "protection.wanted": ProtectionFacts & { readonly concerns: readonly Concern[] };
  /** Stored: to be put back. `cause`: `gone` when the machine is. */
  readonly "protection.lifted": ProtectionFacts & { readonly cause: "person" | "gone" };
  /** Nothing of it was seen any more: all that we changed is put back, but for `changed`: a sentence each. */
  readonly "protection.ended": ProtectionFacts & { readonly changed: readonly string[] };
  /** Ours wasn't as we left it, and was made so again. */
  readonly "firewall.repaired": {
    readonly firewall: FirewallId;
    readonly firewallName: string;
    /** Machines whose access or protection was touched. */
    readonly machines: readonly MachineRef[];
    readonly grants: readonly GrantId[];
    readonly protections: readonly ProtectionId[];
    readonly channel: string;
  };
  /** A machine is more open than it was, or called worse; from where its most open ports can be reached, in words. */
  readonly "posture.worsened": {
    readonly machine: MachineRef;
    readonly channel: string;
    readonly before: PostureWords;
    readonly now: PostureWords;
    readonly reachable: readonly string[];
  };
  /** How all machines stand, as asked for by the configuration's `digest`. */
  readonly "posture.digest": {
    readonly machines: number;
    readonly protected: number;
    /** How many there are of each, the words as in `posture/`. */
    readonly categories: Readonly<Record<string, number>>;
    readonly opennesses: Readonly<Record<string, number>>;
    readonly worst: readonly {
      readonly machine: MachineRef;
      readonly category: string;
      readonly reachable: readonly string[];
    }[];
  };
}
