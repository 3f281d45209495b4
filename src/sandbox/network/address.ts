/** IPv4 and IPv6 addresses and prefixes as numbers: the sandbox's own reading of them, apart from the product's. */

import { isIPv4, isIPv6 } from "node:net";

export interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

export interface Prefix extends Address {
  readonly length: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;

/** Reads `203.0.113.7` or `2001:db8::1`; `undefined` for anything else, zones and mapped addresses in IPv6 form included. */
export const readAddress = (text: string): Address | undefined => {
  if (isIPv4(text)) return { family: 4, bits: join(text.split(".").map(Number), 8n) };
  if (!isIPv6(text) || text.includes("%") || text.includes(".")) return undefined;
  const [head = "", tail] = text.split("::");
  const before = words(head);
  const after = words(tail ?? "");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => 0);
  return { family: 6, bits: join([...before, ...zeros, ...after], 16n) };
};

/** Reads `203.0.113.7/24` (host bits are cut, as EC2 and Azure do) or a lone address as a prefix of full length. */
export const readPrefix = (text: string): Prefix | undefined => {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const address = readAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  if (lengthText !== undefined && !/^(0|[1-9]\d{0,2})$/u.test(lengthText)) return undefined;
  const width = WIDTH[address.family];
  const length = lengthText === undefined ? width : Number(lengthText);
  if (length > width) return undefined;
  const hostBits = BigInt(width - length);
  return { family: address.family, bits: (address.bits >> hostBits) << hostBits, length };
};

export const contains = (prefix: Prefix, address: Address): boolean => {
  if (prefix.family !== address.family) return false;
  const hostBits = BigInt(WIDTH[prefix.family] - prefix.length);
  return prefix.bits >> hostBits === address.bits >> hostBits;
};

/** Canonical text with its length: `203.0.113.0/24`, `2001:db8::/32`. */
export const showPrefix = ({ family, bits, length }: Prefix): string => `${showAddress({ family, bits })}/${length}`;

export const showAddress = ({ family, bits }: Address): string => {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join(".");
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((bits >> shift) & 0xffffn).toString(16));
  // The URL standard writes IPv6 hosts as RFC 5952 wants them: https://url.spec.whatwg.org/#concept-ipv6-serializer
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
};

const words = (text: string): readonly number[] =>
  text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));

const join = (parts: readonly number[], width: bigint): bigint =>
  parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
