/** A rule's limits as the write counts them, so that of two who ask at once only so many get through. */

import { personKey } from "../access/person.ts";
import { type DurationMs, type EpochMs, HOUR, later } from "../access/time.ts";
import type { Limit } from "../grants/ledger.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Rule } from "../policy/policy.ts";

/** For a write that grants. */
export const grantLimits = (
  { name: rule, limits: { perPerson, perMachine } }: Rule,
  { requester, machine }: Pick<AccessRequest, "requester" | "machine">,
  now: EpochMs,
): readonly Limit[] => [
  ...(perPerson === undefined
    ? []
    : [{ kind: "grants-of-person", rule, person: personKey(requester), now, most: perPerson } as const]),
  ...(perMachine === undefined
    ? []
    : [{ kind: "grants-on-machine", rule, machine: machine.id, now, most: perMachine } as const]),
];

/** For a write that stores an ask. */
export const askLimits = (
  { limits: { asksPerHour } }: Rule,
  { requester }: Pick<AccessRequest, "requester">,
  now: EpochMs,
): readonly Limit[] =>
  asksPerHour === undefined
    ? []
    : [
        {
          kind: "asks-of-person",
          person: personKey(requester),
          after: later(now, -HOUR as DurationMs),
          most: asksPerHour,
        },
      ];
