/** Which machines somebody is offered while they type a name: what they asked for lately first, and only what policy lets them ask for. */

import type { Machine, MachineId } from "../access/machine.ts";
import { orAborted } from "../access/or-aborted.ts";
import { type PersonFacts, personKey, personOf } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type DurationMs, type EpochMs, later, MINUTE, SECOND } from "../access/time.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { createMachineIndex, type IndexedMachine } from "./machine-index.ts";
import { memberOf } from "./standing.ts";

export interface Choice {
  readonly machine: Machine;
  /** How often they asked for it lately. */
  readonly asked: number;
}

export interface ChooseMachines {
  /**
   * At most a hundred, the likeliest first. A list to choose from and no decision: what is known of people is up to a minute old here, and where their roles can't be told in time
   * every machine that some rule is about is offered. Nothing at all to whom Slack doesn't call a member.
   */
  readonly suggest: (text: string, user: string) => Promise<readonly Choice[]>;
  /** Why they can't ask for anything; `undefined`: they can, or it can't be told in time. */
  readonly whyNothing: (user: string) => Promise<Refusal | "no-machine" | undefined>;
}

export const createChooseMachines = (
  deps: Pick<WorkflowDeps, "directory" | "ledger" | "machines" | "policy" | "clock">,
): ChooseMachines => {
  const index = createMachineIndex(deps.machines);
  const chooserOf = remembered(deps.clock.now, (user, forget) => openChooser(user, deps, forget));

  const suggest: ChooseMachines["suggest"] = async (text, user) => {
    const policy = deps.policy();
    if (policy === undefined) return [];
    const rows = index.of(policy);
    const chooser = chooserOf(user);
    const facts = await inTime(chooser.facts);
    if (facts === undefined || isRefusal(facts)) return [];
    const [roles, asked] = await Promise.all([inTime(chooser.roles), inTime(chooser.asked), rows]);
    const found = await rows;
    const askable = new Set(
      policy.rules.filter(({ request }) => roles === undefined || request.some((role) => roles.has(role))),
    );
    return likeliest(found, text, askable, asked ?? new Map()).flatMap(({ machine }) => {
      const now = deps.machines.byId(machine.id);
      return now === undefined ? [] : [{ machine: now, asked: asked?.get(machine.id)?.times ?? 0 }];
    });
  };

  return {
    suggest,
    whyNothing: async (user) => {
      const policy = deps.policy();
      if (policy === undefined) return refuse("policy-unreadable", {});
      // Until something is typed there is time to make the list.
      void index.of(policy);
      const chooser = chooserOf(user);
      const facts = await inTime(chooser.facts);
      if (facts === undefined || isRefusal(facts)) return facts;
      const roles = await inTime(chooser.roles);
      if (roles === undefined || policy.rules.some(({ request }) => request.some((role) => roles.has(role))))
        return undefined;
      return "no-machine";
    },
  };
};

interface Chooser {
  readonly facts: Promise<PersonFacts | Refusal>;
  /** Those of the roles that may ask for something. */
  readonly roles: Promise<ReadonlySet<string>>;
  readonly asked: Promise<Asked>;
}

type Asked = ReadonlyMap<MachineId, { readonly times: number; readonly weight: number }>;

const openChooser = (
  user: string,
  { directory, policy: current, ledger }: Pick<WorkflowDeps, "directory" | "ledger" | "policy">,
  failed: () => void,
): Chooser => {
  const facts = personOf(user, directory);
  const roles = facts.then(async (known) => {
    const policy = current();
    if (isRefusal(known) || policy === undefined) return new Set<string>();
    const member = await memberOf(user, policy, directory, { roles: askingRoles(policy) });
    return isRefusal(member) ? new Set<string>() : member.roles;
  });
  const asked = facts.then(async (known) =>
    isRefusal(known)
      ? new Map<never, never>()
      : weigh((await ledger.latestRequests(personKey(known.person), LATEST)).map(({ machine }) => machine.id)),
  );
  for (const each of [facts, roles, asked]) each.catch(failed);
  return { facts, roles, asked };
};

const askingRoles = (policy: Policy): readonly string[] => [...new Set(policy.rules.flatMap(({ request }) => request))];

/** What was asked last counts most, and what was asked often. */
const weigh = (latest: readonly MachineId[]): Asked => {
  const asked = new Map<MachineId, { times: number; weight: number }>();
  for (const [ago, id] of latest.entries()) {
    const { times, weight } = asked.get(id) ?? { times: 0, weight: 0 };
    asked.set(id, { times: times + 1, weight: weight + 1 / (1 + ago) });
  }
  return asked;
};

/** `rows` are in the order of their names, and so is what is equally likely. */
const likeliest = (
  rows: readonly IndexedMachine[],
  text: string,
  askable: ReadonlySet<Rule>,
  asked: Asked,
): readonly IndexedMachine[] => {
  const [first = "", ...others] = text
    .toLowerCase()
    .split(/[\s@]+/u)
    .filter((word) => word !== "");
  const lately: IndexedMachine[] = [];
  const byKind: Record<"exact" | "beginning" | "within" | "elsewhere", IndexedMachine[]> = {
    exact: [],
    beginning: [],
    within: [],
    elsewhere: [],
  };
  for (const row of rows) {
    // A plain loop over one text each: it runs at every letter that anybody types.
    if (!row.text.includes(first) || others.some((word) => !row.text.includes(word))) continue;
    if (!askable.has(row.rule)) continue;
    const kind = asked.has(row.machine.id) ? lately : byKind[kindOf(row.name, first)];
    if (kind.length < MOST) kind.push(row);
  }
  const weightOf = ({ machine }: IndexedMachine): number => asked.get(machine.id)?.weight ?? 0;
  const { exact, beginning, within, elsewhere } = byKind;
  return [
    ...exact,
    ...lately.toSorted((a, b) => weightOf(b) - weightOf(a)),
    ...beginning,
    ...within,
    ...elsewhere,
  ].slice(0, MOST);
};

const kindOf = (name: string, word: string): "exact" | "beginning" | "within" | "elsewhere" => {
  const at = name.indexOf(word);
  if (at < 0) return "elsewhere";
  return at > 0 ? "within" : name.length === word.length ? "exact" : "beginning";
};

/** `undefined`: it isn't known in time, or can't be. */
const inTime = async <T>(work: Promise<T>): Promise<T | undefined> =>
  orAborted(work, AbortSignal.timeout(LONGEST_WAIT)).catch(() => undefined);

/** One for each key, for a while, or until it is to be forgotten. */
const remembered = <T>(now: () => EpochMs, make: (key: string, forget: () => void) => T): ((key: string) => T) => {
  const kept = new Map<string, { readonly until: EpochMs; readonly value: T }>();
  return (key) => {
    const at = now();
    for (const [each, { until }] of kept) if (until <= at) kept.delete(each);
    const value = kept.get(key)?.value ?? make(key, () => void kept.delete(key));
    if (!kept.has(key)) kept.set(key, { until: later(at, KNOWN_FOR), value });
    return value;
  };
};

/** As many options as Slack takes: https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload */
const MOST = 100;
const LATEST = 100;
const KNOWN_FOR = MINUTE;
/** Slack waits three seconds for a list. */
const LONGEST_WAIT = (1 * SECOND) as DurationMs;
