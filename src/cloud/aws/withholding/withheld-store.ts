/** Keeps what is withheld from one group in memory and on the group's tags, the same in both. */

import type { ProtectionId } from "../../../access/identifier.ts";
import type { FirewallId } from "../../../access/machine.ts";
import type { Clock } from "../../../access/time.ts";
import type { Guard } from "../../firewall.ts";
import type { WithheldMemory } from "../../withheld.ts";
import type { Ask } from "../ec2.ts";
import type { Tag } from "../own-group/owner-mark.ts";
import { putTags, takeTags } from "./shared-group-calls.ts";
import {
  readStored,
  sameEntries,
  staleKeys,
  type WithheldState,
  writeGroupTags,
  writeMemory,
} from "./withheld-state.ts";
import type { Signer } from "./withholds-tag.ts";

export interface WithheldStore {
  /** As it was read. */
  readonly state: WithheldState;
  /** Set when only tags tell of something, and nothing proves that these are ours: the blocks that they name. `state` has none of them then. */
  readonly unproven: readonly ProtectionId[] | undefined;
  /** Whether both hold this, and nothing else. */
  readonly holds: (state: WithheldState) => boolean;
  readonly tagsFor: (state: WithheldState) => readonly Tag[];
  /** In both when it returns, as far as EC2 says; in memory first. What is no longer so may still stand in tags beside it. Returns whether it wrote tags. */
  readonly save: (state: WithheldState, guard: Guard, write: Ask) => Promise<boolean>;
  /** Takes away what is no longer so; memory last, so that whoever dies meanwhile comes back to it. */
  readonly tidy: (state: WithheldState, guard: Guard, write: Ask) => Promise<void>;
}

export interface WithheldStoreDeps {
  readonly id: FirewallId;
  readonly signer: Signer;
  readonly withheld: WithheldMemory;
  readonly clock: Clock;
}

export const openWithheldStore = async (
  { id, signer, withheld, clock }: WithheldStoreDeps,
  tags: readonly Tag[],
): Promise<WithheldStore> => {
  const { installation, place } = signer;
  const group = place.slice(place.lastIndexOf("/") + 1);
  let memory = await withheld.read(id);
  const stored = readStored(memory, tags, signer);
  let { written: last, version } = stored;
  const there = new Map(tags.map(({ Key, Value }) => [Key, Value]));

  const tagsAt = (state: WithheldState, at: number) => writeGroupTags({ state, version: at }, signer);
  const isThere = ({ Key, Value }: Tag): boolean => there.get(Key) === Value;
  const stale = (state: WithheldState, wanted: readonly Tag[]) =>
    staleKeys(
      [...there].map(([Key, Value]) => ({ Key, Value })),
      wanted,
      state,
      installation,
    );

  return {
    state: stored.state,
    unproven: stored.unproven,
    holds: (state) =>
      sameEntries(state, stored.state) &&
      writeMemory({ state, version }) === memory &&
      tagsAt(state, version).every(isThere) &&
      stale(state, tagsAt(state, version)).length === 0,
    tagsFor: (state) => tagsAt(state, version),
    save: async (state, guard, write) => {
      // By time, so that tags of earlier protections, which somebody kept, are never later than what is remembered of these.
      if (!sameEntries(state, last)) version = Math.max(version + 1, clock.now());
      last = state;
      const text = writeMemory({ state, version });
      if (text === undefined) return false;
      if (text !== memory) {
        await guard();
        await withheld.remember(id, text);
        memory = text;
      }
      const missing = tagsAt(state, version).filter((tag) => !isThere(tag));
      await putTags(write, [group], missing);
      for (const { Key, Value } of missing) there.set(Key, Value);
      return missing.length > 0;
    },
    tidy: async (state, guard, write) => {
      const wanted = tagsAt(state, version);
      const keys = stale(state, wanted);
      await takeTags(write, [group], keys);
      for (const key of keys) there.delete(key);
      if (writeMemory({ state, version }) !== undefined || memory === undefined) return;
      await guard();
      await withheld.remember(id, undefined);
      memory = undefined;
    },
  };
};
