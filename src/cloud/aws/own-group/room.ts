/** Whether a plan fits into AWS's quotas, asked before any rule is added. */

import { Fault } from "../../../access/fault.ts";
import { type AddressFamily, familyOf } from "../../../access/source.ts";
import type { Changes } from "../../firewall.ts";
import { quoted } from "../ec2.ts";
import { countsAs, ruleId } from "./ingress-permission.ts";
import { type AttachedInterface, noRoomForGroup } from "./interface-groups.ts";
import type { OwnGroup } from "./own-group.ts";
import { tagsWith } from "./own-rules.ts";
import { TAGS_PER_RESOURCE } from "./owner-mark.ts";

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups */
export interface Quotas {
  /** Of each address family. */
  readonly rulesPerGroup: number;
  readonly groupsPerInterface: number;
}

export const DEFAULT_QUOTAS: Quotas = { rulesPerGroup: 60, groupsPerInterface: 5 };

/** `group` as it is after the plan's removals, `undefined` when it is yet to be made; `otherGroups` of the interface aren't ours. */
export interface Room {
  readonly quotas: Quotas;
  readonly at: AttachedInterface;
  readonly group: OwnGroup | undefined;
  readonly otherGroups: number;
}

/** Throws a `Fault` of code `quota` that says what is full. */
export const checkRoom = (changes: Changes, { quotas, at, group, otherGroups }: Room): void => {
  const there = group?.ingress ?? [];
  for (const family of FAMILIES) {
    const has = there.filter((rule) => countsAs(rule).includes(family)).length;
    const more = changes.add.filter((rule) => rule.sources.some((source) => familyOf(source) === family)).length;
    if (more > 0 && has + more > quotas.rulesPerGroup) {
      const rules = more === 1 ? "another rule" : `${more} more rules`;
      throw full(`the group on ${quoted(at.eni)} has no room for ${rules} (${has} of ${quotas.rulesPerGroup})`);
    }
  }

  const holdsAny = there.length + changes.add.length > 0;
  const isAttached = group !== undefined && at.groups.includes(group.id);
  if (holdsAny && !isAttached && otherGroups >= quotas.groupsPerInterface) {
    throw noRoomForGroup(at.eni, otherGroups, quotas.groupsPerInterface);
  }

  const tags = new Map(there.map((rule) => [ruleId(rule), rule.Tags ?? []]));
  const marked = [
    ...changes.add.map((rule) => tagsWith(rule, [])),
    ...changes.restamp.map(({ observed, rule }) => tagsWith(rule, tags.get(observed.id) ?? [])),
  ];
  if (marked.some((count) => count > TAGS_PER_RESOURCE)) {
    throw full(`a rule on ${quoted(at.eni)} has no room for another grant (${TAGS_PER_RESOURCE} tags at most)`);
  }
};

const FAMILIES: readonly AddressFamily[] = ["ipv4", "ipv6"];

const full = (message: string): Fault => new Fault("quota", message, { retry: "never" });
