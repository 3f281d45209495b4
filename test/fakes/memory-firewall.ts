/** A firewall in a map, with other people's rules in it. Refuses what a real one refuses. Passes `firewallContract`. */

import { Fault } from "../../src/access/fault.ts";
import type { FirewallId } from "../../src/access/machine.ts";
import { type Cidr, contains, familyOf, parseCidr } from "../../src/access/source.ts";
import { type EpochMs, SECOND } from "../../src/access/time.ts";
import type {
  Block,
  Firewall,
  ForeignAllow,
  Guard,
  IngressRule,
  Observed,
  ObservedBlock,
  ObservedRule,
} from "../../src/cloud/firewall.ts";
import { aborted } from "./aborted.ts";

export type Operation = "observe" | "remove" | "block" | "restamp" | "unblock" | "add" | "settle";

/** How an operation goes wrong. */
export type Trouble =
  /** Refused without effect. */
  | { readonly kind: "refuse"; readonly fault: Fault }
  /** It has its effect, and the answer is lost. */
  | { readonly kind: "lose-answer"; readonly fault: Fault }
  /** Success is claimed, and there is no effect. */
  | { readonly kind: "lie" }
  /** The rule is there or gone, and has its effect only with the next `apply`. */
  | { readonly kind: "half" }
  /** No answer until whoever asked gives up. */
  | { readonly kind: "hang" };

/** What all views of one firewall see. */
export interface FirewallState {
  readonly rules: Map<string, StoredRule>;
  readonly blocks: Map<string, StoredBlock>;
  /** Foreign allows by id, with the one port that each opens for everybody here. */
  readonly allows: Map<string, ForeignAllow & { readonly port: number }>;
  /** Whether rules that were made or removed have their effect. */
  settled: boolean;
  lastId: number;
}

interface StoredRule {
  readonly owner: string;
  readonly observed: ObservedRule;
}

interface StoredBlock {
  readonly owner: string;
  readonly observed: ObservedBlock;
  readonly overrules: readonly string[];
}

export interface MemoryFirewallOptions {
  readonly id?: FirewallId;
  readonly ruleHolds: Firewall["ruleHolds"];
  /** The mark of the installation that looks at it. */
  readonly installation?: string;
  /** A firewall that somebody else looks at too. */
  readonly state?: FirewallState;
  /** How many rules of ours have room. */
  readonly room?: number;
  /** Asked before every operation. Throwing is for tests that let the process die here. */
  readonly trouble?: (operation: Operation, rule: Subject | undefined) => Trouble | undefined;
  readonly changesAtOnce?: boolean;
}

/** What an operation is about. */
export type Subject = ObservedRule | IngressRule | Block | ObservedBlock;

export interface MemoryFirewall extends Firewall {
  readonly state: FirewallState;
  /** What looking would show, for tests: no operation, and nothing goes wrong. */
  readonly now: (blocks?: readonly Block[]) => Observed;
  /** `22/tcp of 10.0.0.4 from 203.0.113.7/32`: what our rules let in now. */
  readonly open: () => readonly string[];
  readonly holders: () => readonly string[];
  /** `22/tcp of 10.0.0.4`: what our blocks keep out now, but for our own rules and foreign allows that go before. */
  readonly blocked: () => readonly string[];
  /** What isn't ours. */
  readonly foreign: () => readonly unknown[];
  /** Somebody deletes or damages a rule of ours by hand. */
  readonly tamper: (id: string, change: (rule: ObservedRule) => ObservedRule | undefined) => void;
}

export const NOBODYS = "";

export const createFirewallState = (): FirewallState => ({
  rules: new Map(),
  blocks: new Map(),
  allows: new Map(),
  settled: true,
  lastId: 0,
});

export const createMemoryFirewall = (options: MemoryFirewallOptions): MemoryFirewall => {
  const { id = "azure-nsg:/memory" as FirewallId, ruleHolds, installation = "acme" } = options;
  const state = options.state ?? createFirewallState();
  const name = id.split("/").at(-1) ?? id;
  const isOurs = (rule: StoredRule | undefined): rule is StoredRule => rule?.owner === installation;
  const ours = (): readonly ObservedRule[] => [...state.rules.values()].filter(isOurs).map(({ observed }) => observed);
  const ourBlocks = (): readonly StoredBlock[] =>
    [...state.blocks.values()].filter(({ owner }) => owner === installation);
  const undercutting = ({ protection, ports }: Block): readonly ForeignAllow[] => {
    const overruled = state.blocks.get(`${installation} ${protection}`)?.overrules ?? [];
    return [...state.allows.values()]
      .filter((allow) => ports.some(({ port }) => port === allow.port) && !overruled.includes(allow.id))
      .map(allowOf);
  };
  const now = (asked: readonly Block[] = []): Observed =>
    structuredClone({
      rules: ours(),
      blocks: ourBlocks().map(({ observed }) => observed),
      undercut: new Map(asked.map((block) => [block.protection, undercutting(block)])),
      settled: state.settled,
    });

  /** One call of the cloud. */
  const call = async (
    operation: Operation,
    about: Subject | undefined,
    signal: AbortSignal,
    effect: () => void,
  ): Promise<void> => {
    signal.throwIfAborted();
    const trouble = options.trouble?.(operation, about);
    if (trouble?.kind === "hang") await aborted(signal);
    if (trouble?.kind === "refuse") throw trouble.fault;
    if (trouble?.kind !== "lie") effect();
    if (trouble?.kind === "half") state.settled = false;
    if (trouble?.kind === "lose-answer") throw trouble.fault;
  };

  const remove = (rule: ObservedRule, guard: Guard, signal: AbortSignal): Promise<void> =>
    // What is gone already needs no call, and what isn't ours gets none.
    isOurs(state.rules.get(rule.id))
      ? guarded("remove", rule, guard, signal, () => state.rules.delete(rule.id))
      : gone();

  const restamp = async (there: ObservedRule, rule: IngressRule, guard: Guard, signal: AbortSignal): Promise<void> => {
    if (!isOurs(state.rules.get(there.id)))
      throw new Fault("azure", `\`${there.id}\` changed meanwhile`, { retry: "later" });
    check(rule, ruleHolds);
    await guarded("restamp", rule, guard, signal, () => {
      state.rules.set(there.id, { owner: installation, observed: { ...there, holders: rule.holders.map(mark) } });
    });
  };

  const add = async (rule: IngressRule, guard: Guard, signal: AbortSignal): Promise<void> => {
    check(rule, ruleHolds);
    if (ours().some((there) => collides(there, rule, ruleHolds))) {
      throw new Fault("azure", "the same rule exists already", { retry: "later" });
    }
    await guarded("add", rule, guard, signal, () => {
      state.lastId += 1;
      const { holders, ...hole } = rule;
      const observed = { id: `rule-${state.lastId}`, rule: hole, holders: holders.map(mark) };
      state.rules.set(observed.id, { owner: installation, observed });
    });
  };

  const guarded = async (
    operation: Operation,
    rule: Subject | undefined,
    guard: Guard,
    signal: AbortSignal,
    effect: () => void,
  ): Promise<void> => {
    await guard();
    await call(operation, rule, signal, effect);
  };

  return {
    id,
    name,
    ruleHolds,
    ...(options.changesAtOnce === undefined ? {} : { changesAtOnce: options.changesAtOnce }),
    state,
    observe: async (signal, blocks): Promise<Observed> => {
      await call("observe", undefined, signal, () => undefined);
      return now(blocks);
    },
    now,
    apply: async (changes, guard, signal) => {
      const wasSettled = state.settled;
      for (const rule of changes.remove) await remove(rule, guard, signal);
      for (const block of changes.block) {
        const { protection, addresses, ports, overrules, note } = block;
        await guarded("block", block, guard, signal, () => {
          const observed = { protection, block: { addresses, ports }, note };
          state.blocks.set(`${installation} ${protection}`, { owner: installation, observed, overrules });
        });
      }
      const left = ours().length + changes.add.length;
      if (changes.add.length > 0 && left > (options.room ?? Number.POSITIVE_INFINITY)) {
        throw new Fault("quota", `no room for ${changes.add.length} more`, { retry: "never" });
      }
      for (const { observed, rule } of changes.restamp) await restamp(observed, rule, guard, signal);
      for (const block of changes.unblock) {
        if (state.blocks.has(`${installation} ${block.protection}`))
          await guarded("unblock", block, guard, signal, () =>
            state.blocks.delete(`${installation} ${block.protection}`),
          );
      }
      for (const rule of changes.add) await add(rule, guard, signal);
      if (!wasSettled) await guarded("settle", undefined, guard, signal, () => (state.settled = true));
      return [];
    },
    open: () =>
      // What isn't in effect yet neither lets in nor, where it was removed, keeps out; the first is what a requester sees.
      state.settled
        ? ours()
            .flatMap(({ rule }) => (rule === undefined ? [] : holesIn(rule)))
            .toSorted()
        : [],
    holders: () => ours().flatMap((rule) => rule.holders.map(({ grant }) => grant)),
    blocked: () =>
      state.settled
        ? ourBlocks()
            .flatMap(({ observed: { block } }) => (block === undefined ? [] : [block]))
            .flatMap(({ addresses, ports }) =>
              addresses.flatMap((address) => ports.map(({ port, protocol }) => `${port}/${protocol} of ${address}`)),
            )
            .toSorted()
        : [],
    foreign: () =>
      structuredClone([
        ...[...state.rules.values()].filter((rule) => !isOurs(rule)),
        ...[...state.blocks.values()].filter(({ owner }) => owner !== installation),
        ...state.allows.values(),
      ]),
    tamper: (ruleId, change) => {
      const found = state.rules.get(ruleId);
      const changed = found === undefined ? undefined : change(found.observed);
      if (changed === undefined) state.rules.delete(ruleId);
      else state.rules.set(ruleId, { owner: installation, observed: changed });
    },
  };
};

/** Puts a rule there that isn't this installation's. */
export const addForeign = (state: FirewallState, observed: ObservedRule, owner = NOBODYS): void => {
  state.rules.set(observed.id, { owner, observed });
};

const gone = async (): Promise<void> => undefined;

/** Marks keep whole seconds, and as much of the note as has room. */
const mark = ({ grant, expiresAt, note }: IngressRule["holders"][number]): ObservedRule["holders"][number] => ({
  grant,
  expiresAt: (Math.ceil(expiresAt / SECOND) * SECOND) as EpochMs,
  note: note.replace(/\s+/gu, " ").slice(0, 80).trim(),
});

/** What both clouds refuse to be told; a caller who tells it is wrong, so it is no `Fault`. */
const check = (rule: IngressRule, ruleHolds: Firewall["ruleHolds"]): void => {
  const bad = (why: string): never => {
    throw new Error(`bad rule: ${why}: ${JSON.stringify(rule)}`);
  };
  for (const list of [rule.addresses, rule.ports, rule.sources, rule.holders])
    if (list.length === 0) bad("an empty list");
  for (const list of [rule.addresses, rule.ports, rule.sources]) {
    if (list.some((value, at) => at > 0 && (list[at - 1] ?? "") >= value))
      bad("a list isn't sorted, or repeats itself");
  }
  if (rule.ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535)) bad("no port");
  if (rule.sources.some((source) => parseCidr(source) !== source)) bad("a prefix isn't in its canonical form");
  if (new Set([...rule.addresses, ...rule.sources].map((each) => familyOf(each as Cidr))).size > 1)
    bad("mixed families");
  const overlap = rule.sources.some((one) => rule.sources.some((other) => one !== other && contains(one, other)));
  if (overlap) bad("overlapping prefixes");
  if (ruleHolds === "grant" && rule.holders.length > 1) bad("several grants in one rule");
  if (ruleHolds === "hole" && rule.ports.length + rule.sources.length > 2) bad("more than one hole in one rule");
};

/** A cloud that shares holes refuses the same one twice; one that doesn't names a rule by its grant, protocol and family. */
const collides = (
  { rule: there, holders }: ObservedRule,
  rule: IngressRule,
  ruleHolds: Firewall["ruleHolds"],
): boolean => {
  if (there === undefined) return ruleHolds === "grant" && holders[0]?.grant === rule.holders[0]?.grant;
  if (there.protocol !== rule.protocol || familyOf(there.sources[0] as Cidr) !== familyOf(rule.sources[0] as Cidr))
    return false;
  return ruleHolds === "grant"
    ? holders[0]?.grant === rule.holders[0]?.grant
    : there.ports[0] === rule.ports[0] && there.sources[0] === rule.sources[0];
};

export const holesIn = (rule: Omit<IngressRule, "holders">): readonly string[] =>
  rule.addresses.flatMap((address) =>
    rule.ports.flatMap((port) => rule.sources.map((source) => `${port}/${rule.protocol} of ${address} from ${source}`)),
  );

const allowOf = ({ id, name, priority, protocol, ports, sources }: ForeignAllow): ForeignAllow => ({
  id,
  name,
  priority,
  protocol,
  ports,
  sources,
});
