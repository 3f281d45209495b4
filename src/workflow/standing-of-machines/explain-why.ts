/** `/jit why`: for one person and one machine, what the policy says, and what each firewall says of the ports. */

import { protectionIdOf } from "../../access/identifier.ts";
import type { Machine } from "../../access/machine.ts";
import { samePerson } from "../../access/person.ts";
import { byPort, type Port, portKey } from "../../access/port.ts";
import { isRefusal, type Refusal, type RefusalCode, refuse } from "../../access/refusal.ts";
import { ANYWHERE, type Cidr } from "../../access/source.ts";
import { MINUTE } from "../../access/time.ts";
import { type Grant, isActive } from "../../grants/grant.ts";
import type { Lockdown } from "../../grants/lockdown.ts";
import { isOnNow, type Protection } from "../../grants/protection.ts";
import { ruleFor } from "../../policy/match.ts";
import { mayConfigure, type Policy, type PortRule, type Rule } from "../../policy/policy.ts";
import { answeringSoon, askAuthorities } from "../ask-authorities.ts";
import { freshMachine } from "../fresh-machine.ts";
import { judgeByPolicy, usageIn } from "../judge.ts";
import { USUAL } from "../protecting/block-targets.ts";
import { type Member, memberOf, rolesAbout } from "../standing.ts";
import { targetsOf } from "../targets.ts";
import { findingsOf, type PortFindings } from "./findings.ts";
import type { PostureDeps } from "./posture-reading.ts";

export interface OfferedPort {
  readonly line: PortRule;
  /** Why they may not have it, whatever they write; none: they may ask. */
  readonly refusals: readonly Refusal[];
}

export interface Explained {
  readonly machine: Machine;
  /** `undefined`: no rule of the policy speaks of it. */
  readonly rule: Rule | undefined;
  readonly offered: readonly OfferedPort[];
  readonly mayConfigure: boolean;
  /** While it stands nothing of this opens. */
  readonly lockdown: Lockdown | undefined;
  /** The one that is on. */
  readonly protection: Protection | undefined;
  /** Theirs, counting now. */
  readonly grants: readonly Grant[];
  /** `undefined`: the machine's rules aren't there any more. */
  readonly findings: readonly PortFindings[] | undefined;
  /** How many there would be beside those that were looked at. */
  readonly notLookedAt: { readonly ports: number; readonly sources: number };
}

/** Throws a `Fault` when something that has to be known can't be. */
export type ExplainWhy = (machine: string, user: string) => Promise<Explained | Refusal>;

/**
 * The ports are those that are offered, kept closed, or usual for the machine's system; the sources those of their own open access, else the ones the policy
 * takes when they name none, else anywhere. A machine that they have nothing to do with is explained to nobody: who could reach it isn't everyone's business.
 */
export const createExplainWhy =
  (world: PostureDeps): ExplainWhy =>
  async (typed, user) => {
    const deps = answeringSoon(world);
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const machine = await freshMachine(() => deps.machines.find(typed), deps.machines);
    const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
    const about = { roles: [...(isRefusal(machine) ? [] : rolesAbout(policy, machine)), ...deps.securityRoles()] };
    const member = await memberOf(user, policy, deps.directory, about);
    if (isRefusal(member)) return member;
    if (isRefusal(machine)) return machine;
    const { roles, facts } = member;
    const configures = rule !== undefined && mayConfigure(rule, roles);
    const asks = rule?.request.some((role) => roles.has(role)) ?? false;
    if (!configures && !asks && !deps.securityRoles().some((role) => roles.has(role)))
      return rule === undefined
        ? refuse("machine-not-offered", { machine: machine.name })
        : refuse("not-eligible", { machine: machine.name, roles: rule.request });
    const [no] = await askAuthorities(rule?.authorities ?? [], "read", machine, facts, deps);
    if (no !== undefined) return no;

    const now = deps.clock.now();
    const [lockdown, offered, stored, live] = await Promise.all([
      deps.ledger.lockdown(),
      offeredTo(member, machine, rule, policy, deps),
      deps.ledger.protection(protectionIdOf(machine.id)),
      deps.ledger.liveGrants(),
    ]);
    const protection = stored !== undefined && isOnNow(stored) ? stored : undefined;
    const grants = live.filter(
      (grant) => grant.machine.id === machine.id && samePerson(grant.requester, facts.person) && isActive(grant, now),
    );
    const ports = interesting(machine, rule, protection);
    const sources = sourcesOf(grants, rule);
    const looked = { ports: ports.slice(0, MOST_PORTS), sources: sources.slice(0, MOST_SOURCES) };
    return {
      machine,
      rule,
      offered,
      mayConfigure: configures,
      lockdown,
      protection,
      grants,
      findings: await findingsOf(machine, looked.ports, looked.sources, deps),
      notLookedAt: { ports: ports.length - looked.ports.length, sources: sources.length - looked.sources.length },
    };
  };

const offeredTo = async (
  member: Member,
  machine: Machine,
  rule: Rule | undefined,
  policy: Policy,
  deps: PostureDeps,
): Promise<readonly OfferedPort[]> => {
  const saidNo = await askAuthorities(rule?.authorities ?? [], "request", machine, member.facts, deps);
  const reach = targetsOf(machine, ANYWHERE);
  const lookUps = { directory: deps.directory, usage: usageIn(deps.ledger) };
  return Promise.all(
    (rule?.ports ?? []).map(async (line) => {
      const services = [{ name: line.name, ports: line.ports }];
      const access = { machine, services, sources: [], durationMs: MINUTE, justification: "", breakGlass: false };
      const { decision } = await judgeByPolicy(access, member, policy, deps.clock.now(), lookUps);
      const refusals = [...(decision.kind === "deny" ? decision.refusals : []), ...saidNo];
      const ofPerson = refusals.filter(({ code }) => !OF_WORDS.has(code));
      return { line, refusals: ofPerson.length === 0 && isRefusal(reach) ? [reach] : ofPerson };
    }),
  );
};

/** What is wrong with the words of an ask isn't wrong with who asks. */
const OF_WORDS: ReadonlySet<RefusalCode> = new Set([
  "duration-too-long",
  "source-missing",
  "source-not-allowed",
  "justification-missing",
  "justification-mismatch",
]);

const interesting = (machine: Machine, rule: Rule | undefined, protection: Protection | undefined): readonly Port[] => {
  const usual = USUAL[machine.os].map((port): Port => ({ port, protocol: "tcp" }));
  const all = [...(rule?.ports ?? []).flatMap(({ ports }) => ports), ...(protection?.ports ?? []), ...usual];
  return [...new Map(all.map((port) => [portKey(port), port])).values()].toSorted(byPort);
};

const sourcesOf = (grants: readonly Grant[], rule: Rule | undefined): readonly Cidr[] => {
  const mine = [...new Set(grants.flatMap((grant) => grant.sources))];
  return mine.length > 0 ? mine : (rule?.defaultSource ?? ANYWHERE);
};

const MOST_PORTS = 12;
const MOST_SOURCES = 4;
