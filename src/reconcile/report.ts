/** What a look at a firewall tells about the grants: opened, ended, or couldn't be opened. Each is said once. */

import type { Fault } from "../access/fault.ts";
import type { FirewallId } from "../access/machine.ts";
import type { Cidr } from "../access/source.ts";
import { familyOf } from "../access/source.ts";
import { between, type Clock, type DurationMs, type EpochMs, later, SECOND } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { Firewall, IngressRule, Mapping, Observed } from "../cloud/firewall.ts";
import type { Machines } from "../cloud/machines.ts";
import { changeGrant } from "../grants/change.ts";
import { factsOf } from "../grants/facts.ts";
import { endOf, firewallsOf, type Grant, isActive, type StillOpen, sharesPort } from "../grants/grant.ts";
import type { Ledger, Write } from "../grants/ledger.ts";
import { ruleKey } from "./desired.ts";
import type { RememberedGrants } from "./remembered-grants.ts";

export interface ReportDeps {
  readonly ledger: Ledger;
  readonly machines: Machines;
  readonly remembered: RememberedGrants;
  readonly clock: Clock;
}

export interface Report {
  /** The grants on this firewall, held against what it was just seen to hold. */
  readonly seen: (
    firewall: Firewall,
    grants: readonly Grant[],
    observed: Observed,
    desired: readonly IngressRule[],
  ) => Promise<void>;
  /** The cloud won't take this grant's rules. It is revoked, and every target due, because some may have taken them. */
  readonly cannotOpen: (grant: Grant, fault: Fault) => Promise<void>;
}

export const createReport = (deps: ReportDeps): Report => {
  const write = async (
    grant: Grant,
    change: (grant: Grant) => (Omit<Write, "grant"> & { readonly grant: Grant }) | undefined,
  ) => {
    const written = await changeGrant(deps.ledger, grant.id, change);
    if (written !== undefined) deps.remembered.remember(written);
  };

  const seen: Report["seen"] = async (firewall, grants, observed, desired) => {
    const now = deps.clock.now();
    for (const grant of grants) {
      if (isActive(grant, now)) {
        if (!grant.seenOpen.includes(firewall.id) && holdsAll(grant, firewall, observed, desired)) {
          await write(grant, (current) =>
            opened(current, firewall.id, mappingsFor(current, observed), now, deps.machines),
          );
        }
      } else if (endOf(grant) <= now && holdsNone(grant, observed)) {
        const at = deps.remembered.closedAt(grant.id, firewall.id) ?? now;
        const others = closesLast(grant, firewall.id) ? await stillOpen(grant, now, deps.ledger) : [];
        await write(grant, (current) => ended(current, firewall.id, at, others));
      }
    }
  };

  const cannotOpen: Report["cannotOpen"] = async (grant, fault) => {
    const at = deps.clock.now();
    await changeGrant(deps.ledger, grant.id, (current) => {
      if (current.revoked !== undefined || current.endedAt !== undefined) return undefined;
      const problem = fault.message;
      const facts = { ...factsOf(current), grantId: current.id, problem };
      return {
        grant: { ...current, revoked: { kind: "failed", at, problem } },
        events: [auditEvent("grant.failed", current.id, at, "bot", facts)],
        firewallsDue: firewallsOf(current).map((firewall) => ({ firewall, at })),
        requestDue: at,
      };
    });
  };

  return { seen, cannotOpen };
};

/** Every rule that this grant wants here is there, in effect, and marked as held by it. */
const holdsAll = (grant: Grant, firewall: Firewall, observed: Observed, desired: readonly IngressRule[]): boolean => {
  if (!observed.settled) return false;
  const there = new Set(
    observed.rules
      .filter((rule) => rule.holders.some((holder) => holder.grant === grant.id))
      .flatMap((each) => (each.rule === undefined ? [] : ruleKey(each.rule, firewall.ruleHolds, each.holders))),
  );
  const wanted = desired.filter((rule) => rule.holders.some((holder) => holder.grant === grant.id));
  return wanted.length > 0 && wanted.every((rule) => there.has(ruleKey(rule, firewall.ruleHolds, rule.holders)));
};

/** None is there, and the cloud isn't still at work on taking them away. */
const holdsNone = (grant: Grant, observed: Observed): boolean =>
  observed.settled && !observed.rules.some((rule) => rule.holders.some((holder) => holder.grant === grant.id));

/** Where this firewall sends on to the machine what comes for this grant. */
const mappingsFor = ({ id }: Grant, { rules }: Observed): readonly Mapping[] =>
  rules.filter((rule) => rule.holders.some((holder) => holder.grant === id)).flatMap((rule) => rule.mappings ?? []);

const opened = (
  before: Grant,
  firewall: FirewallId,
  mapped: readonly Mapping[],
  at: EpochMs,
  machines: Machines,
): (Omit<Write, "grant"> & { readonly grant: Grant }) | undefined => {
  if (before.seenOpen.includes(firewall) || !isActive(before, at)) return undefined;
  const seenOpen = [...before.seenOpen, firewall];
  const known = [...(before.mappings ?? []), ...mapped];
  const mappings = [...new Map(known.map((mapping) => [JSON.stringify(mapping), mapping])).values()];
  const seenOpenAt = { ...before.seenOpenAt, [firewall]: at };
  const grant = { ...before, seenOpenAt, ...(mappings.length === 0 ? {} : { mappings }) };
  // A firewall may have taken minutes, in which somebody could change another one: what was seen before that is looked at again.
  const stale = before.seenOpen.filter((id) => later(before.seenOpenAt?.[id] ?? at, SEEN_LONG_AGO) < at);
  if (stale.length > 0 && grant.openedAt === undefined) {
    const still = seenOpen.filter((id) => !stale.includes(id));
    const firewallsDue = stale.map((id) => ({ firewall: id, at }));
    return { grant: { ...grant, seenOpen: still }, events: [], firewallsDue };
  }
  const complete = grant.targets.every((target) => seenOpen.includes(target.firewall));
  if (!complete || grant.openedAt !== undefined) return { grant: { ...grant, seenOpen }, events: [] };
  const addresses = reachableAddresses(grant, machines);
  const machine = machines.byId(grant.machine.id);
  const os = machine?.os ?? "unknown";
  const event = auditEvent("grant.opened", grant.id, at, "bot", {
    ...factsOf(grant),
    grantId: grant.id,
    expiresAt: grant.expiresAt,
    tookMs: between(grant.startsAt, at),
    addresses,
    isOff: machine?.power === "stopped",
    os,
    ...(mappings.length === 0 ? {} : { mappings }),
  });
  // Whether people get through is looked at right after.
  return { grant: { ...grant, seenOpen, openedAt: at, addresses, os }, events: [event], requestDue: at };
};

const ended = (grant: Grant, firewall: FirewallId, at: EpochMs, others: readonly StillOpen[]) => {
  if (grant.endedAt !== undefined || at < endOf(grant)) return undefined;
  const seenClosed = [...new Set([...grant.seenClosed, firewall])];
  if (!grant.targets.every((target) => seenClosed.includes(target.firewall)))
    return { grant: { ...grant, seenClosed }, events: [] };
  const event = auditEvent("grant.ended", grant.id, at, "bot", {
    ...factsOf(grant),
    grantId: grant.id,
    openedAt: grant.openedAt,
    stillOpen: others,
    lagMs: between(endOf(grant), at),
    cause: causeOf(grant),
  });
  return { grant: { ...grant, seenClosed, endedAt: at, stillOpen: others }, events: [event] };
};

const causeOf = ({ revoked }: Grant): Extract<AuditEvent, { kind: "grant.ended" }>["cause"] => {
  if (revoked === undefined) return "expired";
  return revoked.kind === "closed" ? "revoked" : revoked.kind;
};

const closesLast = (grant: Grant, firewall: FirewallId): boolean =>
  grant.targets.every((target) => target.firewall === firewall || grant.seenClosed.includes(target.firewall));

const stillOpen = async (grant: Grant, now: EpochMs, ledger: Ledger): Promise<readonly StillOpen[]> =>
  (await ledger.liveGrants())
    .filter(
      (other) =>
        other.id !== grant.id && other.openedAt !== undefined && isActive(other, now) && sharesPort(grant, other),
    )
    .map(({ requester, expiresAt }) => ({ requester, expiresAt }));

/** What the requester connects to: the public addresses of the families that were let in, else the private ones. */
const reachableAddresses = (grant: Grant, machines: Machines): readonly string[] => {
  const families = new Set(grant.sources.map(familyOf));
  const inFamily = (addresses: readonly string[]): readonly string[] =>
    addresses.filter((address) => families.has(familyOf(address as Cidr)));
  const interfaces = machines.byId(grant.machine.id)?.interfaces ?? [];
  const open = interfaces.filter((each) =>
    each.privateAddresses.some((address) => grant.targets.some((target) => target.addresses.includes(address))),
  );
  const publicOnes = inFamily(open.flatMap((each) => each.publicAddresses));
  return publicOnes.length > 0 ? publicOnes : inFamily(open.flatMap((each) => each.privateAddresses));
};

const SEEN_LONG_AGO = (20 * SECOND) as DurationMs;
