/** Decides the long way: slow, and obvious. Understands the policies of `random-policy.ts`, no others. */

import type { Cidr } from "../../src/access/source.ts";
import { type EpochMs, HOUR } from "../../src/access/time.ts";
import type { Hours } from "../../src/policy/hours.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { Question } from "../../src/policy/question.ts";

const addressesOf = (cidr: Cidr): readonly number[] => {
  const [address = "", bits = ""] = cidr.split("/");
  const first = Number(address.split(".")[3]);
  return Array.from({ length: 2 ** (32 - Number(bits)) }, (_, i) => first + i);
};

const fits = (name: string, patterns: readonly string[]): boolean =>
  patterns.length === 0 ||
  patterns.some((pattern) =>
    pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : name.startsWith(pattern.slice(0, -1)),
  );

/** Looks back minute by minute for a beginning that hasn't ended yet. */
const during = ({ days, from, until }: Hours, at: EpochMs): boolean => {
  const length = until > from ? until - from : until + 1440 - from;
  for (let ago = 0; ago < length; ago += 1) {
    const then = new Date(Math.floor(at / 60_000) * 60_000 - ago * 60_000);
    const day = then.getUTCDay() === 0 ? 7 : then.getUTCDay();
    if (then.getUTCHours() * 60 + then.getUTCMinutes() === from && days.includes(day)) return true;
  }
  return false;
};

/** Tries to give every place to everybody. */
const canFill = (places: readonly (readonly string[])[], taken: readonly string[]): boolean => {
  const [place, ...others] = places;
  if (place === undefined) return true;
  return place.some((person) => !taken.includes(person) && canFill(others, [...taken, person]));
};

export type Slow = "deny" | "no-approval-needed" | "automatic" | "needs-approval" | "break-glass";

/** The same answer the long way: port by port, address by address, millisecond by millisecond, person by person. */
export const slowly = (question: Omit<Question, "rule">, { rules, denials, freezes }: Policy): Slow => {
  const asked = question.services.flatMap(({ ports }) => ports);
  for (const { people, match, ports } of denials) {
    if (!fits(question.machine.name, match.names)) continue;
    const isFor = people.length === 0 || people.filter((role) => question.roles.has(role)).length > 0;
    const isOf = ports.length === 0 || ports.filter((port) => asked.includes(port)).length > 0;
    if (isFor && isOf) return "deny";
  }
  const each = rules.find(({ match }) => fits(question.machine.name, match.names));
  if (each === undefined) return "deny";

  let mayAsk = false;
  for (const role of question.roles)
    if ((question.breakGlass ? (each.breakGlass?.by ?? []) : each.request).includes(role)) mayAsk = true;
  if (!mayAsk || asked.length === 0 || question.sources.length === 0 || question.durationMs <= 0) return "deny";
  if (question.breakGlass && question.durationMs > (each.breakGlass?.maximumMs ?? 0)) return "deny";

  for (const port of asked) {
    const line = each.ports.find((offer) =>
      offer.ports.some((one) => one.port === port.port && one.protocol === port.protocol),
    );
    if (line === undefined || question.durationMs > line.maximumMs) return "deny";
    for (const source of question.sources) {
      let lets = false;
      for (const entry of line.sources ?? each.sources) {
        if (entry.kind === "anywhere") lets = true;
        else if (source === "0.0.0.0/0") continue;
        else if (entry.kind === "single-address") lets ||= addressesOf(source).length === 1;
        else {
          for (const wide of entry.kind === "prefix" ? [entry.prefix] : entry.network.prefixes) {
            if (wide === "0.0.0.0/0") lets = true;
            else lets ||= addressesOf(source).every((address) => addressesOf(wide).includes(address));
          }
        }
      }
      if (!lets) return "deny";
    }
  }

  const { required, pattern } = each.justification;
  if (question.justification.trim() === "") {
    if (required || question.breakGlass) return "deny";
  } else if (pattern?.test(question.justification) === false) return "deny";

  if (question.breakGlass) return "break-glass";
  if (each.hours.length > 0 && !each.hours.some((one) => during(one, question.at))) return "deny";
  for (const { match, except, fromAt, untilAt } of freezes) {
    if (!fits(question.machine.name, match.names) || except.some((role) => question.roles.has(role))) continue;
    for (let open = question.at as number; open < question.at + question.durationMs; open += 1)
      if (open >= fromAt && open < untilAt) return "deny";
  }
  const { perPerson = 99, perMachine = 99, asksPerHour = 99 } = each.limits;
  const { ofPerson, onMachine, asksAt } = question.usage;
  const recent = asksAt.filter((at) => at > question.at - HOUR).length;
  if (ofPerson + 1 > perPerson || onMachine + 1 > perMachine || recent + 1 > asksPerHour) return "deny";

  if (each.approve.kind === "none") return "no-approval-needed";
  if (each.approve.automatic.some((one) => during(one, question.at))) return "automatic";
  const places = each.approve.steps.flatMap(({ roles, needed }) => {
    const people = roles.flatMap((role) => [...(question.approvers.get(role) ?? [])]);
    return Array.from({ length: needed }, () => people.filter((user) => user !== question.requester));
  });
  return canFill(places, []) ? "needs-approval" : "deny";
};
