/** One machine in the sandbox's Azure, somebody who asks for it, and the authority between them. */

import { onTestFinished } from "vitest";
import type { Activity } from "../../../../src/access/authority.ts";
import type { Machine, MachineId } from "../../../../src/access/machine.ts";
import { systemClock } from "../../../../src/access/time.ts";
import { fixedToken } from "../../../../src/cloud/azure/arm-endpoint.ts";
import {
  type AzureRolesDeps,
  createAzureRoles,
  DEFAULT_ACTIONS,
} from "../../../../src/cloud/azure/roles/azure-roles.ts";
import type { Authority, AuthorityAnswer } from "../../../../src/policy/authority.ts";
import { SANDBOX_ENTRA } from "../../../../src/sandbox/azure/roles/entra-people.ts";
import { type AzureServerOptions, createAzureServer } from "../../../../src/sandbox/azure/server.ts";
import { createFaults } from "../../../../src/sandbox/faults.ts";
import { aWorld, computeId, never, SUBSCRIPTION, TOKEN } from "../small-world.ts";

export const ME = SANDBOX_ENTRA.dev;
export const SOMEBODY = SANDBOX_ENTRA.dev2;
export const TEAM = "e0000000-0000-4000-8000-000000000001";
export const DEPARTMENT = "e0000000-0000-4000-8000-000000000002";

export const VM = computeId("Prod-VM-3");
export const SUB = `/subscriptions/${SUBSCRIPTION}`;
export const GROUP = `${SUB}/resourceGroups/rg-Prod`;
export const MANAGEMENT = "/providers/Microsoft.Management/managementGroups/";
export const CONNECTOR = `${GROUP}/providers/Microsoft.Security/securityConnectors/acme`;

const machine: Machine = {
  cloud: "azure",
  id: VM.toLowerCase() as MachineId,
  name: "Prod-VM-3",
  account: SUBSCRIPTION,
  region: "westeurope",
  tags: {},
  os: "linux",
  power: "running",
  interfaces: [],
};
export const inAzure = (id: string = VM): Machine => ({ ...machine, id: id.toLowerCase() as MachineId });
export const inAws: Machine = { ...machine, cloud: "aws", id: "i-0a1" as MachineId, account: "111122223333" };

export type Actions = Partial<Record<Activity, readonly string[]>>;

export const authorityAt = (endpoint: string, deps: Partial<AzureRolesDeps> = {}, actions: Actions = {}): Authority =>
  createAzureRoles({
    credential: fixedToken(TOKEN),
    endpoint,
    clock: systemClock,
    connectedScope: () => undefined,
    ...deps,
    actions: { ...DEFAULT_ACTIONS, ...actions },
  });

export const setup = async (
  options: Partial<AzureServerOptions> = {},
  deps: Partial<AzureRolesDeps> = {},
  actions: Actions = {},
) => {
  const faults = createFaults();
  const azure = await createAzureServer({
    clock: systemClock,
    faults,
    token: TOKEN,
    world: aWorld(),
    throttling: "off",
    ...options,
  });
  onTestFinished(async () => {
    faults.clear();
    await azure.stop();
  });
  const authority = authorityAt(azure.url, deps, actions);
  return {
    azure,
    faults,
    roles: azure.roles,
    authority,
    may: async (activity: Activity = "request", on: Machine = machine, signal = never): Promise<AuthorityAnswer> =>
      authority.ask({ activity, machine: on, identities: { entra: ME, aws: [] } }, signal),
  };
};

export const yes: AuthorityAnswer = { kind: "yes" };

/** ``not-given a, b`` or ``denied by x: a`` or ``undecidable: …``, to be read in a table. */
export const show = (answer: AuthorityAnswer): string => {
  if (answer.kind === "yes") return "yes";
  const { because } = answer;
  switch (because.kind) {
    case "not-given":
      return `not given: ${because.actions.join(", ")}`;
    case "denied":
      return `denied by ${because.by}: ${because.actions.join(", ")}`;
    case "undecidable":
      return `undecidable: ${because.what}`;
    case "no-say":
    case "not-linked":
      return because.kind;
  }
};
