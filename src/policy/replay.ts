/** An ask as it is written down, and asked again of another policy. */

import type { AskedFacts } from "../access/asked-facts.ts";
import { scheduleKey } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import { type Decision, decide, type Question } from "./decide.ts";
import { approvalsOf } from "./enough.ts";
import { matches, ruleFor } from "./match.ts";
import type { Policy, Role, Rule } from "./policy.ts";
import { type Memberships, peopleOf, rolesOf } from "./roles.ts";

/** What decided, to be written down. `policy` is the one that it was asked of. */
export const askedFacts = (question: Question, policy: Policy): AskedFacts => {
  const { machine, memberships, approvers, requester, usage } = question;
  const { name, cloud, account, region, os, tags } = machine;
  const { groups, onCall, manager } = memberships;
  const { services, sources, durationMs, justification, breakGlass } = question;
  return {
    machine: { name, cloud, account, region, os, tags },
    services: services.map((service) => ({ name: service.name, ports: service.ports })),
    sources,
    durationMs,
    justification,
    breakGlass,
    groups: [...groups].filter(([, members]) => members.has(requester)).map(([group]) => group),
    onCall: Object.fromEntries(
      [...onCall].filter(([, people]) => people.size > 0).map(([schedule, people]) => [schedule, [...people]]),
    ),
    manager,
    lookedUp: [
      ...groups.keys(),
      ...onCall.keys(),
      ...([...policy.roles.values()].some((role) => role.manager) ? ["manager"] : []),
    ],
    approvers: Object.fromEntries([...approvers].map(([role, people]) => [role, [...people]])),
    away: awayOf(question, policy),
    usage,
  };
};

/**
 * The question that another policy is asked with what was known then. `unknown` names what that policy wants to know and nobody looked up then: user groups
 * count as without members, schedules as silent, a manager as none. Usage stays as counted under the rule that decided then. People whom a role names count as
 * able to answer unless it was seen that they weren't.
 */
export const questionOf = (
  asked: AskedFacts,
  requester: string,
  at: EpochMs,
  policy: Policy,
): { readonly question: Question; readonly unknown: readonly string[] } => {
  const memberships: Memberships = {
    groups: new Map(asked.groups.map((group) => [group, new Set([requester])])),
    onCall: new Map(Object.entries(asked.onCall).map(([schedule, people]) => [schedule, new Set(people)])),
    manager: asked.manager,
  };
  const rule = ruleFor(policy, asked.machine);
  const { machine, services, sources, durationMs, justification, breakGlass, usage } = asked;
  const roles = rolesOf(policy, requester, memberships);
  const approvers = new Map(
    approvingRoles(rule).map((role) => [role, approversOf(role, asked, requester, policy, memberships)]),
  );
  return {
    question: {
      at,
      requester,
      roles,
      machine,
      rule,
      services,
      sources,
      durationMs,
      justification,
      breakGlass,
      usage,
      memberships,
      approvers,
    },
    unknown: unknownTo(asked, policy, rule, approvers),
  };
};

/** What another policy would have said. */
export const replay = (
  asked: AskedFacts,
  requester: string,
  at: EpochMs,
  policy: Policy,
): { readonly decision: Decision; readonly unknown: readonly string[] } => {
  const { question, unknown } = questionOf(asked, requester, at, policy);
  return { decision: decide(question, policy), unknown };
};

/** Where fewer were found than could be needed, everybody was looked at: who is named and wasn't found was away. */
const awayOf = ({ rule, approvers, memberships, requester }: Question, policy: Policy): readonly string[] => {
  const enough = approvalsOf(rule);
  return [
    ...new Set(
      [...approvers]
        .filter(([, people]) => people.size < enough)
        .flatMap(([role, people]) =>
          peopleOf(policy, [role], memberships).users.filter((user) => user !== requester && !people.has(user)),
        ),
    ),
  ];
};

const approvingRoles = (rule: Rule | undefined): readonly string[] =>
  rule?.approve.kind === "by" ? [...new Set(rule.approve.steps.flatMap((step) => step.roles))] : [];

const approversOf = (
  role: string,
  asked: AskedFacts,
  requester: string,
  policy: Policy,
  memberships: Memberships,
): ReadonlySet<string> => {
  const { users, groups } = peopleOf(policy, [role], memberships);
  const away = new Set([requester, ...asked.away]);
  // Which of its people came from a user group wasn't written down: while it has one, they may all have.
  const found = (asked.approvers[role] ?? []).filter((user) => groups.length > 0 || users.includes(user));
  return new Set([...found, ...users.filter((user) => !away.has(user))]);
};

const unknownTo = (
  asked: AskedFacts,
  policy: Policy,
  rule: Rule | undefined,
  approvers: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] => {
  const lookedUp = new Set(asked.lookedUp);
  const approving = approvingRoles(rule);
  const named = [
    ...(rule?.request ?? []),
    ...(asked.breakGlass ? (rule?.breakGlass?.by ?? []) : []),
    ...approving,
    ...policy.denials.filter(({ match }) => matches(match, asked.machine)).flatMap(({ people }) => people),
    ...policy.freezes.filter(({ match }) => matches(match, asked.machine)).flatMap(({ except }) => except),
  ];
  const roles = withStandIns(policy, named);
  const enough = approvalsOf(rule);
  const uncounted = approving.filter(
    (role) => asked.approvers[role] === undefined && (approvers.get(role)?.size ?? 0) < enough,
  );
  return [
    ...new Set([
      ...roles.flatMap(({ groups }) => groups.filter((group) => !lookedUp.has(group)).map(showGroup)),
      // Who else is in a group was written down only of those that approved then.
      ...withStandIns(policy, uncounted).flatMap(({ groups }) => groups.map(showGroup)),
      ...roles.flatMap(({ schedules }) =>
        schedules
          .map(scheduleKey)
          .filter((key) => !lookedUp.has(key) && asked.onCall[key] === undefined)
          .map((key) => `schedule ${key}`),
      ),
      ...(roles.some(({ manager }) => manager) && asked.manager === undefined && !lookedUp.has("manager")
        ? ["manager"]
        : []),
    ]),
  ];
};

const withStandIns = (policy: Policy, names: readonly string[]): readonly Role[] =>
  names.flatMap((name) => {
    const role = policy.roles.get(name);
    return role === undefined ? [] : [role, ...role.otherwise.flatMap((other) => policy.roles.get(other) ?? [])];
  });

const showGroup = (group: string): string => `user group ${group}`;
