/** One look at one firewall: read, compute the least change, apply it, read back, report. */

import { Fault, isFault } from "../access/fault.ts";
import type { GrantId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later, MINUTE, SECOND } from "../access/time.ts";
import { type AuditLog, auditEvent } from "../audit/event.ts";
import type { Changes, Firewall, Guard, IngressRule, Observed, OpenFirewall } from "../cloud/firewall.ts";
import { type Grant, isOn, nextInstant } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import { type AdoptDeps, adopt } from "./adopt.ts";
import { desiredRules } from "./desired.ts";
import { isDone, plan } from "./plan.ts";
import type { RememberedGrants } from "./remembered-grants.ts";
import type { Report } from "./report.ts";

export interface PassDeps extends AdoptDeps {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  readonly openFirewall: OpenFirewall;
  readonly remembered: RememberedGrants;
  readonly report: Report;
  readonly clock: Clock;
}

/**
 * Makes the cloud agree with the grants, then says so, in this order: nothing is announced that was not read back.
 *
 * Safe to run at any time, again, or half: it depends on nothing but what the ledger and the cloud hold now. It doesn't know why it was called.
 * Returns when to look next. Throws when the cloud doesn't hold what it should, also when it claimed to have obeyed.
 */
export const createPass = (deps: PassDeps) => {
  /** Until when an opening that got no answer may still take effect: it must not find nobody looking. */
  const mayStillOpen = new Map<FirewallId, EpochMs>();

  return async (
    id: FirewallId,
    stillMine: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<EpochMs | undefined> => {
    const firewall = deps.openFirewall(id);
    if (firewall === undefined) {
      throw new Fault("not-found", `cannot look at \`${id}\`: no configured cloud has it`, { retry: "later" });
    }
    const before = await firewall.observe(signal);
    const grants = await grantsOn(firewall, before, deps);
    const decidedAt = deps.clock.now();
    const desired = desiredRules(grants, firewall, decidedAt);
    const changes = plan(desired, before.rules, firewall.ruleHolds);
    const guard = guardFor(firewall, desired, stillMine, deps);

    let observed = before;
    if (!isDone(changes, before)) {
      // What is so already is said now, because the changes may be held up for long: an end by an opening that the cloud refuses, say.
      await deps.report.seen(firewall, grants, before, desired);
      try {
        await closeThenOpen(firewall, grants, changes, guard, signal, deps);
      } catch (error) {
        if (isFault(error) && error.unanswered && changes.add.length > 0)
          mayStillOpen.set(id, later(decidedAt, LATE_EFFECT));
        throw error;
      }
      observed = await firewall.observe(signal);
      await auditChange(firewall, before, observed, deps);
    }
    await deps.report.seen(firewall, grants, observed, desired);
    if (!isDone(plan(desired, observed.rules, firewall.ruleHolds), observed)) {
      throw new Fault("no-effect", `\`${firewall.name}\` doesn't hold what it was told to hold`, { retry: "later" });
    }
    // From when it was decided: what began or ended since is due already.
    const doubtful = (mayStillOpen.get(id) ?? 0) > decidedAt;
    if (!doubtful) mayStillOpen.delete(id);
    return earliest(nextInstant(grants, decidedAt), doubtful ? later(decidedAt, SECOND) : undefined);
  };
};

const grantsOn = async (firewall: Firewall, observed: Observed, deps: PassDeps): Promise<readonly Grant[]> => {
  const known = await deps.ledger.grantsOn(firewall.id);
  await adopt(firewall, observed.rules, known, deps.clock.now(), deps);
  const grants = await deps.ledger.grantsOn(firewall.id);
  for (const grant of grants) deps.remembered.remember(grant);
  const here = deps.remembered.all().filter((grant) => isOn(grant, firewall.id));
  await deps.remembered.catchUp(here, grants, deps.ledger);
  return grants;
};

/** Before each cloud write: is the firewall still ours to change, and is what we are about to do still right? */
const guardFor = (
  firewall: Firewall,
  desired: readonly IngressRule[],
  stillMine: () => Promise<boolean>,
  deps: PassDeps,
): Guard => {
  const planned = JSON.stringify(desired);
  return async () => {
    if (!(await stillMine())) {
      throw new Fault("lease-lost", `another worker has \`${firewall.name}\` now`, { retry: "later" });
    }
    const grants = await deps.ledger.grantsOn(firewall.id);
    if (JSON.stringify(desiredRules(grants, firewall, deps.clock.now())) !== planned) {
      throw new Fault("lease-lost", `what \`${firewall.name}\` should hold has changed meanwhile`, { retry: "later" });
    }
  };
};

/**
 * Closings first, and alone, so that nothing about an opening can hold them up. Openings one grant at a time where they can fail for good, so that
 * one without room doesn't take the others with it.
 */
const closeThenOpen = async (
  firewall: Firewall,
  grants: readonly Grant[],
  changes: Changes,
  guard: Guard,
  signal: AbortSignal,
  deps: PassDeps,
): Promise<void> => {
  const { add, ...rest } = changes;
  if (rest.remove.length > 0 || rest.restamp.length > 0 || add.length === 0)
    await firewall.apply({ ...rest, add: [] }, guard, signal);
  if (add.length === 0) return;
  try {
    await firewall.apply({ ...NOTHING, add }, guard, signal);
  } catch (error) {
    if (!isFault(error) || error.retry === "later") throw error;
    const wanting = new Set(add.flatMap((rule) => rule.holders.map((holder) => holder.grant)));
    if (wanting.size > 1) await openOneByOne(firewall, grants, wanting, add, guard, signal, deps);
    else await fail(wanting, grants, error, deps);
  }
};

const openOneByOne = async (
  firewall: Firewall,
  grants: readonly Grant[],
  wanting: ReadonlySet<GrantId>,
  add: readonly IngressRule[],
  guard: Guard,
  signal: AbortSignal,
  deps: PassDeps,
): Promise<void> => {
  const done = new Set<IngressRule>();
  for (const id of wanting) {
    const own = add.filter((rule) => !done.has(rule) && rule.holders.some((holder) => holder.grant === id));
    try {
      if (own.length > 0) await firewall.apply({ ...NOTHING, add: own }, guard, signal);
      for (const rule of own) done.add(rule);
    } catch (error) {
      if (!isFault(error) || error.retry === "later") throw error;
      await fail(new Set([id]), grants, error, deps);
      // What is desired has changed by that, so the rest is for the next pass.
      throw new Fault("lease-lost", `\`${firewall.name}\` has to be planned again`, { retry: "later" });
    }
  }
};

const fail = async (
  ids: ReadonlySet<GrantId>,
  grants: readonly Grant[],
  fault: Fault,
  deps: PassDeps,
): Promise<void> => {
  for (const grant of grants.filter((each) => ids.has(each.id))) await deps.report.cannotOpen(grant, fault);
};

const auditChange = async (firewall: Firewall, before: Observed, after: Observed, deps: PassDeps): Promise<void> => {
  const ids = (observed: Observed): ReadonlySet<string> => new Set(observed.rules.map((rule) => rule.id));
  const [had, has] = [ids(before), ids(after)];
  const removed = [...had.difference(has)];
  const added = [...has.difference(had)];
  if (removed.length === 0 && added.length === 0) return;
  const at = deps.clock.now();
  const changed = [...before.rules, ...after.rules].filter(
    (rule) => removed.includes(rule.id) || added.includes(rule.id),
  );
  const involved = [...new Set(changed.flatMap((rule) => rule.holders.map((holder) => holder.grant)))];
  const facts = { firewall: firewall.id, removed, added, grants: involved };
  await deps.auditLog.append(auditEvent("firewall.changed", `${firewall.id}/${at}`, at, "bot", facts));
};

/** How long after it was given up a cloud may still carry out a write; beyond it the look at everything finds what came of it. */
const LATE_EFFECT = (2 * MINUTE) as DurationMs;

const NOTHING: Changes = { remove: [], restamp: [], add: [] };
