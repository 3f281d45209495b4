/** An approver's answer. */

import type { RequestId } from "../access/identifier.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { Write } from "../grants/ledger.ts";
import { type AccessRequest, approve, deny, nextStep } from "../grants/request.ts";
import { untilWritten } from "../grants/until-written.ts";
import { answeringSoon, askAs } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { endFrom, extendedBy, extensionWrite } from "./extension.ts";
import { grantAccess } from "./grant-access.ts";
import { grantLimits } from "./limits-of.ts";
import { type Less, narrow, narrowedEvent } from "./narrow.ts";
import { createRecordRefusal } from "./record-refusal.ts";
import { type GivenApproval, type Reviewing, reviewingOf, whyNotNow } from "./reviewing.ts";
import { shownSteps } from "./shown-people.ts";
import { stillAllowed } from "./still-allowed.ts";

/** `less`: of what was asked only that. */
export type Verdict =
  | { readonly kind: "approve"; readonly less?: Less }
  | { readonly kind: "deny"; readonly reason: string };

/**
 * Returns the request as it is after the answer, or why it doesn't count. Throws a `Fault` when something that has to be known can't be; the request is unchanged then.
 */
export type ReviewRequest = (id: RequestId, user: string, verdict: Verdict) => Promise<AccessRequest | Refusal>;

/** Whether this person could answer so now: asked before a modal is opened for it. */
export type MayReview = (id: RequestId, user: string, verdict?: Verdict["kind"]) => Promise<AccessRequest | Refusal>;

/**
 * Everything is asked again, now: who answers, whether policy and the authorities still let them, whether the requester may still have it, and what stands before the machine
 * today. A denial takes nothing but its role: whoever may say yes may say no, also while an authority is away.
 * Of two who answer at once one write wins; the other reads again and is told what the first one decided.
 */
export const createReviewRequest = (
  world: WorkflowDeps,
): { readonly review: ReviewRequest; readonly mayReview: MayReview } => {
  const record = createRecordRefusal(world);
  const { shownPeople } = world;

  /** A clear "no" isn't withheld because it couldn't be recorded; what keeps the log away keeps everything else away too. */
  const refused = async (id: RequestId, user: string, verdict: Verdict["kind"], refusal: Refusal): Promise<Refusal> => {
    await record.ofReview(user, id, verdict, refusal).catch(() => undefined);
    return refusal;
  };

  /** Whoever is to answer next is named from today's policy, but for those who have left. */
  const named = async (request: AccessRequest): Promise<AccessRequest> =>
    request.state.kind === "pending" ? { ...request, steps: await shownSteps(request.steps, shownPeople) } : request;

  const mayReview: MayReview = async (id, user, verdict = "deny") => {
    // A form has to be opened soon, so the cloud isn't read for it.
    const reviewing = await reviewingOf(id, user, "deny", world);
    if (isRefusal(reviewing)) return refused(id, user, verdict, reviewing);
    const notNow = whyNotNow(reviewing, reviewing.given, verdict);
    return notNow === undefined ? reviewing.request : refused(id, user, verdict, notNow);
  };

  const review: ReviewRequest = async (id, user, verdict) => {
    const deps = answeringSoon(world);
    return untilWritten(`write the answer to \`${id}\``, async () => {
      const reviewing = await reviewingOf(id, user, verdict.kind, deps);
      const write = isRefusal(reviewing) ? reviewing : await answer(reviewing, verdict, deps);
      if (isRefusal(write)) return refused(id, user, verdict.kind, write);
      const request = await named(write.request);
      return (await deps.ledger.commit({ ...write, request })) ? request : "again";
    });
  };

  return { review, mayReview };
};

type Answer = Write & { readonly request: AccessRequest };

const answer = (
  reviewing: Reviewing,
  verdict: Verdict,
  deps: WorkflowDeps,
): Promise<Answer | Refusal> | Answer | Refusal =>
  verdict.kind === "deny"
    ? denial(reviewing, verdict.reason, deps)
    : verdict.less === undefined
      ? approval(reviewing, deps)
      : lesserApproval(reviewing, verdict.less, deps);

const denial = ({ request, reviewer }: Reviewing, reason: string, { clock }: WorkflowDeps): Answer | Refusal => {
  const now = clock.now();
  const denied = deny(request, reviewer.person, reason, now);
  if (isRefusal(denied)) return denied;
  const facts = { ...factsOf(denied), reason };
  return { request: denied, events: [auditEvent("request.denied", denied.id, now, reviewer.person, facts)] };
};

/** What is left is judged as if it had been asked, and what was asked is on record in the same write. */
const lesserApproval = async (reviewing: Reviewing, less: Less, deps: WorkflowDeps): Promise<Answer | Refusal> => {
  const { request: asked, reviewer, policy } = reviewing;
  const { facts } = reviewer.member;
  const now = deps.clock.now();
  const request = narrow(asked, less, facts.person, { policy, zone: facts.timezone ?? deps.zone(), now });
  if (isRefusal(request)) return request;
  const answered = await approval({ ...reviewing, request }, deps);
  if ("kind" in answered) return answered;
  const narrowed = narrowedEvent(asked, answered.request, facts.person, now);
  return { ...answered, events: [narrowed, ...answered.events] };
};

const approval = async (reviewing: Reviewing, deps: WorkflowDeps): Promise<Answer | Refusal> => {
  const { request, reviewer, machine, rule, steps } = reviewing;
  const [targets, mine, given] = await Promise.all([
    stillAllowed(reviewing, deps),
    askAs(reviewer.identities, rule.authorities, "approve", machine, deps),
    stillSaidYes(reviewing, deps),
  ]);
  if (mine[0] !== undefined) return mine[0];
  if (isRefusal(targets)) return targets;
  if ("kind" in given) return given;
  const notNow = whyNotNow(reviewing, given, "approve");
  if (notNow !== undefined) return notNow;

  const now = deps.clock.now();
  const approvals = given.map((each) => each.approval);
  const step = nextStep(steps, approvals)?.index ?? 0;
  const by = reviewer.person;
  const approved = approve(
    { ...request, steps, state: { kind: "pending", approvals } },
    by,
    now,
    reviewer.identities.known,
  );
  if (isRefusal(approved)) return approved;
  if (approved.state.kind === "approved") {
    const open = await extendedBy(approved, now, deps);
    if (isRefusal(open)) return open;
    if (open !== undefined)
      return { ...extensionWrite(open, endFrom(approved.end, open.grant), now, approved), request: approved };
    return { ...grantAccess(approved, targets, now), request: approved, limits: grantLimits(rule, approved, now) };
  }
  const facts = { ...factsOf(approved), verdict: "approve", step } as const;
  const about = `${request.id}/${by.user}/${approved.version}`;
  // Those of the next step may have to be told.
  return { request: approved, events: [auditEvent("review.given", about, now, by, facts)], requestDue: now };
};

/**
 * Earlier approvals without those of whom an authority says no by now. One that doesn't answer keeps everything as it is, because an approval that is left out is lost.
 */
const stillSaidYes = async (
  { given, rule, machine }: Reviewing,
  deps: WorkflowDeps,
): Promise<readonly GivenApproval[] | Refusal> => {
  const asked = await Promise.all(
    given.map(async (each) => ({
      each,
      refusals: await askAs(each.by.identities, rule.authorities, "approve", machine, deps),
    })),
  );
  const silent = asked.flatMap(({ refusals }) => refusals).find(({ code }) => code === "authority-silent");
  return silent ?? asked.filter(({ refusals }) => refusals.length === 0).map(({ each }) => each);
};
