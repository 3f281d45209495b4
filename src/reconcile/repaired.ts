/** Whether somebody changed what is ours: told from what was seen before and had to be made again. */

import type { GrantId, ProtectionId } from "../access/identifier.ts";
import type { EpochMs } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { Changes, Firewall, Observed } from "../cloud/firewall.ts";
import type { Grant } from "../grants/grant.ts";
import type { Protection } from "../grants/protection.ts";

export interface Touched {
  readonly grants: readonly Grant[];
  readonly protections: readonly Protection[];
}

/**
 * The grants and protections that had been seen here as they should be, and weren't any more though we changed nothing; `undefined` when there are
 * none. Those for which something is still `left` to do aren't repaired yet.
 */
export const touchedByOthers = (
  changes: Changes,
  left: Changes,
  before: Observed,
  grants: readonly Grant[],
  protections: readonly Protection[],
  firewall: Firewall,
): Touched | undefined => {
  const isMissing = isTakenOff(changes, before, firewall) ? before.rules : [];
  const opening = grantsIn([...changes.add, ...isMissing]).difference(grantsIn(left.add));
  const blocking = protectionsIn(changes).difference(protectionsIn(left));
  const touched: Touched = {
    grants: grants.filter((grant) => opening.has(grant.id) && grant.seenOpen.includes(firewall.id)),
    protections: protections.filter(
      (protection) => blocking.has(protection.id) && protection.seenOn.includes(firewall.id),
    ),
  };
  return touched.grants.length + touched.protections.length === 0 ? undefined : touched;
};

const grantsIn = (
  rules: readonly { readonly holders: readonly { readonly grant: GrantId }[] }[],
): ReadonlySet<GrantId> => new Set(rules.flatMap((rule) => rule.holders.map((holder) => holder.grant)));

const protectionsIn = ({ block }: Changes): ReadonlySet<ProtectionId> =>
  new Set(block.map(({ protection }) => protection));

/** All rules are there and have no effect: our security group isn't on its interface. Elsewhere such a state may be a change of ours that is under way. */
const isTakenOff = (changes: Changes, { settled }: Observed, { ruleHolds }: Firewall): boolean =>
  ruleHolds === "hole" && !settled && Object.values(changes).every((list) => list.length === 0);

export const repairedEvent = ({ grants, protections }: Touched, firewall: Firewall, at: EpochMs): AuditEvent => {
  const about = [...protections, ...grants];
  return auditEvent("firewall.repaired", `${firewall.id}/${at}`, at, "bot", {
    firewall: firewall.id,
    firewallName: firewall.name,
    machines: [...new Map(about.map(({ machine }) => [machine.id, machine])).values()],
    grants: grants.map(({ id }) => id),
    protections: protections.map(({ id }) => id),
    channel: about[0]?.channel ?? "",
  });
};
