/** Reads what people type after `/jit`; decides nothing, knows no service, machine or network. */

import { parseDuration } from "../access/duration.ts";
import { isId } from "../access/identifier.ts";
import { nearMiss } from "../access/near-miss.ts";
import { isRefusal, type Refusal, type RefusalFacts, refuse } from "../access/refusal.ts";
import type { Ask } from "../workflow/submit-request.ts";
import { asTyped, showInvisible, type Word, type Words, wordsOf } from "./typed-text.ts";

export type { Ask } from "../workflow/submit-request.ts";

/** An ask in words as typed; what they mean is found out later. `because` is safe to store and to show as literal text. */
export type TypedAsk = Ask & { readonly kind: "ask" };

export type Command =
  | TypedAsk
  | { readonly kind: "form" | "list" | "help" }
  | { readonly kind: "machines" | "posture"; readonly text: string }
  | { readonly kind: "who" | "why" | "unprotect"; readonly machine: string }
  | { readonly kind: "extend"; readonly id: string; readonly end: string }
  | { readonly kind: "close"; readonly id: string }
  /** `code`: what the page showed them after they signed in; `undefined`: they have yet to begin. */
  | { readonly kind: "link"; readonly code: string | undefined }
  | { readonly kind: "unlink" }
  | { readonly kind: "protect"; readonly machine: string; readonly services: readonly string[] }
  | {
      readonly kind: "audit";
      readonly machine: string | undefined;
      /** A Slack user id, or a name as typed after `@`. */
      readonly person: string | undefined;
      /** `7d`, for `parseDuration`. */
      readonly period: string | undefined;
    }
  | { readonly kind: "lockdown"; readonly lift: boolean };

export const LONGEST_COMMAND = 3_000;
export const LONGEST_JUSTIFICATION = 1_000;

export const readCommand = (text: string): Command | Refusal => {
  if (text.length > LONGEST_COMMAND) return unreadable("too-long");
  const typed = asTyped(text);
  if (typed.split('"').length % 2 === 0) return unreadable("quotes");

  const words = wordsOf(typed);
  const first = words.peek();
  if (first === undefined) return { kind: "form" };
  const subcommand = first.quoted ? undefined : readers.get(first.text.toLowerCase());
  if (subcommand === undefined) return readAsk(words);
  words.next();
  return subcommand(words);
};

/** The command that reads as this ask: `/jit ssh prod-vm-3 2h from vpn because INC-1042 disk full`. */
export const showAsk = ({ services, machine, end, from, because, breakGlass = false }: Ask): string => {
  const name = /[\s",]/u.test(machine) || isKeyword(machine) || parsesAsDuration(machine) ? `"${machine}"` : machine;
  return [
    `/jit ${breakGlass ? "break-glass " : ""}${services.join(",")} ${name} ${end}`,
    ...(from.length === 0 ? [] : [`from ${from.join(",")}`]),
    ...(because === "" ? [] : [`because ${because}`]),
  ].join(" ");
};

const readMachine =
  (kind: "who" | "why" | "unprotect") =>
  (words: Words): Command | Refusal => {
    const machine = words.takeRest().replaceAll('"', "").trim();
    return machine === "" ? unreadable("missing-machine-name", kind) : { kind, machine };
  };

const readSearch =
  (kind: "machines" | "posture") =>
  (words: Words): Command => ({ kind, text: words.takeRest().replaceAll('"', "").trim() });

const endWith = (words: Words, command: Command): Command | Refusal => {
  const extra = words.next();
  return extra === undefined ? command : unreadable("unknown-word", extra.text);
};

const readers: ReadonlyMap<string, (words: Words) => Command | Refusal> = new Map([
  ["list", (words) => endWith(words, { kind: "list" })],
  ["machines", readSearch("machines")],
  ["who", readMachine("who")],
  ["why", readMachine("why")],
  ["extend", (words) => readExtend(words)],
  [
    "close",
    (words) => {
      const id = words.next();
      return id === undefined ? unreadable("missing-id") : endWith(words, { kind: "close", id: id.text.toLowerCase() });
    },
  ],
  ["break-glass", (words) => readBreakGlass(words)],
  ["breakglass", (words) => readBreakGlass(words)],
  // The code may come in groups.
  ["link", (words) => ({ kind: "link", code: words.takeRest() || undefined })],
  ["unlink", (words) => endWith(words, { kind: "unlink" })],
  ["posture", readSearch("posture")],
  [
    "protect",
    (words) => {
      const machine = words.next();
      if (machine === undefined) return unreadable("missing-machine-name", "protect");
      return endWith(words, { kind: "protect", machine: machine.text, services: words.nextList() });
    },
  ],
  ["unprotect", readMachine("unprotect")],
  ["audit", (words) => readAudit(words)],
  [
    "lockdown",
    (words) => {
      const lift = words.peek()?.text.toLowerCase() === "lift";
      if (lift) words.next();
      const extra = words.peek()?.text;
      if (extra !== undefined) return unreadable("unknown-word", extra, lift ? undefined : nearMiss(extra, ["lift"]));
      return { kind: "lockdown", lift };
    },
  ],
  ["help", () => ({ kind: "help" })],
]);

/** What a service can't be called, because `/jit list` means something else. */
export const subcommands: readonly string[] = [...readers.keys()];

const readExtend = (words: Words): Command | Refusal => {
  const id = words.next();
  if (id === undefined) return unreadable("missing-id");
  const end = readEnd(words);
  if (end === undefined) return unreadable("missing-duration");
  return endWith(words, { kind: "extend", id: id.text.toLowerCase(), end });
};

const readAudit = (words: Words): Command | Refusal => {
  let machine: string | undefined;
  let person: string | undefined;
  let period: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const mentioned = /^<@([A-Z0-9]+)(?:\|[^>]*)?>$/u.exec(word.text)?.[1] ?? /^@(.+)$/u.exec(word.text)?.[1];
    if (mentioned !== undefined && person === undefined && machine === undefined) person = mentioned;
    else if (!word.quoted && period === undefined && (parsesAsDuration(word.text) || /^\d+$/u.test(word.text)))
      period = word.text;
    else if (person === undefined && machine === undefined) machine = word.text;
    else return unreadable("unknown-word", word.text);
  }
  return { kind: "audit", machine, person, period };
};

const readBreakGlass = (words: Words): Command | Refusal => {
  if (words.peek() === undefined) return unreadable("missing-machine", BREAK_GLASS[0]);
  const ask = readAsk(words);
  return isRefusal(ask) ? ask : { ...ask, breakGlass: true };
};

const readAsk = (words: Words): TypedAsk | Refusal => {
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
const readEnd = (words: Words): string | undefined => {
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
const readJustification = (words: Words): string | Refusal => {
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

const unreadable = (
  problem: RefusalFacts["command-unreadable"]["problem"],
  word?: string,
  didYouMean?: string,
): Refusal =>
  refuse("command-unreadable", {
    problem,
    ...(word === undefined ? {} : { word }),
    ...(didYouMean === undefined ? {} : { didYouMean }),
  });
