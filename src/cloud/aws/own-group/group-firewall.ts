/** The firewall of one network interface: a security group of ours beside those it has. */

import { Fault } from "../../../access/fault.ts";
import type { FirewallId } from "../../../access/machine.ts";
import type { Changes, Firewall, Guard, Observed } from "../../firewall.ts";
import { type Ask, type Ec2, quoted } from "../ec2.ts";
import { groupName } from "../firewall-id.ts";
import { observedRule, ruleId } from "./ingress-permission.ts";
import { type AttachedInterface, attachGroup, detachGroup, readInterfaceState } from "./interface-groups.ts";
import {
  createOwnGroup,
  deleteGroup,
  letsOut,
  type Owner,
  type OwnGroup,
  onceKnown,
  readOwnGroups,
  removeEgress,
} from "./own-group.ts";
import { authorizeRules, restampRules, revokeRules } from "./own-rules.ts";
import { checkRoom, type Quotas } from "./room.ts";

export interface GroupFirewallDeps extends Owner {
  readonly id: FirewallId;
  readonly ec2: Ec2;
  readonly quotas: Quotas;
}

export const createGroupFirewall = ({ id, ec2, quotas, ...owner }: GroupFirewallDeps): Firewall => {
  const { installation, key } = owner;
  const { eni } = key;

  const observe = async (signal: AbortSignal): Promise<Observed> => {
    const { at, group, spare } = await readState(ec2.within(signal), owner);
    return {
      rules: [
        ...(group?.ingress ?? []).map((rule) => observedRule(rule, at?.addresses ?? [], at !== undefined)),
        // Of two groups of ours one is to go: what it holds must be made again in the other.
        ...spare.flatMap((each) => each.ingress.map((rule) => observedRule(rule, [], false))),
      ],
      blocks: [],
      undercut: new Map(),
      settled: spare.length === 0 && (group === undefined || (at !== undefined && isSettled(at, group))),
    };
  };

  const apply = async (changes: Changes, guard: Guard, signal: AbortSignal): Promise<readonly string[]> => {
    const read = ec2.within(signal);
    const write: Ask = async (doing, send) => {
      await guard();
      return await read(doing, send);
    };
    const { at, group, spare, taken } = await readState(read, owner);

    // Closing comes first and never waits for room, for marks or for order: that a group is gone shows no sooner than that its rules are.
    const unwanted = new Set(changes.remove.map((rule) => rule.id));
    const rulesThere = async (): Promise<ReadonlySet<string>> =>
      new Set((await readOwnGroups(read, owner)).groups.flatMap((each) => each.ingress.map(ruleId)));
    if (group !== undefined) {
      const ids = group.ingress.map(ruleId).filter((each) => unwanted.has(each));
      await revokeRules(write, group, ids, rulesThere);
    }
    for (const each of spare) await revokeRules(write, each, each.ingress.map(ruleId), rulesThere);
    for (const each of spare) await remove(read, write, at, each);

    const left = group === undefined ? undefined : without(group, unwanted);
    if (at === undefined) {
      if (left?.ingress.length === 0) await deleteGroup(write, left);
      if (changes.add.length + changes.restamp.length > 0) {
        throw new Fault("not-found", `${quoted(eni)} is gone`, { retry: "never" });
      }
      return [];
    }

    const ours = new Set([group, ...spare].flatMap((each) => each?.id ?? []));
    const otherGroups = at.groups.filter((each) => !ours.has(each)).length;
    checkRoom(changes, { quotas, at, group: left, otherGroups });

    if (left !== undefined) await restampRules(write, left, changes.restamp, installation);
    if ((left?.ingress.length ?? 0) + changes.add.length === 0) {
      if (left !== undefined) await remove(read, write, at, left);
      return [];
    }

    if (left === undefined && taken) {
      const name = quoted(groupName(installation, eni));
      throw new Fault("aws", `${name} exists without our tag, so it isn't ours to use`, { retry: "never" });
    }

    // Access begins with the last write: everything about the group is right before it is attached.
    const holding = left ?? (await createOwnGroup(write, owner, at.vpc));
    const patient = left === undefined ? (ask: Ask) => onceKnown(ask, signal) : (ask: Ask) => ask;
    if (left === undefined || letsOut(left)) await removeEgress(patient(read), patient(write), holding);
    await authorizeRules(patient(write), holding, changes.add, installation);
    await attachGroup(read, patient(write), eni, holding.id, quotas.groupsPerInterface);
    return [];
  };

  return { id, name: eni, ruleHolds: "hole", observe, apply };
};

interface State {
  readonly at: AttachedInterface | undefined;
  readonly group: OwnGroup | undefined;
  /** Others of ours for the same interface, which names within a VPC normally prevent. */
  readonly spare: readonly OwnGroup[];
  readonly taken: boolean;
}

const readState = async (read: Ask, owner: Owner): Promise<State> => {
  const [at, { groups, taken }] = await Promise.all([
    readInterfaceState(read, owner.key.eni),
    readOwnGroups(read, owner),
  ]);
  const usable = groups
    .filter((group) => at === undefined || group.vpc === at.vpc)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const group = usable.find(({ id }) => at?.groups.includes(id)) ?? usable[0];
  return { at, group, spare: groups.filter((other) => other !== group), taken };
};

/** It lets nothing out, and it is attached just when it holds a rule. As the only group of its interface it can't be detached. */
const isSettled = (at: AttachedInterface, group: OwnGroup): boolean => {
  if (letsOut(group)) return false;
  return group.ingress.length > 0 ? at.groups.includes(group.id) : isAlone(at, group);
};

const isAlone = (at: AttachedInterface, group: OwnGroup): boolean =>
  at.groups.every((id) => id === group.id) && at.groups.length > 0;

const without = (group: OwnGroup, ids: ReadonlySet<string>): OwnGroup => ({
  ...group,
  ingress: group.ingress.filter((rule) => !ids.has(ruleId(rule))),
});

/** Detached and deleted; where it can't be detached it stays, holding nothing. */
const remove = async (read: Ask, write: Ask, at: AttachedInterface | undefined, group: OwnGroup): Promise<void> => {
  const isOff = at === undefined || !at.groups.includes(group.id) || (await detachGroup(read, write, at.eni, group.id));
  if (isOff) await deleteGroup(write, group);
  else if (letsOut(group)) await removeEgress(read, write, group);
};
