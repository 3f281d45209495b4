/** Azure role-based access control as an `Authority`: whoever asks for a machine needs the roles for it there. */

import type { TokenCredential } from "@azure/identity";
import type { ActionsOf, AuthorityNo } from "../../../access/authority.ts";
import type { Machine } from "../../../access/machine.ts";
import type { Clock } from "../../../access/time.ts";
import type { Authority, AuthorityAnswer, AuthorityQuestion } from "../../../policy/authority.ts";
import { createArm, LIMITS, type Limits } from "../arm.ts";
import { checkEndpoint, isFixedToken } from "../arm-endpoint.ts";
import { overlap } from "./action-pattern.ts";
import { createAuthorizationApi } from "./authorization-api.ts";
import { hangsOnGroups } from "./judge-denials.ts";
import { judgeRoles, mayCount, type RoleQuestion } from "./judge-roles.ts";

export { DEFAULT_ACTIONS } from "./default-actions.ts";

export interface AzureRolesDeps {
  readonly credential: TokenCredential;
  /** Another Azure Resource Manager; the public cloud's without it. */
  readonly endpoint?: string;
  readonly clock: Clock;
  readonly actions: ActionsOf;
  /** Where an AWS machine is connected to Azure, a scope; `undefined`: it isn't, and no role has a say over it. */
  readonly connectedScope: (machine: Machine) => string | undefined;
  /** How long calls may take. */
  readonly limits?: Partial<Limits>;
}

/** Throws at once when the endpoint can't be: see `checkEndpoint`. Makes no call yet. */
export const createAzureRoles = (deps: AzureRolesDeps): Authority => {
  const { credential, endpoint, clock, limits } = deps;
  const problem = checkEndpoint(endpoint, isFixedToken(credential));
  if (problem !== undefined) throw new Error(problem);
  const api = createAuthorizationApi(
    createArm({ credential, endpoint, limits: { ...LIMITS, ...limits }, clock }),
    clock,
  );

  return {
    name: "azure-roles",
    ask: async ({ activity, machine, identities: { entra } }, signal) => {
      const scope = machine.cloud === "azure" ? machine.id : deps.connectedScope(machine);
      if (scope === undefined) return no({ kind: "no-say" });
      const needed = neededFor(machine, deps.actions[activity]);
      if (needed.length === 0) return undecidable(`no actions are named that one needs to ${activity}`);
      if (entra === undefined) return no({ kind: "not-linked" });
      const person = entra.trim().toLowerCase();
      // It becomes part of a filter.
      if (!OBJECT_ID.test(person))
        return undecidable("who they are in Entra ID: what they are linked to is no object id");

      const [assignments, denials] = await Promise.all([
        api.roleAssignments(scope, person, signal),
        api.denyAssignments(scope, signal),
      ]);
      const roles = await api.roles(
        assignments.filter((each) => mayCount(each, { person, scope })).map(({ role }) => role),
        signal,
      );
      const question: RoleQuestion = { person, scope, needed, assignments, roles, denials, denialsOfTheirs: undefined };
      if (!hangsOnGroups(question)) return judgeRoles(question);
      return judgeRoles({ ...question, denialsOfTheirs: await api.denyAssignmentsOf(scope, person, signal) });
    },
  };
};

/** Of a machine in AWS Azure knows only what it does for its security. */
const neededFor = ({ cloud }: AuthorityQuestion["machine"], actions: readonly string[]): readonly string[] =>
  [...new Set(actions)].filter((each) => cloud === "azure" || overlap(each, "Microsoft.Security/*"));

const OBJECT_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;

const no = (because: AuthorityNo): AuthorityAnswer => ({ kind: "no", because });
const undecidable = (what: string): AuthorityAnswer => no({ kind: "undecidable", what });
