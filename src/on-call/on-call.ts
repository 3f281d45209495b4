/** Who is on call now, by the schedules of PagerDuty and Opsgenie, as Slack knows them. */

import { type Directory, type Schedule, scheduleKey } from "../access/person.ts";
import { type Clock, type DurationMs, type EpochMs, later, SECOND } from "../access/time.ts";
import { askOpsgenie } from "./opsgenie.ts";
import { askPagerDuty } from "./pagerduty.ts";

export interface OnCallService {
  /** A read-only REST API key. */
  readonly token: string;
  /** `https://api.pagerduty.com`, or another region's. */
  readonly address: string;
}

export interface OnCallDeps {
  readonly pagerduty?: OnCallService | undefined;
  readonly opsgenie?: OnCallService | undefined;
  /** Slack id of a user of a service, by the service's own id of them: never by their address. */
  readonly slackUserOf: (service: Schedule["service"], id: string) => string | undefined;
  readonly clock: Clock;
  /** Told once of each answer that names nobody who could act, and why. */
  readonly failed: (schedule: Schedule, error: Error) => void;
  /** How long a service may take to say who is on call; 3 s. */
  readonly answerWithinMs?: DurationMs;
}

/** Answers are kept for 10 s, failures for 3, so that one decision waits for a silent service but once. */
export const createOnCall = (deps: OnCallDeps): Directory["onCall"] => {
  const { clock, slackUserOf } = deps;
  const kept = new Map<string, Kept>();

  const askNow = (schedule: Schedule): Kept => {
    const made: Kept = { until: later(clock.now(), ANSWER_LASTS), answer: Promise.resolve([]), isTold: false };
    made.answer = ask(deps, schedule).catch((error: unknown) => {
      made.until = later(clock.now(), FAILURE_LASTS);
      return error instanceof Error ? error : new Error(String(error));
    });
    return made;
  };

  return async (schedule) => {
    const key = scheduleKey(schedule);
    const before = kept.get(key);
    const now = before === undefined || clock.now() >= before.until ? askNow(schedule) : before;
    kept.set(key, now);
    const answer = await now.answer;
    // Who is who may have changed since; only what the service said is kept.
    const users = answer instanceof Error ? [] : answer.flatMap((id) => slackUserOf(schedule.service, id) ?? []);
    if (users.length > 0) return new Set(users);
    if (!now.isTold) {
      now.isTold = true;
      tell(deps, schedule, answer instanceof Error ? answer : new Error(nobody(schedule, answer.length)));
    }
    return undefined;
  };
};

interface Kept {
  until: EpochMs;
  answer: Promise<readonly string[] | Error>;
  isTold: boolean;
}

const ask = async (deps: OnCallDeps, schedule: Schedule): Promise<readonly string[]> => {
  const { clock, answerWithinMs = ANSWER_WITHIN } = deps;
  const service = deps[schedule.service];
  if (service === undefined) throw new Error(`\`${schedule.service}\` is not configured`);
  const question = { ...service, schedule: schedule.id, at: clock.now(), signal: AbortSignal.timeout(answerWithinMs) };
  switch (schedule.service) {
    case "pagerduty":
      return await askPagerDuty(question);
    case "opsgenie":
      return await askOpsgenie(question);
  }
};

const tell = ({ failed }: OnCallDeps, schedule: Schedule, error: Error): void => {
  try {
    failed(schedule, error);
  } catch {
    // Others answer in any case, and whoever can't be told is not their trouble.
  }
};

const nobody = (schedule: Schedule, named: number): string =>
  named === 0
    ? `nobody is on call in \`${scheduleKey(schedule)}\``
    : `nobody who is on call in \`${scheduleKey(schedule)}\` is linked to somebody in Slack`;

const ANSWER_WITHIN = (3 * SECOND) as DurationMs;
const ANSWER_LASTS = (10 * SECOND) as DurationMs;
const FAILURE_LASTS = (3 * SECOND) as DurationMs;
