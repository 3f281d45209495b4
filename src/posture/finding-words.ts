/** What decides about a packet, in plain words: `rule DenyAll (priority 200) of the subnet's NSG nsg-prod blocks it`. */

import type { Decider } from "./decider.ts";
import type { Cause, DoorFindings, Finding } from "./why.ts";

/** How names are set off from the words around them. */
export type ShowName = (name: string) => string;

/** Each once; one for each rule that a finding names. Why nobody can say what a rule does is said of the first: what follows it depends on that one. */
export const findingWords = (findings: readonly Finding[], show: ShowName = (name) => name): readonly string[] => {
  const texts = new Map<string, boolean>();
  for (const { verdict, causes } of findings)
    for (const cause of causes)
      texts.set(causeWords(cause, verdict, show), verdict === "unknown" && GOES_BY_NAMES.has(cause.decider.kind));
  const [first] = [...texts].find(([, isUnknown]) => isUnknown) ?? [];
  return [...texts.keys()].map((text) =>
    text === first ? `${text}: nobody can say which addresses its names stand for` : text,
  );
};

/** Which way it is about; empty where there is only the plain one. */
export const doorWords = ({ door }: DoorFindings, show: ShowName = (name) => name): string => {
  const firewall = show(door.firewall ?? "a firewall");
  switch (door.kind) {
    case "direct":
      return "";
    case "translated": {
      const host = door.family === "ipv6" ? `[${door.address}]` : door.address;
      return `by ${show(`${host}:${door.ports.from}`)} of the firewall ${firewall}`;
    }
    case "routed":
      return `routed through the firewall ${firewall}`;
    case "policy":
      return `through the firewall ${firewall}`;
  }
};

const causeWords = ({ decider }: Cause, verdict: Finding["verdict"], show: ShowName): string => {
  switch (decider.kind) {
    case "nsg-rule": {
      const where = `the ${decider.level === "subnet" ? "subnet's" : "interface's"} NSG ${show(decider.group)}`;
      return `${ruleWord(decider.rule)} ${show(decider.rule)} (priority ${decider.priority}) of ${where} ${effect(verdict, decider.access)}`;
    }
    case "nat-rule":
      return `${ruleWord(decider.collection)} ${show(decider.rule)} of the collection ${show(decider.collection)} of the firewall ${show(decider.firewall)} ${LEADS[decider.leads]}`;
    case "network-rule":
      return `${ruleWord(decider.collection)} ${show(decider.rule)} of the collection ${show(decider.collection)} (priority ${decider.priority}) of the firewall ${show(decider.firewall)} ${effect(verdict, decider.access)}`;
    case "group-rule":
      return `${ruleWord(decider.groupName)} ${show(decider.rule)} of the security group ${show(nameOf(decider))} ${effect(verdict, "allow")}`;
    case "no-nsg":
      return "no NSG stands before it, so it gets in";
    case "public-address":
      return decider.sku === "basic"
        ? "no NSG stands before it, and a basic public address is open without one"
        : decider.sku === "standard"
          ? "no NSG stands before it, and a standard public address is closed without one"
          : "no NSG stands before it, and nobody can say whether its public address is open without one";
    case "firewall-default":
      return `no rule of the firewall ${show(decider.firewall)} lets it in, so that blocks it`;
    case "application-rules":
      return `application rules of the firewall ${show(decider.firewall)} may let it in: they go by host name`;
    case "firewall-policy":
      return `the firewall ${show(decider.firewall)} takes its rules from the firewall policy ${show(decider.policy)}, which I can't read`;
    case "firewall-subnet":
      return `nobody can say from which addresses the firewall ${show(decider.firewall)} sends it on`;
    case "no-group-rule":
      return decider.groups.length === 0
        ? "no security group is there to let it in"
        : `no rule of the security ${decider.groups.length === 1 ? "group" : "groups"} ${decider.groups.map(show).join(", ")} lets it in`;
  }
};

/** What begins so was made by an installation of ours, or by somebody who wants it to look so. */
const ruleWord = (name: string): string => (name.startsWith("latch-") ? "Latch's rule" : "rule");

const effect = (verdict: Finding["verdict"], access: "allow" | "deny"): string =>
  verdict === "unknown"
    ? `may ${access === "allow" ? "let it in" : "block it"}`
    : access === "allow"
      ? "lets it in"
      : "blocks it";

const GOES_BY_NAMES: ReadonlySet<Decider["kind"]> = new Set(["nsg-rule", "network-rule", "group-rule"]);

const LEADS: Readonly<Record<Extract<Decider, { kind: "nat-rule" }>["leads"], string>> = {
  here: "sends it here",
  elsewhere: "sends it elsewhere",
  unknown: "sends it to a host name, nobody can say where that is",
};

const nameOf = ({ group, groupName }: Extract<Decider, { kind: "group-rule" }>): string =>
  groupName === "" || groupName === group ? group : `${groupName} (${group})`;
