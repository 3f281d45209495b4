/** Takes a YAML text apart, part by part, and tells everything that isn't of the form it should be, each with its place. */

import { nearMiss } from "../access/near-miss.ts";
import { type Path, type Place, readYaml } from "../config/document.ts";
import type { ConfigProblem } from "../config.ts";

/** A part of the text: its value, and the path to it. */
export interface Part {
  readonly value: unknown;
  readonly path: Path;
}

/** Each returns `undefined` after it has complained; a part that isn't there is none to complain of, but for `text`. */
export interface Form {
  readonly whole: Part;
  /** Of a map that has these names and no others. */
  readonly fields: <N extends string>(part: Part, what: string, names: readonly N[]) => Readonly<Record<N, Part>>;
  /** Of a map with any names. */
  readonly entries: (part: Part, what: string) => readonly (readonly [name: string, part: Part])[];
  /** A list may be written as its only item. */
  readonly items: (part: Part) => readonly Part[];
  readonly text: (part: Part, what: string) => string | undefined;
  readonly oneOf: <W extends string>(part: Part, what: string, words: readonly W[]) => W | undefined;
  readonly number: (part: Part) => number | undefined;
  readonly complain: (part: Part, message: string) => void;
  readonly complainOfName: (part: Part, message: string) => void;
  readonly lineOf: (part: Part) => number;
  readonly problems: () => readonly ConfigProblem[];
}

export const isThere = ({ value }: Part): boolean => value !== undefined && value !== "";

/** `file` is what problems call it. A text that is no YAML has its problems instead. */
export const openForm = (text: string, file: string): Form | readonly ConfigProblem[] => {
  const yaml = readYaml(text);
  if (!("value" in yaml)) return yaml.map((problem) => ({ file, ...problem }));
  const problems: ConfigProblem[] = [];
  const tell = (place: Place, message: string): void => {
    problems.push({ file, ...place, message });
  };
  const complain: Form["complain"] = ({ path }, message) => tell(yaml.placeOf(path), message);
  const complainOfName: Form["complain"] = ({ path }, message) => tell(yaml.placeOfKey(path), message);

  const entries: Form["entries"] = (part, what) => {
    if (!isThere(part)) return [];
    if (isMap(part.value))
      return Object.entries(part.value).map(([name, value]) => [name, { value, path: [...part.path, name] }]);
    complain(part, `${quoted(part.value)} is not ${what}`);
    return [];
  };

  const textOf: Form["text"] = (part, what) => {
    if (typeof part.value === "string" && part.value.trim() !== "") return part.value.trim();
    complain(part, isThere(part) ? `${quoted(part.value)} is not ${what}` : `${what} is missing`);
    return undefined;
  };

  return {
    whole: { value: yaml.value, path: [] },
    entries,
    fields: <N extends string>(part: Part, what: string, names: readonly N[]) => {
      const found = new Map(entries(part, what));
      for (const [name, other] of found) {
        if (!names.some((known) => known === name))
          complainOfName(other, `${quoted(name)} has no meaning here; ${instead(name, names, "here go")}`);
      }
      const parts = names.map((name) => [name, found.get(name) ?? { value: undefined, path: [...part.path, name] }]);
      return Object.fromEntries(parts) as Record<N, Part>;
    },
    items: (part) => {
      if (!isThere(part)) return [];
      if (!Array.isArray(part.value)) return [part];
      return part.value.map((value: unknown, index) => ({ value, path: [...part.path, index] }));
    },
    text: textOf,
    oneOf: <W extends string>(part: Part, what: string, words: readonly W[]) => {
      const typed = textOf(part, what);
      const found = words.find((word) => word === typed);
      if (typed !== undefined && found === undefined)
        complain(part, `${quoted(typed)} is not ${what}; ${instead(typed, words, "write one of")}`);
      return found;
    },
    number: (part) => {
      if (!isThere(part)) return undefined;
      if (typeof part.value === "string" && /^\d{1,6}$/u.test(part.value.trim())) return Number(part.value);
      complain(part, `${quoted(part.value)} is not a number`);
      return undefined;
    },
    complain,
    complainOfName,
    lineOf: ({ path }) => yaml.placeOf(path).line,
    problems: () => problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
  };
};

/** `did you mean leads?`, or all that there is. */
export const instead = (typed: string, known: readonly string[], otherwise: string): string => {
  const guess = nearMiss(typed, known);
  return guess === undefined ? `${otherwise} ${known.join(", ")}` : `did you mean ${guess}?`;
};

export const quoted = (value: unknown): string => {
  if (isMap(value)) return "a map";
  if (Array.isArray(value)) return "a list";
  const text = String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
};

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
