/** The calls that tell who has which role: role assignments, role definitions and deny assignments. */

import { Fault } from "../../../access/fault.ts";
import { type Clock, type EpochMs, later, MINUTE } from "../../../access/time.ts";
import type { Arm } from "../arm.ts";
import { azureFault } from "../azure-fault.ts";
import type { JsonObject } from "../json.ts";
import { idKey, nameOf, subscriptionOf } from "../resource-id.ts";
import {
  type DenyAssignment,
  type RoleAssignment,
  type RoleDefinition,
  readDenyAssignment,
  readPages,
  readRoleAssignment,
  readRoleDefinition,
  Unreadable,
} from "./role-facts.ts";

/** Each throws a `Fault` when no answer came that can be read, and the signal's reason when that aborts. `scope` is a resource id. */
export interface AuthorizationApi {
  /** Those of the person and of their groups, inherited ones among them; `person` is an object id. */
  readonly roleAssignments: (scope: string, person: string, signal: AbortSignal) => Promise<readonly RoleAssignment[]>;
  /** All at the scope and above. */
  readonly denyAssignments: (scope: string, signal: AbortSignal) => Promise<readonly DenyAssignment[]>;
  /** Ids, lower case, of those that apply to the person or to their groups. */
  readonly denyAssignmentsOf: (scope: string, person: string, signal: AbortSignal) => Promise<ReadonlySet<string>>;
  /** By `idKey` of their id, at most a minute old; those that aren't there any more are left out. */
  readonly roles: (ids: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, RoleDefinition>>;
}

export const createAuthorizationApi = (arm: Arm, clock: Clock): AuthorizationApi => {
  const kept = new Map<string, { readonly until: EpochMs; readonly role: RoleDefinition }>();

  /** Pages as they came over the wire: the SDK's model turns what is no list into an empty one. */
  const list = async (
    kind: "roleAssignments" | "denyAssignments",
    scope: string,
    filter: string,
    signal: AbortSignal,
  ): Promise<readonly JsonObject[]> => {
    const what = `cannot list ${WORDS[kind]} at \`${nameOf(scope)}\``;
    const outcome = await arm.ask(
      async (abortSignal) => {
        const bodies: string[] = [];
        const onResponse = ({ bodyAsText }: { readonly bodyAsText?: string | null }): void => {
          bodies.push(bodyAsText ?? "");
        };
        const operations = arm.authorization(subscriptionOf(scope) ?? "")[kind];
        await Array.fromAsync(operations.listForScope(pathOf(scope), { filter, abortSignal, onResponse }));
        return bodies;
      },
      signal,
      arm.limits.callMs,
    );
    if (outcome.kind === "failed") throw azureFault(what, outcome.problem);
    return readable(what, () => readPages(outcome.value));
  };

  const readRole = async (id: string, signal: AbortSignal): Promise<RoleDefinition | undefined> => {
    const what = `cannot read role \`${nameOf(id)}\``;
    const outcome = await arm.ask(
      async (abortSignal) => {
        let body = "";
        await arm.authorization(subscriptionOf(id) ?? "").roleDefinitions.getById(pathOf(id), {
          abortSignal,
          onResponse: ({ bodyAsText }) => {
            body = bodyAsText ?? "";
          },
        });
        return body;
      },
      signal,
      arm.limits.callMs,
    );
    if (outcome.kind === "done") return readable(what, () => readRoleDefinition(outcome.value));
    // Azure says `RoleDefinitionDoesNotExist`; without a code it wasn't Azure that answered.
    if (outcome.problem.status === 404 && outcome.problem.code !== undefined) return undefined;
    throw azureFault(what, outcome.problem);
  };

  const role = async (key: string, id: string, signal: AbortSignal): Promise<readonly [string, RoleDefinition][]> => {
    const found = kept.get(key);
    if (found !== undefined && clock.now() < found.until) return [[key, found.role]];
    kept.delete(key);
    const read = await readRole(id, signal);
    if (read === undefined) return [];
    kept.set(key, { until: later(clock.now(), MINUTE), role: read });
    return [[key, read]];
  };

  return {
    // Both filters: https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
    roleAssignments: async (scope, person, signal) => {
      const entries = await list("roleAssignments", scope, `assignedTo('${person}')`, signal);
      return readable("cannot read role assignments", () => entries.flatMap((each) => readRoleAssignment(each) ?? []));
    },
    // https://learn.microsoft.com/azure/role-based-access-control/deny-assignments-rest
    denyAssignments: async (scope, signal) => {
      const entries = await list("denyAssignments", scope, "atScope()", signal);
      return readable("cannot read deny assignments", () => entries.map(readDenyAssignment));
    },
    denyAssignmentsOf: async (scope, person, signal) => {
      const entries = await list("denyAssignments", scope, `assignedTo('${person}')`, signal);
      return readable(
        "cannot read deny assignments",
        () => new Set(entries.map((each) => readDenyAssignment(each).id)),
      );
    },
    roles: async (ids, signal) => {
      const wanted = [...new Map(ids.map((id) => [idKey(id), id]))].filter(([key]) => ROLE_ID.test(key));
      const found = await Promise.all(wanted.map(async ([key, id]) => role(key, id, signal)));
      return new Map(found.flat());
    },
  };
};

const WORDS = { roleAssignments: "role assignments", denyAssignments: "deny assignments" } as const;

/** Ids of roles come out of answers and become part of an address: only what one looks like is asked for. */
const ROLE_ID =
  /^(?:\/subscriptions\/[\w-]+|\/providers\/microsoft\.management\/managementgroups\/[\w.()-]+)?\/providers\/microsoft\.authorization\/roledefinitions\/[\w-]+$/u;

/** As the SDK puts it behind the address and a slash. We keep ids in lower case; these words are asked for as they are documented. */
const pathOf = (id: string): string =>
  id
    .trim()
    .split("/")
    .filter(Boolean)
    .map((part) => WRITTEN.get(part) ?? encodeURIComponent(part))
    .join("/");

const WRITTEN = new Map(
  ["resourceGroups", "Microsoft.Compute", "virtualMachines", "Microsoft.Security", "securityConnectors"].map((word) => [
    word.toLowerCase(),
    word,
  ]),
);

const readable = <T>(what: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Fault("azure", `${what}: ${error.message}`, { retry: "later", cause: error });
  }
};
