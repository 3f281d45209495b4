/** Who has which role in the sandbox's Azure: what an administrator does in the portal, and who is in which group of Entra ID. */

import { randomUUID } from "node:crypto";
import { type Clock, isoSeconds } from "../../../access/time.ts";
import { BUILT_IN_ROLES, type Role, type RolePermission } from "./built-in-roles.ts";
import { chainOf } from "./scope-chain.ts";

export type PrincipalType = "User" | "Group" | "ServicePrincipal" | "ForeignGroup" | "Device";

export interface Assigned {
  /** A guid. */
  readonly name: string;
  readonly principal: string;
  readonly principalType: PrincipalType;
  /** The role's guid. */
  readonly role: string;
  readonly scope: string;
  readonly condition: string | undefined;
  readonly at: string;
}

export interface DenialPrincipal {
  readonly id: string;
  readonly type: PrincipalType | "SystemDefined" | "Everyone";
}

/** Everybody, as deny assignments say it. */
export const EVERYBODY: DenialPrincipal = { id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" };

export interface Denial {
  /** A guid. */
  readonly name: string;
  readonly denyAssignmentName: string;
  readonly scope: string;
  readonly permissions: readonly RolePermission[];
  readonly principals: readonly DenialPrincipal[];
  readonly excludePrincipals: readonly DenialPrincipal[];
  readonly doNotApplyToChildScopes: boolean;
  readonly condition: string | undefined;
  readonly at: string;
}

export type Readable = "roleAssignments" | "roleDefinitions" | "denyAssignments";

/** Every change shows in the next answer. Scopes: `/`, `/providers/Microsoft.Management/managementGroups/…`, a subscription, a resource group, a resource. */
export interface RoleWorld {
  /** `role`: its name, `Reader`, or its guid. Returns what the assignment is called, for `removeAssignment`. */
  readonly assignRole: (assignment: {
    readonly principal: string;
    readonly role: string;
    readonly scope: string;
    readonly condition?: string;
    /** Default: `Group` when somebody was put into it, else `User`. */
    readonly principalType?: PrincipalType;
  }) => string;
  readonly removeAssignment: (name: string) => void;
  readonly assignments: () => readonly Assigned[];
  /** Members are people or groups; a group in a group passes on all that it has. */
  readonly addToGroup: (group: string, member: string) => void;
  readonly removeFromGroup: (group: string, member: string) => void;
  /** A custom role; returns its guid. Of the same name again: as it is from now on. */
  readonly defineRole: (roleName: string, permissions: readonly RolePermission[]) => string;
  readonly removeRole: (role: string) => void;
  readonly roles: () => readonly Role[];
  /** Without `principals` everybody. Returns what it is called, for `removeDenyAssignment`. */
  readonly denyAssignment: (denial: {
    readonly name: string;
    readonly scope: string;
    readonly permissions: readonly RolePermission[];
    readonly principals?: readonly DenialPrincipal[];
    readonly excludePrincipals?: readonly DenialPrincipal[];
    readonly doNotApplyToChildScopes?: boolean;
    readonly condition?: string;
  }) => string;
  readonly removeDenyAssignment: (name: string) => void;
  readonly denials: () => readonly Denial[];
  /** `child`: a subscription's id or a management group's; everything of the parent's reaches it. */
  readonly putUnder: (child: string, managementGroup: string) => void;
  /** The bot's own role lacks the reading of these from now on: 403. Without any it may read all again. */
  readonly forbidReading: (...kinds: readonly Readable[]) => void;
}

/** What the answers look at. */
export interface RoleState extends Pick<RoleWorld, "assignments" | "roles" | "denials"> {
  /** The groups that a person or a group is in, directly or through groups. Lower case. */
  readonly groupsOf: (member: string) => ReadonlySet<string>;
  readonly isGroup: (id: string) => boolean;
  /** The scope and all above it, lower case. */
  readonly chain: (scope: string) => readonly string[];
  readonly isForbidden: (kind: Readable) => boolean;
}

export const createRoleWorld = (clock: Clock): { readonly world: RoleWorld; readonly state: RoleState } => {
  let assigned: readonly Assigned[] = [];
  let denied: readonly Denial[] = [];
  let custom: readonly Role[] = [];
  let forbidden: readonly Readable[] = [];
  const members = new Map<string, Set<string>>();
  const parents = new Map<string, string>();

  const roles = (): readonly Role[] => [...BUILT_IN_ROLES, ...custom];
  const roleOf = (said: string): Role => {
    const found = roles().find(({ name, roleName }) => name === said.toLowerCase() || roleName === said);
    if (found === undefined) throw new Error(`the sandbox's Azure has no role \`${said}\``);
    return found;
  };
  const isGroup = (id: string): boolean => members.has(id.toLowerCase());
  const membersOf = (group: string): Set<string> => {
    const key = group.toLowerCase();
    const found = members.get(key) ?? new Set<string>();
    members.set(key, found);
    return found;
  };
  const groupsOf = (member: string): ReadonlySet<string> => {
    const found = new Set<string>();
    let edge = [member.toLowerCase()];
    while (edge.length > 0) {
      edge = [...members.keys()].filter(
        (group) => !found.has(group) && edge.some((one) => members.get(group)?.has(one)),
      );
      for (const group of edge) found.add(group);
    }
    return found;
  };
  const at = (): string => isoSeconds(clock.now());

  const world: RoleWorld = {
    assignRole: ({ principal, role, scope, condition, principalType }) => {
      const name = randomUUID();
      const type = principalType ?? (isGroup(principal) ? "Group" : "User");
      assigned = [
        ...assigned,
        { name, principal, principalType: type, role: roleOf(role).name, scope, condition, at: at() },
      ];
      return name;
    },
    removeAssignment: (name) => {
      assigned = assigned.filter((each) => each.name !== name);
    },
    assignments: () => assigned,
    addToGroup: (group, member) => {
      membersOf(group).add(member.toLowerCase());
    },
    removeFromGroup: (group, member) => {
      membersOf(group).delete(member.toLowerCase());
    },
    defineRole: (roleName, permissions) => {
      const name = custom.find((each) => each.roleName === roleName)?.name ?? randomUUID();
      const role: Role = {
        name,
        roleName,
        type: "CustomRole",
        description: "",
        permissions,
        assignableScopes: ["/"],
      };
      custom = [...custom.filter((each) => each.name !== name), role];
      return name;
    },
    removeRole: (role) => {
      const { name } = roleOf(role);
      custom = custom.filter((each) => each.name !== name);
    },
    roles,
    denyAssignment: ({
      name,
      scope,
      permissions,
      principals,
      excludePrincipals,
      doNotApplyToChildScopes,
      condition,
    }) => {
      const denial: Denial = {
        name: randomUUID(),
        denyAssignmentName: name,
        scope,
        permissions,
        principals: principals ?? [EVERYBODY],
        excludePrincipals: excludePrincipals ?? [],
        doNotApplyToChildScopes: doNotApplyToChildScopes ?? false,
        condition,
        at: at(),
      };
      denied = [...denied, denial];
      return denial.name;
    },
    removeDenyAssignment: (name) => {
      denied = denied.filter((each) => each.name !== name);
    },
    denials: () => denied,
    putUnder: (child, managementGroup) => {
      parents.set(child.toLowerCase(), managementGroup.toLowerCase());
    },
    forbidReading: (...kinds) => {
      forbidden = kinds;
    },
  };
  return {
    world,
    state: {
      assignments: world.assignments,
      roles,
      denials: world.denials,
      groupsOf,
      isGroup,
      chain: (scope) => chainOf(scope, parents),
      isForbidden: (kind) => forbidden.includes(kind),
    },
  };
};
