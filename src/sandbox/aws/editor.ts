/** What somebody else does in the console meanwhile: changes without a call, a limit or a fault in the way. */

import { setInstanceState } from "./change-instances.ts";
import { addInstance, firstEgressRules, peerIn, readRule } from "./open-world.ts";
import { type Ec2State, findRule, newId, type Rule, ruleIdentity, setRules, type Tags } from "./state.ts";
import type { InstanceSpec, InstanceStateName, PeeringStatus, RuleSpec } from "./world.ts";

export interface Ec2Editor {
  /** Returns the new rule's id. Throws when the group holds that rule already. */
  readonly authorize: (groupId: string, rule: RuleSpec, direction?: "ingress" | "egress") => string;
  readonly revoke: (ruleId: string) => void;
  readonly changeRule: (
    ruleId: string,
    change: Partial<Pick<Rule, "fromPort" | "toPort" | "peer" | "description" | "tags">>,
  ) => void;
  readonly createGroup: (vpcId: string, name: string, description?: string, tags?: Tags) => string;
  readonly deleteGroup: (groupId: string) => void;
  /** Replaces the whole set. */
  readonly setGroups: (interfaceId: string, groupIds: readonly string[]) => void;
  readonly attach: (interfaceId: string, groupId: string) => void;
  readonly detach: (interfaceId: string, groupId: string) => void;
  readonly setGroupTags: (groupId: string, tags: Tags) => void;
  readonly setInstanceTags: (instanceId: string, tags: Tags) => void;
  readonly setInstanceState: (instanceId: string, state: InstanceStateName) => void;
  /** It is listed as terminated from now on, and its interfaces are gone. */
  readonly terminate: (instanceId: string) => void;
  readonly addInstance: (spec: InstanceSpec) => void;
  /** Its next version; throws when it is too small for so many. */
  readonly setPrefixListEntries: (prefixListId: string, cidrs: readonly string[]) => void;
  readonly setPeeringStatus: (peeringId: string, status: PeeringStatus) => void;
  /** With its interfaces, as if it had been terminated an hour ago. */
  readonly removeInstance: (instanceId: string) => void;
}

export const createEditor = (state: Ec2State, now: number): Ec2Editor => {
  const setGroups = (interfaceId: string, groupIds: readonly string[]): void => {
    state.interfaces.set(interfaceId, { ...found(state.interfaces, interfaceId), groupIds });
  };
  const changeRules = (ruleId: string, change: (rule: Rule) => readonly Rule[]): void => {
    const at = findRule(state, ruleId);
    if (at === undefined) throw new Error(`there is no rule \`${ruleId}\``);
    setRules(state, at.group.id, (rules) => rules.flatMap((rule) => (rule.id === ruleId ? change(rule) : rule)));
  };
  return {
    authorize: (groupId, spec, direction = "ingress") => {
      const group = found(state.groups, groupId);
      const asked = readRule(spec, direction === "egress");
      const rule: Rule = { ...asked, peer: peerIn(state, group.vpcId, asked.peer) };
      if (group.rules.some((held) => ruleIdentity(held) === ruleIdentity(rule))) {
        throw new Error(`\`${groupId}\` holds that rule already`);
      }
      setRules(state, groupId, (rules) => [...rules, rule]);
      return rule.id;
    },
    revoke: (ruleId) => changeRules(ruleId, () => []),
    changeRule: (ruleId, change) => changeRules(ruleId, (rule) => [{ ...rule, ...change }]),
    createGroup: (vpcId, name, description = name, tags = {}) => {
      const id = newId("sg");
      const rules = firstEgressRules(found(state.vpcs, vpcId).ipv6Cidr !== undefined);
      state.groups.set(id, { id, vpcId, name, description, tags, rules, knownFrom: 0 });
      return id;
    },
    deleteGroup: (groupId) => {
      state.groups.delete(found(state.groups, groupId).id);
    },
    setGroups,
    attach: (interfaceId, groupId) =>
      setGroups(interfaceId, [
        ...new Set([...found(state.interfaces, interfaceId).groupIds, found(state.groups, groupId).id]),
      ]),
    detach: (interfaceId, groupId) =>
      setGroups(
        interfaceId,
        found(state.interfaces, interfaceId).groupIds.filter((id) => id !== groupId),
      ),
    setGroupTags: (groupId, tags) => {
      state.groups.set(groupId, { ...found(state.groups, groupId), tags });
    },
    setInstanceTags: (instanceId, tags) => {
      state.instances.set(instanceId, { ...found(state.instances, instanceId), tags });
    },
    setInstanceState: (instanceId, name) => {
      state.instances.set(instanceId, { ...found(state.instances, instanceId), state: name });
    },
    terminate: (instanceId) => setInstanceState(state, found(state.instances, instanceId).id, "terminated"),
    addInstance: (spec) => addInstance(state, spec, now),
    setPrefixListEntries: (prefixListId, cidrs) => {
      const list = found(state.prefixLists, prefixListId);
      if (cidrs.length > list.maxEntries) throw new Error(`\`${prefixListId}\` holds at most ${list.maxEntries}`);
      state.prefixLists.set(prefixListId, { ...list, cidrs, versions: [...list.versions, cidrs] });
    },
    setPeeringStatus: (peeringId, status) => {
      state.peerings.set(peeringId, { ...found(state.peerings, peeringId), status });
    },
    removeInstance: (instanceId) => {
      for (const id of found(state.instances, instanceId).interfaceIds) state.interfaces.delete(id);
      state.instances.delete(instanceId);
    },
  };
};

const found = <T>(items: ReadonlyMap<string, T>, id: string): T => {
  const item = items.get(id);
  if (item === undefined) throw new Error(`there is no \`${id}\``);
  return item;
};
