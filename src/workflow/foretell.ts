/** What would become of an ask if it were made now, so that people see it before they ask. Nothing is stored. */

import type { Directory } from "../access/person.ts";
import type { Cidr } from "../access/source.ts";
import { type DurationMs, type EpochMs, later, SECOND } from "../access/time.ts";
import type { RequestStep } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { type AllowedSource, lineFor, type Policy, sourcesFor } from "../policy/policy.ts";
import { answeringSoon } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { requestSteps } from "./judge.ts";
import { judgeAsk, type Readable, readAsk } from "./judge-ask.ts";
import { rememberedDirectory } from "./remembered-directory.ts";
import { shownSteps } from "./shown-people.ts";
import type { Ask, Refused } from "./understand-ask.ts";

export type Foretold =
  /** `automatic`: somebody would have to approve at another hour. */
  | ({ readonly kind: "opens"; readonly automatic: boolean; readonly durationMs: DurationMs } & From)
  | ({
      readonly kind: "asks";
      readonly steps: readonly RequestStep[];
      /** Where they are told. */
      readonly channel: string;
      readonly withinMs: DurationMs;
    } & From)
  | Refused;

/** Of where the asker is, where they mean that: a page of ours has yet to see it, or it is remembered. Absent: they mean another source. */
type From = Pick<Readable, "address">;

/**
 * Judges as asking does, but for the justification, which may not be written yet, and where they are, which may not be seen yet. What Slack said of people a moment ago
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
    const asked = await readAsk(ask, user, deps);
    if ("refusals" in asked) return asked;
    const { address } = asked;
    // Which address it will be nobody knows; here it is one that the rule allows.
    const readable =
      address === "unknown" ? { ...asked, asked: { ...asked.asked, sources: [someAddress(asked)] } } : asked;
    const { access, judgement, outcome } = await judgeAsk(readable, deps.clock.now(), deps);
    if ("refusals" in outcome) return outcome;
    const { decision } = outcome;
    const from = address === undefined ? {} : { address };
    if (decision.kind !== "needs-approval") {
      const automatic = decision.kind === "allow" && decision.how === "automatic";
      return { kind: "opens", automatic, durationMs: access.durationMs, ...from };
    }
    const steps = requestSteps(decision.steps, judgement.policy, readable.member.memberships);
    return {
      kind: "asks",
      steps: await shownSteps(steps, deps.shownPeople),
      channel: decision.rule.channel,
      withinMs: decision.withinMs,
      ...from,
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

const KNOWN_FOR = (20 * SECOND) as DurationMs;

const withoutJustifications = (policy: Policy): Policy => ({
  ...policy,
  rules: policy.rules.map((rule) => ({ ...rule, justification: { required: false, pattern: undefined } })),
});

const someAddress = ({ asked: { machine, services }, policy }: Readable): Cidr => {
  const rule = ruleFor(policy, machine);
  const port = services[0]?.ports[0];
  const line = rule === undefined || port === undefined ? undefined : lineFor(rule, port);
  const [first] = rule === undefined ? [] : line === undefined ? rule.sources : sourcesFor(rule, line);
  return first === undefined ? SOME_ADDRESS : addressIn(first);
};

const addressIn = (allowed: AllowedSource): Cidr => {
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
const SOME_ADDRESS = "192.0.2.1/32" as Cidr;
