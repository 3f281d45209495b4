/** Rules with our mark whose grant our memory has lost become grants again, so that they are closed and people are told. */

import type { GrantId, RequestId } from "../access/identifier.ts";
import { type FirewallId, type Machine, type MachineRef, refOf } from "../access/machine.ts";
import { portKey } from "../access/port.ts";
import type { EpochMs } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { Firewall, ObservedRule } from "../cloud/firewall.ts";
import type { Machines } from "../cloud/machines.ts";
import { factsOf } from "../grants/facts.ts";
import { firewallsOf, type Grant, isActive, isOn, UNSEEN } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import { readNote } from "./desired.ts";
import type { RememberedGrants } from "./remembered-grants.ts";

export interface AdoptDeps {
  readonly ledger: Ledger;
  readonly machines: Machines;
  readonly remembered: RememberedGrants;
  /** The team that a mark's user is taken to belong to. */
  readonly homeTeam: () => string;
  /** Where what happens on this machine is told. */
  readonly channelFor: (machine: MachineRef) => string;
}

/**
 * Writes a grant for every holder of an observed rule that the ledger doesn't know at all. A grant that the ledger knows to have
 * ended is not adopted: its rule is simply one too many.
 *
 * What this process remembers is written back whole, also when no rule shows it. Otherwise the mark and the rules are all we have: who, until when, which ports and sources.
 * One whose end has come is a grant too, so that people are told that it is closed. A mark that nobody remembers and whose end can't be read gives none; its rule goes.
 */
export const adopt = async (
  firewall: Firewall,
  rules: readonly ObservedRule[],
  known: readonly Grant[],
  now: EpochMs,
  deps: AdoptDeps,
): Promise<void> => {
  const here = new Set(known.map((grant) => grant.id));
  const strangers = new Set(
    rules.flatMap((rule) => rule.holders.map((holder) => holder.grant)).filter((id) => !here.has(id)),
  );
  for (const lost of deps.remembered.all()) {
    // Not opened yet, or closed while memory was away: no rule shows it, and people are still to be told.
    const isUnseen = isOn(lost, firewall.id) && !here.has(lost.id) && !strangers.has(lost.id);
    if (!isUnseen || (await deps.ledger.grant(lost.id)) !== undefined) continue;
    // It was open here and its rule is gone before its end: another replica may have closed it, and must not see it opened again.
    if (isActive(lost, now) && lost.seenOpen.includes(firewall.id)) deps.remembered.forget(lost.id);
    else await bringBack(lost, [], now, firewall.id, deps);
  }
  for (const grant of known) await lengthen(grant, now, deps);
  for (const id of strangers) {
    const remembered = deps.remembered.get(id);
    // What was adopted may have been seen on some of its firewalls only; what was given is known whole.
    const isWhole = remembered !== undefined && (!remembered.adopted || isOn(remembered, firewall.id));
    const found = isWhole ? remembered : grantFromMarks(id, firewall, rules, now, deps);
    if (found !== undefined) await bringBack(found, [adoptedEvent(found, now, firewall.id)], now, firewall.id, deps);
  }
};

/**
 * Another replica, or an older copy of our memory, may have brought it back as it was before it was made longer, which this process remembers. Somebody else may be first, and
 * that is as well: the next look sees what they wrote.
 */
const lengthen = async (known: Grant, now: EpochMs, { ledger, remembered }: AdoptDeps): Promise<void> => {
  const longer = remembered.get(known.id);
  if (longer?.extensions === undefined || longer.extensions.length <= (known.extensions?.length ?? 0)) return;
  if (!isActive(known, now) || known.endedAt !== undefined || longer.revoked !== undefined) return;
  const { expiresAt, extensions, warnedAt } = longer;
  const grant: Grant = { ...known, version: known.version + 1, expiresAt, extensions, warnedAt, seenClosed: [] };
  const firewallsDue = firewallsOf(grant).map((firewall) => ({ firewall, at: now }));
  await ledger.commit({ grant, events: [], firewallsDue, requestDue: now });
};

/** Again when somebody else was first: another firewall of the same grant may be looked at in this very moment. */
const bringBack = async (
  found: Grant,
  asNew: readonly AuditEvent[],
  now: EpochMs,
  firewall: FirewallId,
  deps: AdoptDeps,
): Promise<void> => {
  for (;;) {
    const stored = await deps.ledger.grant(found.id);
    if (stored !== undefined && (!stored.adopted || stored.endedAt !== undefined || isOn(stored, firewall))) return;
    const lockdown = await deps.ledger.lockdown();
    const known = stored === undefined ? { ...found, version: 1 } : withTargets(stored, found);
    // It isn't kept open even for as long as it takes to look at it again.
    const grant: Grant =
      lockdown === undefined || known.revoked !== undefined
        ? known
        : { ...known, revoked: { kind: "lockdown", at: now, by: lockdown.by } };
    const events = stored === undefined ? asNew : [];
    const firewallsDue = firewallsOf(grant).map((each) => ({ firewall: each, at: now }));
    // A word before it ends is due for this one too, so it is looked at like a request.
    if (await deps.ledger.commit({ grant, events, firewallsDue, requestDue: now })) return;
  }
};

const adoptedEvent = (grant: Grant, now: EpochMs, firewall: FirewallId): AuditEvent => {
  const facts = { ...factsOf(grant), grantId: grant.id, firewall, expiresAt: grant.expiresAt };
  return auditEvent("grant.adopted", `${grant.id}/${now}`, now, "bot", facts);
};

/** The same grant had rules on another firewall. Of two ends the earlier is the safe reading. */
const withTargets = (stored: Grant, found: Grant): Grant => ({
  ...stored,
  version: stored.version + 1,
  targets: [...stored.targets, ...found.targets],
  seenOpen: [...stored.seenOpen, ...found.seenOpen],
  expiresAt: Math.min(stored.expiresAt, found.expiresAt) as EpochMs,
});

const grantFromMarks = (
  id: GrantId,
  firewall: Firewall,
  observed: readonly ObservedRule[],
  now: EpochMs,
  deps: AdoptDeps,
): Grant | undefined => {
  const held = observed.filter((rule) => rule.holders.some((holder) => holder.grant === id));
  const marks = held.flatMap((rule) => rule.holders.filter((holder) => holder.grant === id));
  const ends = marks.flatMap((mark) => mark.expiresAt ?? []);
  const rules = held.flatMap((each) => each.rule ?? []);
  // Two marks of one grant that disagree: somebody extended it and died half-way, or edited one. Shorter is the safe reading.
  const expiresAt = Math.min(...ends) as EpochMs;
  if (ends.length === 0 || rules.length === 0) return undefined;

  const seenAt = Math.min(now, expiresAt) as EpochMs;
  const addresses = [...new Set(rules.flatMap((rule) => rule.addresses))];
  const owner = ownerOf(firewall, addresses, deps.machines);
  const machine = owner === undefined ? unknownAt(firewall, addresses) : refOf(owner);
  const open = rules.flatMap((rule) => rule.ports.map((port) => ({ port, protocol: rule.protocol })));
  const ports = [...new Map(open.map((port) => [portKey(port), port])).values()];
  const { user, justification } = readNote(
    marks.map((mark) => mark.note).reduce((a, b) => (b.length > a.length ? b : a), ""),
  );
  return {
    ...UNSEEN,
    id,
    requestId: id as string as RequestId,
    requester: { team: deps.homeTeam(), user },
    machine,
    services: ports.map(portKey),
    ports,
    sources: [...new Set(rules.flatMap((rule) => rule.sources))],
    justification,
    channel: deps.channelFor(machine),
    targets: [{ firewall: firewall.id, addresses }],
    startsAt: seenAt,
    expiresAt,
    adopted: true,
    seenOpen: [firewall.id],
    openedAt: seenAt,
  };
};

const ownerOf = (firewall: Firewall, addresses: readonly string[], machines: Machines): Machine | undefined =>
  machines
    .behind(firewall.id)
    .find((machine) => machine.interfaces.some((each) => each.privateAddresses.some((own) => addresses.includes(own))));

/** The machine is gone, or its cloud wasn't read yet. Its address is what people can still recognise. */
const unknownAt = (firewall: Firewall, addresses: readonly string[]): MachineRef => {
  const cloud = firewall.id.startsWith("aws-") ? "aws" : "azure";
  const name = addresses.length === 0 ? firewall.name : addresses.join(" ");
  return { cloud, id: name as MachineRef["id"], name, account: "" };
};
