/** One security group of somebody else's as a firewall: rules are withheld from it, because a group can't deny. */

import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../../../access/fault.ts";
import type { FirewallId } from "../../../access/machine.ts";
import { type Clock, SECOND } from "../../../access/time.ts";
import {
  type Block,
  type Changes,
  type Firewall,
  type ForeignAllow,
  type Guard,
  NO_CHANGES,
  type Observed,
  type ObservedBlock,
} from "../../firewall.ts";
import type { WithheldMemory } from "../../withheld.ts";
import { type Ask, type Ec2, quoted } from "../ec2.ts";
import { type GroupKey, writeGroup } from "../firewall-id.ts";
import type { Quotas } from "../own-group/room.ts";
import { finished, giveUp } from "./finished.ts";
import { covers, showRule } from "./foreign-rule.ts";
import { intend } from "./intend.ts";
import { foreignRules, type LiveRule } from "./live-rule.ts";
import {
  authorizeKnown,
  putTags,
  readLive,
  readPrefixListSizes,
  readSharedGroup,
  remainsTag,
  revoke,
  type SharedGroup,
  takeTags,
} from "./shared-group-calls.ts";
import { checkTagRoom, noRuleRoom, overfull } from "./shared-room.ts";
import { showRange } from "./split-range.ts";
import { staysWithheld } from "./stays-withheld.ts";
import type { WithheldState } from "./withheld-state.ts";
import { openWithheldStore, type WithheldStore } from "./withheld-store.ts";
import { isNoWork, workFor } from "./work-for.ts";

export interface SharedGroupDeps {
  readonly id: FirewallId;
  readonly installation: string;
  readonly key: GroupKey;
  readonly ec2: Ec2;
  readonly quotas: Quotas;
  readonly withheld: WithheldMemory;
  /** Signs the tags that tell what is withheld. */
  readonly secret: string;
  readonly clock: Clock;
}

/**
 * It never holds rules of grants. A block on it is a record, in memory and on the group's tags, and the absence of the rules that it overrules.
 *
 * What is to become is written down first, then what is left of split rules is added, then rules are revoked by id, so that at no moment anybody
 * is without a port that isn't blocked. What was done is seen by reading, so every step can be done again.
 */
export const createSharedGroup = (deps: SharedGroupDeps): Firewall => {
  const { id, installation, key, ec2, withheld, secret, clock } = deps;
  /** As it was last read. */
  let groupName: string | undefined;
  const readGroup = async (read: Ask): Promise<SharedGroup | undefined> => {
    const group = await readSharedGroup(read, key.group, installation);
    groupName = group?.name ?? groupName;
    return group;
  };
  const storeFor = async (group: SharedGroup): Promise<WithheldStore> =>
    openWithheldStore({ id, signer: { installation, place: writeGroup(key), secret }, withheld, clock }, group.tags);

  const observe = async (signal: AbortSignal, asked: readonly Block[] = []): Promise<Observed> => {
    const group = await readGroup(ec2.within(signal));
    if (group === undefined) {
      return {
        rules: [],
        blocks: [],
        undercut: undercutOf(asked, []),
        settled: true,
      };
    }
    if (group.madeFor !== undefined) {
      return { rules: [], blocks: [], undercut: undercutOf(asked, group.live), settled: true };
    }
    const store = await storeFor(group);
    if (store.unproven !== undefined) {
      return {
        rules: [],
        // Nobody plans with a block that can't be read.
        blocks: store.unproven.map((protection) => ({ protection, block: undefined, note: "" })),
        undercut: undercutOf(asked, group.live),
        settled: true,
      };
    }
    const { state } = intend(store.state, group.live, NO_CHANGES, group.name, clock.now());
    const foreign = foreignRules(state, group.live);
    return {
      rules: [],
      blocks: observedBlocks(state),
      undercut: undercutOf(asked, foreign),
      settled:
        isNoWork(workFor(state, group.live, group.name)) && store.holds(finished(state, group.live, group.name).state),
    };
  };

  const apply = async (changes: Changes, guard: Guard, signal: AbortSignal): Promise<readonly string[]> => {
    if (changes.add.length + changes.restamp.length + changes.remove.length > 0) {
      throw new Error("a security group of somebody else's holds no rules of grants");
    }
    const read = ec2.within(signal);
    const write: Ask = async (doing, send) => {
      await guard();
      return await read(doing, send);
    };
    const group = await readGroup(read);
    if (group === undefined) return forgetGone(deps, changes, guard);
    if (group.madeFor !== undefined) {
      if (changes.block.length === 0) return [];
      throw new Fault(
        "aws",
        `${quoted(group.name)} is made by Latch for ${quoted(group.madeFor)}, so nothing is withheld from it: take it off other interfaces`,
        { retry: "never" },
      );
    }
    const store = await storeFor(group);
    if (store.unproven !== undefined && changes.block.length === 0) {
      if (changes.unblock.length === 0) return [];
      throw new Fault(
        "aws",
        `cannot tell whether Latch wrote what the tags of ${quoted(key.group)} say it withholds, so nothing is put back: start it with the Slack secret of then, or put the rules in by hand and delete these tags`,
        { retry: "never" },
      );
    }
    const first = intend(store.state, group.live, changes, group.name, clock.now());
    // What seems to be gone may only not be shown everywhere yet: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
    const live =
      first.said.length === 0 && first.state.missed.size === 0
        ? group.live
        : await lookAgain(read, key.group, installation, signal);
    const intended = intend(store.state, live, changes, group.name, clock.now());
    const change: Change = { deps, read, write, group, store, state: intended.state, live };
    const dropFirst = await checkRoom(change, changes);
    const ahead = workFor(change.state, change.live, group.name);
    // Whoever resumes with only tags left to take away must not put them there again: it would never get further.
    if (!isNoWork(ahead)) await save(change, change.state, guard);

    const said = [...intended.said, ...ahead.said];
    if (dropFirst) await takeOut(change, ahead.drop);
    said.push(...(await addMissing(change, guard)));
    const work = workFor(change.state, change.live, group.name);
    await putTags(write, work.mark, [remainsTag(installation)]);
    await takeOut(change, [...work.withhold, ...work.drop]);
    const unmarked = work.unmark.map((rule) => rule.id);
    await takeTags(write, unmarked, [remainsTag(installation).Key]);
    const shown = change.live.map((rule) => (unmarked.includes(rule.id) ? { ...rule, isMarked: false } : rule));

    const reached = intend(change.state, shown, NO_CHANGES, group.name, clock.now());
    const end = finished(reached.state, shown, group.name);
    await save(change, end.state, guard);
    await store.tidy(end.state, guard, write);
    const stays = staysWithheld(store.state, end.state, changes.unblock, group.name);
    return [...said, ...reached.said, ...end.said, ...stays];
  };

  return {
    id,
    get name() {
      return groupName === undefined || groupName === key.group ? key.group : `${groupName} (${key.group})`;
    },
    ruleHolds: "hole",
    observe,
    apply,
  };
};

/**
 * Returns when the group was seen to have the tags too: memory alone may be lost, and after this goes what nothing else tells of, a rule or the tags of
 * before.
 */
const save = async ({ deps, read, write, group, store }: Change, state: WithheldState, guard: Guard): Promise<void> => {
  if (!(await store.save(state, guard, write))) return;
  const shown = await readSharedGroup(read, group.id, deps.installation);
  const there = new Map((shown?.tags ?? []).map(({ Key, Value }) => [Key, Value]));
  if (store.tagsFor(state).every(({ Key, Value }) => there.get(Key) === Value)) return;
  throw new Fault("aws", `the tags of ${quoted(group.id)} don't show yet what is to be withheld`, { retry: "later" });
};

/** One apply on its way: `live` and `state` follow what is done. */
interface Change {
  readonly deps: SharedGroupDeps;
  readonly read: Ask;
  readonly write: Ask;
  readonly group: SharedGroup;
  readonly store: WithheldStore;
  state: WithheldState;
  live: readonly LiveRule[];
}

const observedBlocks = ({ blocks }: WithheldState): readonly ObservedBlock[] =>
  [...blocks]
    .map(([protection, block]): ObservedBlock => {
      if (block === undefined) return { protection, block, note: "" };
      const { addresses, ports, note } = block;
      return { protection, block: { addresses, ports }, note };
    })
    .toSorted((a, b) => (a.protection < b.protection ? -1 : 1));

const undercutOf = (asked: readonly Block[], foreign: readonly LiveRule[]): Observed["undercut"] =>
  new Map(asked.map((block) => [block.protection, undercutting(block, foreign)]));

const undercutting = (block: Block, foreign: readonly LiveRule[]): readonly ForeignAllow[] =>
  foreign
    .filter(({ values }) => block.ports.some((port) => covers(values, port)))
    .map(({ id, values }) => ({
      id,
      name: id,
      priority: undefined,
      protocol: values.protocol === "tcp" || values.protocol === "udp" ? values.protocol : "any",
      ports: [values.ports === undefined ? "*" : showRange(values.ports)],
      sources: [values.source.at],
    }));

/** Whether what is no longer needed must go before what is added finds room. Throws a `Fault` of code `quota`, before anything is changed. */
const checkRoom = async ({ deps, read, store, state, live, group }: Change, changes: Changes): Promise<boolean> => {
  const { add, drop, withhold } = workFor(state, live, group.name);
  const unreadable = withhold.find(({ values }) => values.source.kind === "unknown");
  if (unreadable !== undefined) {
    throw new Fault("aws", `cannot read the source of ${quoted(unreadable.id)}`, { retry: "never" });
  }
  if (changes.block.length > 0) checkTagRoom(group.id, group.tags, store.tagsFor(state), add);
  if (add.length === 0) return false;
  const added = add.map(({ values }) => values);
  const lists = [...live.map(({ values }) => values), ...added].flatMap(({ source }) =>
    source.kind === "prefix-list" ? source.at : [],
  );
  const room = {
    rulesPerGroup: deps.quotas.rulesPerGroup,
    sizes: await readPrefixListSizes(read, [...new Set(lists)]),
  };
  const valuesOf = (rules: readonly LiveRule[]) => rules.map(({ values }) => values);
  const over = overfull(valuesOf(live), added, room);
  if (over === undefined) return false;
  const afterwards = overfull(valuesOf(live.filter((rule) => !drop.includes(rule))), added, room);
  if (changes.block.length > 0 || afterwards !== undefined) {
    throw noRuleRoom(group.id, over.count, room.rulesPerGroup);
  }
  return true;
};

/** Adds what is missing until reading shows it. Returns what can't be there any more. */
const addMissing = async (change: Change, guard: Guard): Promise<readonly string[]> => {
  const { deps, read, write, group, store } = change;
  const said: string[] = [];
  for (let tries = 1; ; tries += 1) {
    const { add } = workFor(change.state, change.live, group.name);
    if (add.length === 0) return said;
    if (tries > MOST_TRIES) {
      throw new Fault("no-effect", `${quoted(group.id)} doesn't hold what was put into it`, { retry: "later" });
    }
    for (const lost of await authorizeKnown(write, group.id, add, deps.installation)) {
      const here = await readSharedGroup(read, group.id, deps.installation);
      if (here === undefined) throw new Fault("not-found", `${quoted(group.id)} is gone`, { retry: "later" });
      said.push(
        `\`${showRule(lost.values)}\` can't be put into ${group.name}: there is no ${lost.values.source.at} any more.`,
      );
      change.state = giveUp(change.state, lost);
      await store.save(change.state, guard, write);
    }
    change.live = await readLive(read, group.id, deps.installation);
  }
};

const takeOut = async (change: Change, rules: readonly LiveRule[]): Promise<void> => {
  const { deps, read, write, group } = change;
  if (rules.length === 0) return;
  const readAgain = () => readLive(read, group.id, deps.installation);
  const ids = rules.map(({ id }) => id);
  await revoke(write, group.id, ids, readAgain);
  change.live = await readAgain();
  if (change.live.some(({ id }) => ids.includes(id))) {
    throw new Fault("no-effect", `${quoted(group.id)} still holds what was taken out of it`, { retry: "later" });
  }
};

const lookAgain = async (read: Ask, group: string, installation: string, signal: AbortSignal) => {
  await sleep(A_WHILE, undefined, { signal }).catch(() => undefined);
  return await readLive(read, group, installation);
};

const forgetGone = async ({ id, key, withheld }: SharedGroupDeps, changes: Changes, guard: Guard) => {
  if (changes.block.length > 0) throw new Fault("not-found", `${quoted(key.group)} is gone`, { retry: "never" });
  if ((await withheld.read(id)) === undefined) return [];
  await guard();
  await withheld.remember(id, undefined);
  return [`${key.group} is gone, so nothing could be put back into it.`];
};

const MOST_TRIES = 3;
const A_WHILE = SECOND;
