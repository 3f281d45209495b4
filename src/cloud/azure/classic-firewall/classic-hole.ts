/** One hole in an Azure Firewall: a network rule that allows it, and a NAT rule for each port of each address. */

import type { GrantId } from "../../../access/identifier.ts";
import { type Protocol, parsePort } from "../../../access/port.ts";
import { type Cidr, familyOf, isSingleAddress, parseCidr, showCidr } from "../../../access/source.ts";
import type { IngressRule, Mapping, ObservedRule } from "../../firewall.ts";
import { type JsonObject, listAt, nameKey, stringAt } from "../json.ts";
import { parseDescription, printDescription } from "../nsg/owner-mark.ts";
import { type ClassicRule, textsAt } from "./classic-document.ts";
import { type Destination, fitsPublicPort } from "./classic-extent.ts";
import { type Owner, parseNatOwner, parseOwner, printNatName, printOwner } from "./firewall-mark.ts";
import type { Divided } from "./own-collections.ts";

/** Where people come to the firewall. */
export interface PublicAddresses {
  /** Those of its public IPv4 addresses that we could read, in its own order. */
  readonly addresses: readonly string[];
  /** Whether these are all. */
  readonly complete: boolean;
  /** Without any, the firewall translates nothing, and a hole is for what is routed through it. */
  readonly any: boolean;
}

/** A NAT rule to be: who comes to `port` of `address` gets to `to`. */
export interface PortMapping {
  readonly address: string;
  readonly port: number;
  readonly to: { readonly address: string; readonly port: number };
}

/** What we have in our collections under one owner. */
export interface Holding {
  /** `k7f3q2xd-tcp`, or the rule's own name when we don't give such names. */
  readonly key: string;
  readonly owner: Owner<GrantId> | undefined;
  readonly nat: readonly ClassicRule[];
  readonly allow: readonly ClassicRule[];
}

/** A rule as it is sent. */
export interface HoleRules {
  readonly nat: readonly JsonObject[];
  readonly allow: readonly JsonObject[];
}

export const ownerOf = (rule: IngressRule): Owner<GrantId> => ({ id: holderOf(rule).grant, protocol: rule.protocol });

export const printHole = (rule: IngressRule, mappings: readonly PortMapping[]): HoleRules => {
  const owner = ownerOf(rule);
  const description = printDescription(holderOf(rule));
  const [protocols, sourceAddresses] = [[rule.protocol.toUpperCase()], rule.sources.map(printSource)];
  return {
    nat: mappings.map(({ address, port, to }) => ({
      name: printNatName(owner, to.address, to.port),
      description,
      protocols,
      sourceAddresses,
      destinationAddresses: [address],
      destinationPorts: [String(port)],
      translatedAddress: to.address,
      translatedPort: String(to.port),
    })),
    // Our deny takes away the permission that a translation brings: https://learn.microsoft.com/azure/firewall/rule-processing
    allow: [
      {
        name: printOwner(owner),
        description,
        protocols,
        sourceAddresses,
        destinationAddresses: [...rule.addresses],
        destinationPorts: rule.ports.map(String),
      },
    ],
  };
};

/** All that stands in our two collections, by owner. */
export const holdingsIn = ({ nat, allow }: Divided): readonly Holding[] => {
  const found = [
    ...(nat?.rules ?? []).map((rule) => ({ kind: "nat", rule, owner: parseNatOwner(rule.name) }) as const),
    ...(allow?.rules ?? []).map((rule) => ({ kind: "allow", rule, owner: parseOwner<GrantId>(rule.name) }) as const),
  ];
  const keyOf = ({ rule, owner }: (typeof found)[number]): string =>
    owner === undefined ? nameKey(rule.name) : printOwner(owner);
  return [...Map.groupBy(found, keyOf)].map(([key, rules]) => ({
    key,
    owner: rules[0]?.owner,
    nat: rules.flatMap(({ kind, rule }) => (kind === "nat" ? [rule] : [])),
    allow: rules.flatMap(({ kind, rule }) => (kind === "allow" ? [rule] : [])),
  }));
};

export const observeHolding = (holding: Holding, divided: Divided, front: PublicAddresses): ObservedRule => {
  const { key, owner, nat, allow } = holding;
  const hole = owner === undefined ? undefined : readHole(holding, owner, divided, front);
  const said = [...allow, ...nat].map(({ raw }) => parseDescription(stringAt(raw, "description") ?? ""));
  const [first] = said;
  // One mark was damaged, so none of them can be believed.
  const agree = said.every((each) => each?.expiresAt === first?.expiresAt);
  return {
    id: key,
    rule: hole,
    holders:
      owner === undefined
        ? []
        : [{ grant: owner.id, expiresAt: agree ? first?.expiresAt : undefined, note: first?.note ?? "" }],
    ...(hole === undefined || nat.length === 0 ? {} : { mappings: nat.map((rule) => mappingOf(rule, hole.protocol)) }),
  };
};

/** Where a NAT rule of ours is reached now; `undefined` when it can't be read. */
export const publicPortOf = ({ raw }: ClassicRule): { readonly address: string; readonly port: number } | undefined => {
  const [address, ...otherAddresses] = textsAt(raw, "destinationAddresses").map(parseCidr);
  const [port, ...otherPorts] = textsAt(raw, "destinationPorts").map((text) => parsePort(text)?.port);
  if (address === undefined || !isSingleAddress(address) || port === undefined) return undefined;
  return otherAddresses.length > 0 || otherPorts.length > 0 ? undefined : { address: showCidr(address), port };
};

/** The hole that rules of ours make; `undefined` when they are anything that we don't write, or don't have the effect that they claim. */
const readHole = (
  { nat, allow }: Holding,
  owner: Owner<GrantId>,
  divided: Divided,
  front: PublicAddresses,
): ObservedRule["rule"] => {
  const [rule, ...others] = allow;
  if (rule === undefined || others.length > 0 || divided.allow?.action !== "allow") return undefined;
  const sources = readSources(rule);
  const addresses = textsAt(rule.raw, "destinationAddresses").map(parseCidr);
  const ports = textsAt(rule.raw, "destinationPorts").map((text) => parsePort(text)?.port);
  if (sources === undefined || !isOf(rule, owner.protocol) || hasAny(rule, "destinationFqdns", "destinationIpGroups")) {
    return undefined;
  }
  if (addresses.length === 0 || !addresses.every((each) => isAddress(each))) return undefined;
  if (ports.length === 0 || !ports.every((port) => port !== undefined)) return undefined;
  const hole = {
    addresses: unique(addresses.map(showCidr)).toSorted(),
    protocol: owner.protocol,
    ports: unique(ports).toSorted((a, b) => a - b),
    sources,
  };

  const wanted = front.any ? hole.addresses.flatMap((address) => hole.ports.map((port) => ({ address, port }))) : [];
  const areMapped =
    nat.length === wanted.length &&
    wanted.every(({ address, port }) => {
      const name = nameKey(printNatName(owner, address, port));
      const found = nat.find((each) => nameKey(each.name) === name);
      return (
        found !== undefined &&
        isMapping(found, { address, port: { port, protocol: owner.protocol } }, hole, divided, front)
      );
    });
  return areMapped ? hole : undefined;
};

const isMapping = (
  rule: ClassicRule,
  to: Destination,
  hole: Pick<IngressRule, "sources" | "protocol">,
  { nat, foreignNat }: Divided,
  { addresses, complete }: PublicAddresses,
): boolean => {
  const at = publicPortOf(rule);
  if (at === undefined || nat === undefined || !isOf(rule, hole.protocol)) return false;
  if (readSources(rule)?.join() !== hole.sources.join()) return false;
  if (stringAt(rule.raw, "translatedAddress") !== to.address || translatedPortOf(rule) !== to.port.port) {
    return false;
  }
  if (complete && !addresses.includes(at.address)) return false;
  const publicPort = { address: at.address, port: { port: at.port, protocol: hole.protocol } };
  // The first that fits answers, so one that somebody put before ours takes it over.
  const isTakenOver = foreignNat
    .filter(({ priority }) => priority < nat.priority)
    .some(({ rules }) => rules.some((other) => fitsPublicPort(other, publicPort) !== "no"));
  return !isTakenOver && nat.rules.filter((other) => fitsPublicPort(other, publicPort) !== "no").length === 1;
};

const mappingOf = (rule: ClassicRule, protocol: Protocol): Mapping => {
  const at = publicPortOf(rule);
  if (at === undefined) throw new Error(`\`${rule.name}\` is no mapping`);
  return { ...at, to: { port: translatedPortOf(rule), protocol } };
};

/** `NaN` when it can't be read. Azure writes it as a string. */
export const translatedPortOf = ({ raw }: ClassicRule): number => Number(raw.translatedPort ?? Number.NaN);

/** `*` is the documented word for everybody. */
const printSource = (source: Cidr): string => (source === EVERYBODY ? "*" : showCidr(source));

/** Sorted; `undefined` when they are anything but IPv4 prefixes. */
const readSources = (rule: ClassicRule): readonly Cidr[] | undefined => {
  const prefixes = textsAt(rule.raw, "sourceAddresses").map((text) => (text === "*" ? EVERYBODY : parseCidr(text)));
  if (prefixes.length === 0 || hasAny(rule, "sourceIpGroups")) return undefined;
  if (!prefixes.every((prefix) => prefix !== undefined && familyOf(prefix) === "ipv4")) return undefined;
  return unique(prefixes as readonly Cidr[]).toSorted();
};

const EVERYBODY = "0.0.0.0/0" as Cidr;

const isOf = ({ raw }: ClassicRule, protocol: Protocol): boolean => {
  const protocols = textsAt(raw, "protocols");
  return protocols.length === 1 && protocols[0]?.toLowerCase() === protocol;
};

const hasAny = ({ raw }: ClassicRule, ...keys: readonly string[]): boolean =>
  keys.some((key) => listAt(raw, key).length > 0);

const isAddress = (prefix: Cidr | undefined): prefix is Cidr =>
  prefix !== undefined && familyOf(prefix) === "ipv4" && isSingleAddress(prefix);

/** `ruleHolds: "grant"`, so every rule has exactly one. */
const holderOf = ({ holders }: IngressRule): IngressRule["holders"][number] => {
  const [holder, ...others] = holders;
  if (holder === undefined || others.length > 0) throw new Error("a rule here belongs to exactly one grant");
  return holder;
};

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
