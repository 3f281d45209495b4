/** Where a connection may come from: CIDR prefixes of IPv4 and IPv6. */

import ipaddr from "ipaddr.js";

declare const cidr: unique symbol;

/** A CIDR prefix in canonical form, host bits zero, always with its length: `203.0.113.7/32`, `2001:db8:1::/48`. */
export type Cidr = string & { readonly [cidr]: true };

export type AddressFamily = "ipv4" | "ipv6";

export const ANYWHERE: readonly Cidr[] = ["0.0.0.0/0" as Cidr, "::/0" as Cidr];

/**
 * Reads an address or a prefix: `203.0.113.7` (a `/32`), `10.1.2.3/8` (becomes `10.0.0.0/8`), `2001:db8::/32`.
 *
 * Only dotted quads and RFC 4291 text are read: no `10.1`, no octal or hexadecimal, no zone index. An IPv4-mapped IPv6 address
 * (`::ffff:203.0.113.7`) is the IPv4 address it maps, because that is what a firewall sees.
 */
export const parseCidr = (text: string): Cidr | undefined => {
  const [address = "", length, ...rest] = text.trim().split("/");
  if (rest.length > 0 || (length !== undefined && !/^\d{1,3}$/u.test(length))) return undefined;
  if (address.includes("%") || !(ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)))
    return undefined;

  const parsed = ipaddr.parse(address);
  const bits = length === undefined ? (parsed.kind() === "ipv4" ? 32 : 128) : Number(length);
  if (parsed.kind() === "ipv6" && (parsed as ipaddr.IPv6).isIPv4MappedAddress()) {
    return bits < 96 ? undefined : canonical((parsed as ipaddr.IPv6).toIPv4Address(), bits - 96);
  }
  return canonical(parsed, bits);
};

export const familyOf = (prefix: Cidr): AddressFamily => (prefix.includes(":") ? "ipv6" : "ipv4");

/** Whether every address of `inner` is also in `outer`. */
export const contains = (outer: Cidr, inner: Cidr): boolean => {
  if (familyOf(outer) !== familyOf(inner)) return false;
  const [outerAddress, outerBits] = ipaddr.parseCIDR(outer);
  const [innerAddress, innerBits] = ipaddr.parseCIDR(inner);
  return innerBits >= outerBits && innerAddress.match(outerAddress, outerBits);
};

/** A `/32` or a `/128`. */
export const isSingleAddress = (prefix: Cidr): boolean => prefix.endsWith(familyOf(prefix) === "ipv4" ? "/32" : "/128");

/** For people: a single address without its length, a prefix as it is. */
export const showCidr = (prefix: Cidr): string =>
  isSingleAddress(prefix) ? prefix.slice(0, prefix.lastIndexOf("/")) : prefix;

const canonical = (address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Cidr | undefined => {
  const bytes = address.toByteArray();
  if (bits > bytes.length * 8) return undefined;
  const network = bytes.map((byte, i) => byte & (0xff << (8 - Math.min(8, Math.max(0, bits - i * 8)))) & 0xff);
  return `${ipaddr.fromByteArray(network).toString()}/${bits}` as Cidr;
};
