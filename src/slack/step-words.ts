/** For how long, and who has to approve, step by step: who is missing, who has, and who is asked because a schedule doesn't say who is on call. */

import { showDuration } from "../access/duration.ts";
import type { EpochMs } from "../access/time.ts";
import { type AccessRequest, type Approval, nextStep, type RequestStep } from "../grants/request.ts";
import { few, listed, shortened } from "./lists.ts";
import { literal, mention, mentionGroup, when } from "./mrkdwn.ts";

/** `for 2 hours`, `until 18:00`; of an open access that is to stay open, `longer, until 18:00`. */
export const lengthText = ({ end, extends: made }: AccessRequest, now: EpochMs, zone: string): string => {
  const length = end.kind === "for" ? `for ${showDuration(end.durationMs)}` : `until ${when(end.at, now, zone)}`;
  return made === undefined ? length : `longer, ${length}`;
};

/** `one of @lead-1, @lead-2, then one of @sec-1`: whoever could approve, but for the requester and those who have. */
export const whoMayAnswer = (request: AccessRequest): string => {
  const approvals = approvalsOf(request);
  const done = [request.requester.user, ...approvals.map(({ by }) => by.user)];
  return stepsText(
    request.steps
      .map((step, index) => ({ ...step, needed: step.needed - givenIn(approvals, index).length }))
      .filter(({ needed }) => needed > 0),
    done,
  );
};

/** The same of steps as they were asked; `except`: users who don't count. */
export const stepsText = (steps: readonly RequestStep[], except: readonly string[]): string =>
  steps.map((step) => stepText(step, except)).join(", then ");

/** A line for what was approved so far, empty when nothing was: with several steps, by whom in which, and which comes next. */
export const approvedSoFar = (request: AccessRequest): readonly string[] => {
  const approvals = approvalsOf(request);
  const { steps } = request;
  if (approvals.length === 0) return [];
  if (steps.length < 2) return [`Approved so far by ${approvers(approvals)}`];
  const given = steps.flatMap((_, index) => {
    const inStep = givenIn(approvals, index);
    return inStep.length === 0 ? [] : [`step ${index + 1} by ${approvers(inStep)}`];
  });
  const next = nextStep(steps, approvals);
  const then = next === undefined ? "" : `; now step ${next.index + 1} of ${steps.length}`;
  return [`Approved so far: ${few(given, MOST_NAMED)}${then}`];
};

/** `approved by @lead-1, @sec`; empty when nobody approved. */
export const approvedBy = (request: AccessRequest | undefined): string => {
  const approvals = request?.state.kind === "approved" ? request.state.approvals : [];
  return approvals.length === 0 ? "" : `approved by ${approvers(approvals)}`;
};

/** Its rule names people who approve, and in these hours nobody has to. */
export const isAutomatic = (request: AccessRequest | undefined): boolean =>
  request?.state.kind === "approved" &&
  request.breakGlass === undefined &&
  request.steps.length > 0 &&
  request.state.approvals.length === 0;

/** A loud line for each schedule that doesn't say who is on call, with those who are asked instead. */
export const silentLines = (steps: readonly RequestStep[], except: readonly string[]): readonly string[] =>
  [
    ...new Set(
      steps.flatMap((step) => {
        const instead = namesOf(step, except);
        const asked =
          instead.length === 0
            ? "and nobody else is named to answer instead"
            : `so ${listed(shortened(instead, MOST_NAMED))} ${instead.length === 1 && step.groups.length === 0 ? "is" : "are"} asked instead`;
        return (step.silent ?? []).map((key) => `*The ${scheduleName(key)} doesn't say who is on call*, ${asked}.`);
      }),
    ),
  ].slice(0, MOST_NAMED);

/** Lines for whom policy names and who are no longer here, and for whom a direct message reached of the step in turn. */
export const goneAndTold = (request: AccessRequest): readonly string[] => {
  const gone = [...new Set(request.steps.flatMap((step) => step.gone ?? []))];
  const index = nextStep(request.steps, approvalsOf(request))?.index;
  const told = (request.told ?? []).filter(({ step }) => step === index).flatMap(({ users }) => users);
  return [
    ...(gone.length === 0
      ? []
      : [
          `${few(gone.map(mention), MOST_NAMED)} ${gone.length === 1 ? "is" : "are"} named too, and no longer here: skipped.`,
        ]),
    ...(told.length === 0 ? [] : [`Told directly: ${few(told.map(mention), MOST_NAMED)}`]),
  ];
};

/** `pagerduty:PABC123` → on-call schedule PABC123 (PagerDuty) */
export const scheduleName = (key: string): string => {
  const [service = "", ...id] = key.split(":");
  const name = SERVICES[service];
  return name === undefined || id.length === 0
    ? `on-call schedule ${literal(key)}`
    : `on-call schedule ${literal(id.join(":"))} (${name})`;
};

const stepText = (step: RequestStep, except: readonly string[]): string => {
  const named = namesOf(step, except);
  const shown = few(named, MOST_NAMED);
  if (named.length === 0) return step.needed === 1 ? "one approval" : `${step.needed} approvals`;
  return named.length === 1 && step.groups.length === 0
    ? shown
    : `${step.needed === 1 ? "one" : step.needed} of ${shown}`;
};

/** Everyone who could have approved some step: *@leads, @sec-1*. */
export const everyoneIn = (steps: readonly RequestStep[], except: readonly string[]): string =>
  few([...new Set(steps.flatMap((step) => namesOf(step, except)))], MOST_NAMED);

const namesOf = ({ groups, users }: RequestStep, except: readonly string[]): readonly string[] => [
  ...groups.map(mentionGroup),
  ...users.filter((user) => !except.includes(user)).map(mention),
];

const approvalsOf = ({ state }: AccessRequest): readonly Approval[] =>
  state.kind === "pending" || state.kind === "approved" ? state.approvals : [];

const givenIn = (approvals: readonly Approval[], index: number): readonly Approval[] =>
  approvals.filter(({ step }) => step === index);

const approvers = (approvals: readonly Approval[]): string =>
  few(
    approvals.map(({ by }) => mention(by.user)),
    MOST_NAMED,
  );

const SERVICES: Readonly<Record<string, string>> = { pagerduty: "PagerDuty", opsgenie: "Opsgenie" };

const MOST_NAMED = 12;
