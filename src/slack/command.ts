/** Reads what people type after `/jit`; decides nothing, knows no service, machine or network. */

import { parseDuration } from "../access/duration.ts";
import { nearMiss } from "../access/near-miss.ts";
import type { Refusal } from "../access/refusal.ts";
import { readAsk, readBreakGlass, readEnd, readJustification, type TypedAsk, unreadable } from "./ask-text.ts";
import { asTyped, type Words, wordsOf } from "./typed-text.ts";

export type { Ask } from "../workflow/submit-request.ts";
export type { TypedAsk } from "./ask-text.ts";

export type Command =
  | TypedAsk
  | { readonly kind: "form" }
  | { readonly kind: "list" | "help" }
  | { readonly kind: "machines" | "posture"; readonly text: string }
  | { readonly kind: "who" | "why" | "unprotect"; readonly machine: string }
  | { readonly kind: "extend"; readonly id: string; readonly end: string }
  | { readonly kind: "close" | "moved"; readonly id: string }
  /** `code`: what the page showed them after they signed in; `undefined`: they have yet to begin. */
  | { readonly kind: "link"; readonly code: string | undefined }
  /** `person`: whose, a Slack user id or a name as typed after `@`; `undefined`: their own. */
  | { readonly kind: "unlink"; readonly person: string | undefined }
  | { readonly kind: "protect"; readonly machine: string; readonly services: readonly string[] }
  | {
      readonly kind: "audit";
      readonly machine: string | undefined;
      /** A Slack user id, or a name as typed after `@`. */
      readonly person: string | undefined;
      /** `7d`, for `parseDuration`. */
      readonly period: string | undefined;
    }
  /** `because`: may be empty. */
  | { readonly kind: "lockdown"; readonly lift: boolean; readonly because: string };

export const LONGEST_COMMAND = 3_000;

export const readCommand = (text: string): Command | Refusal => {
  if (text.length > LONGEST_COMMAND) return unreadable("too-long");
  const typed = asTyped(text);
  if (typed.split('"').length % 2 === 0) return unreadable("quotes");

  const words = wordsOf(typed);
  const first = words.peek();
  if (first === undefined) return { kind: "form" };
  const subcommand = first.quoted ? undefined : readers.get(first.text.toLowerCase());
  if (subcommand === undefined) return readAsk(words, subcommands);
  words.next();
  return subcommand(words);
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
  ["close", (words) => readId("close", words)],
  ["moved", (words) => readId("moved", words)],
  ["break-glass", (words) => readBreakGlass(words, subcommands)],
  ["breakglass", (words) => readBreakGlass(words, subcommands)],
  // The code may come in groups.
  ["link", (words) => ({ kind: "link", code: words.takeRest() || undefined })],
  ["unlink", (words) => readUnlink(words)],
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
      const isBecause = words.peek()?.text.toLowerCase() === "because";
      if (lift || isBecause) words.next();
      const because = isBecause ? readJustification(words) : "";
      if (typeof because !== "string") return because;
      const extra = words.peek()?.text;
      if (extra !== undefined)
        return unreadable("unknown-word", extra, lift ? undefined : nearMiss(extra, ["lift", "because"]));
      return { kind: "lockdown", lift, because };
    },
  ],
  ["help", () => ({ kind: "help" })],
]);

/** What a service can't be called, because `/jit list` means something else. */
export const subcommands: readonly string[] = [...readers.keys()];

const readId = (kind: "close" | "moved", words: Words): Command | Refusal => {
  const id = words.next();
  return id === undefined ? unreadable("missing-id") : endWith(words, { kind, id: id.text.toLowerCase() });
};

const readExtend = (words: Words): Command | Refusal => {
  const id = words.next();
  if (id === undefined) return unreadable("missing-id");
  const end = readEnd(words);
  if (end === undefined) return unreadable("missing-duration");
  return endWith(words, { kind: "extend", id: id.text.toLowerCase(), end });
};

const readUnlink = (words: Words): Command | Refusal => {
  const text = words.takeRest().replaceAll('"', "").trim();
  const person = mentionedIn(text) ?? /^[UW][A-Z0-9]+$/u.exec(text)?.[0];
  return text === "" || person !== undefined ? { kind: "unlink", person } : unreadable("unknown-word", text);
};

/** Slack sends a name as it was typed, because our manifest doesn't ask for `should_escape`. */
const mentionedIn = (text: string): string | undefined =>
  /^<@([A-Z0-9]+)(?:\|[^>]*)?>$/u.exec(text)?.[1] ?? /^@(.+)$/u.exec(text)?.[1];

const readAudit = (words: Words): Command | Refusal => {
  let machine: string | undefined;
  let person: string | undefined;
  let period: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const mentioned = mentionedIn(word.text);
    if (mentioned !== undefined && person === undefined && machine === undefined) person = mentioned;
    else if (
      !word.quoted &&
      period === undefined &&
      (typeof parseDuration(word.text) === "number" || /^\d+$/u.test(word.text))
    )
      period = word.text;
    else if (person === undefined && machine === undefined) machine = word.text;
    else return unreadable("unknown-word", word.text);
  }
  return { kind: "audit", machine, person, period };
};
