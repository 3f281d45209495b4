/** Whoever is to answer next and doesn't read the card's channel hears of it directly, and it is on record who did. */

import type { Directory } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { Write } from "../grants/ledger.ts";
import type { AccessRequest } from "../grants/request.ts";
import { firstMembers, holdersIn, stepInTurn } from "./step-people.ts";

/** `undefined`: it can't be read, so nobody knows who is in it. Throws a `Fault` when it can be only later. */
export type ChannelMembers = (channel: string) => Promise<ReadonlySet<string> | undefined>;

export interface TellApproversDeps {
  readonly directory: Pick<Directory, "lookUp" | "members">;
  readonly channelMembers: ChannelMembers;
}

/** `undefined`: the step in turn was seen to already. Throws a `Fault` when Slack can't be asked. */
export const tellApprovers = async (
  request: AccessRequest,
  now: EpochMs,
  deps: TellApproversDeps,
): Promise<Write | undefined> => {
  const due = stepInTurn(request);
  const told = request.told ?? [];
  if (due === undefined || told.some(({ step }) => step === due.index)) return undefined;
  const holders = await holdersIn(due.step, request, deps.directory);
  const there = holders.length === 0 ? undefined : await deps.channelMembers(request.channel);
  const users = await firstMembers(
    holders.filter((user) => there?.has(user) !== true),
    deps.directory,
  );
  const next = { ...request, version: request.version + 1, told: [...told, { step: due.index, users }] };
  const facts = { ...factsOf(request), step: due.index, users, answerBy: request.answerBy };
  return {
    request: next,
    events:
      users.length === 0 ? [] : [auditEvent("approvers.told", `${request.id}/${next.version}`, now, "bot", facts)],
  };
};
