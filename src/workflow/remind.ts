/** Pressing for an answer: who is asked hears of it again after a third of the time, and others after two thirds. */

import type { Directory } from "../access/person.ts";
import { between, type DurationMs, type EpochMs, later } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { Write } from "../grants/ledger.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Policy } from "../policy/policy.ts";
import { holdersOf, membershipsFor } from "./standing.ts";
import { firstMembers, holdersIn, stepInTurn } from "./step-people.ts";

export interface RemindDeps {
  readonly directory: Directory;
  readonly policy: () => Policy | undefined;
  readonly securityRoles: () => readonly string[];
  /** Whether security has a channel, where it hears of everything. */
  readonly hasSecurityChannel: () => boolean;
}

/** `undefined`: nobody is reminded any more. */
export const nextReminderToAnswer = ({ state, reminded, askedAt, answerBy }: AccessRequest): EpochMs | undefined => {
  if (state.kind !== "pending" || reminded === "escalated") return undefined;
  const whole = between(askedAt, answerBy);
  return later(askedAt, Math.ceil((whole * (reminded === undefined ? 1 : 2)) / 3) as DurationMs);
};

/** `undefined` while it isn't time. Who overslept a reminder goes on with what comes after it. */
export const remindApprovers = async (
  request: AccessRequest,
  now: EpochMs,
  deps: RemindDeps,
): Promise<Write | undefined> => {
  const due = nextReminderToAnswer(request);
  if (due === undefined || now < due) return undefined;
  const isLate = now >= (nextReminderToAnswer({ ...request, reminded: "reminded" }) ?? now);
  const reminded: "reminded" | "escalated" = isLate ? "escalated" : "reminded";
  // People hear of it in the channel, whoever couldn't be looked up.
  const whom = isLate ? await nextInLine(request, deps).catch(() => undefined) : remindedDirectly(request);
  const next = { ...request, version: request.version + 1, reminded } as const;
  const facts = { how: reminded, users: whom?.users ?? [], isLast: whom?.isLast ?? true, answerBy: request.answerBy };
  return {
    request: next,
    events: [
      auditEvent("request.reminded", `${request.id}/${reminded}`, now, "bot", { ...factsOf(request), ...facts }),
    ],
  };
};

interface Whom {
  readonly users: readonly string[];
  readonly isLast: boolean;
}

/** Who was told directly, and hasn't answered. */
const remindedDirectly = (request: AccessRequest): Whom => {
  const step = stepInTurn(request)?.index;
  const done = request.state.kind === "pending" ? request.state.approvals.map(({ by }) => by.user) : [];
  const told = (request.told ?? []).filter((each) => each.step === step).flatMap(({ users }) => users);
  return { users: told.filter((user) => !done.includes(user)), isLast: false };
};

const nextInLine = async (request: AccessRequest, deps: RemindDeps): Promise<Whom> => {
  const { directory } = deps;
  const after = request.steps[(stepInTurn(request)?.index ?? 0) + 1];
  if (after !== undefined)
    return { users: await firstMembers(await holdersIn(after, request, directory), directory), isLast: false };
  const policy = deps.policy();
  const roles = deps.securityRoles();
  if (policy === undefined || deps.hasSecurityChannel()) return { users: [], isLast: true };
  const memberships = await membershipsFor(request.requester.user, policy, directory, roles);
  const others = holdersOf(roles, policy, memberships).filter((user) => user !== request.requester.user);
  return { users: await firstMembers(others, directory), isLast: true };
};
