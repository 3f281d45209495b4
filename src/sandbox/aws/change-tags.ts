/** Puts tags on resources and takes them off: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */

import {
  type Action,
  type Call,
  myGroups,
  myInstances,
  myInterfaces,
  myPrefixLists,
  mySubnets,
  myVpcs,
} from "./call.ts";
import { type IdKind, notFound, refusal } from "./error.ts";
import { findRule, setRules, type Tags } from "./state.ts";
import { isReserved, readTags, refuseReserved, withinQuota } from "./tag-set.ts";

export const createTags: Action = (call) => {
  const tags = readTags(call.params, call.limits);
  if (Object.keys(tags).length === 0)
    throw refusal("MissingParameter", "The request must contain the parameter tagSet");
  changeTags(call, (before) => withinQuota({ ...before, ...tags }, call.limits));
  return { return: true };
};

/** Without tags all but those of AWS are taken; a tag with a value is taken only where it has that value. */
export const deleteTags: Action = (call) => {
  const asked = call.params.parts("Tag").map((tag) => ({ key: tag.required("Key"), value: tag.text("Value") }));
  for (const { key } of asked) refuseReserved(key);
  const goes = (key: string, value: string): boolean =>
    asked.length === 0
      ? !isReserved(key)
      : asked.some((tag) => tag.key === key && (tag.value === undefined || tag.value === value));
  changeTags(call, (before) => Object.fromEntries(Object.entries(before).filter(([key, value]) => !goes(key, value))));
  return { return: true };
};

type Change = (tags: Tags) => Tags;

/** Every resource must be there, and all new tags be allowed, before any is written. */
const changeTags = (call: Call, change: Change): void => {
  const ids = [...new Set(call.params.texts("ResourceId"))];
  if (ids.length === 0) throw refusal("MissingParameter", "The request must contain the parameter resourceIdSet");
  if (ids.length > 1_000) throw refusal("InvalidParameterValue", "At most 1000 resources can be tagged in one request");
  const writes = ids.map((id) => writeOf(call, id, change));
  for (const write of writes) write();
};

const writeOf = (call: Call, id: string, change: Change): (() => void) => {
  const { state } = call;
  if (id.startsWith("sgr-")) {
    const found = findRule(state, id);
    if (found === undefined || !myGroups(call).some((group) => group.id === found.group.id)) throw notFound("sgr", id);
    const tags = change(found.rule.tags);
    return () =>
      setRules(state, found.group.id, (rules) => rules.map((rule) => (rule.id === id ? { ...rule, tags } : rule)));
  }
  if (id.startsWith("sg-")) return tagged(myGroups(call), state.groups, id, "sg", change);
  if (id.startsWith("i-")) return tagged(myInstances(call), state.instances, id, "i", change);
  if (id.startsWith("eni-")) return tagged(myInterfaces(call), state.interfaces, id, "eni", change);
  if (id.startsWith("vpc-")) return tagged(myVpcs(call), state.vpcs, id, "vpc", change);
  if (id.startsWith("subnet-")) return tagged(mySubnets(call), state.subnets, id, "subnet", change);
  if (id.startsWith("pl-")) {
    const own = myPrefixLists(call).filter(({ account }) => account === call.account);
    return tagged(own, state.prefixLists, id, "pl", change);
  }
  throw refusal("InvalidID", `The ID '${id}' is not valid`);
};

const tagged = <T extends { readonly id: string; readonly tags: Tags }>(
  mine: readonly T[],
  all: Map<string, T>,
  id: string,
  kind: IdKind,
  change: Change,
): (() => void) => {
  const found = mine.find((one) => one.id === id);
  if (found === undefined) throw notFound(kind, id);
  const after = { ...found, tags: change(found.tags) };
  return () => all.set(id, after);
};
