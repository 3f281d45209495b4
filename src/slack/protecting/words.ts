/** How protections, and rules of others that go against them, are called wherever people read of them. */

import type { Concern, Undercut } from "../../audit/event.ts";
import { capital, listed, shortened } from "../lists.ts";
import { code, literal, showSource } from "../mrkdwn.ts";
import { be, servicesTitle } from "../title.ts";

interface About {
  readonly services: readonly string[];
  readonly machine: { readonly name: string };
}

/** `SSH and port 8080 of prod-vm-3` */
export const portsOf = ({ services, machine }: About): string =>
  `${literal(servicesTitle(services))} of ${literal(machine.name)}`;

/** The same at the beginning of a sentence. */
export const subject = (about: About): string => capital(portsOf(about));

/** `SSH and port 8080 of prod-vm-3 are` */
export const subjectIs = (about: About): string => `${subject(about)} ${be(about.services)}`;

/** *AllowSSH* (priority 300, from anywhere) */
export const ruleText = ({ name, priority, sources }: Undercut["rule"]): string =>
  `*${literal(name)}* (${[...(priority === undefined ? [] : [`priority ${priority}`]), `from ${fromText(sources)}`].join(", ")})`;

/** A line for each. */
export const undercutLines = (undercut: readonly Undercut[]): readonly string[] =>
  bulleted(
    undercut.map(
      ({ rule, firewallName }) => `${ruleText(rule)} of ${code(firewallName)} opens ${portsText(rule.ports)}`,
    ),
  );

/** In mrkdwn already; as many as a message may hold. */
export const bulleted = (texts: readonly string[]): readonly string[] =>
  shortened(texts, MOST_LINES).map((text, at) => (at < MOST_LINES ? `• ${text}` : `• and ${text}`));

/** `prod-vm-3, prod-vm-4 and 7 more` */
export const named = (names: readonly string[]): string => listed(shortened(names.map(literal), MOST_NAMED));

/** The same in bold: *AllowSSH* and *AllowRDP* */
export const rulesNamed = (names: readonly string[]): string =>
  listed(shortened(names, MOST_NAMED).map((name, at) => (at < MOST_NAMED ? `*${literal(name)}*` : name)));

/** What goes over a foreign rule in this kind of cloud. */
export const overruleLabel = (firewalls: readonly string[], count = 1): string =>
  firewalls.every(isAws)
    ? `Withhold ${count === 1 ? "it" : "them"}`
    : `Put the deny above ${count === 1 ? "it" : "them"}`;

/** Where nothing can be denied. */
export const isAws = (firewall: string): boolean => firewall.startsWith("aws-");

/** What protecting does beside keeping ports of this machine closed. */
export const concernText = (concern: Concern): string => {
  switch (concern.kind) {
    case "bare":
      return `• Nothing stands before ${named(concern.addresses)}, so nothing can keep a port closed there.`;
    case "shared":
      return `• ${code(concern.firewallName)} is shared: rules withheld there are gone for ${named(concern.machines)} too.`;
    case "cuts-sessions":
      return `• Connections that are open now may be cut at once: AWS doesn't keep track of what ${named(concern.rules)} of ${code(concern.firewallName)} ${concern.rules.length === 1 ? "lets" : "let"} in from anywhere.`;
    case "all-protocols":
      return `• ${named(concern.rules)} of ${code(concern.firewallName)} ${concern.rules.length === 1 ? "lets" : "let"} in every protocol and can't be split, so all that ${concern.rules.length === 1 ? "it lets" : "they let"} in is closed, not only these ports.`;
  }
};

/** `port 22`, `ports 20-25 and 3389`, `every port` */
export const portsText = (ports: readonly string[]): string => {
  if (ports.length === 0 || ports.some((port) => port === "*" || port === "0-65535")) return "every port";
  const single = ports.length === 1 && !ports[0]?.includes("-");
  return `${single ? "port" : "ports"} ${named(ports)}`;
};

/** The last part of a firewall's id is its name. */
export const shortFirewall = (id: string): string => id.split("/").at(-1) ?? id;

const fromText = (sources: readonly string[]): string =>
  sources.length === 0 || sources.some((source) => ANYONE.has(source.toLowerCase()))
    ? "anywhere"
    : listed(shortened(sources.map(showSource), MOST_NAMED));

const ANYONE = new Set(["*", "any", "internet", "0.0.0.0/0", "::/0"]);

const MOST_NAMED = 8;
const MOST_LINES = 20;
