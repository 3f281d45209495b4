/** Who may answer a request now: somebody of the step that comes next, and not the one who asks, by whatever account. */

import type { RequestId } from "../access/identifier.ts";
import type { Machine } from "../access/machine.ts";
import {
  asKnownBefore,
  type Directory,
  type LinkedPerson,
  NOBODY_ELSEWHERE,
  type PersonFacts,
  personOf,
  sameHuman,
  samePerson,
} from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type AccessRequest, type Approval, nextStep, type RequestStep, whyTooLate } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { approvingRoles, type Policy, type Rule, type Step, stepsOf } from "../policy/policy.ts";
import { type Memberships, mayApprove, stepsAsked } from "../policy/roles.ts";
import type { WorkflowDeps } from "./deps.ts";
import { freshMachine } from "./fresh-machine.ts";
import { requestSteps } from "./judge.ts";
import { holding, type Member, membershipsFor, rolesAbout } from "./standing.ts";

export interface Reviewing {
  readonly request: AccessRequest;
  readonly reviewer: Linked;
  /** As Slack knows them now; `undefined`: not at all. */
  readonly requester: PersonFacts | undefined;
  readonly machine: Machine;
  readonly policy: Policy;
  readonly rule: Rule;
  /** Today's, which may be others than when it was asked. */
  readonly steps: readonly RequestStep[];
  readonly memberships: Memberships;
  /** The approvals given so far by people who could still give them, as far as roles go, each human once. */
  readonly given: readonly GivenApproval[];
}

/** Somebody of ours with who they are elsewhere. */
export interface Linked extends LinkedPerson {
  readonly member: Member;
}

export interface GivenApproval {
  readonly approval: Approval;
  readonly by: Linked;
}

export type ReviewingDeps = Pick<WorkflowDeps, "policy" | "directory" | "clock"> & {
  readonly ledger: Pick<WorkflowDeps["ledger"], "request">;
  readonly machines: Pick<WorkflowDeps["machines"], "byId" | "readWithin">;
};

/** Everything is looked up now. Throws a `Fault` when something that has to be known can't be. */
export const reviewingOf = async (
  id: RequestId,
  user: string,
  verdict: "approve" | "deny",
  deps: ReviewingDeps,
): Promise<Reviewing | Refusal> => {
  const policy = deps.policy();
  if (policy === undefined) return refuse("policy-unreadable", {});
  const facts = await personOf(user, deps.directory);
  if (isRefusal(facts)) return facts;
  const request = await deps.ledger.request(id);
  if (request === undefined) return refuse("request-unknown", {});
  const late = whyTooLate(request, deps.clock.now());
  if (late !== undefined) return late;
  if (samePerson(facts.person, request.requester)) return refuse("own-request", {});

  const known = (): Machine | Refusal =>
    deps.machines.byId(request.machine.id) ?? refuse("not-any-more", { code: "machine-unknown" });
  const machine = verdict === "approve" ? await freshMachine(known, deps.machines) : known();
  if (isRefusal(machine)) return machine;
  const rule = ruleFor(policy, machine);
  if (rule === undefined) return refuse("not-any-more", { code: "machine-not-offered" });
  if (rule.approve.kind === "none") return refuse("approval-not-needed", { machine: machine.name });
  const { steps } = rule.approve;

  const [memberships, requester] = await Promise.all([
    membershipsFor(request.requester.user, policy, deps.directory, rolesAbout(policy, machine)),
    deps.directory.lookUp(request.requester.user),
  ]);
  const [reviewer, asker] = await Promise.all([
    linked(facts, policy, memberships, deps.directory),
    linkedRequester(request, requester, deps.directory),
  ]);
  if (sameHuman(reviewer, asker)) return refuse("own-request", {});
  if (!steps.some((step) => mayApprove(step, reviewer.member.roles)))
    return refuse("not-approver", { roles: approvingRoles(rule) });
  const given = await stillGiven(request, asker, steps, policy, memberships, deps.directory);
  const reviewing: Reviewing = {
    request,
    reviewer,
    requester,
    machine,
    policy,
    rule,
    memberships,
    given,
    steps: requestSteps(stepsAsked(rule, policy, memberships), policy, memberships),
  };
  return whyNotNow(reviewing, given, verdict) ?? reviewing;
};

/** Why this approver's answer doesn't count while these approvals do. Who gave one may still say no, where it is the turn of one of their roles. */
export const whyNotNow = (
  { rule, reviewer, steps }: Reviewing,
  given: readonly GivenApproval[],
  verdict: "approve" | "deny",
): Refusal | undefined => {
  const mine = given.find(({ by }) => sameHuman(by, reviewer));
  if (verdict === "approve" && mine !== undefined) return refuse("already-answered", { at: mine.approval.at });
  const due = nextStep(
    steps,
    given.map(({ approval }) => approval),
  );
  const step = due === undefined ? undefined : stepsOf(rule)[due.index];
  return step === undefined || mayApprove(step, reviewer.member.roles)
    ? undefined
    : refuse("not-your-turn", { roles: step.roles });
};

const linked = async (
  facts: PersonFacts,
  policy: Policy,
  memberships: Memberships,
  directory: Directory,
): Promise<Linked> => ({
  person: facts.person,
  identities: await directory.identities(facts),
  member: holding(facts, policy, memberships),
});

/** Who they were when they asked, and who they are now: nobody becomes somebody else by taking back a link. `facts`: none where Slack doesn't know them any more. */
export const linkedRequester = async (
  { requester: person, requesterKnown }: AccessRequest,
  facts: PersonFacts | undefined,
  directory: Pick<Directory, "identities">,
): Promise<LinkedPerson> => {
  const identities = facts === undefined ? NOBODY_ELSEWHERE : await directory.identities(facts);
  return asKnownBefore({ person, identities }, requesterKnown);
};

/** Who approved an hour ago may have left since, or have turned out to be the requester, or one of the others, by another account. */
const stillGiven = async (
  { state }: AccessRequest,
  requester: LinkedPerson,
  steps: readonly Step[],
  policy: Policy,
  memberships: Memberships,
  directory: Directory,
): Promise<readonly GivenApproval[]> => {
  const approvals = state.kind === "pending" ? state.approvals : [];
  const found = await Promise.all(
    approvals.map(async (approval): Promise<GivenApproval | undefined> => {
      const facts = await personOf(approval.by.user, directory);
      const step = steps[approval.step];
      if (isRefusal(facts) || step === undefined) return undefined;
      const by = asKnownBefore(await linked(facts, policy, memberships, directory), approval.known);
      return mayApprove(step, by.member.roles) && !sameHuman(by, requester) ? { approval, by } : undefined;
    }),
  );
  const given = found.filter((each) => each !== undefined);
  return given.filter((each, at) => !given.slice(0, at).some((other) => sameHuman(each.by, other.by)));
};
