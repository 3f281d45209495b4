/** `latch audit verify`: whether an export is what the bot wrote, checked without the bot and its Redis. */

import { createReadStream } from "node:fs";
import { type Break, firstBreak, GENESIS, type Link } from "../audit/chain.ts";
import type { Command, Terminal } from "./command.ts";
import { readExportLine } from "./export-lines.ts";
import { whyUnread } from "./why-unread.ts";
import { counted } from "./words.ts";

export const auditVerify: Command = {
  name: "verify",
  form: "verify <file.jsonl|-> [--head <hash>]",
  summary: "check the chain of hashes of an export, offline",
  help: [
    "Names the first broken link: an event that was changed, a line that was removed, inserted, repeated or swapped with another.",
    "An export may begin after the first event; that is told, and is no error.",
    "--head  a hash that you kept from an earlier export: it has to be there, so that nothing is missing at the end.",
    "Without it a cut end can't be told, nor a log that somebody wrote anew from some line on.",
    "- reads from stdin.",
  ],
  options: { head: "text" },
  words: [1, 1],
  run: async ({ words: [file = ""], text }, terminal) => {
    const head = text("head")?.trim().toLowerCase();
    if (head !== undefined && !/^[0-9a-f]{64}$/u.test(head))
      return { wrong: "`--head` is a hash of 64 hexadecimal digits" };
    const links: Link[] = [];
    let unreadable: number | undefined;
    let line = 0;
    try {
      for await (const each of linesOf(file === "-" ? [await terminal.readInput()] : createReadStream(file, "utf8"))) {
        line += 1;
        if (each.trim() === "") continue;
        const link = readExportLine(each, line);
        if (link === undefined) unreadable ??= line;
        else if (unreadable === undefined) links.push(link);
      }
    } catch (error) {
      terminal.complain(`cannot read ${file}: ${whyUnread(error)}`);
      return 1;
    }
    const broken = firstBreak(links);
    if (broken !== undefined) terminal.print(breakText(broken));
    else if (unreadable !== undefined)
      terminal.print(`line ${unreadable}: it can't be read: no event with its hash stands there, or it was cut off`);
    else return judgeEnds(links, head, terminal);
    return 1;
  },
};

const judgeEnds = (links: readonly Link[], head: string | undefined, { print }: Terminal): 0 | 1 => {
  const [first, last] = [links[0], links.at(-1)];
  if (first === undefined || last === undefined) {
    print("it holds no events");
    return 1;
  }
  const at = links.find(({ hash }) => hash === head);
  if (head !== undefined && at === undefined) {
    print(`the end is missing: no event has the hash ${head}; the last one is line ${last.line}${named(last)}`);
    return 1;
  }
  print(`${counted(links.length, "event")}, unbroken`);
  if (first.previous !== GENESIS)
    print(`it doesn't begin with the first event: what was before${named(first)} isn't in it`);
  if (at !== undefined) {
    const after = links.length - 1 - links.indexOf(at);
    print(after === 0 ? "it ends with that hash" : `that hash is line ${at.line}; ${counted(after, "event")} after it`);
  }
  print(`the last hash is ${last.hash}`);
  return 0;
};

/** Not Node's `readline`: that ends lines at U+2028 too, and what people typed may hold it. */
async function* linesOf(chunks: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const parts = `${rest}${String(chunk)}`.split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield part.replace(/\r$/u, "");
  }
  if (rest !== "") yield rest;
}

const breakText = (broken: Break): string => {
  const { link } = broken;
  const where = `line ${link.line}${named(link)}`;
  switch (broken.kind) {
    case "changed":
      return `${where}: the event was changed: its hash is ${link.hash}, and what stands there has ${link.computed}`;
    case "hash-changed":
      return `${where}: its hash was changed: it is ${link.hash}, and what stands there has ${link.computed}`;
    case "previous-changed":
      return `${where}: its previous hash was changed: it is ${link.previous}, and the line before has ${broken.before.hash}`;
    case "removed":
      return `${where}: it follows an event that isn't there (${link.previous}): something after line ${broken.before.line}${named(broken.before)} was removed, or that line was changed and hashed anew`;
    case "swapped":
      return `${where}: it was swapped with another: it follows line ${broken.with.line}${named(broken.with)}, and stands before it`;
    case "inserted":
      return `${where}: it was inserted: what stands after it follows line ${broken.after.line}${named(broken.after)}`;
    case "repeated":
      return `${where}: it was inserted: line ${broken.first.line} is the same`;
    case "begins-anew":
      return `${where}: another log begins here: it follows nothing`;
  }
};

const named = ({ id }: Link): string => (id === "" ? "" : ` (${id})`);
