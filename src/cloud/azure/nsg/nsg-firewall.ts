/** One network security group as a `Firewall`: what of it is ours, and how a plan is carried out. */

import { setTimeout } from "node:timers/promises";
import { Fault, isFault } from "../../../access/fault.ts";
import type { FirewallId } from "../../../access/machine.ts";
import { SECOND } from "../../../access/time.ts";
import type { Block, Changes, Firewall, Guard, IngressRule, Observed, ObservedRule } from "../../firewall.ts";
import { azureFault, isGone } from "../azure-fault.ts";
import { nameKey, stringAt } from "../json.ts";
import type { NsgApi } from "./nsg-api.ts";
import { blockEdits, observedBlocks, unblockEdits, undercutOf } from "./nsg-blocks.ts";
import { findRule, type NsgDocument, type NsgRule } from "./nsg-document.ts";
import { type Edit, writeEdits } from "./nsg-writes.ts";
import { type NameParts, type OwnerMark, parseDescription, printDescription } from "./owner-mark.ts";
import { type Band, findRoom } from "./priority.ts";
import { familyOfHole, printDeny, printRule, type RuleProperties, readDeny, readRule } from "./security-rule.ts";

/** Three seconds together: a closing that falls due meanwhile must not wait long for the lease. */
const SETTLE_MS = 250;
const SETTLE_TRIES = 12;

export interface NsgDeps {
  readonly id: FirewallId;
  readonly name: string;
  readonly api: NsgApi;
  readonly mark: OwnerMark;
  readonly band: Band;
}

export const createNsgFirewall = ({ id, name, api, mark, band }: NsgDeps): Firewall => {
  const read = async (signal: AbortSignal): Promise<NsgDocument | undefined> => {
    const outcome = await api.read(signal);
    if (outcome.kind === "done") return outcome.value;
    if (isGone(outcome.problem)) return undefined;
    throw azureFault(`cannot read \`${name}\``, outcome.problem);
  };

  const apply = async (changes: Changes, guard: Guard, signal: AbortSignal): Promise<readonly string[]> => {
    const { block, restamp, unblock, add } = changes;
    let nsg = await read(signal);
    // With the group went all its rules: nothing to close, and nothing to take away.
    if (nsg === undefined && block.length + restamp.length + add.length === 0) return [];
    if (nsg === undefined) throw gone(name);
    if (Object.values(changes).every((list) => list.length === 0)) {
      await settle(nsg, guard, signal);
      return [];
    }

    const failures: Fault[] = [];
    /** Carries out one kind of edits, and reads again what they changed when something else is to follow. */
    const step = async (edits: readonly Edit[] | Fault, before: NsgDocument, more: boolean): Promise<NsgDocument> => {
      const failure = isFault(edits) ? edits : await writeEdits(edits, { name, api, nsg: before, guard, signal });
      if (failure !== undefined) failures.push(failure);
      if (!more || isFault(edits) || edits.length === 0) return before;
      const after = await read(signal);
      if (after === undefined) throw gone(name);
      return after;
    };
    const after = {
      unblock: unblock.length + add.length > 0,
      restamp: restamp.length + unblock.length + add.length > 0,
    };
    nsg = await step(removalsOf(changes, mark, nsg), nsg, block.length > 0 || after.restamp);
    const blocked = blockEdits(nsg, block, { name, mark, band });
    failures.push(...blocked.faults);
    nsg = await step(blocked.edits, nsg, after.restamp);
    // What is to stay is prolonged before anything is opened, and even when there is no room to open it.
    nsg = await step(restampsOf(changes, mark, nsg, name), nsg, after.unblock);
    nsg = await step(unblockEdits(nsg, unblock, mark), nsg, add.length > 0);
    await step(additionsOf(changes, mark, nsg, name, band), nsg, false);

    // The first: what keeps a door from closing matters more than what keeps one from opening.
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    return [];
  };

  /** There is nothing to change, but Azure isn't done with what was written, or failed at it: waits for a little while, and writes it again. */
  const settle = async (first: NsgDocument, guard: Guard, signal: AbortSignal): Promise<void> => {
    let nsg = first;
    for (let tries = 0; isChanging(nsg, mark); tries += 1) {
      if (tries === SETTLE_TRIES) throw stillChanging(name);
      await setTimeout(SETTLE_MS, undefined, { signal });
      const next = await read(signal);
      if (next === undefined) return;
      nsg = next;
    }
    const failure = await writeEdits(repairsOf(nsg, mark, band), { name, api, nsg, guard, signal });
    if (failure !== undefined) throw failure;
  };

  return {
    id,
    name,
    ruleHolds: "grant",
    observe: async (signal, blocks = []) => {
      const nsg = await read(signal);
      if (nsg !== undefined) return observedOf(nsg, blocks, name, mark, band);
      return {
        rules: [],
        blocks: [],
        undercut: new Map(blocks.map(({ protection }) => [protection, []])),
        settled: true,
      };
    },
    apply,
  };
};

const observedOf = (
  nsg: NsgDocument,
  asked: readonly Block[],
  name: string,
  mark: OwnerMark,
  band: Band,
): Observed => ({
  rules: nsg.rules.flatMap((rule): ObservedRule[] => {
    const parts = mark.parseName(rule.name);
    return parts === undefined ? [] : [observedRuleOf(rule, parts, band)];
  }),
  blocks: observedBlocks(nsg, asked, { name, mark, band }),
  undercut: undercutOf(nsg, asked, mark),
  settled: !isChanging(nsg, mark) && repairsOf(nsg, mark, band).length === 0,
});

const observedRuleOf = ({ name, properties }: NsgRule, parts: NameParts, band: Band): ObservedRule => {
  const said = parseDescription(stringAt(properties, "description") ?? "");
  return {
    id: name,
    rule: readRule(properties, parts, band),
    holders: [{ grant: parts.grant, expiresAt: said?.expiresAt, note: said?.note ?? "" }],
  };
};

const removalsOf = (changes: Changes, mark: OwnerMark, nsg: NsgDocument): readonly Edit[] =>
  changes.remove
    // The plan was made from what we observed; the name is looked at once more, because nothing else may ever be deleted.
    .filter(({ id }) => mark.parseName(id) !== undefined && findRule(nsg, id) !== undefined)
    .map(({ id }) => ({ kind: "delete", name: id }));

const restampsOf = (changes: Changes, mark: OwnerMark, nsg: NsgDocument, nsgName: string): readonly Edit[] | Fault => {
  const edits: Edit[] = [];
  for (const { observed, rule } of changes.restamp) {
    const there = findRule(nsg, observed.id);
    const priority = there?.properties.priority;
    if (there === undefined || typeof priority !== "number" || mark.parseName(there.name) === undefined) {
      return changedMeanwhile(observed.id, nsgName);
    }
    edits.push({ kind: "put", name: there.name, properties: propertiesOf(rule, priority) });
  }
  return edits;
};

/** Rules of ours that are as they should be, but whose last write failed, so that nobody knows if they work: the way out is to write them again. */
const repairsOf = (nsg: NsgDocument, mark: OwnerMark, band: Band): readonly Edit[] =>
  nsg.rules.flatMap(({ name, properties }): Edit[] => {
    const { priority } = properties;
    const failed = /^(?:failed|canceled)$/iu.test(stringAt(properties, "provisioningState") ?? "");
    if (!failed || typeof priority !== "number") return [];
    const description = stringAt(properties, "description") ?? "";
    const [ofGrant, ofBlock] = [mark.parseName(name), mark.parseBlockName(name)];
    const hole = ofGrant === undefined ? undefined : readRule(properties, ofGrant, band);
    const scope = ofBlock === undefined ? undefined : readDeny(properties, ofBlock);
    if (hole !== undefined) return [{ kind: "put", name, properties: printRule(hole, priority, description) }];
    return scope === undefined ? [] : [{ kind: "put", name, properties: printDeny(scope, priority, description) }];
  });

/** A fault when one of the rules has no room: then none is added. */
const additionsOf = (
  { add }: Changes,
  mark: OwnerMark,
  nsg: NsgDocument,
  nsgName: string,
  band: Band,
): readonly Edit[] | Fault => {
  if (add.length === 0) return [];
  const named = add.map((rule) => ({ rule, name: mark.printName(partsOf(rule)) }));
  const there = named.find(({ name }) => findRule(nsg, name) !== undefined);
  if (there !== undefined) return changedMeanwhile(there.name, nsgName);
  if (new Set(named.map(({ name }) => nameKey(name))).size < add.length) {
    throw new Error("a plan has two rules of one grant, protocol and family");
  }

  const room = findRoom(
    nsg,
    add.map((rule) => ({ ...propertiesOf(rule, band.from) })),
    band,
  );
  if (room.kind === "full") {
    return new Fault("quota", `no room for ${add.length} more in \`${nsgName}\`: ${room.reason}`, { retry: "never" });
  }
  return named.map(({ rule, name }, index) => {
    const priority = room.priorities[index];
    if (priority === undefined) throw new Error("room for fewer rules than asked for");
    return { kind: "put", name, properties: propertiesOf(rule, priority) };
  });
};

const propertiesOf = (rule: IngressRule, priority: number): RuleProperties =>
  printRule(rule, priority, printDescription(holderOf(rule)));

const partsOf = (rule: IngressRule): NameParts => ({
  grant: holderOf(rule).grant,
  protocol: rule.protocol,
  family: familyOfHole(rule),
});

/** `ruleHolds: "grant"`, so every rule has exactly one. */
const holderOf = ({ holders }: IngressRule): IngressRule["holders"][number] => {
  const [holder, ...others] = holders;
  if (holder === undefined || others.length > 0) throw new Error("an NSG rule belongs to exactly one grant");
  return holder;
};

/** Azure is at work on a rule of ours, or on the group, which is when a deleted rule may still let people in. */
const isChanging = (nsg: NsgDocument, mark: OwnerMark): boolean =>
  [
    nsg.provisioningState,
    ...nsg.rules
      .filter(({ name }) => mark.isOurs(name))
      .map(({ properties }) => stringAt(properties, "provisioningState")),
  ].some((state) => state !== undefined && /^(?:updating|deleting|creating)$/iu.test(state));

const gone = (name: string): Fault => new Fault("not-found", `\`${name}\` is gone`, { retry: "never" });

const stillChanging = (name: string): Fault =>
  new Fault("azure", `\`${name}\` is still being changed`, { retry: "later", afterMs: SECOND });

const changedMeanwhile = (rule: string, nsg: string): Fault =>
  new Fault("azure", `cannot write rule \`${rule}\` of \`${nsg}\`: it changed meanwhile`, { retry: "later" });
