/** How several things are named in one sentence. */

/** `a`, `a and b`, `a, b or c` */
export const listed = (texts: readonly string[], last: "and" | "or" = "and"): string =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} ${last} ${texts.at(-1)}`;

/** What is too many becomes `7 more`, so nothing is left out unsaid. */
export const shortened = (texts: readonly string[], most: number): readonly string[] =>
  texts.length <= most ? texts : [...texts.slice(0, most), `${texts.length - most} more`];

/** `a, b`; `a, b and 7 more`: the `and` says that some aren't shown. */
export const few = (texts: readonly string[], most: number): string =>
  texts.length <= most ? texts.join(", ") : listed(shortened(texts, most));

/** For the beginning of a sentence. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
