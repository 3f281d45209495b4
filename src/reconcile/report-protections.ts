/** What a look at a firewall tells about the protections on it: begun, undercut, repaired, put back. Each is said once. */

import { createHash } from "node:crypto";
import type { Fault } from "../access/fault.ts";
import type { FirewallId, MachineRef } from "../access/machine.ts";
import { type Clock, type EpochMs, HOUR } from "../access/time.ts";
import { auditEvent, type Undercut } from "../audit/event.ts";
import type { Block, Firewall, ForeignAllow, Observed } from "../cloud/firewall.ts";
import { changeProtection } from "../grants/change.ts";
import type { Ledger } from "../grants/ledger.ts";
import { type BlockTarget, foreignKey, isOnNow, type Protection, protectionFacts } from "../grants/protection.ts";
import { planBlocks } from "./plan.ts";

/** What is done with somebody else's rule that comes to undercut a protection: told, or overruled and told. */
export type Drift = "tell" | "withhold";

export interface ReportProtectionsDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly driftOf: (machine: MachineRef) => Drift;
}

export interface ReportProtections {
  /** The protections on this firewall, held against what it was just seen to hold. `changed`: what `apply` couldn't put back. */
  readonly seen: (
    firewall: Firewall,
    protections: readonly Protection[],
    observed: Observed,
    desired: readonly Block[],
    changed: readonly string[],
  ) => Promise<void>;
  /** The cloud won't take this one's block, or hasn't for long; it goes on being tried. Told once for each time that it is missing, `since` then. */
  readonly cannotBlock: (firewall: Firewall, protection: Protection, fault: Fault, since: EpochMs) => Promise<void>;
}

export const createReportProtections = ({ ledger, clock, driftOf }: ReportProtectionsDeps): ReportProtections => {
  const begin = async (protection: Protection, firewall: Firewall, now: EpochMs): Promise<void> => {
    await changeProtection(ledger, protection.id, (current) => {
      if (!isSame(current, protection) || current.seenOn.includes(firewall.id)) return undefined;
      const seenOn = [...current.seenOn, firewall.id];
      const isWhole = current.targets.every((target) => seenOn.includes(target.firewall));
      if (!isWhole || current.beganAt !== undefined) return { protection: { ...current, seenOn }, events: [] };
      const undercut = current.targets.flatMap((target) =>
        (target.undercut ?? []).map((by) => undercutFacts(firewall, by, target)),
      );
      const facts = { ...protectionFacts(current), undercut };
      const event = auditEvent("protection.began", `${current.id}/${current.state.at}`, now, "bot", facts);
      return { protection: { ...current, seenOn, beganAt: now }, events: [event] };
    });
  };

  const leave = async (
    protection: Protection,
    firewall: FirewallId,
    changed: readonly string[],
    now: EpochMs,
  ): Promise<void> => {
    await changeProtection(ledger, protection.id, (current) => {
      if (!current.leaving.includes(firewall) || current.targets.some(isOnFirewall(firewall, current)))
        return undefined;
      const leaving = current.leaving.filter((id) => id !== firewall);
      const next = { ...current, leaving, changed: [...(current.changed ?? []), ...changed] };
      if (current.state.kind !== "off" || leaving.length > 0) return { protection: next, events: [] };
      const facts = { ...protectionFacts(current), changed: next.changed };
      const event = auditEvent("protection.ended", `${current.id}/${current.state.at}`, now, "bot", facts);
      return { protection: { ...next, endedAt: now }, events: [event] };
    });
  };

  /** Remembers what undercuts each, and tells what nobody was told of: once for all that one rule undercuts. */
  const tellUndercut = async (
    firewall: Firewall,
    protections: readonly Protection[],
    observed: Observed,
    now: EpochMs,
  ): Promise<void> => {
    const here = protections.filter(isOnNow).flatMap((protection) => {
      const target = protection.targets.find((each) => each.firewall === firewall.id);
      const by = observed.undercut.get(protection.id) ?? [];
      const overruled = (allow: ForeignAllow): boolean => target?.overrules.includes(allow.id) ?? false;
      return target === undefined ? [] : [{ protection, target, by: by.filter((allow) => !overruled(allow)) }];
    });
    const news = Map.groupBy(
      here.flatMap(({ protection, target, by }) =>
        by
          .filter((allow) => !target.known.includes(foreignKey(allow)))
          .map((allow) => ({ allow, protection, target, by })),
      ),
      ({ allow }) => foreignKey(allow),
    );
    const told = [...news].map(([key, cases]) => {
      const [one] = cases;
      if (one === undefined) throw new Error("a group without members");
      const { allow, protection: first } = one;
      const overruled = cases.filter(
        ({ protection, by, target }) =>
          driftOf(protection.machine) === "withhold" && touchesNothingElse(allow, by, target.known),
      );
      const facts = {
        ...undercutFacts(firewall, allow),
        protections: cases.map(({ protection }) => protectionFacts(protection)),
        channel: first.channel,
        overruled: overruled.length === cases.length,
      };
      // Somebody's automation may write it again each minute; that ours goes over it each time is said once an hour.
      const when = facts.overruled ? Math.floor(now / HOUR) : now;
      const about = `${firewall.id}/${createHash("sha256").update(key).digest("hex").slice(0, 12)}/${when}`;
      return {
        key,
        id: allow.id,
        overruledFor: new Set(overruled.map(({ protection }) => protection.id)),
        for: new Set(cases.map(({ protection }) => protection.id)),
        event: auditEvent("protection.undercut", about, now, "bot", facts),
      };
    });
    for (const { protection, target, by } of here) {
      const mine = told.filter((each) => each.for.has(protection.id));
      const overrules = mine.filter((each) => each.overruledFor.has(protection.id)).map((each) => each.id);
      const isNew = by.map(foreignKey).toSorted().join() !== (target.undercut ?? []).map(foreignKey).toSorted().join();
      if (mine.length === 0 && !isNew && target.undercut !== undefined) continue;
      await changeProtection(ledger, protection.id, (current) => {
        const changed = changeTarget(current, firewall.id, (each) => ({
          ...each,
          undercut: by,
          // One that went and comes again is told again.
          known: [
            ...new Set([
              ...each.known.filter((key) => by.some((allow) => foreignKey(allow) === key)),
              ...mine.map(({ key }) => key),
            ]),
          ],
          overrules: [...new Set([...each.overrules, ...overrules])],
        }));
        // What is now to be overruled isn't as it should be yet, and nobody touched it.
        const seenOn = current.seenOn.filter((id) => id !== firewall.id);
        // When it is so is said again then.
        const again =
          overrules.length === 0
            ? {}
            : { seenOn, beganAt: undefined, state: { ...current.state, at: now } as Protection["state"] };
        return {
          protection: { ...changed, ...again },
          events: mine.map(({ event }) => event),
          ...(overrules.length === 0 ? {} : { firewallsDue: [{ firewall: firewall.id, at: now }] }),
        };
      });
    }
  };

  return {
    seen: async (firewall, protections, observed, desired, changed) => {
      const now = clock.now();
      await tellUndercut(firewall, protections, observed, now);
      if (!observed.settled) return;
      const missing = new Set(planBlocks(desired, observed).block.map((block) => block.protection));
      const wanted = new Set(desired.map((block) => block.protection));
      const there = new Set(observed.blocks.map((block) => block.protection));
      for (const protection of protections) {
        const { id } = protection;
        if (wanted.has(id) && !missing.has(id) && !protection.seenOn.includes(firewall.id))
          await begin(protection, firewall, now);
        if (!wanted.has(id) && !there.has(id)) await leave(protection, firewall.id, changed, now);
      }
    },
    cannotBlock: async (firewall, protection, fault, since) => {
      const at = clock.now();
      const isWanted = isOnNow(protection) && protection.targets.some((target) => target.firewall === firewall.id);
      const doing = isWanted ? "closing" : "putting-back";
      const facts = { ...protectionFacts(protection), firewall: firewall.id, doing, problem: fault.message } as const;
      // One that never held is missing since it was set, however often this process was started since.
      const first = protection.seenOn.includes(firewall.id) ? since : protection.state.at;
      const about = `${protection.id}/${firewall.id}/${first}`;
      await changeProtection(ledger, protection.id, (current) =>
        isSame(current, protection)
          ? { protection: current, events: [auditEvent("protection.failed", about, at, "bot", facts)] }
          : undefined,
      );
    },
  };
};

/**
 * What policy may decide without a person: a rule for all protocols would go as a whole, and a deny that goes above one rule also goes above those between
 * them that people were told of and left.
 */
const touchesNothingElse = (allow: ForeignAllow, by: readonly ForeignAllow[], known: readonly string[]): boolean =>
  !(allow.protocol === "any" && allow.priority === undefined) &&
  !by.some(
    (other) =>
      known.includes(foreignKey(other)) &&
      other.priority !== undefined &&
      allow.priority !== undefined &&
      other.priority > allow.priority,
  );

/** Still the same wish as when it was read: what was seen since is about it. */
const isSame = (current: Protection, before: Protection): boolean =>
  current.state.kind === before.state.kind &&
  JSON.stringify([
    current.ports,
    current.targets.map(({ firewall, addresses, overrules }) => [firewall, addresses, overrules]),
  ]) ===
    JSON.stringify([
      before.ports,
      before.targets.map(({ firewall, addresses, overrules }) => [firewall, addresses, overrules]),
    ]);

const isOnFirewall =
  (firewall: FirewallId, protection: Protection) =>
  (target: BlockTarget): boolean =>
    isOnNow(protection) && target.firewall === firewall;

const changeTarget = (
  protection: Protection,
  firewall: FirewallId,
  change: (target: BlockTarget) => BlockTarget,
): Protection => ({
  ...protection,
  targets: protection.targets.map((target) => (target.firewall === firewall ? change(target) : target)),
});

const undercutFacts = (firewall: Firewall, rule: ForeignAllow, at?: BlockTarget): Undercut => ({
  firewall: at?.firewall ?? firewall.id,
  firewallName: at === undefined || at.firewall === firewall.id ? firewall.name : (at.firewall.split("/").at(-1) ?? ""),
  rule: { id: rule.id, name: rule.name, priority: rule.priority, ports: rule.ports, sources: rule.sources },
});
