/** How all machines stand now: their rules read from the clouds, and what follows from them. */

import { protectionIdOf } from "../access/identifier.ts";
import { type Machine, refOf } from "../access/machine.ts";
import { type DurationMs, type EpochMs, later, SECOND } from "../access/time.ts";
import type { ReadRules } from "../cloud/rules.ts";
import { isKeptClosed } from "../grants/protection.ts";
import { MANAGEMENT_PORTS } from "../posture/charts.ts";
import { type Posture, postureOf, worstFirst } from "../posture/posture.ts";
import { createReachability } from "../posture/reachability.ts";
import { reachableWords } from "../posture/reachable-words.ts";
import type { WorkflowDeps } from "./deps.ts";

export interface PostureDeps extends WorkflowDeps {
  /** Of all clouds together. */
  readonly readRules: ReadRules;
}

export interface Assessed {
  readonly machine: Machine;
  readonly posture: Posture;
  /** `22 from anywhere` */
  readonly reachable: readonly string[];
}

export interface PostureReading {
  /** Worst first. Many who ask within half a minute share one reading. Throws a `Fault` when a cloud or memory can't be asked. */
  readonly recent: () => Promise<readonly Assessed[]>;
  readonly fresh: (signal: AbortSignal) => Promise<readonly Assessed[]>;
}

export const createPostureReading = ({ machines, ledger, readRules, clock }: PostureDeps): PostureReading => {
  let shared: { readonly at: EpochMs; readonly reading: Promise<readonly Assessed[]> } | undefined;

  const fresh = async (signal: AbortSignal): Promise<readonly Assessed[]> => {
    const all = machines.all();
    const [rules, protections] = await Promise.all([readRules(all, signal), ledger.liveProtections()]);
    const protectedOnes = new Set(protections.filter(isKeptClosed).map(({ id }) => id));
    const reachability = createReachability();
    const assessed: Assessed[] = [];
    for (const machine of all) {
      const before = rules.get(machine.id);
      if (before === undefined) continue;
      const jitEnabled = protectedOnes.has(protectionIdOf(machine.id));
      const posture = postureOf(reachability, { machine: refOf(machine), jitEnabled, ...before }, MANAGEMENT_PORTS);
      assessed.push({ machine, posture, reachable: reachableWords(posture.ports) });
      // Thousands of machines take seconds, and whoever clicks meanwhile is to be answered.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return assessed.toSorted((a, b) => worstFirst(a.posture, b.posture));
  };

  return {
    fresh,
    recent: () => {
      const now = clock.now();
      if (shared !== undefined && now < later(shared.at, SHARED_FOR)) return shared.reading;
      const reading = fresh(AbortSignal.timeout(LONGEST_READING));
      shared = { at: now, reading };
      // What failed isn't kept for the next one.
      reading.catch(() => {
        if (shared?.reading === reading) shared = undefined;
      });
      return reading;
    },
  };
};

const SHARED_FOR = (30 * SECOND) as DurationMs;
const LONGEST_READING = 120_000;
