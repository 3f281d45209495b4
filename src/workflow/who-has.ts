/** `/jit who`: who has access to a machine now. */

import type { Machine } from "../access/machine.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { endOf, type Grant } from "../grants/grant.ts";
import { ruleFor } from "../policy/match.ts";
import { approvingRoles } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { memberOf, rolesAbout } from "./standing.ts";

export interface WhoHas {
  readonly machine: Machine;
  /** Open, opening or closing; the first to end first. */
  readonly grants: readonly Grant[];
}

/** Throws a `Fault` when something that has to be known can't be. */
export type AskWhoHas = (machine: string, user: string) => Promise<WhoHas | Refusal>;

/** Told to whoever may ask for it, answer for it or configure it, and to security: who could reach a machine isn't everyone's business. */
export const createWhoHas =
  ({ policy: current, machines, directory, securityRoles, ledger, clock }: WorkflowDeps): AskWhoHas =>
  async (typed, user) => {
    const policy = current();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const machine = machines.find(typed);
    const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
    const about = isRefusal(machine) ? [] : rolesAbout(policy, machine);
    const member = await memberOf(user, policy, directory, { roles: [...about, ...securityRoles()] });
    if (isRefusal(member)) return member;
    if (isRefusal(machine)) return machine;
    const theirs = rule === undefined ? [] : [...rule.request, ...approvingRoles(rule), ...rule.configure];
    if (![...theirs, ...(rule?.breakGlass?.by ?? []), ...securityRoles()].some((role) => member.roles.has(role)))
      return rule === undefined
        ? refuse("machine-not-offered", { machine: machine.name })
        : refuse("not-eligible", { machine: machine.name, roles: rule.request });
    const now = clock.now();
    const grants = (await ledger.liveGrants())
      .filter((grant) => grant.machine.id === machine.id && grant.startsAt <= now)
      .toSorted((a, b) => endOf(a) - endOf(b));
    return { machine, grants };
  };
