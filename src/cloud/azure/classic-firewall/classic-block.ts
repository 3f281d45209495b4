/** Blocks in an Azure Firewall: rules in our deny collection, one for each protocol. */

import type { ProtectionId } from "../../../access/identifier.ts";
import { type Port, type Protocol, parsePort } from "../../../access/port.ts";
import { type Cidr, familyOf, isSingleAddress, parseCidr, showCidr } from "../../../access/source.ts";
import type { Block, ObservedBlock } from "../../firewall.ts";
import { type JsonObject, listAt, stringAt } from "../json.ts";
import { parseBlockDescription, printBlockDescription } from "../nsg/owner-mark.ts";
import { type ClassicRule, textsAt } from "./classic-document.ts";
import type { Destination } from "./classic-extent.ts";
import { type Owner, parseOwner, printOwner } from "./firewall-mark.ts";
import type { Divided } from "./own-collections.ts";

/** Of one protection; `block` has only IPv4 addresses, which are all that classic rules see. */
export interface BlockHolding {
  readonly observed: ObservedBlock;
  readonly rules: readonly ClassicRule[];
}

/** None for a block of IPv6 addresses alone: nothing of IPv6 comes through such a firewall. */
export const printBlock = (block: Block): readonly JsonObject[] => {
  const addresses = ipv4Of(block.addresses);
  if (addresses.length === 0) return [];
  return PROTOCOLS.flatMap((protocol) => {
    const ports = block.ports.filter((port) => port.protocol === protocol);
    if (ports.length === 0) return [];
    return [
      {
        name: printOwner({ id: block.protection, protocol }),
        description: printBlockDescription(block.note),
        protocols: [protocol.toUpperCase()],
        sourceAddresses: ["*"],
        destinationAddresses: [...addresses],
        destinationPorts: ports.map(({ port }) => String(port)),
      },
    ];
  });
};

export const blocksIn = ({ deny }: Divided): readonly BlockHolding[] => {
  const named = (deny?.rules ?? []).flatMap((rule) => {
    const owner = parseOwner<ProtectionId>(rule.name);
    return owner === undefined ? [] : [{ rule, owner }];
  });
  return [...Map.groupBy(named, ({ owner }) => owner.id)].map(([protection, rules]) => ({
    observed: {
      protection,
      block: deny?.action === "deny" ? readBlock(rules) : undefined,
      note: parseBlockDescription(stringAt(rules[0]?.rule.raw ?? {}, "description") ?? ""),
    },
    rules: rules.map(({ rule }) => rule),
  }));
};

/** As whoever asks means it: an asked block's IPv6 addresses are closed here as they are. */
export const asAsked = ({ observed }: BlockHolding, asked: readonly Block[]): ObservedBlock => {
  const { block, protection } = observed;
  const same = asked.find((each) => each.protection === protection);
  if (block === undefined || same === undefined || ipv4Of(same.addresses).join() !== block.addresses.join())
    return observed;
  return { ...observed, block: { ...block, addresses: same.addresses } };
};

/** Blocks that need no rule here, because they are of IPv6 alone. */
export const withoutRules = (asked: readonly Block[]): readonly ObservedBlock[] =>
  asked
    .filter(({ addresses }) => ipv4Of(addresses).length === 0)
    .map(({ protection, addresses, ports, note }) => ({ protection, block: { addresses, ports }, note }));

/** Every port of every IPv4 address. */
export const destinationsOf = ({ addresses, ports }: Pick<Block, "addresses" | "ports">): readonly Destination[] =>
  ipv4Of(addresses).flatMap((address) => ports.map((port) => ({ address, port })));

const ipv4Of = (addresses: readonly string[]): readonly string[] =>
  addresses.filter((address) => familyOf(address as Cidr) === "ipv4");

const PROTOCOLS: readonly Protocol[] = ["tcp", "udp"];

interface Named {
  readonly rule: ClassicRule;
  readonly owner: Owner<ProtectionId>;
}

/** `undefined` when they are anything that we don't write. */
const readBlock = (rules: readonly Named[]): ObservedBlock["block"] => {
  const parts = rules.map(readPart);
  const [first] = parts;
  if (first === undefined || !parts.every((part) => part !== undefined)) return undefined;
  // One rule per protocol, all about the same addresses.
  if (new Set(rules.map(({ owner }) => owner.protocol)).size < rules.length) return undefined;
  if (!parts.every(({ addresses }) => addresses.join() === first.addresses.join())) return undefined;
  const ports = parts.flatMap((part) => part.ports);
  return {
    addresses: first.addresses,
    ports: ports.toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1)),
  };
};

const readPart = ({
  rule: { raw },
  owner,
}: Named): { addresses: readonly string[]; ports: readonly Port[] } | undefined => {
  const protocols = textsAt(raw, "protocols").map((text) => text.toLowerCase());
  const prefixes = textsAt(raw, "destinationAddresses").map(parseCidr);
  const ports = textsAt(raw, "destinationPorts").map((text) => parsePort(`${text}/${owner.protocol}`));
  const others = ["sourceIpGroups", "destinationIpGroups", "destinationFqdns"].flatMap((key) => listAt(raw, key));
  const asWritten =
    protocols.join() === owner.protocol && textsAt(raw, "sourceAddresses").join() === "*" && others.length === 0;
  if (!asWritten || prefixes.length === 0 || ports.length === 0) return undefined;
  if (!prefixes.every((prefix) => prefix !== undefined && isSingleAddress(prefix))) return undefined;
  if (!ports.every((port) => port !== undefined)) return undefined;
  return { addresses: prefixes.map((prefix) => showCidr(prefix as Cidr)).toSorted(), ports };
};
