/** Words for what was typed and can't be read. */

import type { RefusalFacts } from "../../access/refusal.ts";
import type { Ask } from "../../workflow/submit-request.ts";
import { LONGEST_COMMAND } from "../command.ts";
import { code } from "../mrkdwn.ts";
import { EXAMPLE, names, retry, type Words } from "./words.ts";

export const typedWords: Words<
  | "command-unreadable"
  | "justification-too-long"
  | "port-unreadable"
  | "duration-unreadable"
  | "source-unreadable"
  | "source-impossible"
> = {
  "command-unreadable": ({ problem, word, didYouMean }) => {
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
        return `To which machine, and for how long? ${word === "break-glass" ? BREAK_GLASS_EXAMPLE : EXAMPLE}`;
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
  },

  "justification-too-long": ({ length, maximum }) =>
    `That justification has ${length} characters; ${maximum} is the most. A ticket number and a few words are enough.`,

  "port-unreadable": ({ text, services, didYouMean }, { command }) => {
    if (didYouMean === undefined) {
      return `${code(text)} is neither a service I know nor a port. Write one like ${names([...services.slice(0, 5), "8080", "53/udp"])}.`;
    }
    const hint =
      command === undefined
        ? ""
        : ` ${retry({ ...command, services: command.services.map((each) => (each === text ? didYouMean : each)) })}`;
    return `I don't know the service ${code(text)}. Did you mean ${code(didYouMean)}?${hint}`;
  },

  "duration-unreadable": (facts, { command }) => durationText(facts, command),

  "source-unreadable": ({ text, networks, didYouMean }) => {
    const instead =
      didYouMean === undefined
        ? `Write an address like \`203.0.113.7\`, a prefix like \`203.0.113.0/24\`${networks.length === 0 ? "" : `, or a network: ${names(networks)}`}.`
        : `Did you mean ${code(didYouMean)}?`;
    return `${code(text)} is neither an address nor a network I know. ${instead}`;
  },

  "source-impossible": ({ text }) =>
    `Nobody can connect from ${code(text)}: that address never comes over a network. Write the address others see you from, like \`203.0.113.7\`.`,
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

const BREAK_GLASS_EXAMPLE = "For example `/jit break-glass ssh prod-vm-3 1h because INC-1042 disk full`";
