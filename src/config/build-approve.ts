/** Who approves, and whether there are enough of them. */

import { type DurationMs, MINUTE } from "../access/time.ts";
import type { Approve, Policy, Step } from "../policy/policy.ts";
import { peopleOf } from "../policy/roles.ts";
import type { RuleContent, Surroundings } from "./build-rule.ts";
import type { Complain } from "./fields.ts";

const WITHIN = (30 * MINUTE) as DurationMs;

/** `complain` takes paths within `approve`. */
export const approve = (content: RuleContent["approve"], around: Surroundings, complain: Complain): Approve => {
  if (content === "none") return { kind: "none" };
  const { by, needed, steps, within = WITHIN, automatic = [] } = content;
  if (by !== undefined && steps !== undefined)
    complain(["steps"], "is there beside by; write one of them: by for one step, steps for several");
  if (by === undefined && steps === undefined)
    complain(
      ["by"],
      automatic.length > 0
        ? "is missing; automatic says when nobody has to approve, so name who does otherwise, like by: [leads]"
        : "is missing; write who approves, like by: [leads], or several steps, like steps: [{ by: [leads] }, { by: [security] }]",
    );
  if (steps !== undefined && needed !== undefined)
    complain(["needed"], "belongs into each step, like steps: [{ by: [leads], needed: 2 }]");

  const asked: readonly Step[] =
    by !== undefined
      ? [{ roles: by, needed: needed ?? 1 }]
      : (steps ?? []).map((step) => ({ roles: step.by, needed: step.needed }));
  const pathOf = (index: number) => (steps === undefined ? ["needed"] : ["steps", index, "needed"]);
  const problem = cannotBeHad(asked, around.policy);
  if (problem !== undefined) complain(pathOf(problem.step), problem.message);
  return {
    kind: "by",
    steps: asked,
    automatic: automatic.flatMap((name) => around.hours.get(name) ?? []),
    withinMs: within,
  };
};

/**
 * Nobody counts in two steps, so of any steps together all people must be as many as they need together; and then there is a way to share them out.
 * https://en.wikipedia.org/wiki/Hall%27s_marriage_theorem
 *
 * Where a group, a schedule or a manager may approve too, how many there are shows only when somebody asks.
 */
const cannotBeHad = (
  steps: readonly Step[],
  policy: Policy,
): { readonly step: number; readonly message: string } | undefined => {
  const known = steps.flatMap((step, index) => {
    const users = namedPeople(step.roles, policy);
    return users === undefined ? [] : [{ ...step, index, users }];
  });
  const some = known.reduce<(typeof known)[]>((sets, step) => sets.concat(sets.map((set) => set.concat(step))), [[]]);
  for (const set of some.toSorted((a, b) => a.length - b.length)) {
    const people = new Set(set.flatMap(({ users }) => users)).size;
    const needed = set.reduce((sum, step) => sum + step.needed, 0);
    const last = set.at(-1);
    if (people >= needed || last === undefined) continue;
    const roles = [...new Set(set.flatMap((step) => step.roles))].join(", ");
    const where = set.length === 1 ? "" : ` of steps ${set.map(({ index }) => index + 1).join(" and ")} together`;
    const why = set.length === 1 ? "" : ", and nobody counts in two steps";
    return {
      step: last.index,
      message: `${needed} approvals${where} can't be had: ${roles} ${people === 1 ? "is one person" : `are ${people} people`}${why}`,
    };
  }
  return undefined;
};

/** `undefined`: they can't be counted by the file alone. */
const namedPeople = (names: readonly string[], policy: Policy): readonly string[] | undefined => {
  const roles = names.flatMap((name) => policy.roles.get(name) ?? []);
  if (roles.some(({ schedules, manager }) => schedules.length > 0 || manager)) return undefined;
  const { users, groups } = peopleOf(policy, names);
  return groups.length > 0 ? undefined : users;
};
