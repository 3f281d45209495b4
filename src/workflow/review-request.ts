/** An approver's answer. */

import { lengthOf } from "../access/duration.ts";
import type { RequestId } from "../access/identifier.ts";
import type { Machine } from "../access/machine.ts";
import { samePerson } from "../access/person.ts";
import { portKey, type Service } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { Write } from "../grants/ledger.ts";
import {
  type AccessRequest,
  type Approval,
  approve,
  deny,
  nextStep,
  type RequestStep,
  type Target,
  whyTooLate,
} from "../grants/request.ts";
import type { StepAsked } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { resolveService } from "../policy/resolve.ts";
import { mayApprove } from "../policy/roles.ts";
import type { WorkflowDeps } from "./deps.ts";
import { grantAccess } from "./grant-access.ts";
import { judge, requestSteps } from "./judge.ts";
import { createRecordRefusal } from "./record-refusal.ts";
import { type Member, memberOf } from "./standing.ts";
import { targetsOf } from "./targets.ts";

export type Verdict = { readonly kind: "approve" } | { readonly kind: "deny"; readonly reason: string };

/**
 * Returns the request as it is after the answer, or why it doesn't count. Throws a `Fault` when something that has to be known can't be; the request is unchanged then.
 */
export type ReviewRequest = (id: RequestId, user: string, verdict: Verdict) => Promise<AccessRequest | Refusal>;

/** Whether this person could answer now: asked before a modal is opened for a denial. */
export type MayReview = (id: RequestId, user: string) => Promise<AccessRequest | Refusal>;

/**
 * Everything is asked again, now: who answers, whether policy still lets them, whether the requester may still have it, and what stands before the machine today.
 * Of two who answer at once one write wins; the other reads again and is told what the first one decided.
 */
export const createReviewRequest = (
  deps: WorkflowDeps,
): { readonly review: ReviewRequest; readonly mayReview: MayReview } => {
  const record = createRecordRefusal(deps);

  /** A clear "no" isn't withheld because it couldn't be recorded; what keeps the log away keeps everything else away too. */
  const refused = async (id: RequestId, user: string, verdict: Verdict["kind"], refusal: Refusal): Promise<Refusal> => {
    await record.ofReview(user, id, verdict, refusal).catch(() => undefined);
    return refusal;
  };

  const mayReview: MayReview = async (id, user) => {
    const reviewing = await prepare(id, user, deps);
    return isRefusal(reviewing) ? refused(id, user, "deny", reviewing) : reviewing.request;
  };

  const review: ReviewRequest = async (id, user, verdict) => {
    for (;;) {
      const reviewing = await prepare(id, user, deps);
      const write = isRefusal(reviewing) ? reviewing : await answer(reviewing, verdict, deps);
      if (isRefusal(write)) return refused(id, user, verdict.kind, write);
      if (await deps.ledger.commit(write)) return write.request;
    }
  };

  return { review, mayReview };
};

interface Reviewing {
  readonly request: AccessRequest;
  readonly reviewer: Member;
  readonly machine: Machine;
  readonly policy: Policy;
}

const prepare = async (id: RequestId, user: string, deps: WorkflowDeps): Promise<Reviewing | Refusal> => {
  const policy = deps.policy();
  if (policy === undefined) return refuse("policy-unreadable", {});
  const reviewer = await memberOf(user, policy, deps.directory);
  if (isRefusal(reviewer)) return reviewer;
  const request = await deps.ledger.request(id);
  if (request === undefined) return refuse("request-unknown", {});
  const late = whyTooLate(request, deps.clock.now());
  if (late !== undefined) return late;
  if (samePerson(reviewer.facts.person, request.requester)) return refuse("own-request", {});

  const machine = deps.machines.byId(request.machine.id);
  if (machine === undefined) return refuse("requester-changed", { reason: "machine-unknown" });
  const rule = ruleFor(policy, machine);
  if (rule?.approve.kind !== "by") return refuse("requester-changed", { reason: "machine-not-offered" });
  const { steps } = rule.approve;
  if (!steps.some((step) => mayApprove(step, reviewer.roles)))
    return refuse("not-approver", { roles: steps.flatMap(({ roles }) => roles) });
  return { request, reviewer, machine, policy };
};

const answer = async (
  reviewing: Reviewing,
  verdict: Verdict,
  deps: WorkflowDeps,
): Promise<(Write & { readonly request: AccessRequest }) | Refusal> => {
  const { request, reviewer } = reviewing;
  const by = reviewer.facts.person;
  if (verdict.kind === "deny") {
    const now = deps.clock.now();
    const denied = deny(request, by, verdict.reason, now);
    if (isRefusal(denied)) return denied;
    const facts = { ...factsOf(denied), reason: verdict.reason };
    return { request: denied, events: [auditEvent("request.denied", denied.id, now, by, facts)] };
  }
  const today = await stillAllowed(reviewing, deps);
  if (isRefusal(today)) return today;
  const { approvals } = today;
  const now = deps.clock.now();
  const due = nextStep(today.steps, today.approvals);
  const asked = due === undefined ? undefined : today.decided[due.index];
  if (asked !== undefined && !mayApprove(asked, reviewer.roles)) return refuse("not-your-turn", { roles: asked.roles });
  const approved = approve({ ...request, steps: today.steps, state: { kind: "pending", approvals } }, by, now);
  if (isRefusal(approved)) return approved;
  if (approved.state.kind === "approved") return { ...grantAccess(approved, today.targets, now), request: approved };
  const facts = { ...factsOf(approved), verdict: "approve", step: due?.index ?? 0 } as const;
  return { request: approved, events: [auditEvent("review.given", `${request.id}/${by.user}`, now, by, facts)] };
};

interface Today {
  readonly targets: readonly Target[];
  readonly decided: readonly StepAsked[];
  readonly steps: readonly RequestStep[];
  /** Those given so far by people who could still give them. */
  readonly approvals: readonly Approval[];
}

/** What was true when it was asked may not be any more: roles, policy, the machine. */
const stillAllowed = async ({ request, machine, policy }: Reviewing, deps: WorkflowDeps): Promise<Today | Refusal> => {
  const requester = await memberOf(request.requester.user, policy, deps.directory);
  if (isRefusal(requester)) return refuse("requester-changed", { reason: requester.code });
  const services = request.services
    .map((name) => resolveService(name, policy))
    .filter((each): each is Service => !isRefusal(each));
  const asked = new Set(request.ports.map(portKey));
  const samePorts =
    asked.symmetricDifference(new Set(services.flatMap((service) => service.ports.map(portKey)))).size === 0;
  if (!samePorts) return refuse("requester-changed", { reason: "port-not-offered" });

  const durationMs = lengthOf(request.end, deps.clock.now());
  const access = { machine, services, sources: request.sources, durationMs, justification: request.justification };
  const decision = await judge(access, requester, policy, deps.directory, deps.clock.now());
  if (decision.kind === "deny") return refuse("requester-changed", { reason: decision.refusals[0].code });
  const targets = targetsOf(machine, request.sources);
  const decided = decision.kind === "needs-approval" ? decision.steps : [];
  return isRefusal(targets)
    ? targets
    : {
        targets,
        decided,
        steps: requestSteps(decided),
        approvals: await stillGiven(request, decision.rule, policy, deps),
      };
};

const approves = ({ approve }: Rule, step: number, roles: ReadonlySet<string>): boolean => {
  const asked = approve.kind === "by" ? approve.steps[step] : undefined;
  return asked !== undefined && mayApprove(asked, roles);
};

/** Who approved an hour ago may have left since. */
const stillGiven = async (
  request: AccessRequest,
  rule: Rule,
  policy: Policy,
  deps: WorkflowDeps,
): Promise<readonly Approval[]> => {
  const given: Approval[] = [];
  for (const approval of request.state.kind === "pending" ? request.state.approvals : []) {
    const approver = await memberOf(approval.by.user, policy, deps.directory);
    if (!isRefusal(approver) && approves(rule, approval.step, approver.roles)) given.push(approval);
  }
  return given;
};
