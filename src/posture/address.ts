/** Addresses as numbers, and how they are written. */

import ipaddr from "ipaddr.js";
import { type AddressFamily, familyOf, parseCidr } from "../access/source.ts";

/** Of IPv4 a `number`, of IPv6 a `bigint`, which is far slower. They compare alike, and families never meet. */
export type Address = number | bigint;

export interface AddressRange {
  readonly family: AddressFamily;
  readonly first: Address;
  /** Included. */
  readonly last: Address;
}

export const firstAddress = (family: AddressFamily): Address => (family === "ipv4" ? 0 : 0n);
export const lastAddress = (family: AddressFamily): Address => LAST[family];

/** May be one more than the last. */
export const addressAfter = (address: Address): Address => (typeof address === "bigint" ? address + 1n : address + 1);
export const addressBefore = (address: Address): Address => (typeof address === "bigint" ? address - 1n : address - 1);

export const ascending = (a: Address, b: Address): number => (a < b ? -1 : a > b ? 1 : 0);

/** Reads an address, a prefix (host bits don't count) or a range: `10.0.0.4`, `2001:db8::/32`, `10.0.0.4-10.0.0.9`. */
export const readRange = (text: string): AddressRange | undefined => {
  const [from = "", to, ...more] = text.split("-");
  const start = readPrefix(from);
  if (start === undefined || more.length > 0) return undefined;
  if (to === undefined) return start;
  const end = readPrefix(to);
  const isRange = end?.family === start.family && isOne(start) && isOne(end) && start.first <= end.first;
  return isRange ? { family: start.family, first: start.first, last: end.last } : undefined;
};

/** The one address that a text is. Throws when it isn't one. */
export const addressOf = (text: string): { readonly address: Address; readonly family: AddressFamily } => {
  const range = readRange(text);
  if (range === undefined || !isOne(range)) throw new Error(`\`${text}\` is not an address`);
  return { address: range.first, family: range.family };
};

export const showAddress = (address: Address, family: AddressFamily): string => {
  const digits = address.toString(16).padStart(family === "ipv4" ? 8 : 32, "0");
  const bytes = (digits.match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16));
  return ipaddr.fromByteArray(bytes).toString();
};

const LAST = { ipv4: 2 ** 32 - 1, ipv6: 2n ** 128n - 1n } as const;

const isOne = ({ first, last }: AddressRange): boolean => first === last;

const readPrefix = (text: string): AddressRange | undefined => readQuad(text) ?? readSix(text) ?? readAny(text);

// Hundreds of thousands of rules are read for one full posture, and nearly all of them say it like this.
const readQuad = (text: string): AddressRange | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/u.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1, 5);
  const [a = 256, b = 256, c = 256, d = 256] = parts.map(Number);
  const bits = Number(match[5] ?? 32);
  if (Math.max(a, b, c, d) > 255 || bits > 32 || parts.some((part) => part.length > 1 && part.startsWith("0")))
    return undefined;
  const size = 2 ** (32 - bits);
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const first = address - (address % size);
  return { family: "ipv4", first, last: first + size - 1 };
};

const readSix = (text: string): AddressRange | undefined => {
  const match = /^([\da-f:]*:[\da-f:]*)(?:\/(\d{1,3}))?$/iu.exec(text);
  const bits = Number(match?.[2] ?? 128);
  if (match?.[1] === undefined || bits > 128 || !ipaddr.IPv6.isValid(match[1])) return undefined;
  const parsed = ipaddr.IPv6.parse(match[1]);
  if (parsed.isIPv4MappedAddress()) return undefined;
  const digits = parsed.parts.map((part) => part.toString(16).padStart(4, "0")).join("");
  const size = 1n << BigInt(128 - bits);
  const address = BigInt(`0x${digits}`);
  const first = address - (address % size);
  return { family: "ipv6", first, last: first + size - 1n };
};

/** Whatever else `parseCidr` knows to read; it writes it in one of the two ways above. It takes long to say no to a service tag. */
const readAny = (text: string): AddressRange | undefined => {
  const prefix = /^[\s\da-f.:/]+$/iu.test(text) ? parseCidr(text) : undefined;
  if (prefix === undefined) return undefined;
  return familyOf(prefix) === "ipv4" ? readQuad(prefix) : readSix(prefix);
};
