/** Somebody moved: the same access from where they are now, beside the one from where they were, which goes once the new one is seen to be open. */

import type { GrantId, RequestId } from "../../access/identifier.ts";
import { type Person, type PersonFacts, personOf, samePerson } from "../../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { type Cidr, showCidr } from "../../access/source.ts";
import { between } from "../../access/time.ts";
import { createTurns } from "../../access/turns.ts";
import { endOf, type Grant, isActive } from "../../grants/grant.ts";
import type { AccessRequest } from "../../grants/request.ts";
import { untilWritten } from "../../grants/until-written.ts";
import { ruleFor } from "../../policy/match.ts";
import type { Policy, Rule } from "../../policy/policy.ts";
import { answeringSoon } from "../ask-authorities.ts";
import type { WorkflowDeps } from "../deps.ts";
import { freshMachine, knownMachine } from "../fresh-machine.ts";
import { grantAccess } from "../grant-access.ts";
import { judge } from "../judge.ts";
import { judgedEvent } from "../judged-event.ts";
import { holding, membershipsFor, rolesAbout } from "../standing.ts";
import { notOffered, sameServices } from "../still-allowed.ts";
import { targetsOf } from "../targets.ts";
import { type Refused, refused } from "../understand-ask.ts";
import { chosenSources, firstAsked, goesOnEvent, isWithin, movedRequest } from "./moved-request.ts";
import { isOnItsWay } from "./on-its-way.ts";
import { usableOf } from "./usable.ts";

/** Throws a `Fault` when something that has to be known can't be; nothing is changed then. */
export type Move = (grant: GrantId, user: string, seen: readonly Cidr[]) => Promise<AccessRequest | Refused>;

/** What may be moved now: one's own, while it is open or opening, and not on its way elsewhere already. */
export const movable = async (
  id: string,
  person: Person,
  { ledger, clock }: Pick<WorkflowDeps, "ledger" | "clock">,
): Promise<Grant | Refusal> => {
  const grant = await ledger.grant(id as GrantId);
  if (grant === undefined) return refuse("grant-unknown", { text: id });
  if (!samePerson(grant.requester, person)) return refuse("not-yours", { what: "move" });
  const now = clock.now();
  if (!isActive(grant, now)) return refuse("access-over", { machine: grant.machine.name, at: endOf(grant) });
  return (await isOnItsWay(grant, now, ledger)) ? refuse("moving-already", { machine: grant.machine.name }) : grant;
};

/**
 * Policy and the authorities are asked again, now, about the new source. What was approved stays approved, because person, machine, ports and end are the same, as long as no approver chose the source; and it isn't one access
 * more, so limits don't count it.
 */
export const createMove = (world: WorkflowDeps): Move => {
  const oneByOne = createTurns();

  const attempt = async (
    id: GrantId,
    facts: PersonFacts,
    seen: readonly Cidr[],
    policy: Policy,
    deps: WorkflowDeps,
  ): Promise<AccessRequest | Refused | "again"> => {
    const grant = await movable(id, facts.person, deps);
    if (isRefusal(grant)) return refused(grant);
    const request = await deps.ledger.request(grant.requestId);
    if (request === undefined) return refused(refuse("request-unknown", {}));
    const machine = await freshMachine(() => knownMachine(grant, deps), deps.machines);
    if (isRefusal(machine)) return refused(machine);
    const services = sameServices(grant, policy);
    if (services === undefined) return refused(notOffered(grant, machine, policy));
    const usable = usableOf(seen, machine, ruleFor(policy, machine), services);
    const asked = await firstAsked(request, deps.ledger);
    const chosen = chosenSources(asked);
    const sources = chosen === undefined ? usable : usable.filter((source) => isWithin(source, chosen.sources));
    if (chosen !== undefined && sources.length === 0)
      return refused(
        refuse("source-narrowed", { machine: machine.name, by: chosen.by.user, allowed: chosen.sources.map(showCidr) }),
      );
    if (sources.every((source) => grant.sources.includes(source)))
      return refused(refuse("not-moved", { machine: machine.name }));

    const now = deps.clock.now();
    const roles = rolesAbout(policy, machine);
    const member = holding(facts, policy, await membershipsFor(facts.person.user, policy, deps.directory, roles));
    const access = {
      machine,
      services,
      sources,
      durationMs: between(now, grant.expiresAt),
      justification: grant.justification,
      breakGlass: request.breakGlass !== undefined,
      isAskedAlready: true,
      goesOn: grant.id,
    };
    const { decision, question } = await judge(access, member, policy, now, deps);
    const holds = holdsApproval(request, ruleFor(policy, machine));
    // Who approved it may have left since.
    const refusals =
      decision.kind === "deny"
        ? decision.refusals.filter(({ code }) => code !== "no-approver" || !holds)
        : decision.kind === "needs-approval" && !holds
          ? [refuse("move-unapproved", { machine: machine.name, rule: decision.rule.name })]
          : [];
    const targets = targetsOf(machine, sources);
    const [first, ...rest] = [...refusals, ...(refusals.length === 0 && isRefusal(targets) ? [targets] : [])];
    const judgement = { requester: facts.person, policy, decision, question };
    if (first !== undefined || isRefusal(targets)) {
      const all = refused(first ?? refuse("machine-not-offered", { machine: machine.name }), ...rest);
      const event = judgedEvent({ ...judgement, requestId: undefined, refusals: all.refusals }, deps.newId());
      await deps.auditLog.append(event).catch(() => undefined);
      return all;
    }

    // Judging may take seconds, in which its time can end.
    const at = deps.clock.now();
    if (!isActive(grant, at)) return refused(refuse("access-over", { machine: machine.name, at: endOf(grant) }));
    const moved = movedRequest(request, asked, grant, sources, at, deps.newId() as RequestId);
    const judged = judgedEvent({ ...judgement, requestId: moved.id, refusals: [] }, moved.id);
    const write = grantAccess(moved, targets, at);
    const done = await deps.ledger.commit({
      ...write,
      grant: { ...write.grant, supersedes: grant.id },
      replaced: { ...grant, version: grant.version + 1, movingTo: write.grant.id },
      events: [judged, goesOnEvent(moved, grant, at)],
    });
    return done ? moved : "again";
  };

  return (id, user, seen) =>
    oneByOne(user, async () => {
      const deps = answeringSoon(world);
      const policy = deps.policy();
      if (policy === undefined) return refused(refuse("policy-unreadable", {}));
      const facts = await personOf(user, deps.directory);
      if (isRefusal(facts)) return refused(facts);
      return untilWritten(`move \`${id}\``, () => attempt(id, facts, seen, policy, deps));
    });
};

/** That it was given at an hour of approving by nobody counts as long as it is the same rule. */
const holdsApproval = ({ state, steps, rule: given }: AccessRequest, rule: Rule | undefined): boolean =>
  state.kind === "approved" && (state.approvals.length > 0 || (steps.length > 0 && given === rule?.name));
