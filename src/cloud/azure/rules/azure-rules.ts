/** Reads from Azure all that stands before machines: network security groups, firewalls, and what their rules' names stand for. */

import type { MachineId } from "../../../access/machine.ts";
import type { Clock } from "../../../access/time.ts";
import type { AzureTarget, ReadRules, RulesBefore } from "../../rules.ts";
import type { Arm } from "../arm.ts";
import { subscriptionOf } from "../resource-id.ts";
import { readTables } from "./azure-tables.ts";
import { createTargetReader } from "./azure-targets.ts";
import { createResourceCaches } from "./resource-kinds.ts";
import { createServiceTags } from "./service-tags.ts";

export interface AzureRulesDeps {
  readonly arm: Arm;
  /** Where firewalls are looked for, beside the machines' own subscriptions. */
  readonly subscriptions: readonly string[];
  readonly clock: Clock;
}

/**
 * One or two machines are read piece by piece, more from lists: some eight calls either way, and one for each configured subscription.
 *
 * Left out because nothing that can be listed by subscription tells them: members of application security groups that are in scale sets, addresses
 * that a gateway learned, and load balancers whose pools hold addresses instead of interfaces.
 */
export const createAzureRules = ({ arm, subscriptions, clock }: AzureRulesDeps): ReadRules => {
  const lookUpTags = createServiceTags({ arm, clock });
  const configured = new Set(subscriptions.map((each) => each.toLowerCase()));

  return async (machines, signal) => {
    const own = new Set(machines.map(({ id, account }) => (subscriptionOf(id) ?? account).toLowerCase()));
    const firewallsIn = own.union(configured);
    const caches = createResourceCaches({ arm, signal, listed: machines.length > FEW ? firewallsIn : new Set() });
    const readTargets = createTargetReader({ arm, signal, caches, firewallsIn });
    const found = await Promise.all(machines.map(async (machine) => ({ machine, seen: await readTargets(machine) })));
    const tableOf = await readTables(
      found.flatMap(({ seen = [] }) => seen),
      { signal, caches, lookUpTags, subscriptions: own },
    );
    return new Map(
      found.flatMap(({ machine, seen }): [MachineId, RulesBefore][] => {
        if (seen === undefined) return [];
        const targets = seen.map((one): AzureTarget => ({ ...one.target, table: tableOf(one) }));
        return [[machine.id, { cloud: "azure", classicMachine: CLASSIC.test(machine.id), targets }]];
      }),
    );
  };
};

/** So many are fetched piece by piece. */
const FEW = 2;

const CLASSIC = /\/providers\/microsoft\.classiccompute\//iu;
