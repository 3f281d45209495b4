/** Which rule decides about a machine. */

import type { Machine } from "../access/machine.ts";
import type { Match, Policy, Rule } from "./policy.ts";

/** The first rule that matches decides, alone: later ones are never asked, so nobody combines two. */
export const ruleFor = (policy: Policy, machine: MachineFacts): Rule | undefined =>
  policy.rules.find(({ match }) => matches(match, machine));

export type MachineFacts = Pick<Machine, "name" | "cloud" | "account" | "region" | "tags" | "os">;

export const matches = (match: Match, machine: MachineFacts): boolean =>
  fitsOne(match.names, machine.name) &&
  fitsOne(match.clouds, machine.cloud) &&
  fitsOne(match.accounts, machine.account) &&
  fitsOne(match.regions, machine.region) &&
  fitsOne(match.os, machine.os) &&
  [...match.tags].every(([name, patterns]) => tagValues(machine, name).some((value) => fitsOne(patterns, value)));

/** Whether a pattern with `*` (any run, also none) and `?` (one character) fits all of a text, in any case. */
export const fitsGlob = (pattern: string, text: string): boolean => {
  const wanted = Array.from(pattern.toLowerCase());
  const given = Array.from(text.toLowerCase());
  let at = 0;
  let next = 0;
  // Going back to the last star only keeps this at length times length; a RegExp of many `.*` can take exponentially long.
  let star = -1;
  let resume = 0;
  while (next < given.length) {
    if (wanted[at] === "*") {
      star = at;
      resume = next;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[next])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      next = resume;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((rest) => rest === "*");
};

const fitsOne = (patterns: readonly string[], text: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => fitsGlob(pattern, text));

// Azure's tag names ignore case, AWS's don't, so a machine there may carry both `env` and `Env`.
const tagValues = ({ tags }: MachineFacts, name: string): readonly string[] =>
  Object.entries(tags)
    .filter(([tag]) => tag.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
