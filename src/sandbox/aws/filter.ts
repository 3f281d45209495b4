/** Filters with wildcards, and answers in pages. */

import type { Call } from "./call.ts";
import { refusal } from "./error.ts";
import type { Tags } from "./state.ts";

/** What a filter of this name compares with; an item passes when one of these values fits one of the filter's. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => readonly (string | undefined)[]>>;

/** Filters are joined by "and", their values by "or". https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
export const filtered = <T extends { readonly tags: Tags }>(
  call: Call,
  items: readonly T[],
  fields: FilterFields<T>,
): readonly T[] => filteredBy(call, items, fields, (item) => item.tags);

export const filteredBy = <T>(
  { params }: Call,
  items: readonly T[],
  fields: FilterFields<T>,
  tagsOf?: (item: T) => Tags,
): readonly T[] =>
  params.parts("Filter").reduce<readonly T[]>((left, filter) => {
    const name = filter.required("Name");
    const patterns = filter.texts("Value").map(wildcards);
    const valuesOf = readerOf(name, fields, tagsOf);
    return left.filter((item) =>
      valuesOf(item).some((value) => value !== undefined && patterns.some((p) => p.test(value))),
    );
  }, items);

const readerOf = <T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: ((item: T) => Tags) | undefined,
): ((item: T) => readonly (string | undefined)[]) => {
  if (tagsOf !== undefined && name === "tag-key") return (item) => Object.keys(tagsOf(item));
  if (tagsOf !== undefined && name.startsWith("tag:")) return (item) => [tagsOf(item)[name.slice("tag:".length)]];
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw refusal("InvalidParameterValue", `The filter '${name}' is invalid`);
  return field;
};

/** `*` is any text, `?` any one character, a backslash takes a special meaning away. */
const wildcards = (pattern: string): RegExp => {
  const source = pattern.replace(/\\[\s\S]|[\s\S]/gu, (part) => {
    if (part === "*") return "[\\s\\S]*";
    if (part === "?") return "[\\s\\S]";
    const char = part.length > 1 && part.startsWith("\\") ? part.slice(1) : part;
    return char.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  });
  return new RegExp(`^${source}$`, "u");
};

/** Whether `text` fits a pattern with `*` and `?`. */
export const fits = (pattern: string, text: string): boolean => wildcards(pattern).test(text);

/** What `MaxResults` may be; the most is also what an answer holds when nothing is asked. */
export interface PageRange {
  readonly least: number;
  readonly most: number;
}

/** Items in the order of their keys, from the token on. A token names the last key shown, so that a change in between skips nothing. */
export const page = <T>(
  { params, limits }: Call,
  items: readonly T[],
  keyOf: (item: T) => string,
  idsGiven = false,
  range: PageRange = { least: 5, most: 1_000 },
): { readonly items: readonly T[]; readonly nextToken: string | undefined } => {
  const asked = params.whole("MaxResults");
  if (asked !== undefined && idsGiven) {
    throw refusal(
      "InvalidParameterCombination",
      "The parameter MaxResults cannot be used with a list of ids in the same request",
    );
  }
  if (asked !== undefined && (asked < range.least || asked > range.most)) {
    throw refusal(
      "InvalidParameterValue",
      `Value ( ${String(asked)} ) for parameter maxResults is invalid. Expecting a value from ${String(range.least)} to ${String(range.most)}.`,
    );
  }
  const after = params.text("NextToken");
  const last = after === undefined ? undefined : readToken(after);
  const rest = items
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)))
    .filter((item) => last === undefined || keyOf(item) > last);
  const shown = rest.slice(0, Math.min(asked ?? range.most, limits.largestPage));
  const end = shown.at(-1);
  return {
    items: shown,
    nextToken: rest.length > shown.length && end !== undefined ? makeToken(keyOf(end)) : undefined,
  };
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const makeToken = (key: string): string => Buffer.from(`after ${key}`).toString("base64url");

const readToken = (token: string): string => {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith("after ")) throw refusal("InvalidNextToken", "The specified NextToken is not valid.");
  return text.slice("after ".length);
};
