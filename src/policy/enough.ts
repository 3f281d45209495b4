/** Whether there are enough people for all steps of an approval. */

import { type Rule, type Step, stepsOf } from "./policy.ts";

/**
 * How many approvals all steps need together. Of each approving role this many people are enough to know: whoever else holds it changes nothing, because as
 * many as could be taken by other steps are there already.
 */
export const approvalsOf = (rule: Rule | undefined): number =>
  rule === undefined ? 0 : stepsOf(rule).reduce((sum, { needed }) => sum + needed, 0);

/** Whether all steps can be filled by distinct people; `peopleOfStep` in the order of the steps. */
export const canFillAll = (steps: readonly Step[], peopleOfStep: readonly ReadonlySet<string>[]): boolean => {
  const places = steps.flatMap(({ needed }, step) => Array.from({ length: needed }, () => step));
  const placeOf = new Map<string, number>();

  // Kuhn's algorithm: a taken person is freed by giving whoever took them somebody else.
  const fill = (place: number, tried: Set<string>): boolean => {
    for (const person of peopleOfStep[places[place] ?? -1] ?? []) {
      if (tried.has(person)) continue;
      tried.add(person);
      const other = placeOf.get(person);
      if (other === undefined || fill(other, tried)) {
        placeOf.set(person, place);
        return true;
      }
    }
    return false;
  };
  return places.every((_, place) => fill(place, new Set()));
};
