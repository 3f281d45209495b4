/**
 * A proof over all people there are that nobody both asks and approves where somebody else has to: every way a request can take is tried, with the very functions that answer
 * a click. It doesn't speak of what opens without anybody else by the policy's own word.
 */

import type { RequestId } from "../access/identifier.ts";
import type { Machine, MachineId } from "../access/machine.ts";
import type { Directory } from "../access/person.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import { DAY, type EpochMs, HOUR, later } from "../access/time.ts";
import { type AccessRequest, type Approval, approve } from "../grants/request.ts";
import { approvalsOf } from "../policy/enough.ts";
import { approvingRoles, type Policy, type Rule, stepsOf } from "../policy/policy.ts";
import { mayApprove, peopleOf } from "../policy/roles.ts";
import { allHumans, type Human } from "./humans.ts";
import { rememberedDirectory } from "./remembered-directory.ts";
import { reviewingOf } from "./reviewing.ts";
import { memberOf } from "./standing.ts";

export interface WhoIsThere {
  readonly directory: Directory;
  /** Slack ids. Whom the policy, its user groups and its schedules name is added. */
  readonly people: readonly string[];
}

export type Proof =
  /** `people`: each human counts once, whatever accounts they have. */
  | { readonly kind: "proved"; readonly rules: number; readonly people: number; readonly states: number }
  | { readonly kind: "counterexample"; readonly rule: string; readonly path: readonly string[] };

/** What becomes of a pending request when this user presses "Approve". */
export type Answer = (request: AccessRequest, user: string, world: World) => Promise<AccessRequest | Refusal>;

export interface World {
  /** With the one rule in question, for every machine. */
  readonly policy: Policy;
  readonly directory: Directory;
}

/** Throws a `Fault` when somebody can't be asked about. */
export const proveNobodyAlone = async (
  policy: Policy,
  { directory, people }: WhoIsThere,
  answer: Answer = answerAsTheBotDoes,
): Promise<Proof> => {
  const remembered = rememberedDirectory(directory);
  const everybody = await allHumans(policy, people, remembered);
  const forbidding = policy.rules.filter(({ approve: { kind } }) => kind === "by");
  let states = 0;
  for (const rule of forbidding) {
    const world: World = { policy: { ...policy, rules: [{ ...rule, match: EVERY_MACHINE }] }, directory: remembered };
    for (const requester of await requesters(rule, everybody, world)) {
      const found = await explore(requester, rule, await representatives(requester, rule, everybody, world), {
        everybody,
        world,
        answer,
      });
      if (found.path !== undefined) return { kind: "counterexample", rule: rule.name, path: found.path };
      states += found.states;
    }
  }
  const humans = new Set(everybody.map(({ human }) => human));
  return { kind: "proved", rules: forbidding.length, people: humans.size, states };
};

/** Everything that decides about a click but for the authorities and the requester's own standing, which only ever say no. */
const answerAsTheBotDoes: Answer = async (request, user, { policy, directory }) => {
  const reviewing = await reviewingOf(request.id, user, "approve", {
    policy: () => policy,
    directory,
    clock: { now: () => ASKED_AT },
    ledger: { request: async () => request },
    machines: { byId: () => MACHINE, readWithin: async () => ({ isFresh: true, since: ASKED_AT }) },
  });
  if (isRefusal(reviewing)) return reviewing;
  const approvals = reviewing.given.map(({ approval }) => approval);
  const asked: AccessRequest = { ...request, steps: reviewing.steps, state: { kind: "pending", approvals } };
  return approve(asked, reviewing.reviewer.person, ASKED_AT, reviewing.reviewer.identities.known);
};

interface Exploring {
  readonly everybody: readonly Human[];
  readonly world: World;
  readonly answer: Answer;
}

/** Goes every way from an ask to its end; stops at the first that shouldn't be. */
const explore = async (
  requester: Human,
  rule: Rule,
  approvers: readonly Human[],
  exploring: Exploring,
): Promise<{ readonly states: number; readonly path?: readonly string[] }> => {
  const { world, answer } = exploring;
  const wrong = wrongOf(requester, rule, exploring);
  const first = newRequest(requester, rule, world.policy);
  const seen = new Map([[stateKey(first), [`${requester.user} asks under rule ${rule.name}`]]]);
  const waiting = [first];
  for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
    const path = seen.get(stateKey(request)) ?? [];
    for (const { user } of approvers) {
      const answered = await answer(request, user, world);
      if (isRefusal(answered) || seen.has(stateKey(answered))) continue;
      const further = [...path, `${user} approves`];
      const problem = await wrong(answered);
      if (problem !== undefined) return { states: seen.size, path: [...further, problem] };
      seen.set(stateKey(answered), further);
      if (answered.state.kind === "pending") waiting.push(answered);
    }
  }
  return { states: seen.size };
};

/** What no request may ever be, told from the facts alone and not by whoever answered. */
const wrongOf =
  (requester: Human, rule: Rule, { everybody, world }: Exploring) =>
  async ({ state }: AccessRequest): Promise<string | undefined> => {
    if (state.kind !== "pending" && state.kind !== "approved") return undefined;
    const counted = state.approvals.map((approval) => ({ approval, by: humanOf(approval, everybody) }));
    const own = counted.find(({ by }) => by === undefined || by.human === requester.human);
    if (own !== undefined)
      return own.by?.user === requester.user
        ? `the approval of ${requester.user} counts for what they asked themselves`
        : `the approval of ${own.approval.by.user} counts, who is the same human as ${requester.user}`;
    const again = counted.find(({ by }, at) => counted.slice(0, at).some((other) => other.by?.human === by?.human));
    if (again !== undefined) return `the approval of ${again.approval.by.user} counts, who approved before`;
    if (state.kind === "pending") return undefined;
    for (const [index, step] of stepsOf(rule).entries()) {
      const here = counted.filter(({ approval }) => approval.step === index);
      if (here.length < step.needed)
        return `it opens with ${here.length} of ${step.needed} approvals of step ${index + 1}`;
      for (const { approval } of here)
        if (!mayApprove(step, await rolesFor(approval.by.user, requester, world)))
          return `the approval of ${approval.by.user} counts, who has none of the roles of step ${index + 1}`;
    }
    return undefined;
  };

const humanOf = ({ by }: Approval, everybody: readonly Human[]): Human | undefined =>
  everybody.find(({ user }) => user === by.user);

/** One approval or another of the same people at the same steps make the same state, in whatever order they were given. */
const stateKey = ({ state }: AccessRequest): string => {
  const approvals = state.kind === "pending" || state.kind === "approved" ? state.approvals : [];
  return `${state.kind} ${approvals
    .map(({ by, step }) => `${step}:${by.user}`)
    .toSorted()
    .join(" ")}`;
};

/** Who may ask; of those that no check can tell apart, one. */
const requesters = async (rule: Rule, everybody: readonly Human[], world: World): Promise<readonly Human[]> => {
  const found: Human[] = [];
  const classes = new Set<string>();
  // Where managers count, people with another manager are told apart too, and whoever is their own.
  const managersCount = [...world.policy.roles.values()].some(({ manager }) => manager);
  for (const human of everybody) {
    const roles = await rolesFor(human.user, human, world);
    if (!rule.request.some((role) => roles.has(role))) continue;
    const manager = managersCount ? await world.directory.manager(human.user) : undefined;
    const kind = [manager ?? "", ...[...roles].toSorted()].join();
    const isAlike = human.accounts === 1 && manager !== human.user;
    if (isAlike && classes.has(kind)) continue;
    if (isAlike) classes.add(kind);
    found.push(human);
  }
  return found;
};

/**
 * Everybody who could press the button. Checks tell people apart by their roles and by who they are elsewhere, so of people with one account and the same roles as many are enough as
 * are needed together, and one more.
 */
const representatives = async (
  requester: Human,
  rule: Rule,
  everybody: readonly Human[],
  world: World,
): Promise<readonly Human[]> => {
  const counts = new Map<string, number>();
  const found: Human[] = [];
  for (const human of everybody) {
    const roles = await rolesFor(human.user, requester, world);
    const kind = approvingRoles(rule)
      .filter((role) => roles.has(role))
      .join();
    const count = counts.get(kind) ?? 0;
    const isAlike = human.accounts === 1 && human !== requester;
    if (isAlike && count > approvalsOf(rule)) continue;
    if (isAlike) counts.set(kind, count + 1);
    found.push(human);
  }
  return found;
};

/** None for whoever isn't one of us. */
const rolesFor = async (user: string, requester: Human, { policy, directory }: World): Promise<ReadonlySet<string>> => {
  const member = await memberOf(user, policy, directory, { requester: requester.user });
  return isRefusal(member) ? new Set() : member.roles;
};

const newRequest = ({ person, identities }: Human, rule: Rule, policy: Policy): AccessRequest => ({
  id: "proof" as RequestId,
  version: 1,
  requester: person,
  requesterKnown: identities.known,
  machine: MACHINE,
  services: [],
  ports: [],
  sources: [],
  justification: "",
  channel: rule.channel,
  rule: rule.name,
  end: { kind: "for", durationMs: HOUR },
  askedAt: ASKED_AT,
  answerBy: later(ASKED_AT, DAY),
  steps: stepsOf(rule).map((step) => ({ needed: step.needed, ...peopleOf(policy, step.roles) })),
  state: { kind: "pending", approvals: [] },
});

const ASKED_AT = 0 as EpochMs;
const EVERY_MACHINE: Rule["match"] = { names: [], clouds: [], accounts: [], regions: [], os: [], tags: new Map() };
const MACHINE: Machine = {
  cloud: "azure",
  id: "proof" as MachineId,
  name: "proof",
  account: "",
  region: "",
  tags: {},
  os: "unknown",
  power: "unknown",
  interfaces: [],
};
