/** How ports and accesses are called in every message: **SSH to prod-vm-3**. */

import type { CloudName } from "../access/machine.ts";
import { listed } from "./lists.ts";
import { escapeMrkdwn } from "./mrkdwn.ts";

export const CLOUD_NAMES: Readonly<Record<CloudName, string>> = { azure: "Azure", aws: "AWS" };

/** Names that people know in capitals; others stay as the policy writes them, and bare numbers are called ports. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  ssh: "SSH",
  "22/tcp": "SSH",
  rdp: "RDP",
  "3389/tcp": "RDP",
  winrm: "WinRM",
  "5985/tcp": "WinRM",
  "5986/tcp": "WinRM",
};

/** `SSH`, `SSH and RDP`, `port 8080`, `SSH, RDP and port 53/udp`. */
export const servicesTitle = (services: readonly string[]): string => listed(titlesOf(services));

/** For the beginning of a sentence or a line: a service stays as the policy writes it, `Port 8080` is no name. */
export const leadingTitle = (services: readonly string[]): string =>
  servicesTitle(services).replace(/^port /u, "Port ");

/** What follows it: SSH `is` open, SSH and RDP `are`. */
export const be = (services: readonly string[]): "is" | "are" => (titlesOf(services).length === 1 ? "is" : "are");

/** `SSH to prod-vm-3`, for plain text: notifications and screen readers. */
export const accessTitle = (access: {
  readonly services: readonly string[];
  readonly machine: { readonly name: string };
}): string => `${servicesTitle(access.services)} to ${access.machine.name}`;

/** The same of what was asked for: `SSH to prod-vm-3, longer,` where it is to make an open access longer; for mrkdwn, within a sentence. */
export const askedTitle = (
  access: Parameters<typeof accessTitle>[0],
  request: { readonly extends?: string } | undefined,
): string => `${escapeMrkdwn(accessTitle(access))}${request?.extends === undefined ? "" : ", longer,"}`;

/** The same for mrkdwn, in bold and with whatever the cloud's name may hold made harmless. */
export const boldTitle = (access: Parameters<typeof accessTitle>[0]): string =>
  `*${escapeMrkdwn(accessTitle(access)).replaceAll("*", "∗")}*`;

const titlesOf = (services: readonly string[]): readonly string[] => [
  ...new Set(services.map((service) => WELL_KNOWN[service.toLowerCase()] ?? called(service))),
];

const called = (service: string): string => {
  const match = /^(\d+)(?:\/tcp)?$/u.exec(service);
  if (match?.[1] !== undefined) return `port ${match[1]}`;
  return /^\d+\/udp$/u.test(service) ? `port ${service}` : service;
};
