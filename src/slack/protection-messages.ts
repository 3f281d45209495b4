/** What people are told of protections: that a port is kept closed, what lets in all the same, and that all is as before. */

import type { AuditEvent, Concern, Undercut } from "../audit/event.ts";
import { button, type Drawn, drawn } from "./blocks.ts";
import { code, escapeMrkdwn, literal, mention, showSource } from "./mrkdwn.ts";
import { servicesTitle } from "./title.ts";

type Told = Extract<
  AuditEvent,
  {
    kind:
      | "protection.began"
      | "protection.failed"
      | "protection.adopted"
      | "protection.wanted"
      | "protection.undercut"
      | "protection.lifted"
      | "protection.ended"
      | "firewall.repaired";
  }
>;

export const drawProtection = (event: Told): Drawn => {
  switch (event.kind) {
    case "protection.began":
      return drawBegan(event);
    case "protection.failed":
      return drawn(`Can't keep ${portsOf(event)} closed on ${code(shortFirewall(event.firewall))}.`, [
        literal(event.problem),
        `I keep trying. Until I say that it is closed, take it for open; ${code(`/jit why ${event.machine.name}`)} shows how it stands.`,
      ]);
    case "protection.adopted":
      return drawn(`Found protected: ${portsOf(event)}.`, [
        `A block of ours was there on ${code(shortFirewall(event.firewall))}, and our memory of it was lost. I keep it. ${code(`/jit unprotect ${event.machine.name}`)} takes it away.`,
      ]);
    case "protection.wanted":
      return drawn(
        `${portsOf(event)} should be kept closed, and somebody has to say yes first.`,
        [
          "The policy says `protect: auto`, but it does more than close ports of this machine:",
          ...event.concerns.map(concernText),
        ],
        [button("Protect", "machine.protect", event.machine.id)],
      );
    case "protection.undercut":
      return drawUndercut(event);
    case "protection.lifted":
      return event.cause === "gone"
        ? drawn(
            `${portsOf(event)} is no longer protected: the machine is gone. What I changed for it is being put back.`,
          )
        : drawn(
            `${portsOf(event)} is no longer kept closed: ${who(event)} ended its protection. What I changed is being put back.`,
          );
    case "protection.ended":
      return event.changed.length === 0
        ? drawn(`The protection of ${name(event)} is gone, and everything before it is as it was.`)
        : drawn(
            `The protection of ${name(event)} is gone. Everything is as it was, but for what others changed meanwhile:`,
            [...bullets(event.changed)],
          );
    case "firewall.repaired":
      return drawn(
        `Somebody changed rules of mine on ${code(event.firewallName)}. I put them back.`,
        event.machines.length === 0 ? [] : [`It touched ${named(event.machines.map((machine) => machine.name))}.`],
      );
  }
};

/** The last part of a firewall's id is its name. */
export const shortFirewall = (id: string): string => id.split("/").at(-1) ?? id;

/** *AllowSSH* (priority 300, from anywhere) */
export const ruleText = ({ name: rule, priority, sources }: Undercut["rule"]): string =>
  `*${literal(rule)}* (${[...(priority === undefined ? [] : [`priority ${priority}`]), `from ${fromText(sources)}`].join(", ")})`;

/** `prod-vm-3, prod-vm-4 and 7 more` */
export const named = (names: readonly string[]): string => {
  const shown = names.slice(0, MOST_NAMED).map(literal);
  if (names.length > MOST_NAMED) return `${shown.join(", ")} and ${names.length - MOST_NAMED} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
};

/** `SSH and RDP of prod-vm-3` */
export const portsOf = (about: { readonly services: readonly string[]; readonly machine: { readonly name: string } }) =>
  `${literal(servicesTitle(about.services))} of ${name(about)}`;

/** What goes over a foreign rule in this kind of cloud. */
export const overruleLabel = (firewalls: readonly string[], count = 1): string =>
  firewalls.every((firewall) => firewall.startsWith("aws-"))
    ? `Withhold ${count === 1 ? "it" : "them"}`
    : `Put the deny above ${count === 1 ? "it" : "them"}`;

export const bullets = (texts: readonly string[]): readonly string[] => {
  const shown = texts.slice(0, MOST_LINES).map((text) => `• ${literal(text)}`);
  return texts.length > MOST_LINES ? [...shown, `• and ${texts.length - MOST_LINES} more`] : shown;
};

/** What protecting does beside keeping ports of this machine closed. */
export const concernText = (concern: Concern): string => {
  switch (concern.kind) {
    case "shared":
      return `• ${code(concern.firewallName)} is shared: rules withheld there are gone for ${named(concern.machines)} too.`;
    case "cuts-sessions":
      return `• Connections that are open now may be cut at once: AWS doesn't keep track of what ${named(concern.rules)} of ${code(concern.firewallName)} ${concern.rules.length === 1 ? "lets" : "let"} in from anywhere.`;
    case "all-protocols":
      return `• ${named(concern.rules)} of ${code(concern.firewallName)} ${concern.rules.length === 1 ? "lets" : "let"} in every protocol and can't be split, so all that ${concern.rules.length === 1 ? "it lets" : "they let"} in is closed, not only these ports.`;
  }
};

const drawBegan = (event: Extract<AuditEvent, { kind: "protection.began" }>): Drawn => {
  const { undercut, protectionId } = event;
  if (undercut.length === 0)
    return drawn(`${portsOf(event)} is kept closed now. \`/jit\` opens it for one person, for a while.`);
  const firewalls = undercut.map((each) => each.firewall);
  return drawn(
    `${portsOf(event)} is protected, but ${undercut.length === 1 ? "a rule that was there" : `${undercut.length} rules that were there`} still ${undercut.length === 1 ? "lets" : "let"} in.`,
    undercut
      .slice(0, MOST_LINES)
      .map(({ rule, firewallName }) => `• ${ruleText(rule)} of ${code(firewallName)} opens ${portsText(rule.ports)}`),
    [
      button(overruleLabel(firewalls, undercut.length), "undercut.overrule", protectionId),
      button(meantLabel(undercut.length), "undercut.accept", protectionId),
    ],
  );
};

const drawUndercut = (event: Extract<AuditEvent, { kind: "protection.undercut" }>): Drawn => {
  const { rule, firewall, firewallName, protections, overruled } = event;
  const [first, ...others] = [...new Set(protections.map(({ machine }) => machine.name))].toSorted();
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const what = `Someone added ${ruleText(rule)} to ${code(firewallName)}.`;
  const effect = `${capital(portsText(rule.ports))} of ${literal(first ?? "a protected machine")}${more} can now be reached from ${fromText(rule.sources) === "anywhere" ? "everywhere" : fromText(rule.sources)}.`;
  if (overruled) return drawn(what, [`${effect} The policy says \`drift: withhold\`, so I am closing it again.`]);
  const id = `${firewall}#${rule.id}`;
  return drawn(
    `${what} ${effect}`,
    [],
    [button(overruleLabel([firewall]), "undercut.overrule", id), button(meantLabel(1), "undercut.accept", id)],
  );
};

const meantLabel = (count: number): string => (count === 1 ? "It's meant to be" : "They're meant to be");

/** `port 22`, `ports 20-25 and 3389`, `every port` */
export const portsText = (ports: readonly string[]): string => {
  if (ports.length === 0 || ports.some((port) => port === "*" || port === "0-65535")) return "every port";
  const single = ports.length === 1 && !ports[0]?.includes("-");
  return `${single ? "port" : "ports"} ${named(ports)}`;
};

export const fromText = (sources: readonly string[]): string =>
  sources.length === 0 || sources.some((source) => ANYONE.has(source.toLowerCase()))
    ? "anywhere"
    : sources.length <= MOST_NAMED
      ? sources.map(showSource).join(", ")
      : `${sources.slice(0, MOST_NAMED).map(showSource).join(", ")} and ${sources.length - MOST_NAMED} more`;

const ANYONE = new Set(["*", "any", "internet", "0.0.0.0/0", "::/0"]);

const name = ({ machine }: { readonly machine: { readonly name: string } }): string => escapeMrkdwn(machine.name);

const who = ({ actor }: AuditEvent): string => (actor.kind === "person" ? mention(actor.person.user) : "the bot");

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const MOST_NAMED = 8;
const MOST_LINES = 20;
