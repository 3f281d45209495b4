/** From what somebody typed to the access that they mean, or to everything in it that nobody can understand. */

import { lengthOf, parseEnd } from "../access/duration.ts";
import type { PersonFacts } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import type { Machines } from "../cloud/machines.ts";
import type { AccessRequest } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy } from "../policy/policy.ts";
import { resolveService, resolveSources } from "../policy/resolve.ts";
import type { Access } from "./judge.ts";

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
}

export const understand = (
  ask: Ask,
  { timezone }: PersonFacts,
  policy: Policy,
  now: EpochMs,
  { machines, zone }: UnderstandDeps,
): Understood | Refused => {
  const machine = machines.find(ask.machine);
  const services = ask.services.map((word) => resolveService(word, policy));
  const end = parseEnd(ask.end, timezone ?? zone, now);
  const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
  const { sources, refusals } = resolveSources(ask.from, rule, policy);

  const [first, ...rest] = [machine, ...services, end, ...refusals].filter(isRefusal);
  if (first !== undefined) return refused(first, ...rest);
  if (isRefusal(machine) || isRefusal(end)) throw new Error("a refusal was overlooked");
  return {
    machine,
    end,
    sources,
    justification: ask.because,
    breakGlass: ask.breakGlass ?? false,
    durationMs: lengthOf(end, now),
    services: services.filter((service): service is Service => !isRefusal(service)),
  };
};
