/** One network security group as a `Firewall`: what of it is ours, and how a plan is carried out. */

import { setTimeout } from "node:timers/promises";
import { Fault, isFault } from "../../access/fault.ts";
import type { FirewallId } from "../../access/machine.ts";
import { SECOND } from "../../access/time.ts";
import type { Changes, Firewall, Guard, IngressRule, Observed, ObservedRule } from "../firewall.ts";
import { azureFault, isGone } from "./azure-fault.ts";
import type { NsgApi } from "./nsg-api.ts";
import { findRule, type NsgDocument, type NsgRule, nameKey, stringAt } from "./nsg-document.ts";
import { type Edit, writeEdits } from "./nsg-writes.ts";
import { type NameParts, type OwnerMark, parseDescription, printDescription } from "./owner-mark.ts";
import { type Band, findRoom } from "./priority.ts";
import { familyOfHole, printRule, type RuleProperties, readRule } from "./security-rule.ts";

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
    const opens = changes.restamp.length + changes.add.length > 0;
    let nsg = await read(signal);
    // With the group went all its rules: nothing to close.
    if (nsg === undefined && !opens) return [];
    if (nsg === undefined) throw gone(name);
    if (!opens && changes.remove.length === 0) {
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
    nsg = await step(removalsOf(changes, mark, nsg), nsg, opens);
    // What is to stay is prolonged before anything is opened, and even when there is no room to open it.
    nsg = await step(restampsOf(changes, mark, nsg, name), nsg, changes.add.length > 0);
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
    observe: async (signal) => {
      const nsg = await read(signal);
      return nsg === undefined ? { rules: [], blocks: [], undercut: new Map(), settled: true } : observedOf(nsg, mark, band);
    },
    apply,
  };
};

const observedOf = (nsg: NsgDocument, mark: OwnerMark, band: Band): Observed => ({
  rules: nsg.rules.flatMap((rule): ObservedRule[] => {
    const parts = mark.parseName(rule.name);
    return parts === undefined ? [] : [observedRuleOf(rule, parts, band)];
  }),
  blocks: [],
  undercut: new Map(),
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
    const parts = mark.parseName(name);
    const failed = /^(?:failed|canceled)$/iu.test(stringAt(properties, "provisioningState") ?? "");
    if (parts === undefined || !failed) return [];
    const hole = readRule(properties, parts, band);
    const { priority } = properties;
    if (hole === undefined || typeof priority !== "number") return [];
    return [{ kind: "put", name, properties: printRule(hole, priority, stringAt(properties, "description") ?? "") }];
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
      .filter(({ name }) => mark.parseName(name) !== undefined)
      .map(({ properties }) => stringAt(properties, "provisioningState")),
  ].some((state) => state !== undefined && /^(?:updating|deleting|creating)$/iu.test(state));

const gone = (name: string): Fault => new Fault("not-found", `\`${name}\` is gone`, { retry: "never" });

const stillChanging = (name: string): Fault =>
  new Fault("azure", `\`${name}\` is still being changed`, { retry: "later", afterMs: SECOND });

const changedMeanwhile = (rule: string, nsg: string): Fault =>
  new Fault("azure", `cannot write rule \`${rule}\` of \`${nsg}\`: it changed meanwhile`, { retry: "later" });
