/** What a pass changed in a firewall, for auditors: read from the firewall before and after. */

import type { ProtectionId } from "../access/identifier.ts";
import type { EpochMs } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { Firewall, Observed } from "../cloud/firewall.ts";

/** `undefined` when both show the same. */
export const changeEvent = (
  firewall: Firewall,
  before: Observed,
  after: Observed,
  at: EpochMs,
): AuditEvent | undefined => {
  const [removed, added] = difference(rulesIn(before), rulesIn(after));
  const [unblocked, blocked] = difference(blocksIn(before), blocksIn(after));
  // Only of protections that are there before and after: what lets in past one that is gone is nobody's question.
  const [overruled] = difference(undercutIn(before, after), undercutIn(after, before));
  if ([removed, added, unblocked, blocked, overruled].every((list) => list.length === 0)) return undefined;
  const changed = [...before.rules, ...after.rules].filter(({ id }) => removed.includes(id) || added.includes(id));
  const grants = [...new Set(changed.flatMap((rule) => rule.holders.map((holder) => holder.grant)))];
  const facts = { firewall: firewall.id, removed, added, grants, blocked, unblocked, overruled };
  return auditEvent("firewall.changed", `${firewall.id}/${at}`, at, "bot", facts);
};

const rulesIn = ({ rules }: Observed): ReadonlySet<string> => new Set(rules.map(({ id }) => id));

const blocksIn = ({ blocks }: Observed): ReadonlySet<ProtectionId> =>
  new Set(blocks.flatMap(({ protection, block }) => (block === undefined ? [] : [protection])));

const undercutIn = ({ undercut }: Observed, other: Observed): ReadonlySet<string> =>
  new Set([...undercut].flatMap(([protection, by]) => (other.undercut.has(protection) ? by.map(({ id }) => id) : [])));

/** What only the first has, and what only the second. */
const difference = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): readonly [readonly T[], readonly T[]] => [
  [...a.difference(b)],
  [...b.difference(a)],
];
