/** What somebody can do at all, by their roles, for the help that they are shown. */

import { isRefusal, type Refusal } from "../access/refusal.ts";
import { approvingRoles, mayConfigure } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { createListMachines, type OfferedMachine } from "./list-machines.ts";
import { memberOf } from "./standing.ts";

export interface Abilities {
  /** The first machine that they may ask for; `undefined`: none. */
  readonly example: OfferedMachine | undefined;
  readonly answers: boolean;
  readonly breaksGlass: boolean;
  readonly configures: boolean;
  readonly looksAfterAll: boolean;
  /** Reads what others did. */
  readonly audits: boolean;
}

/** Throws a `Fault` when something that has to be known can't be. */
export type ListAbilities = (user: string) => Promise<Abilities | Refusal>;

export const createListAbilities = (
  /** `auditRoles`: security's among them. */
  deps: WorkflowDeps & { readonly auditRoles: () => readonly string[] },
): ListAbilities => {
  const listMachines = createListMachines(deps);
  return async (user) => {
    const policy = deps.policy();
    const [listed, member] = await Promise.all([listMachines("", user), memberOf(user, policy, deps.directory)]);
    if (isRefusal(member)) return member;
    if (isRefusal(listed)) return listed;
    const holds = (names: readonly string[]): boolean => names.some((name) => member.roles.has(name));
    const rules = policy?.rules ?? [];
    return {
      example: listed.machines[0],
      answers: rules.some((rule) => holds(approvingRoles(rule))),
      breaksGlass: rules.some(({ breakGlass }) => breakGlass !== undefined && holds(breakGlass.by)),
      configures: rules.some((rule) => mayConfigure(rule, member.roles)),
      looksAfterAll: holds(deps.securityRoles()),
      audits: holds(deps.auditRoles()),
    };
  };
};
