/** Names that one part of the configuration file gives and other parts use. */

import { z } from "zod";
import { nearMiss } from "../access/near-miss.ts";
import { parsePort } from "../access/port.ts";
import { ANYWHERE, parseCidr } from "../access/source.ts";
import { quote, text } from "./fields.ts";

export interface KnownNames {
  readonly services: readonly string[];
  readonly networks: readonly string[];
  readonly roles: readonly string[];
  readonly hours: readonly string[];
}

/** What people and things may be called. */
export const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;

/** Of a freeze or a deny rule, which nothing else in the file refers to. */
export const LONGEST_NAME = 100;

export const isOneOf = (what: string, known: readonly string[]) =>
  z.refine<string>((name) => known.includes(name), { error: ({ input }) => unknownName(what, input, known) });

/** ``"led" is not a role; did you mean leads?`` */
export const unknownName = (what: string, name: unknown, known: readonly string[]): string => {
  const guess = nearMiss(String(name), known);
  const instead =
    guess !== undefined
      ? `did you mean ${guess}?`
      : known.length === 0
        ? `the file names no ${what}`
        : `the file has ${known.join(", ")}`;
  return `${quote(name)} is not a ${what}; ${instead}`;
};

/** A network by name, an address prefix, or one of these words. */
export const sourceName = (what: string, networks: readonly string[], words: readonly string[]) =>
  text(what).check(
    z.refine<string>(
      (typed) => {
        const prefix = parseCidr(typed);
        if (prefix !== undefined) return !ANYWHERE.includes(prefix);
        return words.includes(typed) || networks.some((name) => name.toLowerCase() === typed.toLowerCase());
      },
      {
        error: ({ input }) => {
          const typed = String(input);
          if (parseCidr(typed) !== undefined) return `${quote(typed)} is everything; write \`anywhere\``;
          return /^[\d.:a-f]+(?:\/\d*)?$/iu.test(typed)
            ? `${quote(typed)} is not an address prefix; write one like 203.0.113.0/24`
            : unknownName("network", typed, [...networks, ...words]);
        },
      },
    ),
  );

/** A service by name, or a port. */
export const portName = (services: readonly string[]) =>
  text("a port").check(
    z.refine<string>(
      (typed) => parsePort(typed) !== undefined || services.some((name) => name.toLowerCase() === typed.toLowerCase()),
      {
        error: ({ input }) =>
          /^\d/u.test(String(input))
            ? `${quote(input)} is not a port; write one like 22 or 53/udp`
            : unknownName("service", input, services),
      },
    ),
  );
