/** The one place where a "no" becomes words. A new refusal doesn't compile until it has some. */

import { shortDuration, showDuration } from "../access/duration.ts";
import { type Refusal, type RefusalFacts, refuse } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import type { Ask } from "../workflow/submit-request.ts";
import { LONGEST_COMMAND, showAsk } from "./command.ts";
import { capital, listed, shortened } from "./lists.ts";
import { code, literal, mention, showSource, when } from "./mrkdwn.ts";
import { servicesTitle } from "./title.ts";

export interface Situation {
  /** What was asked, to show what to ask instead. */
  readonly command?: Ask;
  readonly now: EpochMs;
  /** Zone for readers whose client doesn't know their own. */
  readonly zone: string;
}

/** Several refusals of one ask, a line each, none said twice. What to type instead is shown only where it would do. */
export const refusalsText = (refusals: readonly Refusal[], { command, ...situation }: Situation): string => {
  const together = inOneLine(refusals);
  const isAll = together.length === 1 && command !== undefined;
  return [...new Set(together.map((each) => refusalText(each, { ...situation, ...(isAll ? { command } : {}) })))].join(
    "\n",
  );
};

/** In mrkdwn. Says what is refused and why, and what would work instead. */
export const refusalText = (refusal: Refusal, situation: Situation): string => {
  const { command, now, zone } = situation;
  switch (refusal.code) {
    case "command-unreadable":
      return commandText(refusal.facts);
    case "justification-too-long":
      return `That justification has ${refusal.facts.length} characters; ${refusal.facts.maximum} is the most. A ticket number and a few words are enough.`;
    case "port-unreadable":
      return portText(refusal.facts, command);
    case "duration-unreadable":
      return durationText(refusal.facts, command);
    case "source-unreadable": {
      const { text, networks, didYouMean } = refusal.facts;
      const instead =
        didYouMean === undefined
          ? `Write an address like \`203.0.113.7\`, a prefix like \`203.0.113.0/24\`${networks.length === 0 ? "" : `, or a network: ${names(networks)}`}.`
          : `Did you mean ${code(didYouMean)}?`;
      return `${code(text)} is neither an address nor a network I know. ${instead}`;
    }
    case "source-impossible":
      return `Nobody can connect from ${code(refusal.facts.text)}: that address never comes over a network. Write the address others see you from, like \`203.0.113.7\`.`;

    case "policy-unreadable":
      return "I can't read the policy, so nobody gets anything now. Whoever runs me sees why in the log.";
    case "machine-unknown": {
      const { text, didYouMean } = refusal.facts;
      const instead =
        didYouMean.length === 0
          ? "Machines go by their name in Azure or AWS, or by their id there."
          : `Did you mean ${either(didYouMean)}?`;
      return `I don't know ${code(text)}. ${instead}`;
    }
    case "machine-ambiguous":
      return `Several machines are called ${code(refusal.facts.text)}. Which one: ${either(refusal.facts.candidates)}?`;
    case "machine-not-offered":
      return `No rule of the policy covers ${literal(refusal.facts.machine)}, so nobody can ask for it. Whoever looks after the policy can add one.`;
    case "not-eligible":
      return `You may not ask for ${literal(refusal.facts.machine)}: it's for ${roles(refusal.facts.roles)}. Whoever looks after that list can add you.`;
    case "port-not-offered": {
      const { machine, port, offered } = refusal.facts;
      return `${title(port)} isn't offered on ${literal(machine)}. You can ask for ${names(offered)}.`;
    }
    case "duration-too-long": {
      const { port, machine, maximumMs } = refusal.facts;
      const hint = command === undefined ? "" : ` ${retry({ ...command, end: shortDuration(maximumMs) })}`;
      return `${title(port)} to ${literal(machine)} is for ${showDuration(maximumMs)} at most.${hint}`;
    }
    case "source-missing": {
      const { allowed } = refusal.facts;
      const where = allowed.includes("anywhere") ? "any address or network will do" : sources(allowed);
      const source = allowed.find((name) => name !== "single-address" && name !== "anywhere") ?? "203.0.113.7";
      const hint =
        command === undefined
          ? `Add ${code(`from ${source}`)}`
          : `For example ${retry({ ...command, from: [source] })}`;
      return `Say where you connect from: ${where}. ${hint}`;
    }
    case "source-not-allowed": {
      const { source, rule, allowed } = refusal.facts;
      const asked = source.split(", ");
      const are = asked.length === 1 ? "is" : "are";
      const problem = source.includes("/")
        ? `wider than rule *${literal(rule)}* allows, or outside of it`
        : `outside of what rule *${literal(rule)}* allows`;
      return `${listed(few(asked.map(showSource)))} ${are} ${problem}. Allowed: ${sources(allowed)}.`;
    }
    case "justification-missing": {
      const { pattern } = refusal.facts;
      const form = pattern === undefined ? "" : ` It has to match ${code(pattern)}.`;
      const hint =
        command === undefined
          ? "Add `because …` at the end."
          : `Add \`because …\`: ${retry({ ...command, because: "…" })}`;
      return `This needs a justification.${form} ${hint}`;
    }
    case "justification-mismatch":
      return `That justification isn't of the form the policy asks for: it has to match ${code(refusal.facts.pattern)}.`;
    case "no-approver": {
      const { machine, roles: approving, needed } = refusal.facts;
      return `Nobody can let you in: ${literal(machine)} needs ${needed === 1 ? "an approval" : `${needed} approvals`} from ${roles(approving)}, and ${needed === 1 ? "nobody there but you can give it" : "too few people there can give one"}. Whoever looks after that list can add someone.`;
    }
    case "denied-by-policy": {
      const { machine, name, because } = refusal.facts;
      return `The deny rule *${literal(name)}* keeps you from ${literal(machine)}${because === "" ? "" : `: ${literal(because)}`}. Whoever looks after the policy can change that.`;
    }
    case "outside-hours":
    case "frozen":
    case "too-many-at-once":
    case "asked-too-often":
    case "break-glass-not-offered":
    case "authority-no":
    case "authority-silent":
    case "linking-not-offered":
    case "link-code-unknown":
    case "already-linked":
    case "identity-taken":
    case "not-linked":
    case "not-your-turn":
    case "nothing-to-review":
      return `The policy doesn't allow this now (${refusal.code}).`;

    case "no-firewall":
      return refusal.facts.cloud === "azure"
        ? `${literal(refusal.facts.machine)} has no network security group and no firewall that I could add a rule to. Whoever looks after its network can add one.`
        : `${literal(refusal.facts.machine)} has no security group that I could change. Whoever looks after its network can add one.`;
    case "policy-firewall": {
      const { machine, firewall, policy } = refusal.facts;
      return `${literal(machine)} is behind the firewall ${code(firewall)}, whose rules are in the firewall policy ${code(policy)}. I can't change those. Whoever looks after that policy has to do it there.`;
    }
    case "no-address-in-family":
      return `${literal(refusal.facts.machine)} has no ${refusal.facts.family} address, so that source can't reach it. Ask from an ${refusal.facts.family === "IPv4" ? "IPv6" : "IPv4"} address.`;

    case "person-unknown":
      return "Slack doesn't tell me who you are, so I can't say yes. Ask from your own account in this workspace.";
    case "person-standing":
      return standingText(refusal.facts.standing);

    case "already-asked":
      return `You asked for this already, and it is still waiting for an answer (request ${code(refusal.facts.requestId)}). \`/jit list\` shows it.`;
    case "request-unknown":
      return "I don't know that request any more. Ask again with `/jit`.";
    case "own-request":
      return "You can't approve your own request. Someone else has to answer it; `/jit list` shows how to withdraw it.";
    case "not-approver":
      return `You can't answer this one: it's for ${roles(refusal.facts.roles)} to say.`;
    case "already-answered":
      return `You approved this at ${when(refusal.facts.at, now, zone)} already; someone else has to approve it too.`;
    case "too-late": {
      const { state, by, at } = refusal.facts;
      const time = when(at, now, zone);
      if (state === "lapsed")
        return `Too late: it lapsed at ${time}, because nobody answered by then. Whoever asked can ask again.`;
      if (state === "withdrawn") return `Too late: it was withdrawn at ${time}.`;
      return `Too late: ${by === undefined ? "it was" : mention(by)} ${state}${by === undefined ? "" : " it"} at ${time}.`;
    }
    case "requester-changed":
      return `Not any more: ${changedText(refusal.facts.reason)} They can ask again when that is settled.`;
    case "access-over":
      return `That access to ${literal(refusal.facts.machine)} is over already, since ${when(refusal.facts.at, now, zone)}.`;
    case "grant-unknown":
      return `Nothing open or waiting has the id ${code(refusal.facts.text)}. \`/jit list\` shows yours.`;
    case "not-yours":
      return refusal.facts.what === "request"
        ? "That isn't yours to withdraw: only the person who asked can. Who may approve it can deny it on its card."
        : "That isn't yours to close. The person it is open for can do it, and so can those who may approve it.";

    case "not-configurer": {
      const { machine, roles: may } = refusal.facts;
      return may.length === 0
        ? `Nobody may protect ${literal(machine)}: the policy names no role for it (\`configure\`). Whoever looks after the policy can add one.`
        : `You may not protect or unprotect ${literal(machine)}: that is for ${roles(may)}. Whoever looks after that list can add you.`;
    }
    case "not-protected":
      return `${literal(refusal.facts.machine)} isn't protected, so there is nothing to put back.`;
    case "protected-by-policy":
      return `The rule *${literal(refusal.facts.rule)}* says \`protect: auto\`, so ${literal(refusal.facts.machine)} would be protected again at once. Whoever looks after the policy has to change that first.`;
    case "proposal-gone":
      return "This was answered already, or is too old. Type the command again, and I look again.";
    case "undercut-gone":
      return "That is decided already, or nothing of it lets people in any more.";

    case "firewall-unseen":
      return `I can't see all that stands before ${literal(refusal.facts.machine)}, so I can't promise to keep it closed. Whoever runs me can let me read its networks, firewalls and route tables.`;
    case "cannot-check": {
      const { what, isAsk = false, reference } = refusal.facts;
      const cause = {
        people: "check who may do this",
        memory: "reach my memory",
        clouds: "look at the firewalls",
      }[what];
      // Memory that broke off may have kept what was written.
      const so = isAsk ? ", so I can't say yes." : what === "memory" ? "." : ". Nothing was changed.";
      return `I can't ${cause} right now${so} Try again in a minute. (ref ${literal(reference)})`;
    }
  }
};

/** A network has many prefixes, and what is said of each is the same. */
const inOneLine = (refusals: readonly Refusal[]): readonly Refusal[] => {
  const refused = refusals.filter((each) => each.code === "source-not-allowed");
  const [first] = refused;
  if (first === undefined || refused.length === 1) return refusals;
  const source = [...new Set(refused.map(({ facts }) => facts.source))].join(", ");
  const together = refuse("source-not-allowed", { ...first.facts, source });
  return refusals.flatMap((each): readonly Refusal[] =>
    each === first ? [together] : each.code === "source-not-allowed" ? [] : [each],
  );
};

const commandText = ({ problem, word, didYouMean }: RefusalFacts["command-unreadable"]): string => {
  switch (problem) {
    case "too-long":
      return `That is longer than ${LONGEST_COMMAND} characters, so I read none of it. ${EXAMPLE}`;
    case "quotes":
      return "A quotation mark is open and never closed. Close it, or leave it out: `because INC-1042 disk full` needs none.";
    case "unknown-word": {
      const instead =
        didYouMean === undefined
          ? "A justification comes after `because`. `/jit help` shows what I read."
          : `Did you mean ${code(didYouMean)}?`;
      return `I don't understand ${code(word ?? "")} there. ${instead}`;
    }
    case "missing-machine":
      return `To which machine, and for how long? ${EXAMPLE}`;
    case "missing-machine-name":
      return `Which machine? For example ${code(`/jit ${word ?? "why"} prod-vm-3`)}`;
    case "missing-duration":
      return `For how long? Write \`30m\`, \`2h\` or \`until 18:00\` after the machine${word === undefined ? "" : ` ${code(word)}`}. ${EXAMPLE}`;
    case "missing-source":
      return "From where? After `from` comes an address, a prefix or a network, like `from 203.0.113.7`.";
    case "missing-justification":
      return "Why? After `because` comes a justification, like `because INC-1042 disk full`.";
    case "missing-id":
      return "Which one? `/jit list` shows the ids of yours, like `k7f3q2xd`.";
  }
};

const portText = (
  { text, services, didYouMean }: RefusalFacts["port-unreadable"],
  command: Ask | undefined,
): string => {
  if (didYouMean === undefined) {
    return `${code(text)} is neither a service I know nor a port. Write one like ${names([...services.slice(0, 5), "8080", "53/udp"])}.`;
  }
  const hint =
    command === undefined
      ? ""
      : ` ${retry({ ...command, services: command.services.map((each) => (each === text ? didYouMean : each)) })}`;
  return `I don't know the service ${code(text)}. Did you mean ${code(didYouMean)}?${hint}`;
};

const durationText = (
  { text, problem, didYouMean }: RefusalFacts["duration-unreadable"],
  command: Ask | undefined,
): string => {
  const typed = text.trim();
  switch (problem) {
    case "bare-number":
      return `${code(typed)} could be minutes or hours. Write ${code(`${typed}m`)} or ${code(`${typed}h`)}.`;
    case "zero":
      return "That is no time at all. Write `30m`, `2h` or `until 18:00`.";
    case "in-the-past":
      return `${code(typed)} is over already. Write a later time, or a length like \`2h\`.`;
    case "unreadable": {
      if (didYouMean === undefined)
        return `I can't read ${code(typed)} as ${/^until\b/iu.test(typed) ? "a time of day" : "a length of time"}. Write \`30m\`, \`2h\`, \`1h30m\`, \`1d\` or \`until 18:00\`.`;
      const hint = command === undefined ? "" : ` ${retry({ ...command, end: didYouMean })}`;
      return `I can't read ${code(typed)} as a length of time. Did you mean ${code(didYouMean)}?${hint}`;
    }
  }
};

const standingText = (standing: RefusalFacts["person-standing"]["standing"]): string => {
  switch (standing) {
    case "guest":
      return "Guests can't do this. A full member of the workspace can ask for you.";
    case "outsider":
      return "People from other workspaces can't do this. Someone from this workspace can.";
    case "bot":
      return "Bots can't do this. It takes a person.";
    case "deactivated":
      return "A deactivated account can't do this. Someone with an active one can.";
  }
};

/** Why a request that was in order when it was made can't be granted at the click. */
const changedText = (reason: RefusalFacts["requester-changed"]["reason"]): string => {
  switch (reason) {
    case "person-unknown":
    case "person-standing":
      return "whoever asked is no longer a member of this workspace.";
    case "not-eligible":
      return "whoever asked may no longer ask for this machine.";
    case "machine-unknown":
    case "machine-ambiguous":
      return "the machine is no longer there under that name.";
    default:
      return "the policy no longer allows this.";
  }
};

const EXAMPLE = "For example `/jit ssh prod-vm-3 2h`";

const retry = (ask: Ask): string => code(showAsk({ ...ask, because: ask.because.length > 200 ? "…" : ask.because }));

const title = (port: string): string => literal(port === "" ? "No port" : capital(servicesTitle([port])));

const names = (list: readonly string[]): string => few(list.map(code)).join(", ");

const either = (list: readonly string[]): string => listed(few(list.map(code)), "or");

const roles = (list: readonly string[]): string => few(list.map((name) => `*${literal(name)}*`)).join(" or ");

/** Policy's two words for sources are words, not names that one could type. */
const sources = (allowed: readonly string[]): string =>
  listed(few(allowed.map((name) => (name === "single-address" ? "one single address" : showSource(name)))), "or");

const few = (list: readonly string[]): readonly string[] => shortened(list, 12);
