/** The words of an ask, and the command that reads as one: `/jit ssh prod-vm-3 2h from vpn because INC-1042 disk full`. */

import { parseDuration } from "../access/duration.ts";
import { isId } from "../access/identifier.ts";
import { nearMiss } from "../access/near-miss.ts";
import { isRefusal, type Refusal, type RefusalFacts, refuse } from "../access/refusal.ts";
import type { Ask } from "../workflow/submit-request.ts";
import { showInvisible, type Word, type Words } from "./typed-text.ts";

/** An ask in words as typed; what they mean is found out later. `because` is safe to store and to show as literal text. */
export type TypedAsk = Ask & { readonly kind: "ask" };

export const LONGEST_JUSTIFICATION = 1_000;

/** The command that reads as this ask: `/jit ssh prod-vm-3 2h from vpn because INC-1042 disk full`. */
export const showAsk = ({ services, machine, end, from, because, breakGlass = false }: Ask): string => {
  const name = /[\s",]/u.test(machine) || isKeyword(machine) || parsesAsDuration(machine) ? `"${machine}"` : machine;
  return [
    `/jit ${breakGlass ? "break-glass " : ""}${services.join(",")} ${name} ${end}`,
    ...(from.length === 0 ? [] : [`from ${from.join(",")}`]),
    ...(because === "" ? [] : [`because ${because}`]),
  ].join(" ");
};

/** What isn't an ask may be a slip in one of the subcommands. */
export const readAsk = (words: Words, subcommands: readonly string[]): TypedAsk | Refusal => {
  const first = words.peek()?.text ?? "";
  const services = words.nextList();
  // `/jit lsit` and `/jit extnd k7f3q2xd 1h` are more likely slips than a service nobody offers.
  const misspelt = (): Refusal | undefined => {
    const guess = nearMiss(first, subcommands);
    return guess === undefined ? undefined : unreadable("unknown-word", first, guess);
  };
  // Whoever is in a hurry and slips must not be told of services.
  const isBreak = first.toLowerCase() === "break" && words.peek()?.text.toLowerCase() === "glass";
  if (isBreak || nearMiss(first, BREAK_GLASS) !== undefined)
    return unreadable("unknown-word", isBreak ? "break glass" : first, BREAK_GLASS[0]);
  const machine = words.next();
  if (machine === undefined || services.length === 0) return misspelt() ?? unreadable("missing-machine", first);
  if (isId(machine.text.toLowerCase()) && nearMiss(first, ["extend", "close"]) !== undefined) {
    return misspelt() ?? unreadable("missing-machine", first);
  }
  if (!machine.quoted && !isMachine(machine, words)) return unreadable("missing-machine", first);

  const clauses = readClauses(words);
  if ("code" in clauses) return words.rest() === "" ? (misspelt() ?? clauses) : clauses;
  const { end, from = [], because = "" } = clauses;
  if (end === undefined) return misspelt() ?? unreadable("missing-duration", machine.text);
  return { kind: "ask", services, machine: machine.text, end, from, because };
};

/** What follows `break-glass`. */
export const readBreakGlass = (words: Words, subcommands: readonly string[]): TypedAsk | Refusal => {
  if (words.peek() === undefined) return unreadable("missing-machine", BREAK_GLASS[0]);
  const ask = readAsk(words, subcommands);
  return isRefusal(ask) ? ask : { ...ask, breakGlass: true };
};

/** A machine may be called `from` or `2h`; it is one when the length of the access still follows. */
const isMachine = (machine: Word, words: Words): boolean => {
  if (!isKeyword(machine.text) && !parsesAsDuration(machine.text)) return true;
  const following = words.peek();
  return (
    following !== undefined &&
    (parsesAsDuration(following.text) || ["until", "for"].includes(following.text.toLowerCase()))
  );
};

interface Clauses {
  end?: string;
  from?: readonly string[];
  because?: string;
}

/** The length, `from` and `because`, in any order. */
const readClauses = (words: Words): Clauses | Refusal => {
  const clauses: Clauses = {};
  for (let word = words.peek(); word !== undefined; word = words.peek()) {
    const keyword = word.quoted ? "" : word.text.toLowerCase();
    if (keyword === "from" && clauses.from === undefined) {
      words.next();
      const source = words.peek();
      if (source !== undefined && !source.quoted && isKeyword(source.text)) return unreadable("missing-source");
      clauses.from = words.nextList();
      if (clauses.from.length === 0) return unreadable("missing-source");
    } else if (keyword === "because" && clauses.because === undefined) {
      words.next();
      const because = readJustification(words);
      if (typeof because !== "string") return because;
      clauses.because = because;
    } else if (clauses.end === undefined && mayBeEnd(word)) {
      const end = readEnd(words);
      if (end === undefined) return unreadable("missing-duration");
      clauses.end = end;
    } else if (clauses.end !== undefined && !/^(?:\d|p|until)/iu.test(clauses.end)) {
      // What we took for a length was the first word of something else: `/jit ssh web-1 INC-1042 disk full`.
      return unreadable("missing-duration");
    } else {
      return unreadable("unknown-word", word.text, nearMiss(word.text, KEYWORDS));
    }
  }
  return clauses;
};

/** `form vpn` is a slip; `abc` is a length that can't be read, and is told so. */
const mayBeEnd = ({ text }: Word): boolean =>
  /^\d/u.test(text) || ["until", "for"].includes(text.toLowerCase()) || nearMiss(text, KEYWORDS) === undefined;

/** `2h`, `for 2h`, `1h 30m`, `2 hours`, `until 18:00`, `until 6 pm`: words that belong together. */
export const readEnd = (words: Words): string | undefined => {
  if (words.peek()?.text.toLowerCase() === "for") words.next();
  const first = words.next();
  if (first === undefined) return undefined;
  const takeWhile = (pattern: RegExp): string => {
    let taken = "";
    for (let word = words.peek(); word !== undefined && pattern.test(word.text); word = words.peek()) {
      taken += ` ${word.text}`;
      words.next();
    }
    return taken;
  };
  if (first.text.toLowerCase() === "until") {
    const time = words.next();
    return time === undefined ? undefined : `until ${time.text}${takeWhile(/^(?:am|pm)$/iu)}`;
  }
  if (/^\d+(?:[.,]\d+)?$/u.test(first.text))
    return `${first.text}${takeWhile(/^(?:d|days?|h|hrs?|hours?|m|mins?|minutes?)$/iu)}`;
  return `${first.text}${takeWhile(/^\d+[dhm]$/iu)}`;
};

/** Free text to the end; one in quotes may be followed by `from` and a length. */
export const readJustification = (words: Words): string | Refusal => {
  const quoted = /^"([^"]*)"(?=$|\s+(?:from|until|for)\s|\s+\d+[dhm]\b)/iu.exec(words.rest());
  const text = quoted === null ? words.takeRest() : (words.next()?.text ?? "");
  const single = /^['\u{2018}\u{201A}](.*?)['\u{2019}\u{2018}]?$/su.exec(text);
  if (single !== null && !/['\u{2019}\u{2018}]$/u.test(text.slice(1))) return unreadable("quotes");

  const justification = showInvisible(single?.[1] ?? text).trim();
  if (justification === "") return unreadable("missing-justification");
  if (justification.length <= LONGEST_JUSTIFICATION) return justification;
  return refuse("justification-too-long", { length: justification.length, maximum: LONGEST_JUSTIFICATION });
};

const BREAK_GLASS = ["break-glass", "breakglass"];

const KEYWORDS = ["from", "because", "until"];

const isKeyword = (text: string): boolean => [...KEYWORDS, "for"].includes(text.toLowerCase());

const parsesAsDuration = (text: string): boolean => typeof parseDuration(text) === "number";

export const unreadable = (
  problem: RefusalFacts["command-unreadable"]["problem"],
  word?: string,
  didYouMean?: string,
): Refusal =>
  refuse("command-unreadable", {
    problem,
    ...(word === undefined ? {} : { word }),
    ...(didYouMean === undefined ? {} : { didYouMean }),
  });
