/** Of people that policy names, those to name to others: whom Slack no longer counts among us is left out, as far as anybody reads such a list. */

import type { Directory } from "../access/person.ts";
import { type Clock, type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";
import type { RequestStep } from "../grants/request.ts";

/** For showing only: what Slack said lately will do, and who can't be asked about stays. */
export type ShownPeople = (users: readonly string[]) => Promise<readonly string[]>;

interface ShownPeopleDeps {
  readonly directory: Pick<Directory, "lookUp">;
  readonly clock: Clock;
}

/** Remembers for a while who is a member, so one is enough for everybody. */
export const createShownPeople = ({ directory, clock }: ShownPeopleDeps): ShownPeople => {
  // The one that was asked first comes first.
  const known = new Map<string, { readonly until: EpochMs; readonly isMember: Promise<boolean> }>();

  const forgetOld = (now: EpochMs): void => {
    for (const [user, { until }] of known) {
      if (now < until) return;
      known.delete(user);
    }
  };

  const isMember = (user: string): Promise<boolean> => {
    const now = clock.now();
    forgetOld(now);
    const before = known.get(user);
    if (before !== undefined) return before.isMember;
    const asked = directory.lookUp(user).then(
      (facts) => facts?.standing === "member",
      () => true,
    );
    known.set(user, { until: later(now, SHOWN_FOR), isMember: asked });
    return asked;
  };

  return async (users) => {
    const read = users.slice(0, READ_SO_FAR);
    const there = await Promise.all(read.map(isMember));
    return [...read.filter((_, i) => there[i] === true), ...users.slice(READ_SO_FAR)];
  };
};

/** The same of all steps; who is left out is kept, to be said. */
export const shownSteps = (steps: readonly RequestStep[], shown: ShownPeople): Promise<readonly RequestStep[]> =>
  Promise.all(
    steps.map(async (step) => {
      const users = await shown(step.users);
      const gone = step.users.filter((user) => !users.includes(user));
      return { ...step, users, ...(gone.length === 0 ? {} : { gone }) };
    }),
  );

/** `users.info` allows a hundred calls a minute, and every one of them may be needed to decide something. */
const READ_SO_FAR = 15;
const SHOWN_FOR = (10 * MINUTE) as DurationMs;
