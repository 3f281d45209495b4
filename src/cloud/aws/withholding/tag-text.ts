/** Text of any characters in the few that a tag's value may have, and of any length in as many tags as it takes. */

import type { Tag } from "../own-group/owner-mark.ts";

/**
 * A word of letters, digits and `- . _ + = : / @` that stands for any text: `office hours, #1` is `office+hours=2C+=231`.
 * EC2 takes more, but these are what the tags of every service take: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
 */
export const writeWord = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!~*'()]/gu, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/gu, "+")
    .replace(/%2F/gu, "/")
    .replace(/%40/gu, "@")
    .replace(/%/gu, "=");

/** `undefined` when nothing is written so. */
export const readWord = (word: string): string | undefined => {
  try {
    return decodeURIComponent(word.replace(/%/gu, "%25").replace(/\+/gu, " ").replace(/=/gu, "%"));
  } catch {
    return undefined;
  }
};

/**
 * `key`, `key:2`, … with a part of the text each. It ends with a word of its own, because of a longer text that stood there before
 * more tags may be left.
 */
export const writeTags = (key: string, text: string): readonly Tag[] => {
  const parts: string[] = [];
  let rest = `${text} ${END}`.trimStart();
  while (rest.length > MOST) {
    let cut = MOST;
    // A value's outer spaces don't survive everywhere.
    while (rest[cut] === " " || rest[cut - 1] === " ") cut -= 1;
    parts.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [...parts, rest].map((Value, i) => ({ Key: i === 0 ? key : `${key}:${i + 1}`, Value }));
};

/** The texts that stand in tags of this prefix, by what follows it in their keys; `undefined` for one of which a part is missing. */
export const readTags = (tags: readonly Tag[], prefix: string): ReadonlyMap<string, string | undefined> => {
  const values = new Map(tags.map(({ Key, Value }) => [Key, Value]));
  const names = [...values.keys()].flatMap((key) =>
    key.startsWith(prefix) ? key.slice(prefix.length).replace(/:\d+$/u, "") : [],
  );
  return new Map([...new Set(names)].map((name) => [name, readText(values, `${prefix}${name}`)]));
};

const readText = (values: ReadonlyMap<string, string>, key: string): string | undefined => {
  let text = "";
  for (let part = 1; ; part += 1) {
    const value = values.get(part === 1 ? key : `${key}:${part}`);
    if (value === undefined) return undefined;
    text += value;
    if (` ${text}`.endsWith(` ${END}`)) return text.slice(0, -END.length).trimEnd();
  }
};

const END = "end";
const MOST = 256;
