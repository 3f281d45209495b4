/** One look at one firewall: read, compute the least change, apply it, read back, report. */

import { Fault, isFault } from "../access/fault.ts";
import type { ProtectionId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later, MINUTE, SECOND } from "../access/time.ts";
import { type AuditLog, auditEvent } from "../audit/event.ts";
import {
  type Block,
  type Changes,
  type Firewall,
  type Guard,
  type IngressRule,
  NO_CHANGES,
  type Observed,
  type OpenFirewall,
} from "../cloud/firewall.ts";
import { type Grant, isOn, nextInstant } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { Protection } from "../grants/protection.ts";
import { type AdoptDeps, adopt } from "./adopt.ts";
import { adoptBlocks } from "./adopt-blocks.ts";
import { desiredBlocks, desiredRules } from "./desired.ts";
import { isDone, plan, planBlocks } from "./plan.ts";
import type { RememberedGrants } from "./remembered-grants.ts";
import { repairedEvent, touchedByOthers } from "./repaired.ts";
import type { Report } from "./report.ts";
import type { ReportProtections } from "./report-protections.ts";

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
    const guard = guardFor(firewall, wants, stillMine, deps);

    let observed = before;
    let changed: readonly string[] = [];
    if (!isDone(changes, before)) {
      // What is so already is said now, because the changes may be held up for long: an end by an opening that the cloud refuses, say.
      await deps.report.seen(firewall, grants, before, wants.rules);
      try {
        changed = await carryOut(firewall, wants, changes, guard, signal, deps);
      } catch (error) {
        if (isFault(error) && error.unanswered && changes.add.length > 0)
          mayStillOpen.set(id, later(decidedAt, LATE_EFFECT));
        throw error;
      }
      observed = await firewall.observe(signal, wants.blocks);
      await auditChange(firewall, before, observed, deps);
    }
    await deps.report.seen(firewall, grants, observed, wants.rules);
    await deps.reportProtections.seen(firewall, protections, observed, wants.blocks, changed);
    if (!isDone(planOf(observed), observed)) {
      throw new Fault("no-effect", `\`${firewall.name}\` doesn't hold what it was told to hold`, { retry: "later" });
    }
    const touched = touchedByOthers(changes, before, grants, protections, firewall);
    if (touched !== undefined) await deps.auditLog.append(repairedEvent(touched, firewall, decidedAt));
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
  const usable = new Set(await adoptBlocks(firewall, before.blocks, known, deps.clock.now(), deps));
  const usableIds = new Set([...usable].map((block) => block.protection));
  const protections = usable.size === 0 ? known : await deps.ledger.protectionsOn(firewall.id);
  const decidedAt = deps.clock.now();
  return {
    before,
    decidedAt,
    grants,
    rules: desiredRules(grants, firewall, decidedAt),
    protections,
    blocks: desiredBlocks(protections, firewall.id),
    isKnown: ({ protection }) => usableIds.has(protection) || protections.some((each) => each.id === protection),
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

/**
 * All at once where the firewall takes its time for each change; else closings first, and alone, so that nothing about an opening can hold them up.
 * What the cloud refuses for good is done apart, so that one grant or one protection without room doesn't take the others with it.
 *
 * Returns what couldn't be put back as it was.
 */
const carryOut = async (
  firewall: Firewall,
  wants: Wants,
  changes: Changes,
  guard: Guard,
  signal: AbortSignal,
  deps: PassDeps,
): Promise<readonly string[]> => {
  if (firewall.changesAtOnce === true) {
    const changed = await unlessRefused(() => firewall.apply(changes, guard, signal));
    if (!isFault(changed)) return changed;
  }
  const { add, ...closing } = changes;
  const changed =
    isNothing({ ...closing, add: [] }) && add.length > 0
      ? []
      : await close(firewall, wants, closing, guard, signal, deps);
  if (add.length > 0) await open(firewall, wants, add, guard, signal, deps);
  return changed;
};

const close = async (
  firewall: Firewall,
  { protections }: Wants,
  closing: Omit<Changes, "add">,
  guard: Guard,
  signal: AbortSignal,
  deps: PassDeps,
): Promise<readonly string[]> => {
  const changed = await unlessRefused(() => firewall.apply({ ...closing, add: [] }, guard, signal));
  if (!isFault(changed)) return changed;
  const { block, unblock, ...rules } = closing;
  if (block.length + unblock.length === 0) throw changed;
  if (!isNothing({ ...NO_CHANGES, ...rules })) await firewall.apply({ ...NO_CHANGES, ...rules }, guard, signal);
  for (const one of block) {
    const refused = await unlessRefused(() => firewall.apply({ ...NO_CHANGES, block: [one] }, guard, signal));
    const protection = protections.find(({ id }) => id === one.protection);
    if (isFault(refused) && protection !== undefined)
      await deps.reportProtections.cannotBlock(firewall, protection, refused);
  }
  return unblock.length === 0 ? [] : firewall.apply({ ...NO_CHANGES, unblock }, guard, signal);
};

/** One grant at a time where they can fail for good. */
const open = async (
  firewall: Firewall,
  { grants }: Wants,
  add: readonly IngressRule[],
  guard: Guard,
  signal: AbortSignal,
  deps: PassDeps,
): Promise<void> => {
  const refused = await unlessRefused(() => firewall.apply({ ...NO_CHANGES, add }, guard, signal));
  if (!isFault(refused)) return;
  const wanting = new Set(add.flatMap((rule) => rule.holders.map((holder) => holder.grant)));
  const done = new Set<IngressRule>();
  for (const id of wanting) {
    const own = add.filter((rule) => !done.has(rule) && rule.holders.some((holder) => holder.grant === id));
    const problem =
      wanting.size === 1
        ? refused
        : await unlessRefused(async () =>
            own.length === 0 ? [] : firewall.apply({ ...NO_CHANGES, add: own }, guard, signal),
          );
    for (const rule of own) done.add(rule);
    if (!isFault(problem)) continue;
    for (const grant of grants.filter((each) => each.id === id)) await deps.report.cannotOpen(grant, problem);
    // What is desired has changed by that, so the rest is for the next pass.
    if (wanting.size > 1)
      throw new Fault("lease-lost", `\`${firewall.name}\` has to be planned again`, { retry: "later" });
  }
};

/** A refusal for good is returned; what may be tried again is thrown. */
const unlessRefused = async <T>(attempt: () => Promise<T>): Promise<T | Fault> => {
  try {
    return await attempt();
  } catch (error) {
    if (!isFault(error) || error.retry === "later") throw error;
    return error;
  }
};

const isNothing = (changes: Changes): boolean => Object.values(changes).every((list) => list.length === 0);

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
