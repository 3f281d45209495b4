/** The form as somebody finds it who asks again for what they asked for before. */

import { shortDuration } from "../../access/duration.ts";
import { samePort } from "../../access/port.ts";
import { type Cidr, showCidr } from "../../access/source.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { Policy } from "../../policy/policy.ts";
import type { Offer } from "./choices.ts";
import { EMPTY, type Filled, machineKey, TYPED } from "./fields.ts";

/** Of somebody else's request nothing but what everybody may ask for: not from where, and not why. */
export const prefilled = (
  request: AccessRequest,
  { machine, rule }: Offer,
  policy: Policy,
  isTheirs: boolean,
): Filled => ({
  ...EMPTY,
  machine: machineKey(machine),
  services: rule.ports
    .filter(({ ports }) => ports.every((port) => request.ports.some((asked) => samePort(asked, port))))
    .map(({ name }) => name),
  length: request.end.kind === "for" ? shortDuration(request.end.durationMs) : "",
  ...(isTheirs ? { ...sourceOf(request.sources, policy), because: request.justification } : {}),
});

/** A network by its name where it is exactly that, else written out. */
const sourceOf = (sources: readonly Cidr[], { networks }: Policy): Pick<Filled, "source" | "typedSource"> => {
  const asked = new Set(sources);
  const named = [...networks.values()].find(({ prefixes }) => asked.symmetricDifference(new Set(prefixes)).size === 0);
  if (named !== undefined) return { source: named.name, typedSource: "" };
  return { source: TYPED, typedSource: sources.map(showCidr).join(", ") };
};
