/** One look at one firewall: read, compute the least change, apply it, read back, report. */

import { Fault, isFault } from "../access/fault.ts";
import type { ProtectionId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later, MINUTE, SECOND } from "../access/time.ts";
import type { AuditLog } from "../audit/event.ts";
import type { Block, Changes, Firewall, Guard, IngressRule, Observed, OpenFirewall } from "../cloud/firewall.ts";
import { type Grant, isOn, nextInstant } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { Protection } from "../grants/protection.ts";
import { type AdoptDeps, adopt } from "./adopt.ts";
import { adoptBlocks } from "./adopt-blocks.ts";
import { changeEvent } from "./audit-change.ts";
import { type CarryOutDeps, carryOut } from "./carry-out.ts";
import { desiredBlocks, desiredRules } from "./desired.ts";
import { isDone, plan, planBlocks } from "./plan.ts";
import type { RememberedGrants } from "./remembered-grants.ts";
import { repairedEvent, touchedByOthers } from "./repaired.ts";
import type { Report } from "./report.ts";
import type { ReportProtections } from "./report-protections.ts";
import { OVERDUE_AFTER } from "./tell-overdue.ts";

export interface PassDeps extends AdoptDeps {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  readonly openFirewall: OpenFirewall;
  readonly remembered: RememberedGrants;
  readonly report: Report;
  readonly reportProtections: ReportProtections;
  readonly clock: Clock;
}

/**
 * Makes the cloud agree with the grants and protections, then says so, in this order: nothing is announced that was not read back.
 *
 * Safe to run at any time, again, or half: it depends on nothing but what the ledger and the cloud hold now. It doesn't know why it was called.
 * Returns when to look next. Throws when the cloud doesn't hold what it should, also when it claimed to have obeyed.
 */
export const createPass = (deps: PassDeps) => {
  /** Until when an opening that got no answer may still take effect: it must not find nobody looking. */
  const mayStillOpen = new Map<FirewallId, EpochMs>();
  /** Since when a block that should be there isn't. */
  const openSince = new Map<FirewallId, EpochMs>();

  /** For so long that people have to know. */
  const tellLate = async (firewall: Firewall, { protections }: Wants, { block }: Changes, error: unknown) => {
    const since = openSince.get(firewall.id);
    if (since === undefined || !isFault(error) || error.code === "lease-lost") return;
    if (deps.clock.now() < later(since, OVERDUE_AFTER)) return;
    for (const { protection } of block) {
      const found = protections.find(({ id }) => id === protection);
      if (found !== undefined) await deps.reportProtections.cannotBlock(firewall, found, error, since);
    }
  };

  return async (
    id: FirewallId,
    stillMine: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<EpochMs | undefined> => {
    const firewall = deps.openFirewall(id);
    if (firewall === undefined) {
      throw new Fault("not-found", `cannot look at \`${id}\`: no configured cloud has it`, { retry: "later" });
    }
    const wants = await wantsOn(firewall, deps, signal);
    const { grants, protections, before, decidedAt } = wants;
    const planOf = ({ rules, blocks, undercut }: Observed): Changes => ({
      ...plan(wants.rules, rules, firewall.ruleHolds),
      ...planBlocks(wants.blocks, { blocks: blocks.filter(wants.isKnown), undercut }),
    });
    const changes = planOf(before);
    if (changes.block.length === 0) openSince.delete(id);
    else if (!openSince.has(id)) openSince.set(id, decidedAt);

    let observed = before;
    let changed: readonly string[] = [];
    if (!isDone(changes, before)) {
      // What is so already is said now, because the changes may be held up for long: an end by an opening that the cloud refuses, say.
      await deps.report.seen(firewall, grants, before, wants.rules);
      try {
        changed = await carryOut(changes, carryOutDeps(firewall, wants, stillMine, signal, deps, openSince.get(id)));
      } catch (error) {
        await tellLate(firewall, wants, changes, error);
        if (isFault(error) && error.unanswered && changes.add.length > 0)
          mayStillOpen.set(id, later(decidedAt, LATE_EFFECT));
        throw error;
      }
      observed = await firewall.observe(signal, wants.blocks);
      const change = changeEvent(firewall, before, observed, deps.clock.now());
      if (change !== undefined) await deps.auditLog.append(change);
    }
    await deps.report.seen(firewall, grants, observed, wants.rules);
    await deps.reportProtections.seen(firewall, protections, observed, wants.blocks, changed);
    const left = planOf(observed);
    const touched = touchedByOthers(changes, left, before, grants, protections, firewall);
    if (touched !== undefined) await deps.auditLog.append(repairedEvent(touched, firewall, decidedAt));
    if (!isDone(left, observed)) {
      const error = new Fault("no-effect", `\`${firewall.name}\` doesn't hold what it was told to hold`, {
        retry: "later",
      });
      await tellLate(firewall, wants, left, error);
      throw error;
    }
    openSince.delete(id);
    // From when it was decided: what began or ended since is due already.
    const doubtful = (mayStillOpen.get(id) ?? 0) > decidedAt;
    if (!doubtful) mayStillOpen.delete(id);
    return earliest(nextInstant(grants, decidedAt), doubtful ? later(decidedAt, SECOND) : undefined);
  };
};

/** All that a pass goes by: what is there, and what should be. */
interface Wants {
  readonly before: Observed;
  readonly decidedAt: EpochMs;
  readonly grants: readonly Grant[];
  readonly rules: readonly IngressRule[];
  readonly protections: readonly Protection[];
  readonly blocks: readonly Block[];
  /** Whether an observed block may be planned with: one that nobody remembers and nobody can read stays. */
  readonly isKnown: (block: { readonly protection: ProtectionId }) => boolean;
}

const wantsOn = async (firewall: Firewall, deps: PassDeps, signal: AbortSignal): Promise<Wants> => {
  const asked = desiredBlocks(await deps.ledger.protectionsOn(firewall.id), firewall.id);
  const before = await firewall.observe(signal, asked);
  const grants = await grantsOn(firewall, before, deps);
  const known = await deps.ledger.protectionsOn(firewall.id);
  const usable = await adoptBlocks(firewall, before.blocks, known, deps.clock.now(), deps);
  const protections = usable.size === 0 ? known : await deps.ledger.protectionsOn(firewall.id);
  const decidedAt = deps.clock.now();
  return {
    before,
    decidedAt,
    grants,
    rules: desiredRules(grants, firewall, decidedAt),
    protections,
    blocks: desiredBlocks(protections, firewall.id),
    isKnown: ({ protection }) => usable.has(protection) || protections.some((each) => each.id === protection),
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
const guardFor = (firewall: Firewall, wants: Wants, stillMine: () => Promise<boolean>, deps: PassDeps): Guard => {
  const planned = JSON.stringify([wants.rules, wants.blocks]);
  return async () => {
    if (!(await stillMine())) {
      throw new Fault("lease-lost", `another worker has \`${firewall.name}\` now`, { retry: "later" });
    }
    const rules = desiredRules(await deps.ledger.grantsOn(firewall.id), firewall, deps.clock.now());
    const blocks = desiredBlocks(await deps.ledger.protectionsOn(firewall.id), firewall.id);
    if (JSON.stringify([rules, blocks]) !== planned) {
      throw new Fault("lease-lost", `what \`${firewall.name}\` should hold has changed meanwhile`, { retry: "later" });
    }
  };
};

const carryOutDeps = (
  firewall: Firewall,
  wants: Wants,
  stillMine: () => Promise<boolean>,
  signal: AbortSignal,
  { report, reportProtections, ...deps }: PassDeps,
  openSince: EpochMs | undefined,
): CarryOutDeps => {
  const guard = guardFor(firewall, wants, stillMine, { report, reportProtections, ...deps });
  return {
    apply: (changes) => firewall.apply(changes, guard, signal),
    changesAtOnce: firewall.changesAtOnce === true,
    cannotOpen: async (id, fault) => {
      for (const grant of wants.grants.filter((each) => each.id === id)) await report.cannotOpen(grant, fault);
    },
    cannotBlock: async ({ protection }, fault) => {
      const found = wants.protections.find(({ id }) => id === protection);
      if (found !== undefined && openSince !== undefined)
        await reportProtections.cannotBlock(firewall, found, fault, openSince);
    },
    cannotUnblock: async ({ protection }, fault) => {
      const found = wants.protections.find(({ id }) => id === protection);
      if (found !== undefined) await reportProtections.cannotBlock(firewall, found, fault, found.state.at);
    },
  };
};

/** How long after it was given up a cloud may still carry out a write; beyond it the look at everything finds what came of it. */
const LATE_EFFECT = (2 * MINUTE) as DurationMs;
