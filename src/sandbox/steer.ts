/** What one can type into the sandbox's terminal about its time and its troubles. */

import type { Playground } from "./playground.ts";
import { skip } from "./skip.ts";
import { SWITCHES, type SwitchName } from "./switches.ts";

export const STEERING_HELP = `  skip 10m · skip 1h · skip end         move time ahead; \`end\`: to 1 min before the next end, then to 5 s
  fault azure slow on · … off           also: aws throttles, slack refuses, bot killed
  wipe                                  empty the bot's Redis`;

const WORDS: Readonly<Record<string, (text: string, playground: Playground) => Promise<string>>> = {
  skip: async (text, { sandbox, clock }) => {
    await skip(text, clock, sandbox.bots[0].events);
    return `It is ${new Date(clock.now()).toISOString().slice(0, 19).replace("T", " ")} UTC now.`;
  },
  fault: async (text, { switches }) => {
    const [, said = "", to = ""] = /^(.*?)(?: (on|off))?$/u.exec(text.trim()) ?? [];
    const name: SwitchName | undefined = SWITCHES.find((each) => each === said.replaceAll(/\s+/gu, "-"));
    if (name === undefined) return `There is no such fault. There are: ${SWITCHES.map(spelled).join(", ")}.`;
    if (to !== "") await switches.set(name, to === "on");
    return `${spelled(name)}: ${switches.isOn(name) ? "on" : "off"}.`;
  },
  wipe: async (_, { memory }) => {
    await memory.wipe();
    return "Redis is empty. What is open is read from the clouds.";
  },
};

/** `undefined`: none of these words. Throws with what can be told to who typed it. */
export const steer = async (word: string, text: string, playground: Playground): Promise<string | undefined> =>
  Object.hasOwn(WORDS, word) ? WORDS[word]?.(text, playground) : undefined;

const spelled = (name: SwitchName): string => name.replaceAll("-", " ");
