/** Looks whether what is open would still be given: who has it may have left, lost a role, or lost what the clouds' own roles gave them. */

import type { AuthorityName } from "../access/authority.ts";
import { isFault } from "../access/fault.ts";
import type { Machine } from "../access/machine.ts";
import { type PersonFacts, personKey, personOf } from "../access/person.ts";
import { isRefusal, type Refusal, reasonOf, refuse } from "../access/refusal.ts";
import { MINUTE } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { changeGrant } from "../grants/change.ts";
import { factsOf } from "../grants/facts.ts";
import { firewallsOf, type Grant, isActive } from "../grants/grant.ts";
import { type Decision, decide } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { NO_USAGE } from "../policy/question.ts";
import { type Memberships, silentSchedules } from "../policy/roles.ts";
import { askAuthorities } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { holding, membershipsFor, rolesAbout } from "./standing.ts";

/**
 * Every access that is open, or one person's by their Slack id. Only a clear "no" counts: what can't be asked now changes nothing, and is looked at the next time. Throws a
 * `Fault` when memory is away.
 */
export type Recheck = (signal: AbortSignal, user?: string) => Promise<void>;

/**
 * Asked are who somebody is, their role, port and source, deny rules, and the authorities; not hours, freezes, limits and approvals, which are about opening. An access that
 * was found in a cloud has no request, and nobody knows what it was given for: it is left to its end. What goes wrong with one person is thrown when all others were looked at.
 */
export const createRecheck =
  (deps: WorkflowDeps): Recheck =>
  async (signal, user) => {
    const policy = deps.policy();
    // A file that can't be read must not close everything.
    if (policy === undefined) return;
    const now = deps.clock.now();
    const open = (await deps.ledger.liveGrants()).filter(
      (grant) => isActive(grant, now) && (user === undefined || grant.requester.user === user),
    );
    const people = [...Map.groupBy(open, ({ requester }) => personKey(requester)).values()];
    const failures: unknown[] = [];
    const takeTurns = async (): Promise<void> => {
      for (let grants = people.pop(); grants !== undefined && !signal.aborted; grants = people.pop()) {
        try {
          await recheckPerson(grants, policy, signal, deps);
        } catch (error) {
          failures.push(error);
          // Without memory nobody can be looked at; what goes wrong with one person is about them alone.
          if (isFault(error)) people.length = 0;
        }
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, takeTurns));
    if (failures.length > 0) throw failures.find(isFault) ?? failures[0];
  };

/** What one look at one person shares among their accesses. */
interface Looked {
  readonly person: Promise<PersonFacts | Refusal>;
  readonly memberships: (machine: Machine) => Promise<Memberships>;
  readonly authorities: (machine: Machine, rule: Rule) => Promise<readonly Refusal[]>;
}

const recheckPerson = async (
  grants: readonly Grant[],
  policy: Policy,
  signal: AbortSignal,
  deps: WorkflowDeps,
): Promise<void> => {
  const [first] = grants;
  if (first === undefined) return;
  const looked = lookAt(first.requester.user, policy, deps);
  for (const grant of grants) {
    if (signal.aborted) return;
    const request = await deps.ledger.request(grant.requestId);
    if (request === undefined) continue;
    const verdict = await orDoubt(verdictOn(grant, request.breakGlass !== undefined, looked, policy, deps));
    if (verdict !== DOUBT) await remember(grant, verdict, deps);
  }
};

const lookAt = (user: string, policy: Policy, deps: WorkflowDeps): Looked => {
  const person = personOf(user, deps.directory);
  person.catch(() => undefined);
  const memberships = new Map<string, Promise<Memberships>>();
  const authorities = new Map<string, Promise<readonly Refusal[]>>();
  /** Who didn't answer once isn't waited for again, access after access: the next look asks again. */
  const silent = new Map<AuthorityName, Refusal>();
  const ask = async (machine: Machine, rule: Rule): Promise<readonly Refusal[]> => {
    const facts = await person;
    if (isRefusal(facts)) return [facts];
    const known = rule.authorities.flatMap((name) => silent.get(name) ?? []);
    if (known.length > 0) return known;
    const refusals = await askAuthorities(rule.authorities, "request", machine, facts, deps);
    for (const refusal of refusals)
      if (refusal.code === "authority-silent") silent.set(refusal.facts.authority, refusal);
    return refusals;
  };
  return {
    person,
    memberships: (machine) =>
      once(memberships, machine.id, () => membershipsFor(user, policy, deps.directory, rolesAbout(policy, machine))),
    authorities: (machine, rule) => once(authorities, `${machine.id} ${rule.name}`, () => ask(machine, rule)),
  };
};

const once = <K, T>(known: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> => {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
};

/** It can't be told now. */
const DOUBT = "doubt";
/** `undefined`: it would be given. */
type Verdict = { readonly refusal: Refusal; readonly closes: boolean } | undefined | typeof DOUBT;

const orDoubt = async (verdict: Promise<Verdict>): Promise<Verdict> => {
  try {
    return await verdict;
  } catch (error) {
    if (isFault(error)) return DOUBT;
    throw error;
  }
};

/** Throws a `Fault` when Slack can't be asked. */
const verdictOn = async (
  grant: Grant,
  breakGlass: boolean,
  looked: Looked,
  policy: Policy,
  deps: WorkflowDeps,
): Promise<Verdict> => {
  const machine = deps.machines.byId(grant.machine.id);
  // An inventory may leave one out for a moment.
  if (machine === undefined) return DOUBT;
  const rule = ruleFor(policy, machine);
  const closes = rule?.recheck === "close";
  const facts = await looked.person;
  if (isRefusal(facts)) return { refusal: facts, closes };
  const member = holding(facts, policy, await looked.memberships(machine));
  const question = {
    at: deps.clock.now(),
    requester: facts.person.user,
    roles: member.roles,
    machine,
    rule,
    services: [{ name: grant.services.join(", "), ports: grant.ports }],
    sources: grant.sources,
    durationMs: MINUTE,
    justification: grant.justification,
    breakGlass,
    usage: NO_USAGE,
    memberships: member.memberships,
    approvers: new Map<string, ReadonlySet<string>>(),
  };
  const decision = decide(question, policy);
  const ours = decision.kind === "deny" ? decision.refusals.find(({ code }) => ABOUT_HAVING.has(code)) : undefined;
  // Without a rule nobody said what is to happen, and a slip in the file may be why there is none.
  if (ours !== undefined)
    return mayBeOnCall(ours, rule, policy, member.memberships) ? DOUBT : { refusal: ours, closes };
  if (rule === undefined) return { refusal: refuse("machine-not-offered", { machine: machine.name }), closes: false };
  const refusals = await looked.authorities(machine, rule);
  const clear = refusals.find(({ code }) => code !== "authority-silent");
  if (clear !== undefined) return { refusal: clear, closes: closes && !isUnconnected(clear) };
  return refusals.length > 0 || isUnclear(decision) ? DOUBT : undefined;
};

const ABOUT_HAVING: ReadonlySet<Refusal["code"]> = new Set([
  "denied-by-policy",
  "machine-not-offered",
  "not-eligible",
  "break-glass-not-offered",
  "port-not-offered",
  "source-not-allowed",
]);

/** A user group that was disabled says nothing of the people who have access. */
const isUnclear = (decision: Decision): boolean =>
  decision.kind === "deny" && decision.refusals.some(({ code }) => code === "deny-rule-unclear");

/** A schedule that doesn't say who is on call doesn't say that this person isn't. */
const mayBeOnCall = (refusal: Refusal, rule: Rule | undefined, policy: Policy, memberships: Memberships): boolean => {
  const roles =
    refusal.code === "not-eligible"
      ? rule?.request
      : refusal.code === "break-glass-not-offered"
        ? rule?.breakGlass?.by
        : undefined;
  return silentSchedules(policy, roles ?? [], memberships).length > 0;
};

/** Whose say the file asks for, and who isn't there to ask: that is about the file, not about who has access. */
const isUnconnected = (refusal: Refusal): boolean =>
  refusal.code === "authority-no" && refusal.facts.because.kind === "no-say";

/** Told once for each reason. */
const remember = async (
  grant: Grant,
  verdict: Exclude<Verdict, typeof DOUBT>,
  { ledger, clock }: WorkflowDeps,
): Promise<void> => {
  if (verdict === undefined && grant.disallowed === undefined) return;
  await changeGrant(ledger, grant.id, (current) => {
    const at = clock.now();
    if (!isActive(current, at)) return undefined;
    const { disallowed, ...rest } = current;
    if (verdict === undefined) return disallowed === undefined ? undefined : { grant: rest, events: [] };
    const { closes } = verdict;
    const reason = reasonOf(verdict.refusal);
    if (disallowed?.code === reason.code && disallowed.authority === reason.authority && !closes) return undefined;
    const facts = { ...factsOf(current), ...reason, grantId: current.id, closes, expiresAt: current.expiresAt };
    return {
      grant: { ...current, disallowed: reason, ...(closes ? { revoked: { kind: "not-allowed", at, ...reason } } : {}) },
      events: [auditEvent("grant.disallowed", `${current.id}/${reason.code}/${at}`, at, "bot", facts)],
      ...(closes ? { firewallsDue: firewallsOf(current).map((firewall) => ({ firewall, at })), requestDue: at } : {}),
    };
  });
};

const SIDE_BY_SIDE = 4;
