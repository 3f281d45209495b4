/** How one connects to what is open: a line to copy, as far as port and system tell. */

import type { Machine } from "../../access/machine.ts";
import { type Mapping, type Port, samePort } from "../../access/port.ts";
import { type Cidr, familyOf } from "../../access/source.ts";
import { code } from "../mrkdwn.ts";

export interface Reachable {
  readonly ports: readonly Port[];
  /** Of the machine itself; empty where nothing but a firewall's mapped port leads to it. */
  readonly addresses: readonly string[];
  /** Where a firewall translates addresses: connect there instead. */
  readonly mappings?: readonly Mapping[] | undefined;
  readonly os?: Machine["os"] | undefined;
}

/** A line for each way in, the first few of many. */
export const connectionHelp = ({ ports, addresses, mappings = [], os = "unknown" }: Reachable): readonly string[] => {
  const isMapped = (port: Port): boolean => mappings.some(({ to }) => samePort(to, port));
  const direct = ports.filter((port) => !isMapped(port));
  const ways = [
    ...mappings.map(({ address, port, to }) => wayIn(address, to, os, port)),
    ...addresses.flatMap((address) => direct.map((port) => wayIn(address, port, os))),
  ];
  return ways.length <= MOST_WAYS ? ways : [...ways.slice(0, MOST_WAYS), `And ${ways.length - MOST_WAYS} more.`];
};

/** `at` is the port to connect to where a firewall maps it. */
const wayIn = (address: string, { port, protocol }: Port, os: Machine["os"], at = port): string => {
  const host = familyOf(address as Cidr) === "ipv6" ? `[${address}]` : address;
  const mapped = at === port ? "" : ` (for port ${port})`;
  const line = protocol === "tcp" ? lineToCopy(address, host, port, at) : undefined;
  if (line === undefined) return `${code(protocol === "tcp" ? `${host}:${at}` : `${host}:${at}/${protocol}`)}${mapped}`;
  const hint = hintFor(port, os, `${host}:${at}`, line);
  return `${code(address)}, port ${at}${mapped}: ${code(line)}${hint}`;
};

const lineToCopy = (address: string, host: string, port: number, at: number): string | undefined => {
  switch (port) {
    case 22:
      return at === 22 ? `ssh you@${address}` : `ssh -p ${at} you@${address}`;
    case 3389:
      return at === 3389 ? `mstsc /v:${host}` : `mstsc /v:${host}:${at}`;
    case 5985:
      return remoting(host, at);
    case 5986:
      return remoting(host, at, " -UseSSL");
    default:
      return undefined;
  }
};

/**
 * An address, unlike a name, wants credentials to be given.
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/enter-pssession#-computername
 */
const remoting = (host: string, at: number, how = ""): string =>
  `Enter-PSSession -ComputerName ${host} -Port ${at}${how} -Credential you`;

/** What differs from what most people expect of the port. */
const hintFor = (port: number, os: Machine["os"], where: string, line: string): string => {
  // https://learn.microsoft.com/windows-server/administration/openssh/openssh_install_firstuse
  if (port === 22 && os === "windows")
    return ` (with your Windows account; one of a domain: ${code(line.replace("you@", "domain\\you@"))})`;
  if (port === 3389) return ` (not on Windows: ${code(where)} in any client for Remote Desktop)`;
  return "";
};

const MOST_WAYS = 10;
