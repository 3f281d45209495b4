/** What others did meanwhile to a rule before we took it out, and to what we left of it. */

import { type EpochMs, SECOND } from "../../../access/time.ts";
import { identityOf, showRule } from "./foreign-rule.ts";
import { isCovered, type LiveRule } from "./live-rule.ts";
import { cutFrom, missedParts, partOf, partsOf, valuesOf } from "./wanted-rules.ts";
import type { WithheldState } from "./withheld-state.ts";
import type { WithheldRule } from "./withheld-text.ts";

/**
 * What others did: to a rule before we took it out, and to what we left of it. That a part isn't shown is believed only of two looks some time
 * apart: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
export const learn = (before: WithheldState, live: readonly LiveRule[], groupName: string, now: EpochMs) => {
  const said: string[] = [];
  const here = new Map(live.map((rule) => [rule.id, identityOf(rule.values)]));
  const identities = new Set(here.values());
  const taken = new Set<string>();
  const missed = new Map<string, EpochMs>();
  for (const [id, was] of before.made) {
    if (identities.has(was)) continue;
    const since = before.missed.get(id) ?? now;
    const isMadeAnew = [...before.rules].some(
      ([whole, rule]) => identities.has(whole) && partOf(was, rule) !== undefined,
    );
    if (here.has(id) || isMadeAnew || now - since >= BELIEVED_AFTER) taken.add(was);
    else if ([...before.rules.values()].some((rule) => partOf(was, rule) !== undefined)) missed.set(id, since);
  }
  const marked = new Set(live.flatMap(({ isMarked, values }) => (isMarked ? identityOf(values) : [])));
  const rules = [...before.rules].flatMap(([identity, rule]): (readonly [string, WithheldRule])[] => {
    const there = live.find(({ id }) => id === rule.id);
    if (there !== undefined && identityOf(there.values) === identity) return [[identity, { ...rule, ...there.values }]];
    // It was edited before it was taken out: there is nothing to put back.
    if (there !== undefined) return [];
    const parts = new Set(partsOf(rule).map(identityOf));
    const gone = [...taken].flatMap((was) => {
      const part = partOf(was, rule);
      const isMeant = parts.has(was) || (missedParts(rule, before, live).length > 0 && !isCovered(part, live));
      return part !== undefined && isMeant ? [part] : [];
    });
    if (!identities.has(identity))
      said.push(...gone.map((part) => `Somebody took \`${showRule(part)}\` out of ${groupName}: it stays out.`));
    // One with our mark that shows up again was never taken out.
    const cut = rule.cut.filter((ports) => !marked.has(identityOf({ ...valuesOf(rule), ports })));
    return [[identity, cutFrom({ ...rule, cut }, gone)]];
  });
  return { rules: new Map(rules), missed, said };
};

/** EC2 shows a change everywhere within some seconds mostly. */
const BELIEVED_AFTER = 20 * SECOND;
