/** From where a machine's ports can be reached, in few words: `22 and 3389 from anywhere`, `5985 from 10.0.0.0/8`. */

import { type Port, portKey } from "../access/port.ts";
import { type AddressFamily, showCidr } from "../access/source.ts";
import { type AddressSet, union } from "./address-set.ts";
import { type PortExposure, rankOf, type SourceWords, wordsOf } from "./exposure.ts";

/** One for each set of sources; ports that nobody reaches aren't among them. The most open ports come first, because what follows may not be read. */
export const reachableWords = (exposures: readonly PortExposure[]): readonly string[] => {
  const byWords = Map.groupBy(
    exposures
      .toSorted((a, b) => rankOf(a.openness) - rankOf(b.openness))
      .flatMap((exposure) => sourcesOf(exposure).map((words) => ({ words, port: exposure.port }))),
    ({ words }) => words,
  );
  return [...byWords].map(([words, ports]) => `${portsWords(ports.map(({ port }) => port))} ${words}`);
};

/** `22, 3389 and 53/udp` */
export const portsWords = (ports: readonly Port[]): string =>
  listed(ports.map((port) => (port.protocol === "tcp" ? String(port.port) : portKey(port))));

/** `from anywhere`, and apart from that of whom nobody can say. */
const sourcesOf = ({ doors }: PortExposure): readonly string[] => {
  const of = (pick: "reaching" | "unknown") => (family: AddressFamily) =>
    union(doors.filter(({ door }) => door.family === family).flatMap((exposure) => [...exposure[pick]]));
  const reaching = together(of("reaching"));
  const unknown = together(of("unknown"));
  return [
    ...(reaching === undefined ? [] : [`from ${reaching}`]),
    ...(unknown === undefined ? [] : [`perhaps from ${unknown}`]),
  ];
};

const together = (setOf: (family: AddressFamily) => AddressSet): string | undefined => {
  const four = words(wordsOf(setOf("ipv4"), "ipv4"));
  const six = words(wordsOf(setOf("ipv6"), "ipv6"));
  if (four === "anywhere" && (six === undefined || six === "anywhere")) return four;
  if (four === undefined) return six === "anywhere" ? "anywhere by IPv6" : six;
  return six === undefined ? four : `${four} and ${six === "anywhere" ? "anywhere by IPv6" : six}`;
};

const words = (source: SourceWords): string | undefined => {
  switch (source.kind) {
    case "nobody":
      return undefined;
    case "anywhere":
      return "anywhere";
    case "anywhere-but":
      return `anywhere but ${few(source.except.map(showCidr))}`;
    case "from":
      return few(source.prefixes.map(showCidr));
  }
};

const few = (prefixes: readonly string[]): string =>
  prefixes.length <= MOST
    ? prefixes.join(", ")
    : `${prefixes.slice(0, MOST).join(", ")} and ${prefixes.length - MOST} more`;

const listed = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;

const MOST = 3;
