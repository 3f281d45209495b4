/** Tells when a machine gets worse, and from time to time how all of them stand. */

import type { MachineId } from "../../access/machine.ts";
import { type EpochMs, isoSeconds, MINUTE } from "../../access/time.ts";
import { auditEvent } from "../../audit/event.ts";
import { isKeptClosed } from "../../grants/protection.ts";
import { ruleFor } from "../../policy/match.ts";
import { isWorse } from "../../posture/posture.ts";
import type { PostureMemory, PostureSeen } from "../../posture/posture-memory.ts";
import type { Assessed, PostureDeps, PostureReading } from "./posture-reading.ts";

/** Both throw a `Fault` when a cloud or memory can't be asked; nothing is told then. */
export interface WatchPosture {
  /** One look at all machines, safe to repeat, also by several of us at once. One that was never seen before is only remembered. */
  readonly watch: (signal: AbortSignal) => Promise<void>;
  /** Once for the same minute, however many of us are asked. */
  readonly digest: (at: EpochMs, signal: AbortSignal) => Promise<void>;
}

export const createWatchPosture = (deps: PostureDeps, reading: PostureReading, memory: PostureMemory): WatchPosture => {
  /** A grant makes a machine more open, which is what it is for. */
  const openedByUs = async (): Promise<ReadonlySet<MachineId>> =>
    new Set((await deps.ledger.liveGrants()).map(({ machine }) => machine.id));

  const watch: WatchPosture["watch"] = async (signal) => {
    if (!deps.machines.isComplete()) return;
    const openBefore = await openedByUs();
    const assessed = await reading.fresh(signal);
    const opened = openBefore.union(await openedByUs());
    const before = await memory.read();
    const seen = new Map<MachineId, PostureSeen>();
    let isNews = assessed.length !== before.size;
    for (const each of assessed) {
      const { id } = each.machine;
      const known = before.get(id);
      const { openness, category } = each.posture;
      const isSame = known?.openness === openness && known.category === category;
      if (known !== undefined && (isSame || opened.has(id))) seen.set(id, known);
      else if (!opened.has(id)) {
        seen.set(id, { openness, category, since: deps.clock.now() });
        isNews = true;
        if (known !== undefined && isWorse(each.posture, known)) await tell(each, known);
      }
    }
    if (isNews) await memory.write(seen);
  };

  const tell = async ({ posture, reachable, machine }: Assessed, before: PostureSeen): Promise<void> => {
    const policy = deps.policy();
    const channel = policy === undefined ? "" : (ruleFor(policy, machine)?.channel ?? "");
    const { openness, category } = posture;
    await deps.auditLog.append(
      auditEvent("posture.worsened", `${machine.id}/${before.since}`, deps.clock.now(), "bot", {
        machine: posture.machine,
        channel,
        before: { openness: before.openness, category: before.category },
        now: { openness, category },
        reachable,
      }),
    );
  };

  const digest: WatchPosture["digest"] = async (at, signal) => {
    const assessed = await reading.fresh(signal);
    const protections = await deps.ledger.liveProtections();
    const minute = (Math.floor(at / MINUTE) * MINUTE) as EpochMs;
    await deps.auditLog.append(
      auditEvent("posture.digest", isoSeconds(minute), deps.clock.now(), "bot", {
        machines: assessed.length,
        protected: protections.filter(isKeptClosed).length,
        categories: countsOf(assessed.map(({ posture }) => posture.category)),
        opennesses: countsOf(assessed.map(({ posture }) => posture.openness)),
        worst: assessed
          .filter(({ posture }) => posture.category === "unhealthy" || TOO_OPEN.has(posture.openness))
          .slice(0, WORST)
          .map(({ posture, reachable }) => ({ machine: posture.machine, category: posture.category, reachable })),
      }),
    );
  };

  return { watch, digest };
};

const countsOf = (words: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

const WORST = 5;
const TOO_OPEN: ReadonlySet<string> = new Set(["anyone", "strangers", "unknown"]);
