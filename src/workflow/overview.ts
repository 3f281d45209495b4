/** Everything that the bot's Home shows somebody, asked for at one moment. */

import type { Machine } from "../access/machine.ts";
import { type Person, personKey, personOf } from "../access/person.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { Lockdown } from "../grants/lockdown.ts";
import type { AccessRequest } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { approvingRoles, type Policy } from "../policy/policy.ts";
import { type AwaitingAnswer, createAwaitingAnswer, NOTHING_AWAITED } from "./awaiting-answer.ts";
import type { WorkflowDeps } from "./deps.ts";
import { type Mine, mineOf } from "./list-mine.ts";
import { createOverviewOfAll, type OverviewOfAll, type OverviewOfAllDeps } from "./overview-of-all.ts";
import { rememberedDirectory } from "./remembered-directory.ts";
import { memberOf } from "./standing.ts";

export interface Overview extends Mine {
  readonly person: Person;
  readonly awaiting: AwaitingAnswer;
  /** Those that they ask for most and may still ask for, the most used first. */
  readonly used: readonly UsedMachine[];
  /** `false`: nobody can read the policy, so nobody gets anything. */
  readonly policyIsReadable: boolean;
  /** Whether they answer requests of others at all. */
  readonly answers: boolean;
  readonly lockdown: Lockdown | undefined;
  /** Only for those who look after everything. */
  readonly all: OverviewOfAll | undefined;
}

export interface UsedMachine {
  readonly machine: Machine;
  /** What they asked for last. */
  readonly last: AccessRequest;
}

/** Throws a `Fault` when something that has to be known can't be. */
export type AskOverview = (user: string) => Promise<Overview | Refusal>;

export const createOverview = (world: WorkflowDeps & OverviewOfAllDeps): AskOverview => {
  const ofAll = createOverviewOfAll(world);
  return async (user) => {
    const directory = rememberedDirectory(world.directory);
    const deps = { ...world, directory };
    const facts = await personOf(user, directory);
    if (isRefusal(facts)) return facts;
    const { person } = facts;
    const policy = deps.policy();
    const member = await memberOf(user, policy, directory);
    if (isRefusal(member)) return member;
    const { roles } = member;
    const seesAll = deps.securityRoles().some((role) => roles.has(role));
    const [mine, lockdown, awaiting, latest, all] = await Promise.all([
      mineOf(person, deps),
      deps.ledger.lockdown(),
      createAwaitingAnswer(deps)(user),
      deps.ledger.latestRequests(personKey(person), LATEST),
      seesAll ? ofAll() : undefined,
    ]);
    return {
      ...mine,
      person,
      lockdown,
      all,
      awaiting: isRefusal(awaiting) ? NOTHING_AWAITED : awaiting,
      used: policy === undefined ? [] : usedMost(latest, roles, policy, deps),
      policyIsReadable: policy !== undefined,
      answers: policy !== undefined && answersAny(roles, policy),
    };
  };
};

const usedMost = (
  latest: readonly AccessRequest[],
  roles: ReadonlySet<string>,
  policy: Policy,
  { machines }: Pick<WorkflowDeps, "machines">,
): readonly UsedMachine[] =>
  [...Map.groupBy(latest, ({ machine }) => machine.id)]
    // The sort keeps the order of those that were asked for equally often: the latest first.
    .toSorted(([, a], [, b]) => b.length - a.length)
    .flatMap(([id, [last]]) => {
      const machine = machines.byId(id);
      const rule = machine === undefined ? undefined : ruleFor(policy, machine);
      const mayAsk = rule?.request.some((role) => roles.has(role)) ?? false;
      return machine === undefined || last === undefined || !mayAsk ? [] : [{ machine, last }];
    })
    .slice(0, USED_AT_MOST);

/** Whoever is somebody's manager can't be told from the policy. */
const answersAny = (roles: ReadonlySet<string>, policy: Policy): boolean =>
  policy.rules.some((rule) =>
    approvingRoles(rule).some((name) => roles.has(name) || (policy.roles.get(name)?.manager ?? false)),
  );

const LATEST = 100;
const USED_AT_MOST = 5;
