/** What time does to a request: who is to answer is told and reminded, nobody answered it, its access is about to end, or nobody has reviewed what was opened past approvals. */

import type { GrantId, RequestId } from "../access/identifier.ts";
import { type Directory, personKey } from "../access/person.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import { changeGrant } from "../grants/change.ts";
import { factsOf } from "../grants/facts.ts";
import { type Grant, isActive } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import { type AccessRequest, lapse, lapseWithAccess, nextReminder, remind } from "../grants/request.ts";
import { WARN_BEFORE } from "./grant-access.ts";
import { supersede } from "./my-address/supersede.ts";
import { nextReminderToAnswer, type RemindDeps, remindApprovers } from "./remind.ts";
import { type TellApproversDeps, tellApprovers } from "./tell-approvers.ts";

interface LookAtRequestDeps extends RemindDeps, TellApproversDeps {
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Whether what was opened lets in; called once for each grant. */
  readonly checkOpened: (grant: Grant) => Promise<void>;
}

/** One look at one request, safe to repeat. Returns when to look next. */
export const createLookAtRequest =
  ({ ledger, clock, checkOpened, ...approvers }: LookAtRequestDeps) =>
  async (id: RequestId): Promise<EpochMs | undefined> => {
    const request = await ledger.request(id);
    if (request?.state.kind !== "pending") {
      // First, because a cloud that can't be asked must not keep people from hearing that their time runs out.
      const grantId = request?.extends ?? (id as string as GrantId);
      const warnAgain = await warn(grantId, ledger, clock);
      const next = earliest(warnAgain, request === undefined ? undefined : await askForReview(request, ledger, clock));
      await lapseQuestions(await ledger.grant(grantId), ledger, clock);
      await supersede(grantId, ledger, clock);
      await check(grantId, ledger, clock, checkOpened);
      return next;
    }
    const at = clock.now();
    const lapsed =
      lapse(request, at) ?? ((await isAbout(request, at, ledger)) ? undefined : lapseWithAccess(request, at));
    if (lapsed === undefined) {
      // One after the other, each in a write of its own: whatever isn't done yet is done by the next look.
      const write = (await remindApprovers(request, at, approvers)) ?? (await tellApprovers(request, at, approvers));
      if (write === undefined) return earliest(request.answerBy, nextReminderToAnswer(request));
      await ledger.commit(write);
      return at;
    }
    const written = await ledger.commit({
      request: lapsed,
      events: [lapsedEvent(lapsed, at)],
    });
    // Somebody answered in this very moment: then there is a new state to look at.
    return written ? undefined : at;
  };

/** What it asks to make longer, if that is what it asks, is open still. */
const isAbout = async ({ extends: id }: AccessRequest, now: EpochMs, ledger: Ledger): Promise<boolean> => {
  if (id === undefined) return true;
  const grant = await ledger.grant(id);
  return grant !== undefined && isActive(grant, now);
};

/** Nobody is to be reminded of, or to press on, what can't be made longer any more. Whoever answers in this very moment is told so. */
const lapseQuestions = async (grant: Grant | undefined, ledger: Ledger, clock: Clock): Promise<void> => {
  const at = clock.now();
  if (grant === undefined || isActive(grant, at)) return;
  for (const request of await ledger.pendingOf(personKey(grant.requester))) {
    const lapsed = request.extends === grant.id ? lapseWithAccess(request, at) : undefined;
    if (lapsed !== undefined) await ledger.commit({ request: lapsed, events: [lapsedEvent(lapsed, at)] });
  }
};

const lapsedEvent = (lapsed: AccessRequest, at: EpochMs): AuditEvent => {
  const because = lapsed.state.kind === "lapsed" ? lapsed.state.because : undefined;
  const facts = { ...factsOf(lapsed), ...(because === undefined ? {} : { because }) };
  return auditEvent("request.lapsed", lapsed.id, at, "bot", facts);
};

/** Returns when to ask again; somebody else may have written in this very moment, and then at once. */
const askForReview = async (request: AccessRequest, ledger: Ledger, clock: Clock): Promise<EpochMs | undefined> => {
  const at = clock.now();
  const reminded = remind(request, at);
  if (reminded?.state.kind !== "approved" || reminded.breakGlass === undefined) return nextReminder(request);
  const facts = { ...factsOf(reminded), usedAt: reminded.state.at, tell: reminded.breakGlass.tell };
  const event = auditEvent("break-glass.unreviewed", `${request.id}/${at}`, at, "bot", facts);
  return (await ledger.commit({ request: reminded, events: [event] })) ? nextReminder(reminded) : at;
};

const check = async (
  id: GrantId,
  ledger: Ledger,
  clock: Clock,
  checkOpened: LookAtRequestDeps["checkOpened"],
): Promise<void> => {
  const grant = await ledger.grant(id);
  if (grant?.openedAt === undefined || grant.checkedAt !== undefined || !isActive(grant, clock.now())) return;
  await checkOpened(grant);
  await changeGrant(ledger, id, (current) => ({ grant: { ...current, checkedAt: clock.now() }, events: [] }));
};

const warn = async (id: GrantId, ledger: Ledger, clock: Clock): Promise<EpochMs | undefined> => {
  const grant = await ledger.grant(id);
  const now = clock.now();
  if (grant === undefined || !isActive(grant, now) || grant.warnedAt !== undefined) return undefined;
  const at = warnAt(grant);
  if (now < at) return at;
  await changeGrant(ledger, id, (current) => {
    // Short accesses need no warning, and one that never opened has nothing to lose.
    if (current.warnedAt !== undefined || !isActive(current, now)) return undefined;
    if (warnAt(current) <= current.startsAt || current.openedAt === undefined) return undefined;
    const facts = { ...factsOf(current), grantId: id, expiresAt: current.expiresAt };
    const event = auditEvent("grant.ending", `${id}/${current.expiresAt}`, now, "bot", facts);
    return { grant: { ...current, warnedAt: now }, events: [event] };
  });
  return undefined;
};

const warnAt = (grant: Grant): EpochMs => later(grant.expiresAt, -WARN_BEFORE as DurationMs);
