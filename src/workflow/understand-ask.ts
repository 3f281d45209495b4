/** From what somebody typed to the access that they mean, or to everything in it that nobody can understand. */

import { lengthOf, parseEnd } from "../access/duration.ts";
import type { PersonFacts } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
import type { Machines } from "../cloud/machines.ts";
import type { AccessRequest } from "../grants/request.ts";
import { durationRefusals } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy } from "../policy/policy.ts";
import { resolveService, resolveSources } from "../policy/resolve.ts";
import type { Access } from "./judge.ts";
import { usableOf } from "./my-address/usable.ts";

/** The words of `/jit ssh prod-vm-3 2h from vpn because INC-1`, taken apart and not yet understood. */
export interface Ask {
  readonly services: readonly string[];
  readonly machine: string;
  /** `2h` or `until 18:00`. */
  readonly end: string;
  readonly from: readonly string[];
  readonly because: string;
  /** `/jit break-glass …`: past approvals, hours, freezes and limits. */
  readonly breakGlass?: boolean;
}

/** All reasons, in the order to show them. */
export type Refused = { readonly kind: "refused"; readonly refusals: readonly [Refusal, ...Refusal[]] };

export const refused = (first: Refusal, ...rest: readonly Refusal[]): Refused => ({
  kind: "refused",
  refusals: [first, ...rest],
});

export type Understood = Access & { readonly end: AccessRequest["end"] };

export interface UnderstandDeps {
  readonly machines: Pick<Machines, "find">;
  /** Of people whose own isn't known. */
  readonly zone: string;
  /** Where the asker is; absent: that isn't known. */
  readonly mine?: readonly Cidr[];
}

export const understand = (
  ask: Ask,
  { timezone }: PersonFacts,
  policy: Policy,
  now: EpochMs,
  { machines, zone, mine = [] }: UnderstandDeps,
): Understood | Refused => {
  const machine = machines.find(ask.machine);
  const resolved = ask.services.map((word) => resolveService(word, policy));
  const services = resolved.filter((service): service is Service => !isRefusal(service));
  const end = parseEnd(ask.end, timezone ?? zone, now);
  const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
  const usable = isRefusal(machine) ? mine : usableOf(mine, machine, rule, services);
  const { sources, refusals } = resolveSources(ask.from, rule, policy, usable);
  const breakGlass = ask.breakGlass ?? false;
  // What is wrong elsewhere doesn't hide that it is too long.
  const isJudged = services.length === resolved.length && refusals.length === 0;
  const long =
    isJudged || isRefusal(machine) || isRefusal(end) || rule === undefined
      ? []
      : durationRefusals({ services, durationMs: lengthOf(end, now), breakGlass, machine }, rule);

  const [first, ...rest] = [machine, ...resolved, end, ...long, ...refusals].filter(isRefusal);
  if (first !== undefined) return refused(first, ...rest);
  if (isRefusal(machine) || isRefusal(end)) throw new Error("a refusal was overlooked");
  return {
    machine,
    end,
    sources,
    justification: ask.because,
    breakGlass,
    durationMs: lengthOf(end, now),
    services,
  };
};
