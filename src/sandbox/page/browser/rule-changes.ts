/** What has come and gone among the rules that are drawn, for as long as one notices. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { RuleSet, ShownRule } from "../machines/shown.ts";

export interface GoneRule {
  readonly set: RuleSet;
  readonly rule: ShownRule;
}

const NOTICED_MS = 8_000;

/** Begins anew where it is used under another key. */
export const useRuleChanges = (
  sets: readonly RuleSet[],
): { readonly isFresh: (setId: string, key: string) => boolean; readonly gone: readonly GoneRule[] } => {
  const before = useRef<ReadonlyMap<string, GoneRule>>(undefined);
  const freshUntil = useRef(new Map<string, number>());
  const goneUntil = useRef(new Map<string, GoneRule & { readonly until: number }>());
  const [, drawAgain] = useState(0);

  const current: ReadonlyMap<string, GoneRule> = new Map(
    sets.flatMap((set) => set.rules.map((rule) => [`${set.id} ${rule.key}`, { set, rule }] as const)),
  );
  const until = Date.now() + NOTICED_MS;
  if (before.current !== undefined) {
    for (const id of current.keys()) {
      if (before.current.has(id)) continue;
      freshUntil.current.set(id, until);
      goneUntil.current.delete(id);
    }
    for (const [id, rule] of before.current) {
      if (current.has(id)) continue;
      goneUntil.current.set(id, { ...rule, until });
      freshUntil.current.delete(id);
    }
  }
  before.current = current;

  const latest = Math.max(
    0,
    ...freshUntil.current.values(),
    ...[...goneUntil.current.values()].map((one) => one.until),
  );
  useEffect(() => {
    const timer = setTimeout(() => drawAgain(latest), Math.max(0, latest - Date.now()));
    return () => clearTimeout(timer);
  }, [latest]);

  return {
    isFresh: (setId, key) => (freshUntil.current.get(`${setId} ${key}`) ?? 0) > Date.now(),
    gone: [...goneUntil.current.values()].filter((one) => one.until > Date.now()),
  };
};
