/** Whether what is left of withheld rules, and what is told of them in tags, fits into AWS's quotas: asked before anything is changed. */

import { Fault } from "../../../access/fault.ts";
import type { AddressFamily } from "../../../access/source.ts";
import { quoted } from "../ec2.ts";
import { TAGS_PER_RESOURCE, type Tag } from "../own-group/owner-mark.ts";
import { isAmazons, type RuleValues, showRule } from "./foreign-rule.ts";
import type { PrefixListSize } from "./shared-group-calls.ts";
import type { WantedRule } from "./wanted-rules.ts";

export interface RuleRoom {
  readonly rulesPerGroup: number;
  readonly sizes: ReadonlyMap<string, PrefixListSize>;
}

/** The family in which these would be too many beside those that are there, with how many there would be. */
export const overfull = (
  there: readonly RuleValues[],
  add: readonly RuleValues[],
  { rulesPerGroup, sizes }: RuleRoom,
): { readonly family: AddressFamily; readonly count: number } | undefined => {
  const sum = (rules: readonly RuleValues[], family: AddressFamily): number =>
    rules.reduce((sofar, rule) => sofar + weight(rule, family, sizes), 0);
  return FAMILIES.filter((family) => sum(add, family) > 0)
    .map((family) => ({ family, count: sum([...there, ...add], family) }))
    .find(({ count }) => count > rulesPerGroup);
};

/** Throws a `Fault` of code `quota`. */
export const checkTagRoom = (
  group: string,
  there: readonly Tag[],
  wanted: readonly Tag[],
  add: readonly WantedRule[],
): void => {
  const keys = new Set([...there, ...wanted].flatMap(({ Key }) => (isAmazons(Key) ? [] : [Key])));
  if (keys.size > TAGS_PER_RESOURCE) {
    throw full(`${quoted(group)} has no room to say what is withheld from it (${TAGS_PER_RESOURCE} tags at most)`);
  }
  const crowded = add.find(({ values, remains }) => remains && values.tags.length >= TAGS_PER_RESOURCE);
  if (crowded !== undefined) {
    throw full(`a part of ${quoted(showRule(crowded.values))} has no room for our tag (${TAGS_PER_RESOURCE} at most)`);
  }
};

/** `count`: how many it would hold then. */
export const noRuleRoom = (group: string, count: number, mayHave: number): Fault =>
  full(`${quoted(group)} has no room for the parts of its rules (${count} of ${mayHave})`);

/** A list counts as often as it may have entries: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const weight = ({ source }: RuleValues, family: AddressFamily, sizes: RuleRoom["sizes"]): number => {
  if (source.kind === "ipv4" || source.kind === "ipv6") return source.kind === family ? 1 : 0;
  const size = sizes.get(source.at);
  if (size === undefined) return 1;
  return size.family === family ? size.entries : 0;
};

const FAMILIES: readonly AddressFamily[] = ["ipv4", "ipv6"];

const full = (message: string): Fault => new Fault("quota", message, { retry: "never" });
