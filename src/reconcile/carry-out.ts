/** Applying a plan so that what the cloud refuses for good takes nothing else with it. */

import { Fault, isFault } from "../access/fault.ts";
import type { GrantId } from "../access/identifier.ts";
import { type Block, type Changes, type IngressRule, NO_CHANGES, type ObservedBlock } from "../cloud/firewall.ts";

export interface CarryOutDeps {
  /** `Firewall.apply` of one firewall, guarded. */
  readonly apply: (changes: Changes) => Promise<readonly string[]>;
  readonly changesAtOnce: boolean;
  /** The cloud won't take this grant's rules. What is desired has changed when it returns. */
  readonly cannotOpen: (grant: GrantId, fault: Fault) => Promise<void>;
  /** The cloud won't take this block. It stays desired. */
  readonly cannotBlock: (block: Block, fault: Fault) => Promise<void>;
  /** The cloud won't take this one away, or put back what it withholds. It stays unwanted. */
  readonly cannotUnblock: (block: ObservedBlock, fault: Fault) => Promise<void>;
}

/**
 * All at once where the firewall takes its time for each change; else closings first, and alone, so that nothing about an opening can hold them up.
 * What is refused for good is done apart, one grant and one protection after the other.
 *
 * Returns what couldn't be put back as it was. Throws what may be tried again.
 */
export const carryOut = async (changes: Changes, deps: CarryOutDeps): Promise<readonly string[]> => {
  if (deps.changesAtOnce) {
    const changed = await unlessRefused(() => deps.apply(changes));
    if (!isFault(changed)) return changed;
  }
  const { add, ...closing } = changes;
  const changed = add.length > 0 && isNothing(closing) ? [] : await close(closing, deps);
  if (add.length > 0) await open(add, deps);
  return changed;
};

const close = async (closing: Omit<Changes, "add">, deps: CarryOutDeps): Promise<readonly string[]> => {
  const changed = await unlessRefused(() => deps.apply({ ...closing, add: [] }));
  if (!isFault(changed)) return changed;
  const { block, unblock, ...rules } = closing;
  if (block.length + unblock.length === 0) throw changed;
  if (!isNothing(rules)) await deps.apply({ ...NO_CHANGES, ...rules });
  for (const one of block) {
    const refused = await unlessRefused(() => deps.apply({ ...NO_CHANGES, block: [one] }));
    if (isFault(refused)) await deps.cannotBlock(one, refused);
  }
  const back: string[] = [];
  for (const one of unblock) {
    const refused = await unlessRefused(() => deps.apply({ ...NO_CHANGES, unblock: [one] }));
    if (isFault(refused)) await deps.cannotUnblock(one, refused);
    else back.push(...refused);
  }
  return back;
};

const open = async (add: readonly IngressRule[], deps: CarryOutDeps): Promise<void> => {
  const refused = await unlessRefused(() => deps.apply({ ...NO_CHANGES, add }));
  if (!isFault(refused)) return;
  const [only, ...others] = new Set(add.flatMap((rule) => rule.holders.map((holder) => holder.grant)));
  if (only === undefined || others.length === 0) {
    if (only !== undefined) await deps.cannotOpen(only, refused);
    return;
  }
  const done = new Set<IngressRule>();
  for (const grant of [only, ...others]) {
    const own = add.filter((rule) => !done.has(rule) && rule.holders.some((holder) => holder.grant === grant));
    const problem = own.length === 0 ? [] : await unlessRefused(() => deps.apply({ ...NO_CHANGES, add: own }));
    for (const rule of own) done.add(rule);
    if (!isFault(problem)) continue;
    await deps.cannotOpen(grant, problem);
    // What is desired has changed by that, so the rest is for the next pass.
    throw new Fault("lease-lost", "what is left has to be planned again", { retry: "later" });
  }
};

/** A refusal for good is returned; what may be tried again is thrown. */
const unlessRefused = async <T>(attempt: () => Promise<T>): Promise<T | Fault> => {
  try {
    return await attempt();
  } catch (error) {
    if (!isFault(error) || error.retry === "later") throw error;
    return error;
  }
};

const isNothing = (changes: Partial<Changes>): boolean => Object.values(changes).every((list) => list.length === 0);
