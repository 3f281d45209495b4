/** Which of the addresses that a person was seen at are of use for a machine. */

import type { Machine } from "../../access/machine.ts";
import type { Service } from "../../access/port.ts";
import { type Cidr, familyOf } from "../../access/source.ts";
import { allowsAll } from "../../policy/decide.ts";
import { lineFor, type Rule, sourcesFor } from "../../policy/policy.ts";

/**
 * Those of a family that the machine has an address of, and of these those that the rule lets in for all the ports. Where none is left, all: what is wrong with them is
 * then told as it is of any other source.
 */
export const usableOf = (
  seen: readonly Cidr[],
  machine: Pick<Machine, "interfaces">,
  rule: Rule | undefined,
  services: readonly Service[],
): readonly Cidr[] => {
  const families = new Set(
    machine.interfaces.flatMap(({ privateAddresses }) => privateAddresses.map((address) => familyOf(address as Cidr))),
  );
  const reaching = orAll(
    seen.filter((address) => families.has(familyOf(address))),
    seen,
  );
  const lines = services.flatMap(({ ports }) =>
    ports.flatMap((port) => (rule === undefined ? [] : (lineFor(rule, port) ?? []))),
  );
  const isLetIn = (address: Cidr): boolean =>
    rule !== undefined && lines.every((line) => allowsAll(sourcesFor(rule, line), [address]));
  return orAll(reaching.filter(isLetIn), reaching);
};

const orAll = (some: readonly Cidr[], all: readonly Cidr[]): readonly Cidr[] => (some.length === 0 ? all : some);
