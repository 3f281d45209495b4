/** From the words people type for ports and sources to the ports and prefixes they mean. */

import { nearMiss } from "../access/near-miss.ts";
import { byPort, type Port, parsePort, portKey, type Service } from "../access/port.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { ANYWHERE, type Cidr, contains, parseCidr } from "../access/source.ts";
import type { Policy, Rule } from "./policy.ts";

/**
 * Reads one word for ports: a service's name in any case (`SSH`), a port (`8080`, `53/udp`), or a service in one protocol
 * (`dns/udp`: its UDP ports). The result's name is the service's, or the port as `8080` or `53/udp`.
 */
export const resolveService = (word: string, policy: Policy): Service | Refusal => {
  const typed = word.trim().toLowerCase();
  const port = parsePort(typed);
  if (port !== undefined) return { name: port.protocol === "tcp" ? String(port.port) : portKey(port), ports: [port] };

  const [name = "", protocol, ...rest] = typed.split("/");
  const service = policy.services.get(name);
  if (service !== undefined && protocol === undefined) return service;
  if (service !== undefined && rest.length === 0) {
    const ports = service.ports.filter((each) => each.protocol === protocol);
    if (ports.length === service.ports.length) return service;
    if (ports.length > 0) return { name: `${service.name}/${protocol}`, ports };
  }
  const services = [...policy.services.values()].map((each) => each.name);
  const guess = nearMiss(name, services);
  return refuse("port-unreadable", {
    text: word,
    services,
    ...(guess === undefined || service !== undefined ? {} : { didYouMean: guess }),
  });
};

/** All ports of some services, each once, by number, TCP before UDP. */
export const portsOf = (services: readonly Service[]): readonly Port[] => {
  const byKey = new Map(services.flatMap((service) => service.ports).map((port) => [portKey(port), port]));
  return [...byKey.values()].toSorted(byPort);
};

/**
 * Reads one word for sources: an address, a prefix, a network's name in any case, or `anywhere`; `0.0.0.0/0` and `::/0` are these alone.
 *
 * Refused are malformed ones, and those from which nobody connects: loopback, multicast, reserved and unspecified addresses.
 */
export const resolveSource = (word: string, policy: Policy): readonly Cidr[] | Refusal => {
  const typed = word.trim();
  const network = policy.networks.get(typed.toLowerCase());
  if (network !== undefined) return network.prefixes;
  if (typed.toLowerCase() === "anywhere") return ANYWHERE;

  const prefix = parseCidr(typed);
  if (prefix !== undefined) return isImpossible(prefix) ? refuse("source-impossible", { text: word }) : [prefix];

  const networks = [...policy.networks.values()].map((each) => each.name);
  const guess = nearMiss(typed, [...networks, "anywhere"]);
  return refuse("source-unreadable", { text: word, networks, ...(guess === undefined ? {} : { didYouMean: guess }) });
};

/** The word for where somebody is themselves. */
export const ME = "me";

/** Whether some words mean where somebody is themselves: they say so, or say nothing where the rule has no default. */
export const meansMe = (words: readonly string[], rule: Pick<Rule, "defaultSource"> | undefined): boolean =>
  words.length === 0 ? (rule?.defaultSource ?? []).length === 0 : words.some(isMe);

const isMe = (word: string): boolean => word.trim().toLowerCase() === ME;

/**
 * The prefixes that some words mean together, each once; for no words the rule's default, and where it has none `mine`: where the asker is, as far as that is known.
 * Every word that can't be read has its refusal.
 */
export const resolveSources = (
  words: readonly string[],
  rule: Rule | undefined,
  policy: Policy,
  mine: readonly Cidr[] = [],
): { readonly sources: readonly Cidr[]; readonly refusals: readonly Refusal[] } => {
  if (words.length === 0) return { sources: rule?.defaultSource ?? mine, refusals: [] };
  const sources = new Set<Cidr>();
  const refusals: Refusal[] = [];
  for (const word of words) {
    const resolved = isMe(word) ? mine : resolveSource(word, policy);
    if ("kind" in resolved) refusals.push(resolved);
    else for (const prefix of resolved) sources.add(prefix);
  }
  return { sources: [...sources], refusals };
};

// https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
const IMPOSSIBLE = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "ff00::/8"].map(
  (text) => text as Cidr,
);

/** Whether no packet from there can arrive over a network. */
export const isImpossible = (prefix: Cidr): boolean => IMPOSSIBLE.some((range) => contains(range, prefix));
