/**
 * The filters of role and deny assignments:
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest,
 * https://learn.microsoft.com/azure/role-based-access-control/deny-assignments-rest
 */

import { EVERYBODY, type RoleState } from "./role-world.ts";

export interface Filter {
  /** Not what lies below the scope. */
  readonly atScope: boolean;
  /** Theirs and, through any number of groups, their groups'. */
  readonly assignedTo: string | undefined;
  /** Exactly theirs. */
  readonly principalId: string | undefined;
  readonly named: string | undefined;
}

const NONE: Filter = { atScope: false, assignedTo: undefined, principalId: undefined, named: undefined };

/** `undefined`: it can't be read. */
export const readFilter = (text: string): Filter | undefined => {
  if (text === "") return NONE;
  let filter = NONE;
  for (const part of text.split(/\s+and\s+/u)) {
    const read = readPart(part.trim());
    if (read === undefined) return undefined;
    filter = { ...filter, ...read };
  }
  return filter;
};

const readPart = (part: string): Partial<Filter> | undefined => {
  if (/^atScope\(\)$/iu.test(part)) return { atScope: true };
  const [, assignedTo] = /^assignedTo\('([\da-f-]{36})'\)$/iu.exec(part) ?? [];
  if (assignedTo !== undefined) return { assignedTo };
  const [, key = "", value] = /^(principalId|denyAssignmentName) eq '([^']*)'$/iu.exec(part) ?? [];
  if (value === undefined) return undefined;
  return key.toLowerCase() === "principalid" ? { principalId: value } : { named: value };
};

/** Above, at and below the scope, as far as the filter doesn't say otherwise. */
export const matches = (
  entry: { readonly scope: string; readonly principals: readonly string[] },
  { atScope, assignedTo, principalId }: Filter,
  scope: string,
  { chain, groupsOf }: RoleState,
): boolean => {
  const isAbove = chain(scope).includes(entry.scope.toLowerCase());
  const isBelow = chain(entry.scope).includes(scope.toLowerCase());
  if (!isAbove && (atScope || !isBelow)) return false;
  const principals = entry.principals.map((id) => id.toLowerCase());
  if (principalId !== undefined && !principals.includes(principalId.toLowerCase())) return false;
  if (assignedTo === undefined) return true;
  const theirs = new Set([assignedTo.toLowerCase(), ...groupsOf(assignedTo), EVERYBODY.id]);
  return principals.some((id) => theirs.has(id));
};
