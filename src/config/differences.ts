/** Where two values of the configuration file differ, and how. */

import { isMap } from "./fields.ts";

export interface Difference {
  /** `approve.by` */
  readonly path: string;
  /** `leads added`, `3h → 4h`, `removed` */
  readonly change: string;
}

/** The values as `readYaml` gives them: texts, lists and maps. A single value and a list of only it are the same. */
export const differences = (path: string, before: unknown, after: unknown): readonly Difference[] => {
  if (isAbsent(before) && isAbsent(after)) return [];
  if (isAbsent(before))
    return [{ path, change: isMap(after) ? `added: ${summaryOf(after)}` : `${summaryOf(after)} added` }];
  if (isAbsent(after)) return [{ path, change: isMap(before) ? "removed" : `${summaryOf(before)} removed` }];
  if (isMap(before) && isMap(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(path === "" ? key : `${path}.${key}`, before[key], after[key]),
    );
  }
  if (typeof before === "string" && typeof after === "string") {
    return before === after ? [] : [{ path, change: `${summaryOf(before)} → ${summaryOf(after)}` }];
  }
  const [old, next] = [listOf(before), listOf(after)];
  if ([...old, ...next].every((item) => typeof item === "string")) {
    return [
      ...change(
        path,
        next.filter((item) => !old.includes(item)),
        "added",
      ),
      ...change(
        path,
        old.filter((item) => !next.includes(item)),
        "removed",
      ),
    ];
  }
  if (!hasItems(before) || !hasItems(after)) return [{ path, change: `${summaryOf(before)} → ${summaryOf(after)}` }];
  return Array.from({ length: Math.max(old.length, next.length) }, (_, index) =>
    differences(`${path}[${index + 1}]`, old[index], next[index]),
  ).flat();
};

/** `by leads, needed 2`; long ones are cut. */
export const summaryOf = (value: unknown): string => cut(inWords(value), 200);

const inWords = (value: unknown): string => {
  if (isMap(value))
    return Object.entries(value)
      .filter(([, each]) => !isAbsent(each))
      .map(([key, each]) => (isMap(each) ? `${key} (${inWords(each)})` : `${key} ${inWords(each)}`))
      .join(", ");
  if (Array.isArray(value)) return value.map((each) => (isMap(each) ? `(${inWords(each)})` : inWords(each))).join(", ");
  // What people can't see, they can't judge.
  return cut(
    String(value).replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`),
    80,
  );
};

const change = (path: string, items: readonly unknown[], what: string): readonly Difference[] =>
  items.length === 0 ? [] : [{ path, change: `${summaryOf(items)} ${what}` }];

/** A heading with nothing under it counts as not there. */
const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (isMap(value) && Object.keys(value).length === 0);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const hasItems = (value: unknown): boolean => Array.isArray(value) || isMap(value);

const cut = (text: string, length: number): string => {
  const signs = Array.from(text);
  return signs.length <= length ? text : `${signs.slice(0, length - 1).join("")}…`;
};
