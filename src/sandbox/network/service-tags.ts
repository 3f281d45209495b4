/** What stands where a prefix may in an Azure rule: `*`, a prefix, or a service tag. */

import { type Address, contains, type Prefix, readAddress, readPrefix } from "./address.ts";

/** What the tags mean as seen from one virtual network. */
export interface AddressSpace {
  /** The network's own prefixes, and those of what is peered or connected to it. */
  readonly virtualNetwork: readonly string[];
  /** Tags such as `AzureCloud.westeurope` and what they stand for; names in lower case. A tag that isn't here holds no address. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** https://learn.microsoft.com/azure/virtual-network/service-tags-overview#available-service-tags */
export const isIn = (text: string, address: Address, space: AddressSpace): boolean => {
  const word = text.toLowerCase();
  if (word === "*" || word === "any") return true;
  if (word === "virtualnetwork") return isVirtualNetwork(address, space);
  if (word === "azureloadbalancer") return isHost(address);
  if (word === "internet") return !isVirtualNetwork(address, space) && !within(PRIVATE, address);
  const tagged = Object.hasOwn(space.tags, word) ? space.tags[word] : undefined;
  return within(tagged ?? [text], address);
};

/** The address that every Azure host has towards its guests; health probes come from it. */
const HOST = readAddress("168.63.129.16");

/** "Outside the virtual network and reachable by the public internet": these aren't reachable. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"];

const isVirtualNetwork = (address: Address, { virtualNetwork }: AddressSpace): boolean =>
  within(virtualNetwork, address) || isHost(address);

const isHost = ({ family, bits }: Address): boolean => HOST?.family === family && HOST.bits === bits;

const within = (prefixes: readonly string[], address: Address): boolean =>
  prefixes.some((text) => {
    const prefix: Prefix | undefined = readPrefix(text);
    return prefix !== undefined && contains(prefix, address);
  });
