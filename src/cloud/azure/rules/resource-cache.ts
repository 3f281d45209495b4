/** Resources of one kind as they are during one reading: asked for by id, listed or fetched, and never twice. */

import { Fault } from "../../../access/fault.ts";
import type { Arm, Outcome } from "../arm.ts";
import { azureFault, isGone, type Problem } from "../azure-fault.ts";
import { idKey, pathOf, type ResourcePath } from "../resource-id.ts";

export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

export interface Kind<T> {
  /** `network security group`; with an `s` it is several. */
  readonly what: string;
  /** Not every Azure has it (Azure Stack Hub, say): then there are none. */
  readonly mayBeUnknown?: boolean;
  readonly list: (arm: Arm, subscription: string, options: CallOptions) => AsyncIterable<T>;
  readonly get: (arm: Arm, at: ResourcePath, options: CallOptions) => Promise<T>;
}

export type Reading<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "gone" }
  /** It is there or not: we may not look. */
  | { readonly kind: "forbidden" };

export interface ResourceCache<T> {
  /** Throws a `Fault` when neither the thing nor a final answer came. */
  readonly read: (id: string) => Promise<Reading<T>>;
  /** Those of a subscription. Throws a `Fault` when they can't be listed. */
  readonly all: (subscription: string) => Promise<readonly T[]>;
}

/** How one reading is done: those of `listed` subscriptions (lower case) are found in lists, all others are fetched. */
export interface Occasion {
  readonly arm: Arm;
  readonly signal: AbortSignal;
  readonly listed: ReadonlySet<string>;
}

export const createResourceCache = <T extends { readonly id?: string }>(
  kind: Kind<T>,
  { arm, signal, listed }: Occasion,
): ResourceCache<T> => {
  const lists = new Map<string, Promise<Outcome<ReadonlyMap<string, T>>>>();
  const single = new Map<string, Promise<Reading<T>>>();

  const askForAll = async (subscription: string): Promise<Outcome<ReadonlyMap<string, T>>> => {
    const outcome = await arm.ask(
      async (abortSignal) => Array.fromAsync(kind.list(arm, subscription, { abortSignal })),
      signal,
      LIST_MS,
    );
    if (outcome.kind === "done") {
      return { kind: "done", value: new Map(outcome.value.map((each) => [idKey(each.id ?? ""), each])) };
    }
    const isUnknown = kind.mayBeUnknown === true && UNKNOWN_TYPE.has(outcome.problem.code ?? "");
    return isUnknown ? { kind: "done", value: new Map() } : outcome;
  };

  const listOnce = async (subscription: string): Promise<Outcome<ReadonlyMap<string, T>>> =>
    once(lists, subscription.toLowerCase(), async () => askForAll(subscription));

  const listedFault = (subscription: string, problem: Problem): Fault =>
    azureFault(`cannot list ${kind.what}s of \`${subscription}\``, problem);

  const fetchOne = async (id: string): Promise<Reading<T>> => {
    const path = pathOf(id);
    if (path === undefined) return { kind: "gone" };
    const outcome = await arm.ask(
      async (abortSignal) => kind.get(arm, path, { abortSignal }),
      signal,
      arm.limits.callMs,
    );
    return readingOf(outcome, `${kind.what} \`${path.name}\``);
  };

  return {
    read: async (id) => {
      const key = idKey(id);
      const subscription = pathOf(key)?.subscription;
      if (subscription !== undefined && listed.has(subscription)) {
        const list = await listOnce(subscription);
        // Who may not list a subscription may yet read what is in a resource group.
        if (list.kind === "failed" && !isForbidden(list.problem)) throw listedFault(subscription, list.problem);
        const found = list.kind === "done" ? list.value.get(key) : undefined;
        if (found !== undefined) return { kind: "found", value: found };
      }
      return once(single, key, async () => fetchOne(id));
    },
    all: async (subscription) => {
      const list = await listOnce(subscription);
      if (list.kind === "failed") throw listedFault(subscription, list.problem);
      return [...list.value.values()];
    },
  };
};

/** `what`: ``subnet `web` of `vnet-prod` ``. */
export const readingOf = <T>(outcome: Outcome<T>, what: string): Reading<T> => {
  if (outcome.kind === "done") return { kind: "found", value: outcome.value };
  const { problem } = outcome;
  if (isForbidden(problem)) return { kind: "forbidden" };
  if (isGone(problem)) return { kind: "gone" };
  throw azureFault(`cannot read ${what}`, problem);
};

/** For what nothing can be said without. */
export const cannotRead = (what: string, { kind }: Reading<unknown>): Fault =>
  kind === "forbidden"
    ? new Fault("azure", `cannot read ${what}: not permitted`, { retry: "never" })
    : new Fault("azure", `cannot read ${what}: it is gone`, { retry: "later" });

export const once = async <K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> => {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
};

/** https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider */
const UNKNOWN_TYPE = new Set(["InvalidResourceType", "InvalidResourceNamespace", "NoRegisteredProviderFound"]);

const isForbidden = ({ status }: Problem): boolean => status === 403;

/** A list has many pages, each with its own limit; this one is for all of them. */
const LIST_MS = 120_000;
