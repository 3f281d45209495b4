/** What channels are told of protections: that a port is kept closed, what lets people in all the same, and what was put back. */

import type { AuditEvent } from "../../audit/event.ts";
import { button, type Drawn, drawn } from "../blocks.ts";
import { code, literal, mention, operatorsText } from "../mrkdwn.ts";
import { be } from "../title.ts";
import {
  bulleted,
  concernText,
  isAws,
  named,
  overruleLabel,
  portsOf,
  portsText,
  rulesNamed,
  ruleText,
  shortFirewall,
  subject,
  subjectIs,
  undercutLines,
} from "./words.ts";

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
      if (event.doing === "putting-back")
        return drawn(
          `Can't put back what I changed on ${code(shortFirewall(event.firewall))} for ${literal(event.machine.name)}.`,
          [operatorsText(event.problem), "I keep trying, and tell you when it is done."],
        );
      return drawn(`Can't keep ${portsOf(event)} closed on ${code(shortFirewall(event.firewall))}.`, [
        operatorsText(event.problem),
        `I keep trying. Until I say that it is closed, take it for open; ${code(`/jit why ${event.machine.name}`)} shows how it stands.`,
      ]);
    case "protection.adopted":
      return drawn(`Found protected: ${portsOf(event)}.`, [
        `A block of ours was there on ${code(shortFirewall(event.firewall))}, and our memory of it was lost. I keep it. ${code(`/jit unprotect ${event.machine.name}`)} takes it away.`,
      ]);
    case "protection.wanted":
      return drawn(
        `${subject(event)} should be kept closed, and somebody has to say yes first.`,
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
            `${subjectIs(event)} no longer protected: the machine is gone. What I changed for it is being put back.`,
          )
        : drawn(
            `${subjectIs(event)} no longer kept closed: ${who(event)} ended its protection. What I changed is being put back.`,
          );
    case "protection.ended": {
      const ended = `${literal(event.machine.name)} is no longer protected. All that I changed is put back`;
      return event.changed.length === 0
        ? drawn(`${ended}.`)
        : drawn(`${ended}, but for this:`, bulleted(event.changed.map(operatorsText)));
    }
    case "firewall.repaired":
      return drawRepaired(event);
  }
};

const drawBegan = (event: Extract<AuditEvent, { kind: "protection.began" }>): Drawn => {
  const { undercut, protectionId } = event;
  if (undercut.length === 0)
    return drawn(
      `${subjectIs(event)} kept closed now. \`/jit\` opens ${them(event.services)} for one person, for a while.`,
    );
  const one = undercut.length === 1;
  const rules = rulesNamed(undercut.map(({ rule }) => rule.name));
  const firewalls = undercut.map((each) => each.firewall);
  return drawn(
    `${subjectIs(event)} closed on my part, but ${rules} ${one ? "was there before and still lets" : "were there before and still let"} people in.`,
    undercutLines(undercut),
    [
      button(overruleLabel(firewalls, undercut.length), "undercut.overrule", protectionId),
      button(meantLabel(undercut.length), "undercut.accept", protectionId),
    ],
  );
};

/** No more than is known: who did it isn't, nor whether it was added, edited or met at a firewall that a machine moved to, nor what another firewall does. */
const drawUndercut = (event: Extract<AuditEvent, { kind: "protection.undercut" }>): Drawn => {
  const { rule, firewall, firewallName, protections, overruled } = event;
  const [first = "a protected machine", ...others] = [
    ...new Set(protections.map(({ machine }) => machine.name)),
  ].toSorted();
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const before = isAws(firewall) ? "" : "goes before my deny and ";
  const stays = isAws(firewall) && !overruled ? ", and isn't withheld" : "";
  const effect = `It ${before}lets people in to ${portsText(rule.ports)} of ${literal(first)}${more}${stays}.`;
  const told = `New in ${code(firewallName)}, or changed: ${ruleText(rule)}. ${effect}`;
  if (overruled) return drawn(told, ["The policy says `drift: withhold`, so I am closing it again."]);
  const id = `${firewall}#${rule.id}`;
  return drawn(
    told,
    [`${code(`/jit why ${first}`)} shows whether anything else stops them.`],
    [button(overruleLabel([firewall]), "undercut.overrule", id), button(meantLabel(1), "undercut.accept", id)],
  );
};

const drawRepaired = (event: Extract<AuditEvent, { kind: "firewall.repaired" }>): Drawn => {
  const machines = named(event.machines.map((machine) => machine.name));
  const might = [
    ...(event.protections.length === 0 ? [] : [`ports of ${machines} may have been open`]),
    ...(event.grants.length === 0 ? [] : [`access to ${machines} may have been cut, or open to others too`]),
  ];
  return drawn(
    `Somebody changed my rules on ${code(event.firewallName)}; I put them back.`,
    event.machines.length === 0 ? [] : might.map((text) => `Until then ${text}.`),
  );
};

const them = (services: readonly string[]): string => (be(services) === "is" ? "it" : "them");

const meantLabel = (count: number): string => (count === 1 ? "It's meant to be" : "They're meant to be");

const who = ({ actor }: AuditEvent): string => (actor.kind === "person" ? mention(actor.person.user) : "the bot");
