/** What has come, changed and gone among the rules that are drawn, for as long as one notices. */

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
): {
  readonly changeOf: (setId: string, key: string) => "fresh" | "changed" | undefined;
  readonly gone: readonly GoneRule[];
} => {
  const before = useRef<ReadonlyMap<string, GoneRule>>(undefined);
  const drawnUntil = useRef(new Map<string, { readonly change: "fresh" | "changed"; readonly until: number }>());
  const goneUntil = useRef(new Map<string, GoneRule & { readonly until: number }>());
  const [, drawAgain] = useState(0);

  const current: ReadonlyMap<string, GoneRule> = new Map(
    sets.flatMap((set) => set.rules.map((rule) => [`${set.id} ${rule.key}`, { set, rule }] as const)),
  );
  const until = Date.now() + NOTICED_MS;
  if (before.current !== undefined) {
    for (const [id, { rule }] of current) {
      const known = before.current.get(id);
      if (known !== undefined && JSON.stringify(known.rule) === JSON.stringify(rule)) continue;
      drawnUntil.current.set(id, { change: known === undefined ? "fresh" : "changed", until });
      goneUntil.current.delete(id);
    }
    for (const [id, rule] of before.current) {
      if (current.has(id)) continue;
      goneUntil.current.set(id, { ...rule, until });
      drawnUntil.current.delete(id);
    }
  }
  before.current = current;

  const latest = Math.max(
    0,
    ...[...drawnUntil.current.values(), ...goneUntil.current.values()].map((one) => one.until),
  );
  useEffect(() => {
    const timer = setTimeout(() => drawAgain(latest), Math.max(0, latest - Date.now()));
    return () => clearTimeout(timer);
  }, [latest]);

  return {
    changeOf: (setId, key) => {
      const drawn = drawnUntil.current.get(`${setId} ${key}`);
      return drawn !== undefined && drawn.until > Date.now() ? drawn.change : undefined;
    },
    gone: [...goneUntil.current.values()].filter((one) => one.until > Date.now()),
  };
};
