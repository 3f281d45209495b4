/** The owner mark in an Azure Firewall: three collections that only we name so, and rules in them that say whose they are. */

import { type GrantId, ID_PATTERN, type ProtectionId } from "../../../access/identifier.ts";
import type { Protocol } from "../../../access/port.ts";
import { nameKey } from "../json.ts";
import { checkInstallation } from "../nsg/owner-mark.ts";

export type OwnCollection = "nat" | "allow" | "deny";

export interface FirewallMark {
  /** `latch-acme-nat` */
  readonly nameOf: (collection: OwnCollection) => string;
  /** Which of our collections has this name; `undefined` when it is somebody else's. ARM ignores case in names, and so do we. */
  readonly whichOf: (name: string) => OwnCollection | undefined;
}

/** Throws as `checkInstallation` does. */
export const createFirewallMark = (installation: string): FirewallMark => {
  checkInstallation(installation);
  const nameOf = (collection: OwnCollection): string => `latch-${installation}-${collection}`;
  const known = new Map(COLLECTIONS.map((collection) => [nameKey(nameOf(collection)), collection]));
  return { nameOf, whichOf: (name) => known.get(nameKey(name)) };
};

const COLLECTIONS: readonly OwnCollection[] = ["nat", "allow", "deny"];

/** Whose rule it is: all rules of one grant and protocol are one `IngressRule`, and all of one protection one `Block`. */
export interface Owner<Id extends GrantId | ProtectionId> {
  readonly id: Id;
  readonly protocol: Protocol;
}

/** `k7f3q2xd-tcp` */
export const printOwner = ({ id, protocol }: Owner<GrantId | ProtectionId>): string => `${id}-${protocol}`;

/** `k7f3q2xd-tcp-10.0.1.4-22` */
export const printNatName = (owner: Owner<GrantId>, address: string, port: number): string =>
  `${printOwner(owner)}-${address}-${port}`;

/** Of an allow rule or a deny rule: the whole name. `undefined` when we don't give such names. */
export const parseOwner = <Id extends GrantId | ProtectionId>(name: string): Owner<Id> | undefined =>
  ownerIn<Id>(WHOLE.exec(name));

/** Of a NAT rule: the name's beginning. */
export const parseNatOwner = (name: string): Owner<GrantId> | undefined => ownerIn<GrantId>(NAT.exec(name));

const WHOLE = new RegExp(`^(${ID_PATTERN})-(tcp|udp)$`, "iu");
const NAT = new RegExp(`^(${ID_PATTERN})-(tcp|udp)-[\\d.]+-\\d+$`, "iu");

const ownerIn = <Id extends GrantId | ProtectionId>(match: RegExpExecArray | null): Owner<Id> | undefined => {
  const [, id, protocol = ""] = match ?? [];
  if (id === undefined) return undefined;
  return { id: id.toLowerCase() as Id, protocol: protocol.toLowerCase() === "udp" ? "udp" : "tcp" };
};
