/** A machine's posture: what the reference would call it, and beside it what is really reachable. Many of them, worst first. */

import type { MachineRef } from "../access/machine.ts";
import type { Port } from "../access/port.ts";
import type { AwsTarget, AzureTarget } from "../cloud/rules.ts";
import { awsFacts, azureFacts } from "./chart-facts.ts";
import {
  type AwsBranch,
  type AzureBranch,
  awsChart,
  azureChart,
  type Category,
  MANAGEMENT_PORTS,
  type Tab,
  tabOf,
} from "./charts.ts";
import { exposureOf, type Openness, type PortExposure, rankOf, worstOf } from "./exposure.ts";
import type { Reachability } from "./reachability.ts";

/** A machine with all that stands before each of its private addresses. */
export type MachineRules = {
  readonly machine: MachineRef;
  /** Whether any of its ports is kept closed but for grants. */
  readonly jitEnabled: boolean;
} & (
  | { readonly cloud: "azure"; readonly classicMachine: boolean; readonly targets: readonly AzureTarget[] }
  | { readonly cloud: "aws"; readonly targets: readonly AwsTarget[] }
);

export interface Posture {
  readonly machine: MachineRef;
  readonly category: Category;
  readonly branch: AzureBranch | AwsBranch;
  readonly tab: Tab;
  /** Of its most open port. */
  readonly openness: Openness;
  /** In the order asked for. */
  readonly ports: readonly PortExposure[];
}

/** `ports` are those whose exposure is told; the charts ask about the four management ports whatever these are. */
export const postureOf = (
  reachability: Reachability,
  rules: MachineRules,
  ports: readonly Port[] = MANAGEMENT_PORTS,
): Posture => {
  const exposures = ports.map((port) => exposureOf(reachability, rules.targets, port));
  return {
    machine: rules.machine,
    ...diagnose(reachability, rules),
    openness: worstOf(exposures.map(({ openness }) => openness)),
    ports: exposures,
  };
};

/**
 * Worst first: by what is really reachable, then by how many ports are that open, then by category, then by name.
 */
export const worstFirst = (a: Posture, b: Posture): number =>
  rankOf(a.openness) - rankOf(b.openness) ||
  worstPorts(b) - worstPorts(a) ||
  CATEGORIES.indexOf(a.category) - CATEGORIES.indexOf(b.category) ||
  (a.machine.name < b.machine.name ? -1 : a.machine.name > b.machine.name ? 1 : 0);

/** Whether a machine is more open than it was, or called worse. */
export const isWorse = (now: Posture, before: Pick<Posture, "openness" | "category">): boolean =>
  rankOf(now.openness) < rankOf(before.openness) ||
  (rankOf(now.openness) === rankOf(before.openness) &&
    CATEGORIES.indexOf(now.category) < CATEGORIES.indexOf(before.category));

const CATEGORIES: readonly Category[] = ["unhealthy", "not-applicable", "healthy"];

const worstPorts = ({ openness, ports }: Posture): number => ports.filter((port) => port.openness === openness).length;

const diagnose = (reachability: Reachability, rules: MachineRules): Pick<Posture, "category" | "branch" | "tab"> => {
  const { jitEnabled } = rules;
  if (rules.cloud === "aws") {
    const hasFirewall = rules.targets.some(({ groups }) => groups.length > 0);
    const tab = tabOf({ jitEnabled, classicMachine: false, firewallPolicy: false, hasFirewall });
    return { ...awsChart({ jitEnabled, ...awsFacts(reachability, rules.targets) }), tab };
  }
  const facts = azureFacts(reachability, rules.targets);
  const tab = tabOf({
    jitEnabled,
    classicMachine: rules.classicMachine,
    firewallPolicy: rules.targets.some(({ firewalls }) => firewalls.some(({ kind }) => kind === "policy")),
    hasFirewall: facts.hasNsg || facts.hasFirewall,
  });
  return { ...azureChart({ jitEnabled, ...facts }), tab };
};
