/** Which packets a rule of an Azure Firewall speaks of, as far as that can be told from the rule alone. */

import type { Port, Protocol } from "../../../access/port.ts";
import { type Cidr, contains, parseCidr } from "../../../access/source.ts";
import { type AddressRange, firstAddress, lastAddress, readRange } from "../../../posture/address.ts";
import { allFit, type Fit, holdsPort, readPortRange } from "../../../posture/port-range.ts";
import { type ClassicRule, textsAt } from "./classic-document.ts";

export interface Destination {
  readonly address: string;
  readonly port: Port;
}

/** Whether a network rule speaks of packets to there, from whomever. */
export const fitsDestination = ({ raw }: ClassicRule, { address, port }: Destination): Fit =>
  allFit(
    fitsProtocol(textsAt(raw, "protocols"), port.protocol),
    fitsPort(textsAt(raw, "destinationPorts"), port.port),
    any([
      ...textsAt(raw, "destinationAddresses").map((text) => fitsAddress(text, address as Cidr)),
      ...[...textsAt(raw, "destinationFqdns"), ...textsAt(raw, "destinationIpGroups")].map((): Fit => "maybe"),
    ]),
  );

/** Whether a rule speaks of all packets from there. */
export const fitsSource = ({ raw }: ClassicRule, source: Cidr): Fit =>
  any([
    ...textsAt(raw, "sourceAddresses").map((text) => fitsAddress(text, source)),
    ...textsAt(raw, "sourceIpGroups").map((): Fit => "maybe"),
  ]);

/** Whether a NAT rule answers at this port of the firewall's address. */
export const fitsPublicPort = ({ raw }: ClassicRule, { address, port }: Destination): Fit =>
  allFit(
    fitsProtocol(textsAt(raw, "protocols"), port.protocol),
    fitsPort(textsAt(raw, "destinationPorts"), port.port),
    any(textsAt(raw, "destinationAddresses").map((text) => fitsAddress(text, address as Cidr))),
  );

/** Whether a NAT rule leads there. */
export const fitsTranslation = ({ raw }: ClassicRule, { address, port }: Destination): Fit => {
  const { translatedAddress: to, translatedPort } = raw;
  return allFit(
    fitsProtocol(textsAt(raw, "protocols"), port.protocol),
    fitsPort(
      typeof translatedPort === "string" || typeof translatedPort === "number" ? [`${translatedPort}`] : [],
      port.port,
    ),
    // Translated to a name, which somebody looks up.
    typeof to === "string" && to !== "" ? fitsAddress(to, address as Cidr) : "maybe",
  );
};

/** `any`: several, or one that has no ports. */
export const protocolOf = ({ raw }: ClassicRule): Protocol | "any" => {
  const [only, ...others] = textsAt(raw, "protocols").map((text) => text.toLowerCase());
  return others.length === 0 && (only === "tcp" || only === "udp") ? only : "any";
};

/** Classic rules see IPv4 only. */
const EVERYTHING: AddressRange = { family: "ipv4", first: firstAddress("ipv4"), last: lastAddress("ipv4") };

/** Whether all of `inner`, an address or a prefix, is in what `text` names; in part is `maybe`, and so is what we don't read, like a tag's prefixes. */
const fitsAddress = (text: string, inner: Cidr): Fit => {
  const [outside, inside] = [text.trim() === "*" ? EVERYTHING : readRange(text), readRange(inner)];
  if (inside === undefined) return "maybe";
  if (outside === undefined) return fitsTag(text, inner);
  if (outside.family !== inside.family) return "no";
  if (outside.first <= inside.first && inside.last <= outside.last) return "yes";
  return outside.last < inside.first || inside.last < outside.first ? "no" : "maybe";
};

/** Tags hold public addresses of Azure's services, but for the one that holds the network's own. */
const fitsTag = (text: string, inner: Cidr): Fit => {
  const prefix = parseCidr(inner);
  const isPrivate = prefix !== undefined && PRIVATE.some((each) => contains(each, prefix));
  return isPrivate && /^[a-z]+(?:\.\w+)?$/iu.test(text) && text.toLowerCase() !== "virtualnetwork" ? "no" : "maybe";
};

/** RFC 1918 */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] as readonly string[] as readonly Cidr[];

const fitsProtocol = (protocols: readonly string[], wanted: Protocol): Fit => {
  if (protocols.length === 0) return "maybe";
  return protocols.some((text) => [wanted, "any"].includes(text.toLowerCase())) ? "yes" : "no";
};

const fitsPort = (ports: readonly string[], wanted: number): Fit =>
  any(
    ports.map((text): Fit => {
      const range = readPortRange(text);
      return range === undefined ? "maybe" : holdsPort(range, wanted) ? "yes" : "no";
    }),
  );

/** A list that is empty though Azure requires one has an unknown extent. */
const any = (fits: readonly Fit[]): Fit =>
  fits.length === 0 || (fits.includes("maybe") && !fits.includes("yes"))
    ? "maybe"
    : fits.includes("yes")
      ? "yes"
      : "no";
