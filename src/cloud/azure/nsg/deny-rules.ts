/** A block as the rules that it is in a network security group: one for each protocol and address family. */

import type { Port, Protocol } from "../../../access/port.ts";
import { type AddressFamily, type Cidr, familyOf, parseCidr, showCidr } from "../../../access/source.ts";
import { readRange } from "../../../posture/address.ts";
import type { Block, ObservedBlock } from "../../firewall.ts";
import { nameKey, stringAt } from "../json.ts";
import type { Destination } from "./inbound-rule.ts";
import type { NsgRule } from "./nsg-document.ts";
import { type OwnerMark, parseBlockDescription } from "./owner-mark.ts";
import { type DenyScope, readDeny } from "./security-rule.ts";

/** One rule of a block. */
export interface Deny {
  readonly name: string;
  readonly scope: DenyScope;
}

export const deniesOf = (block: Pick<Block, "protection" | "addresses" | "ports">, mark: OwnerMark): readonly Deny[] =>
  FAMILIES.flatMap((family) =>
    PROTOCOLS.flatMap((protocol): Deny[] => {
      const addresses = block.addresses.flatMap((address) => singleOf(address, family)).toSorted();
      const ports = block.ports.filter((port) => port.protocol === protocol).map(({ port }) => port);
      if (addresses.length === 0 || ports.length === 0) return [];
      const name = mark.printBlockName({ protection: block.protection, protocol, family });
      return [{ name, scope: { addresses, protocol, ports: ports.toSorted((a, b) => a - b) } }];
    }),
  );

/** All that it closes. */
export const destinationsOf = ({ addresses, protocol, ports }: DenyScope): readonly Destination[] =>
  addresses.flatMap((address) => {
    const at = readRange(address);
    return at === undefined ? [] : ports.map((port) => ({ address, at, port: { port, protocol } }));
  });

/** The blocks that these rules are. One without a rule that it should have, or with one that was edited, can't be read. */
export const readBlocks = (rules: readonly NsgRule[], mark: OwnerMark): readonly ObservedBlock[] => {
  const found = rules.flatMap((rule) => {
    const parts = mark.parseBlockName(rule.name);
    return parts === undefined ? [] : [{ rule, parts, scope: readDeny(rule.properties, parts) }];
  });
  const groups = Map.groupBy(found, ({ parts }) => parts.protection);
  return [...groups].map(([protection, its]): ObservedBlock => {
    const notes = its.map(({ rule }) => parseBlockDescription(stringAt(rule.properties, "description") ?? ""));
    const denies = its.flatMap(({ rule, scope }) => (scope === undefined ? [] : [{ name: rule.name, scope }]));
    const block = { addresses: addressesOf(denies), ports: portsOf(denies) };
    const isWhole = denies.length === its.length && keyOf(deniesOf({ protection, ...block }, mark)) === keyOf(denies);
    return { protection, block: isWhole ? block : undefined, note: notes.find((note) => note !== "") ?? "" };
  });
};

export const isSameScope = (a: DenyScope, b: DenyScope): boolean => scopeKey(a) === scopeKey(b);

const addressesOf = (denies: readonly Deny[]): readonly string[] =>
  [...new Set(denies.flatMap(({ scope }) => scope.addresses))].toSorted();

const portsOf = (denies: readonly Deny[]): readonly Port[] =>
  PROTOCOLS.flatMap((protocol) =>
    [...new Set(denies.filter(({ scope }) => scope.protocol === protocol).flatMap(({ scope }) => scope.ports))].map(
      (port) => ({ port, protocol }),
    ),
  ).toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));

const singleOf = (text: string, family: AddressFamily): readonly string[] => {
  const address: Cidr | undefined = parseCidr(text);
  return address === undefined || familyOf(address) !== family ? [] : [showCidr(address)];
};

const keyOf = (denies: readonly Deny[]): string =>
  denies
    .map(({ name, scope }) => `${nameKey(name)} ${scopeKey(scope)}`)
    .toSorted()
    .join();

const scopeKey = ({ addresses, protocol, ports }: DenyScope): string =>
  `${protocol} ${ports.join()} ${addresses.join()}`;

const FAMILIES: readonly AddressFamily[] = ["ipv4", "ipv6"];
const PROTOCOLS: readonly Protocol[] = ["tcp", "udp"];
