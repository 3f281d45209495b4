/** Who is asked in a step of a request, by Slack id: members of its groups too, and only people who are still here. */

import type { Directory } from "../access/person.ts";
import { type AccessRequest, nextStep, type RequestStep } from "../grants/request.ts";

/** The step in turn; `undefined` when none is missing, or it is answered. */
export const stepInTurn = ({ state, steps }: AccessRequest): ReturnType<typeof nextStep> =>
  state.kind === "pending" ? nextStep(steps, state.approvals) : undefined;

/** But for whoever asks and those who approved; with groups that nobody knows left out. Throws a `Fault` when Slack can't be asked. */
export const holdersIn = async (
  { users, groups }: RequestStep,
  request: AccessRequest,
  { members }: Pick<Directory, "members">,
): Promise<readonly string[]> => {
  const named = await Promise.all(groups.map(async (group) => [...((await members(group)) ?? [])]));
  const done = request.state.kind === "pending" ? request.state.approvals.map(({ by }) => by.user) : [];
  const except = new Set([request.requester.user, ...done]);
  return [...new Set([...users, ...named.flat()])].filter((user) => !except.has(user));
};

/** The first few who are full members: a message to anybody else would be read by nobody, and Slack wouldn't say so. */
export const firstMembers = async (
  users: readonly string[],
  { lookUp }: Pick<Directory, "lookUp">,
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const user of users.slice(0, MOST_LOOKED_UP)) {
    if (found.length === MOST_TOLD) break;
    if ((await lookUp(user))?.standing === "member") found.push(user);
  }
  return found;
};

/** Slack asks not to write to many people at once, and of more than that nobody feels asked. */
const MOST_TOLD = 20;
/** `users.info` allows a hundred calls a minute. */
const MOST_LOOKED_UP = 40;
