/** Whether somebody's roles let them do something at a scope, by what Azure says of role and deny assignments. */

import type { AuthorityNo } from "../../../access/authority.ts";
import type { AuthorityAnswer } from "../../../policy/authority.ts";
import { idKey } from "../resource-id.ts";
import { covers, overlap } from "./action-pattern.ts";
import { type DenialQuestion, whatDenies } from "./judge-denials.ts";
import type { Permission, RoleAssignment, RoleDefinition } from "./role-facts.ts";
import { isAtOrAbove } from "./scope.ts";

/** `needed` is all that they need, and never empty; stars stand for every action that fits. */
export interface RoleQuestion extends DenialQuestion {
  /** As Azure lists them for this person, their groups' among them. */
  readonly assignments: readonly RoleAssignment[];
  /** By `idKey` of their id; one that isn't here gives nothing. */
  readonly roles: ReadonlyMap<string, RoleDefinition>;
}

/**
 * The first of these that is so:
 *
 * | what Azure says                                                        | answer          |
 * | ---------------------------------------------------------------------- | --------------- |
 * | a deny assignment that surely applies to them takes an action          | no: denied      |
 * | no role gives an action, even if every condition held                  | no: not given   |
 * | an action is given only under a condition, or to who knows which group | no: undecidable |
 * | a deny assignment takes an action, if it applies to them               | no: undecidable |
 * | roles give every action                                                | yes             |
 *
 * An action is given when one permission has an action that covers it and no notAction that has anything in common with it. A needed action that
 * is itself a pattern is given as a whole or not at all, also when several permissions might give it together. NotActions take from their own
 * permission only: another one may give what they take.
 * https://learn.microsoft.com/azure/role-based-access-control/role-definitions#notactions
 */
export const judgeRoles = (question: RoleQuestion): AuthorityAnswer => {
  const { needed } = question;
  const denial = whatDenies(question);
  if (denial?.kind === "denied") return no(denial);

  const given = permissionsOf(question);
  const never = notGiven(needed, given);
  if (never.length > 0) return no({ kind: "not-given", actions: never });

  const certain = given.filter(({ doubt }) => doubt === undefined);
  const [unsure] = notGiven(needed, certain);
  if (unsure !== undefined) {
    const what = given.find((each) => gives(each, unsure))?.doubt ?? "who is meant";
    return no({ kind: "undecidable", what });
  }
  return denial === undefined ? { kind: "yes" } : no(denial);
};

/** Whether it is theirs or a group's, and reaches the scope. Of all others Azure needn't be asked what their roles allow. */
export const mayCount = (
  assignment: RoleAssignment,
  { person, scope }: Pick<RoleQuestion, "person" | "scope">,
): boolean =>
  isAtOrAbove(assignment.scope, scope) && (isDirect(assignment, person) || assignment.principalType === "Group");

const isDirect = ({ principal, principalType }: RoleAssignment, person: string): boolean =>
  principal === person && (principalType === undefined || principalType === "User");

interface Given extends Permission {
  /** Why it isn't certain that they have it, in words for people. */
  readonly doubt: string | undefined;
}

const permissionsOf = (question: RoleQuestion): readonly Given[] => {
  const { person, assignments, roles } = question;
  // Azure was asked for theirs alone. Whoever lists other people's as well didn't understand, and may have listed any group.
  const isOfTheirsOnly = assignments.every(
    (one) => isDirect(one, person) || one.principalType?.endsWith("Group") === true,
  );

  return assignments
    .filter((one) => mayCount(one, question))
    .flatMap((one) => {
      const role = roles.get(idKey(one.role));
      if (role === undefined) return [];
      const stranger =
        isDirect(one, person) || isOfTheirsOnly
          ? undefined
          : "which groups they are in, because Azure listed role assignments of others too";
      const condition = one.isConditional ? `the condition of a role assignment of \`${role.name}\`` : undefined;
      return role.permissions.map((permission) => ({
        ...permission,
        doubt:
          stranger ?? condition ?? (permission.isConditional ? `a condition in the role \`${role.name}\`` : undefined),
      }));
    });
};

const notGiven = (needed: readonly string[], permissions: readonly Permission[]): readonly string[] =>
  needed.filter((action) => !permissions.some((permission) => gives(permission, action)));

const gives = ({ actions, notActions }: Permission, needed: string): boolean =>
  actions.some((each) => covers(each, needed)) && !notActions.some((each) => overlap(each, needed));

const no = (because: AuthorityNo): AuthorityAnswer => ({ kind: "no", because });
