/** Which collections of an Azure Firewall are ours, and which are somebody else's. */

import type { ClassicCollection, ClassicDocument } from "./classic-document.ts";
import type { FirewallMark } from "./firewall-mark.ts";

/** An Azure Firewall, divided. Of our collections there are those that have rules. */
export interface Divided {
  readonly nat: ClassicCollection | undefined;
  readonly allow: ClassicCollection | undefined;
  readonly deny: ClassicCollection | undefined;
  readonly foreignNat: readonly ClassicCollection[];
  readonly foreignNetwork: readonly ClassicCollection[];
}

export const divide = ({ nat, network }: ClassicDocument, { whichOf }: FirewallMark): Divided => {
  const isForeign = ({ name }: ClassicCollection): boolean => whichOf(name) === undefined;
  return {
    nat: nat.find(({ name }) => whichOf(name) === "nat"),
    allow: network.find(({ name }) => whichOf(name) === "allow"),
    deny: network.find(({ name }) => whichOf(name) === "deny"),
    foreignNat: nat.filter(isForeign),
    foreignNetwork: network.filter(isForeign),
  };
};
