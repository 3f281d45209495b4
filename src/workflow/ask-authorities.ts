/** Asks whoever beside our own policy has a say, all of them side by side, each for a limited time: no answer in time is a "no". */

import type { Activity, AuthorityName, AuthorityNo } from "../access/authority.ts";
import { isFault } from "../access/fault.ts";
import { randomId } from "../access/identifier.ts";
import type { Machine } from "../access/machine.ts";
import { orAborted } from "../access/or-aborted.ts";
import type { Directory, Identities, PersonFacts } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { between, type Clock, type DurationMs, later, SECOND } from "../access/time.ts";
import type { Authority, AuthorityQuestion } from "../policy/authority.ts";

export interface AuthorityDeps {
  readonly directory: Pick<Directory, "identities">;
  /** Those that are connected. A rule that names another gives nobody anything. */
  readonly authorities: ReadonlyMap<AuthorityName, Authority>;
  /** How long one may take; no more than `LONGEST_WAIT` in any case. */
  readonly authorityTimeoutMs: () => DurationMs;
  /** One couldn't be asked; people are given the reference. */
  readonly authorityFailed: (name: AuthorityName, error: unknown, reference: string) => void;
}

/** People wait for an answer, and it has to come within 5 s. */
export const LONGEST_WAIT = (4 * SECOND) as DurationMs;

/**
 * The same world for one answer to one person, who waits from now on: what was looked up before, an on-call service say, leaves an authority less time, so that both together
 * don't take too long.
 */
export const answeringSoon = <D extends AuthorityDeps & { readonly clock: Clock }>(deps: D): D => {
  const answerBy = later(deps.clock.now(), ANSWER_WITHIN);
  const left = (): DurationMs => Math.max(between(deps.clock.now(), answerBy), SHORTEST_WAIT) as DurationMs;
  return { ...deps, authorityTimeoutMs: () => Math.min(deps.authorityTimeoutMs(), left()) };
};

const ANSWER_WITHIN = 4_500 as DurationMs;
const SHORTEST_WAIT = SECOND;

/** Every "no" of the named authorities, in their order; none: all say yes. Throws a `Fault` when it can't be known who the person is elsewhere. */
export const askAuthorities = async (
  names: readonly AuthorityName[],
  activity: Activity,
  machine: Machine,
  person: PersonFacts,
  deps: AuthorityDeps,
): Promise<readonly Refusal[]> => {
  if (names.length === 0) return [];
  const identities = await deps.directory.identities(person);
  return askAs(identities, names, activity, machine, deps);
};

/** The same for somebody whose identities are known. */
export const askAs = async (
  identities: Identities,
  names: readonly AuthorityName[],
  activity: Activity,
  machine: Machine,
  deps: Omit<AuthorityDeps, "directory">,
): Promise<readonly Refusal[]> => {
  const answers = await Promise.all(names.map((name) => askOne(name, { activity, machine, identities }, deps)));
  return answers.filter((answer) => answer !== undefined);
};

const askOne = async (
  authority: AuthorityName,
  question: AuthorityQuestion,
  deps: Omit<AuthorityDeps, "directory">,
): Promise<Refusal | undefined> => {
  const { activity, machine } = question;
  const no = (because: AuthorityNo): Refusal =>
    refuse("authority-no", { authority, machine: machine.name, cloud: machine.cloud, activity, because });
  const connected = deps.authorities.get(authority);
  if (connected === undefined) return no({ kind: "no-say" });
  const limit = AbortSignal.timeout(Math.min(deps.authorityTimeoutMs(), LONGEST_WAIT));
  try {
    // One that doesn't heed the signal must not keep people waiting either.
    const answer = await orAborted(connected.ask(question, limit), limit);
    return answer.kind === "yes" ? undefined : no(answer.because);
  } catch (error) {
    const reference = randomId().slice(0, 4);
    deps.authorityFailed(authority, error, reference);
    const problem = limit.aborted ? "slow" : isThrottled(error) ? "throttled" : "failed";
    return refuse("authority-silent", { authority, problem, reference });
  }
};

/** Azure names the time to wait; AWS only the error: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const isThrottled = (error: unknown): boolean =>
  isFault(error) &&
  (error.afterMs !== undefined || /throttl|too ?many ?requests|RequestLimitExceeded/iu.test(error.message));
