/** What the form offers for a machine: ports, lengths and sources, as its rule has them. */

import type { PlainTextOption } from "@slack/types";
import { shortDuration, showDuration } from "../../access/duration.ts";
import type { Machine } from "../../access/machine.ts";
import { type Cidr, showCidr } from "../../access/source.ts";
import { DAY, type DurationMs, HOUR, MINUTE } from "../../access/time.ts";
import { ruleFor } from "../../policy/match.ts";
import {
  type AllowedSource,
  type Policy,
  type PortRule,
  type Rule,
  showAllowed,
  sourcesFor,
} from "../../policy/policy.ts";
import { ME } from "../../policy/resolve.ts";
import { capital } from "../lists.ts";
import { CLOUD_NAMES, leadingTitle } from "../title.ts";
import { type Filled, LONGEST_VALUE, machineKey, TYPED, USUAL } from "./fields.ts";

/** A machine with the rule that decides about it. */
export interface Offer {
  readonly machine: Machine;
  readonly rule: Rule;
}

export const offerFor = (machine: Machine | undefined, policy: Policy | undefined): Offer | undefined => {
  const rule = machine === undefined || policy === undefined ? undefined : ruleFor(policy, machine);
  return machine === undefined || rule === undefined ? undefined : { machine, rule };
};

/** The same form with every choice that isn't offered replaced by the likeliest that is. */
export const fitted = (filled: Filled, offer: Offer, hasAddressPage: boolean): Filled => {
  const services = filled.services.filter((name) => offer.rule.ports.some((line) => line.name === name));
  const chosen = services.length === 0 ? usualService(offer) : services;
  const next = { ...filled, machine: machineKey(offer.machine), services: chosen };
  const lengths = lengthOptions(offer.rule, chosen).flatMap(({ value }) => value ?? []);
  const sources = sourceOptions(offer.rule, chosen, hasAddressPage).flatMap(({ value }) => value ?? []);
  return {
    ...next,
    length: lengths.includes(filled.length) ? filled.length : usualLength(longest(offer.rule, chosen)),
    source: sources.includes(filled.source) ? filled.source : usualSource(offer.rule, sources),
  };
};

/** `short` is a machine's name as it fits: the ends of names tell them apart more often than their middles. */
export const machineOption = (machine: Machine, note = ""): PlainTextOption => ({
  text: plain(shortName(machine.name)),
  value: machineKey(machine),
  description: plain(
    short([CLOUD_NAMES[machine.cloud], machine.region, note].filter((part) => part !== "").join(" · ")),
  ),
});

export const portOptions = ({ ports }: Rule): readonly PlainTextOption[] =>
  ports
    .filter(({ name }) => name.length <= LONGEST_VALUE)
    .slice(0, MOST)
    .map(({ name, maximumMs }) => option(`${leadingTitle([name])}, for ${showDuration(maximumMs)} at most`, name));

export const lengthOptions = (rule: Rule, services: readonly string[]): readonly PlainTextOption[] => {
  const most = longest(rule, services);
  const lengths = [...new Set([...SENSIBLE.filter((length) => length < most), most])];
  return [
    ...lengths.map((length) => option(capital(showDuration(length)), shortDuration(length))),
    option("Another length, or until a time", TYPED),
  ];
};

export const sourceOptions = (
  rule: Rule,
  services: readonly string[],
  hasAddressPage: boolean,
): readonly PlainTextOption[] => {
  const allowed = allowedFor(rule, services);
  const usual = rule.defaultSource;
  const isNamed = usual === undefined || allowed.some((each) => isExactly(each, usual));
  return [
    ...(hasAddressPage ? [option("My address: I open a page that finds it out", ME)] : []),
    ...(isNamed ? [] : [option(`As usual: ${prefixes(usual)}`, USUAL)]),
    ...allowed.flatMap(sourceOption).slice(0, MOST - 3),
    option("Another address or network, typed", TYPED),
  ];
};

/** What all of the chosen ports have in common; where that is nothing, what the first allows. */
const allowedFor = (rule: Rule, services: readonly string[]): readonly AllowedSource[] => {
  const [first = rule.sources, ...others] = linesOf(rule, services).map((line) => sourcesFor(rule, line));
  const shared = first.filter((each) =>
    others.every((list) => list.some((other) => showAllowed(other) === showAllowed(each))),
  );
  return shared.length === 0 ? first : shared;
};

const sourceOption = (allowed: AllowedSource): readonly PlainTextOption[] => {
  switch (allowed.kind) {
    case "single-address":
      return [];
    case "anywhere":
      return [option("Anywhere", "anywhere")];
    case "network":
      return allowed.network.name.length > LONGEST_VALUE
        ? []
        : [option(`${capital(allowed.network.name)}: ${prefixes(allowed.network.prefixes)}`, allowed.network.name)];
    case "prefix":
      return [option(showCidr(allowed.prefix), allowed.prefix)];
  }
};

const usualSource = ({ defaultSource, sources }: Rule, offered: readonly string[]): string => {
  const named = defaultSource === undefined ? undefined : sources.find((each) => isExactly(each, defaultSource));
  const wanted = [named === undefined ? USUAL : showAllowed(named), ME];
  return wanted.find((value) => offered.includes(value)) ?? offered[0] ?? TYPED;
};

const isExactly = (allowed: AllowedSource, prefixesOf: readonly Cidr[]): boolean => {
  const own = allowed.kind === "network" ? allowed.network.prefixes : allowed.kind === "prefix" ? [allowed.prefix] : [];
  return own.length > 0 && new Set(own).symmetricDifference(new Set(prefixesOf)).size === 0;
};

const usualService = ({ machine, rule }: Offer): readonly string[] => {
  const names = rule.ports.map(({ name }) => name);
  const usual = names.find((name) => name === (machine.os === "windows" ? "rdp" : "ssh")) ?? names[0];
  return usual === undefined ? [] : [usual];
};

const usualLength = (most: DurationMs): string => shortDuration(most < HOUR ? most : HOUR);

const longest = (rule: Rule, services: readonly string[]): DurationMs =>
  Math.min(...linesOf(rule, services).map(({ maximumMs }) => maximumMs)) as DurationMs;

/** Of what is chosen; of everything while nothing is. */
const linesOf = ({ ports }: Rule, services: readonly string[]): readonly PortRule[] => {
  const chosen = ports.filter(({ name }) => services.includes(name));
  return chosen.length === 0 ? ports : chosen;
};

const prefixes = (all: readonly Cidr[]): string => all.map(showCidr).join(", ");

const option = (text: string, value: string): PlainTextOption => ({ text: plain(short(text)), value });

const plain = (text: string): PlainTextOption["text"] => ({ type: "plain_text", text });

const short = (text: string): string => (text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`);

const shortName = (name: string): string =>
  name.length <= LONGEST_TEXT
    ? name
    : `${name.slice(0, LONGEST_TEXT - 31).toWellFormed()}…${name.slice(-30).toWellFormed()}`;

const SENSIBLE: readonly DurationMs[] = [
  ...[15, 30].map((minutes) => (minutes * MINUTE) as DurationMs),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => (hours * HOUR) as DurationMs),
  ...[1, 2, 3, 7].map((days) => (days * DAY) as DurationMs),
];

/** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
const LONGEST_TEXT = 75;
const MOST = 100;
