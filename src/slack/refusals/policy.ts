/** Words for what the policy doesn't give. */

import { shortDuration, showDuration } from "../../access/duration.ts";
import { listed } from "../lists.ts";
import { code, literal, showSource } from "../mrkdwn.ts";
import { either, names, retry, roles, shortList, sources, title, type Words } from "./words.ts";

export const policyWords: Words<
  | "policy-unreadable"
  | "machine-unknown"
  | "machine-ambiguous"
  | "machine-not-offered"
  | "not-eligible"
  | "port-not-offered"
  | "duration-too-long"
  | "source-missing"
  | "source-not-allowed"
  | "justification-missing"
  | "justification-mismatch"
  | "no-approver"
  | "denied-by-policy"
  | "deny-rule-unclear"
  | "break-glass-not-offered"
> = {
  "policy-unreadable": () =>
    "I can't read the policy, so nobody gets anything now. Whoever runs me sees why in the log.",

  "machine-unknown": ({ text, didYouMean }) => {
    const instead =
      didYouMean.length === 0
        ? "Machines go by their name in Azure or AWS, or by their id there."
        : `Did you mean ${either(didYouMean)}?`;
    return `I don't know ${code(text)}. ${instead}`;
  },

  "machine-ambiguous": ({ text, candidates }) =>
    `Several machines are called ${code(text)}. Which one: ${either(candidates)}?`,

  "machine-not-offered": ({ machine }) =>
    `No rule of the policy covers ${literal(machine)}, so nobody can ask for it. Whoever looks after the policy can add one.`,

  "not-eligible": ({ machine, roles: may }) =>
    `You may not ask for ${literal(machine)}: it's for ${roles(may)}. Whoever looks after that list can add you.`,

  "port-not-offered": ({ machine, port, offered }) =>
    `${title(port)} isn't offered on ${literal(machine)}. You can ask for ${names(offered)}.`,

  "duration-too-long": ({ port, machine, maximumMs }, { command }) => {
    const hint = command === undefined ? "" : ` ${retry({ ...command, end: shortDuration(maximumMs) })}`;
    return `${title(port)} to ${literal(machine)} is for ${showDuration(maximumMs)} at most.${hint}`;
  },

  "source-missing": ({ allowed }, { command }) => {
    const where = allowed.includes("anywhere") ? "any address or network will do" : sources(allowed);
    const source = allowed.find((name) => name !== "single-address" && name !== "anywhere") ?? "203.0.113.7";
    const hint =
      command === undefined ? `Add ${code(`from ${source}`)}` : `For example ${retry({ ...command, from: [source] })}`;
    return `Say where you connect from: ${where}. ${hint}`;
  },

  "source-not-allowed": ({ source, rule, allowed }) => {
    const asked = source.split(", ");
    const are = asked.length === 1 ? "is" : "are";
    const problem = source.includes("/")
      ? `wider than rule *${literal(rule)}* allows, or outside of it`
      : `outside of what rule *${literal(rule)}* allows`;
    return `${listed(shortList(asked.map(showSource)))} ${are} ${problem}. Allowed: ${sources(allowed)}.`;
  },

  "justification-missing": ({ pattern }, { command }) => {
    const form = pattern === undefined ? "" : ` It has to match ${code(pattern)}.`;
    const hint =
      command === undefined
        ? "Add `because …` at the end."
        : `Add \`because …\`: ${retry({ ...command, because: "…" })}`;
    return `This needs a justification.${form} ${hint}`;
  },

  "justification-mismatch": ({ pattern }) =>
    `That justification isn't of the form the policy asks for: it has to match ${code(pattern)}.`,

  "no-approver": ({ machine, roles: approving, needed }) =>
    `Nobody can let you in: ${literal(machine)} needs ${needed === 1 ? "an approval" : `${needed} approvals`} from ${roles(approving)}, and ${needed === 1 ? "nobody there but you can give it" : "too few people there can give one"}. Whoever looks after that list can add someone.`,

  "denied-by-policy": ({ machine, name, because }) =>
    `The deny rule *${literal(name)}* keeps you from ${literal(machine)}${because === "" ? "" : `: “${literal(because)}”`}. Whoever looks after the policy can change that.`,

  "deny-rule-unclear": ({ machine, name, groups }) => {
    const what = groups.length === 1 ? "a user group that isn't there or is" : "user groups that aren't there or are";
    return `I can't tell whether the deny rule *${literal(name)}* keeps you from ${literal(machine)}, so I can't say yes: it names ${what} disabled, ${listed(shortList(groups.map(code)))}. Whoever looks after the policy can put that right.`;
  },

  "break-glass-not-offered": ({ machine, roles: may }, { command }) => {
    const usual = command === undefined ? "" : ` The usual way is ${retry({ ...command, breakGlass: false })}`;
    const who =
      may.length === 0
        ? `Nobody may use break-glass on ${literal(machine)}`
        : `You may not use break-glass on ${literal(machine)}: it's for ${roles(may)}`;
    return `${who}.${usual}`;
  },
};
