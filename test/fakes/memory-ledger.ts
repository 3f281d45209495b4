/** Requests, grants, protections and the audit log in maps. Passes `ledgerContract`. */

import { type PersonKey, personKey } from "../../src/access/person.ts";
import type { EpochMs } from "../../src/access/time.ts";
import type { AuditEvent, AuditLog } from "../../src/audit/event.ts";
import { type Grant, isUnderWay } from "../../src/grants/grant.ts";
import type { Ledger, Limit } from "../../src/grants/ledger.ts";
import type { Lockdown } from "../../src/grants/lockdown.ts";
import { firewallsBlocked, isLive, liftsByHand, type Protection } from "../../src/grants/protection.ts";
import type { AccessRequest } from "../../src/grants/request.ts";
import type { Wakeups } from "../../src/reconcile/wakeups.ts";
import { type Outage, reach } from "./outage.ts";

export interface MemoryLedgerDeps {
  readonly firewalls: Wakeups;
  readonly requests: Wakeups;
  /** Told each event once, as the outbox is. */
  readonly hand?: (event: AuditEvent) => Promise<void>;
  readonly outage?: Outage;
}

export interface MemoryLedger {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  /** Everything appended so far. */
  readonly log: () => readonly AuditEvent[];
  /** Everything stored, ended or not. */
  readonly grants: () => readonly Grant[];
  readonly protections: () => readonly Protection[];
  /** Forgets everything, as an emptied Redis does. */
  readonly clear: () => void;
}

export const createMemoryLedger = ({
  firewalls,
  requests: requestQueue,
  hand,
  outage,
}: MemoryLedgerDeps): MemoryLedger => {
  const requests = new Map<string, AccessRequest>();
  const grants = new Map<string, Grant>();
  const protections = new Map<string, Protection>();
  const events = new Map<string, AuditEvent>();
  let locked: Lockdown | undefined;
  let lifted: EpochMs | undefined;

  const append = async (event: AuditEvent): Promise<void> => {
    if (events.has(event.id)) return;
    events.set(event.id, structuredClone(event));
    await hand?.(structuredClone(event));
  };
  const live = (): Grant[] =>
    [...grants.values()].filter(({ endedAt }) => endedAt === undefined).map((grant) => structuredClone(grant));

  const asksAfter = (requester: PersonKey, after: EpochMs): EpochMs[] =>
    [...requests.values()]
      .filter((request) => personKey(request.requester) === requester && request.askedAt > after)
      .map(({ askedAt }) => askedAt);
  const counted = (limit: Limit): number => {
    if (limit.kind === "asks-of-person") return asksAfter(limit.person, limit.after).length;
    return [...grants.values()].filter(
      (grant) =>
        grant.rule === limit.rule &&
        isUnderWay(grant, limit.now) &&
        (limit.kind === "grants-of-person"
          ? personKey(grant.requester) === limit.person
          : grant.machine.id === limit.machine),
    ).length;
  };

  const ledger: Ledger = {
    request: async (id) => {
      await reach(outage);
      return structuredClone(requests.get(id));
    },
    grant: async (id) => {
      await reach(outage);
      return structuredClone(grants.get(id));
    },
    pendingOf: async (requester) => {
      await reach(outage);
      const pending = [...requests.values()].filter(
        (request) => personKey(request.requester) === requester && request.state.kind === "pending",
      );
      return structuredClone(pending);
    },
    allPending: async () => {
      await reach(outage);
      return structuredClone([...requests.values()].filter(({ state }) => state.kind === "pending"));
    },
    asksOf: async (requester, after) => {
      await reach(outage);
      return asksAfter(requester, after).toSorted((a, b) => a - b);
    },
    latestRequests: async (requester, most) => {
      await reach(outage);
      const theirs = [...requests.values()].filter((request) => personKey(request.requester) === requester);
      return structuredClone(theirs.toSorted((a, b) => b.askedAt - a.askedAt).slice(0, most));
    },
    lockdown: async () => {
      await reach(outage);
      return structuredClone(locked);
    },
    liftedLockdown: async () => {
      await reach(outage);
      return lifted;
    },
    grantsOn: async (firewall) => {
      await reach(outage);
      return live().filter(({ targets }) => targets.some((target) => target.firewall === firewall));
    },
    liveGrants: async () => {
      await reach(outage);
      return live();
    },
    protection: async (id) => {
      await reach(outage);
      return structuredClone(protections.get(id));
    },
    protectionsOn: async (firewall) => {
      await reach(outage);
      const there = [...protections.values()].filter(
        (each) => isLive(each) && firewallsBlocked(each).includes(firewall),
      );
      return structuredClone(there);
    },
    liveProtections: async () => {
      await reach(outage);
      return structuredClone([...protections.values()].filter(isLive));
    },
    commit: async ({
      request,
      grant,
      replaced,
      protection,
      events: said,
      firewallsDue = [],
      requestDue,
      limits = [],
      lockdown,
    }) => {
      await reach(outage);
      const before = grant === undefined ? undefined : grants.get(grant.id);
      const opens =
        grant !== undefined &&
        grant.revoked === undefined &&
        (before === undefined ? !grant.adopted : grant.expiresAt > before.expiresAt);
      const lifts = liftsByHand(protection, protections.get(protection?.id ?? ""));
      if (locked !== undefined && (opens || lifts)) return false;
      if (lockdown !== undefined && (lockdown === "lifted") !== (locked !== undefined)) return false;
      const fits =
        limits.every((limit) => counted(limit) < limit.most) &&
        (request === undefined || request.version === (requests.get(request.id)?.version ?? 0) + 1) &&
        (grant === undefined || grant.version === (grants.get(grant.id)?.version ?? 0) + 1) &&
        (replaced === undefined || replaced.version === (grants.get(replaced.id)?.version ?? 0) + 1) &&
        (protection === undefined || protection.version === (protections.get(protection.id)?.version ?? 0) + 1);
      if (!fits) return false;
      if (request !== undefined) requests.set(request.id, structuredClone(request));
      if (grant !== undefined) grants.set(grant.id, structuredClone(grant));
      if (replaced !== undefined) grants.set(replaced.id, structuredClone(replaced));
      if (protection !== undefined) protections.set(protection.id, structuredClone(protection));
      if (lockdown === "lifted") lifted = locked?.at;
      if (lockdown !== undefined) locked = lockdown === "lifted" ? undefined : lockdown;
      for (const event of said) await append(event);
      for (const { firewall, at } of firewallsDue) await firewalls.wake(firewall, at);
      const id = request?.id ?? grant?.requestId;
      if (requestDue !== undefined && id !== undefined) await requestQueue.wake(id, requestDue);
      return true;
    },
  };

  return {
    ledger,
    auditLog: {
      append: async (event) => {
        await reach(outage);
        await append(event);
      },
    },
    log: () => [...events.values()],
    grants: () => [...grants.values()],
    protections: () => [...protections.values()],
    clear: () => {
      for (const map of [requests, grants, protections, events]) map.clear();
      locked = undefined;
      lifted = undefined;
    },
  };
};
