/** Where a request comes from, as far as those say who can be believed. */

import type { Cidr } from "../access/source.ts";
import { contains, isSingleAddress, parseCidr } from "../access/source.ts";
import { isImpossible } from "../policy/resolve.ts";

/**
 * The peer's address; where the peer is a trusted proxy, the one that the right-most untrusted entry of `X-Forwarded-For` names: what stands left of it was written by whoever
 * is there, and is not even read. A peer that isn't trusted and has that header is a proxy nobody named, so it is unseen. `undefined` where nobody who can be believed says it, or where nobody connects from there.
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#selecting_an_ip_address
 *
 * `forwardedFor` are all lines of that header, joined by commas as Node and the Fetch API do it.
 */
export const clientAddress = (
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: readonly Cidr[],
): Cidr | undefined => {
  const isTrusted = (address: Cidr): boolean => trusted.some((prefix) => contains(prefix, address));
  const from = peer === undefined ? undefined : readAddress(peer);
  // Some proxy is in between, and it isn't one that we know: its address is nobody's, and what it wrote may be anything.
  if (forwardedFor !== undefined && from !== undefined && !isTrusted(from)) return undefined;
  let address = from;
  const entries = (forwardedFor ?? "").split(",");
  while (address !== undefined && isTrusted(address)) {
    const next = entries.pop();
    address = next === undefined ? undefined : readAddress(withoutPort(next.trim()));
  }
  return address === undefined || isImpossible(address) ? undefined : address;
};

const readAddress = (text: string): Cidr | undefined => {
  // A prefix is nobody's address.
  const address = text.includes("/") ? undefined : parseCidr(text);
  return address !== undefined && isSingleAddress(address) ? address : undefined;
};

/** Some proxies add it: `203.0.113.7:51342`, `[2001:db8::1]:51342`. */
const withoutPort = (entry: string): string =>
  /^\[([^\]]*)\](?::\d{1,5})?$/u.exec(entry)?.[1] ?? /^([\d.]+):\d{1,5}$/u.exec(entry)?.[1] ?? entry;
