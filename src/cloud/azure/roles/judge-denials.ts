/** Whether a deny assignment takes something from somebody; deny assignments win over every role. */

import type { AuthorityNo } from "../../../access/authority.ts";
import { covers, overlap } from "./action-pattern.ts";
import type { DenyAssignment, Permission, Principal } from "./role-facts.ts";
import { isAtOrAbove, isSameScope } from "./scope.ts";

export interface DenialQuestion {
  /** Object id, lower case. */
  readonly person: string;
  readonly scope: string;
  readonly needed: readonly string[];
  /** All that Azure lists at the scope and above. */
  readonly denials: readonly DenyAssignment[];
  /** Ids of those that Azure lists for this person, their groups' among them; `undefined`: it wasn't asked. */
  readonly denialsOfTheirs: ReadonlySet<string> | undefined;
}

export type Denied = Extract<AuthorityNo, { readonly kind: "denied" | "undecidable" }>;

/**
 * The first that surely denies, else the first that may; `undefined` when none does.
 *
 * What can't be known from here is who is in a group that is left out, and what a condition says. Of a needed pattern one denied action is enough.
 */
export const whatDenies = (question: DenialQuestion): Denied | undefined => {
  const all = question.denials.flatMap((denial) => verdictOf(denial, question) ?? []);
  return all.find(({ kind }) => kind === "denied") ?? all[0];
};

/** Whether what is denied to groups makes a difference, so that Azure has to be asked which of it is denied to this person. */
export const hangsOnGroups = (question: DenialQuestion): boolean =>
  question.denials.some(
    (denial) => isMeant(denial, question) === "unknown" && verdictOf(denial, question) !== undefined,
  );

const verdictOf = (denial: DenyAssignment, question: DenialQuestion): Denied | undefined => {
  const { person, needed } = question;
  const { name, excluded } = denial;
  if (!reaches(denial, question.scope) || excluded.some(({ id }) => id === person)) return undefined;
  const meant = isMeant(denial, question);
  if (meant === "no") return undefined;
  const taken = takenBy(denial.permissions, needed);
  if (taken.length === 0) return undefined;

  if (meant === "unknown")
    return undecidable(`whether they are in a group to which deny assignment \`${name}\` applies`);
  // Which assignments are somebody's Azure tells by the principals, and says nothing of those left out.
  if (excluded.some((each) => !isSingle(each))) {
    return undecidable(`whether they are in a group that deny assignment \`${name}\` leaves out`);
  }
  const takenAnyway = denial.isConditional
    ? []
    : takenBy(
        denial.permissions.filter(({ isConditional }) => !isConditional),
        needed,
      );
  if (takenAnyway.length === 0) return undecidable(`the condition of deny assignment \`${name}\``);
  return { kind: "denied", by: name, actions: takenAnyway };
};

/** One that says no scope, or none that can be read, was listed for this one all the same. */
const reaches = ({ scope, doNotApplyToChildScopes }: DenyAssignment, here: string): boolean =>
  scope?.trim().startsWith("/") !== true ||
  (doNotApplyToChildScopes ? isSameScope(scope, here) : isAtOrAbove(scope, here));

/** Whether this person is among those to whom it is denied, those left out aside. */
const isMeant = (
  { id, principals }: DenyAssignment,
  { person, denialsOfTheirs }: DenialQuestion,
): "yes" | "no" | "unknown" => {
  // It must say to whom it applies; one that doesn't is no reason to let anybody through.
  if (principals.length === 0 || principals.some((each) => each.id === person || isEverybody(each))) return "yes";
  if (principals.every(isSingle)) return "no";
  if (denialsOfTheirs === undefined || id === "") return "unknown";
  return denialsOfTheirs.has(id) ? "yes" : "no";
};

/** https://learn.microsoft.com/azure/role-based-access-control/deny-assignments#all-principals-principal */
const isEverybody = ({ id, type }: Principal): boolean =>
  id === "00000000-0000-0000-0000-000000000000" || type === "SystemDefined" || type === "Everyone";

/** Certainly not many, so that its id alone tells who is meant. */
const isSingle = ({ id, type }: Principal): boolean => id !== "" && (type === "User" || type === "ServicePrincipal");

const takenBy = (permissions: readonly Permission[], needed: readonly string[]): readonly string[] =>
  needed.filter((action) => permissions.some((permission) => takesSomeOf(permission, action)));

/** Some of it is denied unless a notAction holds all of what is denied, or all of what is needed. */
const takesSomeOf = ({ actions, notActions }: Permission, needed: string): boolean =>
  !notActions.some((each) => covers(each, needed)) &&
  actions.some((action) => overlap(action, needed) && !notActions.some((each) => covers(each, action)));

const undecidable = (what: string): Denied => ({ kind: "undecidable", what });
