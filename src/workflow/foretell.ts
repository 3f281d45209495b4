/** What would become of an ask if it were made now, so that people see it before they ask. Nothing is stored. */

import type { Directory } from "../access/person.ts";
import { type DurationMs, type EpochMs, later, SECOND } from "../access/time.ts";
import type { RequestStep } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import type { AllowedSource, Policy, Rule } from "../policy/policy.ts";
import { answeringSoon } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { requestSteps } from "./judge.ts";
import { judgeAsk, readAsk } from "./judge-ask.ts";
import { rememberedDirectory } from "./remembered-directory.ts";
import { shownSteps } from "./shown-people.ts";
import type { Ask, Refused } from "./understand-ask.ts";

export type Foretold =
  /** `automatic`: somebody would have to approve at another hour. */
  | { readonly kind: "opens"; readonly automatic: boolean; readonly durationMs: DurationMs }
  | {
      readonly kind: "asks";
      readonly steps: readonly RequestStep[];
      /** Where they are told. */
      readonly channel: string;
      readonly withinMs: DurationMs;
    }
  | Refused;

/**
 * Judges as asking does, but for the justification, which may not be written yet, and an address of theirs that isn't known yet (`me`). What Slack said of people a moment ago
 * counts, because a form asks at every choice; asking itself looks everything up anew. Throws a `Fault` when something that has to be known can't be.
 */
export type Foretell = (ask: Ask, user: string) => Promise<Foretold>;

export const createForetell = (world: WorkflowDeps): Foretell => {
  const known = new Map<string, { readonly until: EpochMs; readonly directory: Directory }>();

  const directoryFor = (user: string): Directory => {
    const now = world.clock.now();
    for (const [each, { until }] of known) if (until <= now) known.delete(each);
    const directory = known.get(user)?.directory ?? rememberedDirectory(world.directory);
    if (!known.has(user)) known.set(user, { until: later(now, KNOWN_FOR), directory });
    return directory;
  };

  const foretell: Foretell = async (ask, user) => {
    const policy = world.policy();
    const deps: WorkflowDeps = {
      ...answeringSoon(world),
      directory: directoryFor(user),
      policy: () => (policy === undefined ? undefined : withoutJustifications(policy)),
    };
    const readable = await readAsk(withSomeAddress(ask, policy, deps), user, deps);
    if ("refusals" in readable) return readable;
    const { access, judgement, outcome } = await judgeAsk(readable, deps.clock.now(), deps);
    if ("refusals" in outcome) return outcome;
    const { decision } = outcome;
    if (decision.kind !== "needs-approval") {
      const automatic = decision.kind === "allow" && decision.how === "automatic";
      return { kind: "opens", automatic, durationMs: access.durationMs };
    }
    const steps = requestSteps(decision.steps, judgement.policy, readable.member.memberships);
    return {
      kind: "asks",
      steps: await shownSteps(steps, deps.shownPeople),
      channel: decision.rule.channel,
      withinMs: decision.withinMs,
    };
  };

  return async (ask, user) => {
    try {
      return await foretell(ask, user);
    } catch (error) {
      // What failed isn't kept.
      known.delete(user);
      throw error;
    }
  };
};

/** The word for the address that somebody connects from, which a page of ours finds out. */
export const MY_ADDRESS = "me";

const KNOWN_FOR = (20 * SECOND) as DurationMs;

const withoutJustifications = (policy: Policy): Policy => ({
  ...policy,
  rules: policy.rules.map((rule) => ({ ...rule, justification: { required: false, pattern: undefined } })),
});

/** Which address it will be nobody knows; here it is one that the rule allows. */
const withSomeAddress = (ask: Ask, policy: Policy | undefined, { machines }: WorkflowDeps): Ask => {
  if (policy === undefined || !ask.from.includes(MY_ADDRESS)) return ask;
  const machine = machines.find(ask.machine);
  const rule = "kind" in machine ? undefined : ruleFor(policy, machine);
  return { ...ask, from: rule === undefined ? [] : [someAddress(rule, ask.services)] };
};

const someAddress = (rule: Rule, services: readonly string[]): string => {
  const own = rule.ports.find(({ name, sources }) => sources !== undefined && services.includes(name))?.sources;
  const [first] = own ?? rule.sources;
  return first === undefined ? SOME_ADDRESS : addressIn(first);
};

const addressIn = (allowed: AllowedSource): string => {
  switch (allowed.kind) {
    case "single-address":
    case "anywhere":
      return SOME_ADDRESS;
    case "network":
      return allowed.network.prefixes[0] ?? SOME_ADDRESS;
    case "prefix":
      return allowed.prefix;
  }
};

/** For documentation: https://www.rfc-editor.org/rfc/rfc5737 */
const SOME_ADDRESS = "192.0.2.1";
