/** An ask as it is written down, and asked again of another policy. */

import type { AskedFacts } from "../access/asked-facts.ts";
import { scheduleKey } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import { type Decision, decide } from "./decide.ts";
import { approvalsOf } from "./enough.ts";
import { matches, ruleFor } from "./match.ts";
import { approvingRoles, type Policy, type Role } from "./policy.ts";
import type { Question } from "./question.ts";
import { type Memberships, peopleOf, rolesOf } from "./roles.ts";

/** What decided, to be written down. `policy` is the one that it was asked of. */
export const askedFacts = (question: Question, policy: Policy): AskedFacts => {
  const { machine, memberships, approvers, requester, usage } = question;
  const { name, cloud, account, region, os, tags } = machine;
  const { groups, missingGroups, onCall, manager } = memberships;
  const { services, sources, durationMs, openForMs, justification, breakGlass } = question;
  return {
    machine: { name, cloud, account, region, os, tags },
    services: services.map((service) => ({ name: service.name, ports: service.ports })),
    sources,
    durationMs,
    ...(openForMs === undefined ? {} : { openForMs }),
    justification,
    breakGlass,
    groups: [...groups].filter(([, members]) => members.has(requester)).map(([group]) => group),
    ...(missingGroups.size === 0 ? {} : { missingGroups: [...missingGroups] }),
    onCall: Object.fromEntries(
      [...onCall].filter(([, people]) => people.size > 0).map(([schedule, people]) => [schedule, [...people]]),
    ),
    manager,
    lookedUp: [
      ...groups.keys(),
      ...missingGroups,
      ...onCall.keys(),
      ...([...policy.roles.values()].some((role) => role.manager) ? ["manager"] : []),
    ],
    approvers: Object.fromEntries([...approvers].map(([role, people]) => [role, [...people]])),
    approverGroups: approverGroups(question),
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
    missingGroups: new Set(asked.missingGroups),
    onCall: new Map(Object.entries(asked.onCall).map(([schedule, people]) => [schedule, new Set(people)])),
    manager: asked.manager,
  };
  const rule = ruleFor(policy, asked.machine);
  const { machine, services, sources, durationMs, openForMs, justification, breakGlass, usage } = asked;
  const roles = rolesOf(policy, requester, memberships);
  const approvers = new Map(
    (rule === undefined ? [] : approvingRoles(rule)).map((role) => [
      role,
      approversOf(role, asked, requester, policy, memberships),
    ]),
  );
  const question: Question = {
    at,
    requester,
    roles,
    machine,
    rule,
    services,
    sources,
    durationMs,
    ...(openForMs === undefined ? {} : { openForMs }),
    justification,
    breakGlass,
    usage,
    memberships,
    approvers,
  };
  return { question, unknown: unknownTo(asked, question, policy) };
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

const approverGroups = ({ approvers, memberships }: Question): Readonly<Record<string, readonly string[]>> => {
  const all = new Set([...approvers.values()].flatMap((people) => [...people]));
  return Object.fromEntries(
    [...memberships.groups]
      .map(([group, members]) => [group, [...all].filter((user) => members.has(user))] as const)
      .filter(([, people]) => people.length > 0),
  );
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

const approversOf = (
  role: string,
  asked: AskedFacts,
  requester: string,
  policy: Policy,
  memberships: Memberships,
): ReadonlySet<string> => {
  const { users, groups } = peopleOf(policy, [role], memberships);
  const members = groups.flatMap((group) => asked.approverGroups?.[group] ?? []);
  return new Set([...users, ...members].filter((user) => user !== requester && !asked.away.includes(user)));
};

const unknownTo = (asked: AskedFacts, question: Question, policy: Policy): readonly string[] => {
  const { rule, approvers, machine } = question;
  const lookedUp = new Set(asked.lookedUp);
  const approving = rule === undefined ? [] : approvingRoles(rule);
  const roles = withStandIns(policy, [
    ...(rule?.request ?? []),
    ...(asked.breakGlass ? (rule?.breakGlass?.by ?? []) : []),
    ...approving,
    ...policy.denials.filter(({ match }) => matches(match, machine)).flatMap(({ people }) => people),
    ...policy.freezes.filter(({ match }) => matches(match, machine)).flatMap(({ except }) => except),
  ]);
  // Of who is in a group only enough were written down, and only where that mattered then.
  const tooFew = lacksApprovers(decide(question, policy))
    ? approving.filter((role) => (approvers.get(role)?.size ?? 0) < approvalsOf(rule))
    : [];
  const groups = [
    ...roles.flatMap((role) => role.groups).filter((group) => !lookedUp.has(group)),
    ...withStandIns(policy, tooFew).flatMap((role) => role.groups),
  ];
  const schedules = roles.flatMap((role) => role.schedules.map(scheduleKey));
  const wantsManager = roles.some(({ manager }) => manager);
  return [
    ...new Set([
      ...groups.map((group) => `user group ${group}`),
      ...schedules.filter((schedule) => !lookedUp.has(schedule)).map((schedule) => `schedule ${schedule}`),
      ...(wantsManager && !lookedUp.has("manager") ? ["manager"] : []),
    ]),
  ];
};

const lacksApprovers = (decision: Decision): boolean =>
  decision.kind === "deny" && decision.refusals.some(({ code }) => code === "no-approver");

const withStandIns = (policy: Policy, names: readonly string[]): readonly Role[] =>
  names.flatMap((name) => {
    const role = policy.roles.get(name);
    return role === undefined ? [] : [role, ...role.otherwise.flatMap((other) => policy.roles.get(other) ?? [])];
  });
