/** What is remembered of a block and of a withheld rule, as words that fit into tags and that a cloud administrator can read. */

import { createHash } from "node:crypto";
import { type Port, parsePort, portKey } from "../../../access/port.ts";
import { covers, identityOf, type RuleValues, sourceAt } from "./foreign-rule.ts";
import { type PortRange, parseRange, showRange } from "./split-range.ts";
import { readWord, writeWord } from "./tag-text.ts";

export interface HeldBlock {
  readonly addresses: readonly string[];
  readonly ports: readonly Port[];
  readonly note: string;
}

/** A rule that is taken out of the group, or is to be. */
export interface WithheldRule extends RuleValues {
  /** `sgr-…`, while it was there. */
  readonly id: string;
  /** The ports for whose sake, of those it covers. None: it is being put back. */
  readonly out: readonly Port[];
  /** Parts that somebody else took out of the group meanwhile: these are not put back. */
  readonly cut: readonly PortRange[];
}

/** `22/tcp 3389/tcp 10.0.1.4 note:prod-vm-3=3A+U0SEC1` */
export const writeBlock = ({ addresses, ports, note }: HeldBlock): string =>
  [...ports.map(portKey), ...addresses, `note:${writeWord(cutNote(note))}`].join(" ");

/** `undefined` when it isn't what `writeBlock` writes. */
export const readBlock = (text: string): HeldBlock | undefined => {
  const words = text.split(" ");
  const note = readWord(words.find((word) => word.startsWith("note:"))?.slice("note:".length) ?? "");
  const ports = words.flatMap((word) => (/\/(?:tcp|udp)$/u.test(word) ? (parsePort(word) ?? []) : []));
  const addresses = words.filter((word) => /^[0-9a-f.:]+$/u.test(word));
  const block = { addresses, ports, note: note ?? "" };
  return ports.length > 0 && addresses.length > 0 && writeBlock(block) === text ? block : undefined;
};

/** `tcp 20-25 10.0.0.0/8 sgr-0a1 for:22/tcp text:office+hours tag:Owner:web` */
export const writeRule = ({ id, out, cut, description, tags, source, ...reach }: WithheldRule): string =>
  [
    identityOf({ ...reach, source, description, tags }),
    id,
    ...out.map((port) => `for:${portKey(port)}`),
    ...cut.map((range) => `cut:${showRange(range)}`),
    ...(source.owner === undefined ? [] : [`owner:${writeWord(source.owner)}`]),
    ...(description === undefined ? [] : [`text:${writeWord(description)}`]),
    ...tags.map(({ Key, Value }) => `tag:${writeWord(Key)}:${writeWord(Value)}`),
  ].join(" ");

/** `undefined` when it isn't what `writeRule` writes. */
export const readRule = (text: string): WithheldRule | undefined => {
  const [protocol = "", range = "", at = "", id = "", ...words] = text.split(" ");
  const after = (name: string): readonly string[] =>
    words.flatMap((word) => (word.startsWith(`${name}:`) ? word.slice(name.length + 1) : []));
  const [description] = after("text");
  const rule: WithheldRule = {
    id,
    protocol,
    ports: parseRange(range),
    source: sourceAt(at, after("owner")[0]),
    description: description === undefined ? undefined : readWord(description),
    tags: after("tag").map((word) => {
      const [key = "", value = ""] = word.split(":");
      return { Key: readWord(key) ?? "", Value: readWord(value) ?? "" };
    }),
    out: after("for").flatMap((word) => parsePort(word) ?? []),
    cut: after("cut").flatMap((word) => parseRange(word) ?? []),
  };
  const isSound = rule.out.every((port) => covers(rule, port)) && rule.source.kind !== "unknown";
  return isSound && writeRule(rule) === text ? rule : undefined;
};

/** Short, the same for the same identity. */
export const ruleKey = (rule: RuleValues): string =>
  createHash("sha256").update(identityOf(rule)).digest("hex").slice(0, 12);

/** By whole characters; a machine's name and a user's id are well within. */
const cutNote = (note: string): string => [...note].slice(0, 100).join("");
