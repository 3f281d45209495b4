/** How all machines stand now: their rules read from the clouds, and what follows from them. */

import { isFault } from "../../access/fault.ts";
import { protectionIdOf } from "../../access/identifier.ts";
import { type CloudName, type Machine, type MachineId, refOf } from "../../access/machine.ts";
import { type DurationMs, type EpochMs, later, SECOND } from "../../access/time.ts";
import type { ReadRules, RulesBefore } from "../../cloud/rules.ts";
import { isKeptClosed, type Protection } from "../../grants/protection.ts";
import { MANAGEMENT_PORTS } from "../../posture/charts.ts";
import { type Posture, postureOf, worstFirst } from "../../posture/posture.ts";
import { createReachability } from "../../posture/reachability.ts";
import { reachableWords } from "../../posture/reachable-words.ts";
import type { WorkflowDeps } from "../deps.ts";

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

/** How machines stand, worst first, but for those of clouds that couldn't be asked. */
export interface Standings {
  readonly assessed: readonly Assessed[];
  readonly unread: readonly CloudName[];
}

export interface PostureReading {
  /**
   * Many who ask within half a minute share one reading, unless something was protected or opened since. Throws a `Fault` when no cloud, or not
   * memory, can be asked.
   */
  readonly recent: () => Promise<Standings>;
  /** Throws a `Fault` when any cloud can't be asked. */
  readonly fresh: (signal: AbortSignal) => Promise<readonly Assessed[]>;
}

export const createPostureReading = ({ machines, ledger, readRules, clock }: PostureDeps): PostureReading => {
  let shared: { readonly at: EpochMs; readonly of: string; readonly reading: Promise<Standings> } | undefined;

  const assess = async (
    some: readonly Machine[],
    rules: ReadonlyMap<MachineId, RulesBefore>,
    protections: readonly Protection[],
  ): Promise<readonly Assessed[]> => {
    const protectedOnes = new Set(protections.filter(isKeptClosed).map(({ id }) => id));
    const reachability = createReachability();
    const assessed: Assessed[] = [];
    for (const machine of some) {
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

  const byCloud = async (signal: AbortSignal): Promise<Standings> => {
    const clouds = [...Map.groupBy(machines.all(), (machine) => machine.cloud)];
    const protections = await ledger.liveProtections();
    const read = await Promise.allSettled(clouds.map(async ([, own]) => readRules(own, signal)));
    const failed = read.find((each) => each.status === "rejected");
    if (failed !== undefined && (read.every((each) => each.status === "rejected") || !isFault(failed.reason)))
      throw failed.reason;
    const rules = new Map(read.flatMap((each) => (each.status === "fulfilled" ? [...each.value] : [])));
    return {
      assessed: await assess(machines.all(), rules, protections),
      unread: clouds.flatMap(([cloud], at) => (read[at]?.status === "rejected" ? [cloud] : [])),
    };
  };

  /** What a reading depends on that we change ourselves. */
  const whatWeDid = async (): Promise<string> => {
    const [protections, grants] = await Promise.all([ledger.liveProtections(), ledger.liveGrants()]);
    return JSON.stringify([...protections, ...grants].map(({ id, version }) => [id, version]));
  };

  return {
    fresh: async (signal) => {
      const all = machines.all();
      const [rules, protections] = await Promise.all([readRules(all, signal), ledger.liveProtections()]);
      return assess(all, rules, protections);
    },
    recent: async () => {
      const of = await whatWeDid();
      const now = clock.now();
      if (shared?.of === of && now < later(shared.at, SHARED_FOR)) return shared.reading;
      const reading = byCloud(AbortSignal.timeout(LONGEST_READING));
      shared = { at: now, of, reading };
      // What failed isn't kept for the next one.
      reading.then(
        ({ unread }) => {
          if (unread.length > 0 && shared?.reading === reading) shared = undefined;
        },
        () => {
          if (shared?.reading === reading) shared = undefined;
        },
      );
      return reading;
    },
  };
};

const SHARED_FOR = (30 * SECOND) as DurationMs;
const LONGEST_READING = 120_000;
