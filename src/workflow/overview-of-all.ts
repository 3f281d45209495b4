/** What security sees of everything: what is open, how machines stand, how the bot is. */

import type { CloudName } from "../access/machine.ts";
import { type DurationMs, type EpochMs, later } from "../access/time.ts";
import { endOf, type Grant } from "../grants/grant.ts";
import type { Category } from "../posture/charts.ts";
import type { Openness } from "../posture/exposure.ts";
import type { PostureMemory } from "../posture/posture-memory.ts";
import type { WorkflowDeps } from "./deps.ts";

export interface OverviewOfAll {
  /** Open, opening or closing, whoever's; the first to end first. */
  readonly open: readonly Grant[];
  /** Those that should have been closed some time ago. */
  readonly overdue: readonly Grant[];
  /** Nobody has answered them yet. */
  readonly pending: number;
  readonly posture: PostureSummary;
  readonly health: Health;
}

/** As of the last look, which is every few minutes. */
export interface PostureSummary {
  readonly machines: number;
  readonly byOpenness: ReadonlyMap<Openness, number>;
  readonly byCategory: ReadonlyMap<Category, number>;
  /** How many machines are kept closed but for grants. */
  readonly protections: number;
}

export interface Health {
  /** When memory last answered a beat of this process. */
  readonly lastBeatAt: EpochMs | undefined;
  /** Clouds that weren't read lately, with when they were; `undefined`: never. */
  readonly unread: readonly { readonly cloud: CloudName; readonly since: EpochMs | undefined }[];
  /** What is due by now and not done. */
  readonly due: { readonly firewalls: number; readonly notices: number };
}

export interface OverviewOfAllDeps {
  readonly postures: Pick<PostureMemory, "read">;
  readonly health: () => Promise<Health>;
  /** How long after its end a closing is overdue. */
  readonly overdueAfter: DurationMs;
}

export const createOverviewOfAll =
  ({ ledger, clock, postures, health, overdueAfter }: WorkflowDeps & OverviewOfAllDeps) =>
  async (): Promise<OverviewOfAll> => {
    const [live, pending, protections, seen, healthNow] = await Promise.all([
      ledger.liveGrants(),
      ledger.allPending(),
      ledger.liveProtections(),
      postures.read(),
      health(),
    ]);
    const now = clock.now();
    const open = live.filter(({ startsAt }) => startsAt <= now).toSorted((a, b) => endOf(a) - endOf(b));
    const stands = [...seen.values()];
    return {
      open,
      overdue: open.filter((grant) => later(endOf(grant), overdueAfter) <= now),
      pending: pending.filter(({ answerBy }) => now < answerBy).length,
      posture: {
        machines: stands.length,
        byOpenness: counted(stands.map(({ openness }) => openness)),
        byCategory: counted(stands.map(({ category }) => category)),
        protections: protections.length,
      },
      health: healthNow,
    };
  };

const counted = <T>(each: readonly T[]): ReadonlyMap<T, number> =>
  new Map([...Map.groupBy(each, (one) => one)].map(([one, same]) => [one, same.length]));
