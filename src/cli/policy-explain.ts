/** `latch policy explain`: why policy says what it says of somebody, a machine and a port. */

import { isFault } from "../access/fault.ts";
import { isRefusal } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import type { Config } from "../config.ts";
import { ruleFor } from "../policy/match.ts";
import { lineFor, showAllowed, sourcesFor } from "../policy/policy.ts";
import { NO_USAGE } from "../policy/question.ts";
import { resolveService } from "../policy/resolve.ts";
import { readCommand, type TypedAsk } from "../slack/command.ts";
import { refusalText } from "../slack/refusal-text.ts";
import { askPolicy, type PolicyAnswer } from "./ask-policy.ts";
import type { Command, Terminal, WrongUse } from "./command.ts";
import { explanation } from "./explanation.ts";
import type { Facts } from "./facts.ts";
import { parseLocalTime } from "./local-time.ts";
import { readPolicyFile, usualFile } from "./policy-file.ts";
import { factsFrom } from "./read-facts.ts";
import { terminalText } from "./terminal-text.ts";
import { either } from "./words.ts";
import { instead } from "./yaml-form.ts";

export const policyExplain: Command = {
  name: "explain",
  form: "explain <person> <machine> <port> [for 2h] [from office] [because …]",
  summary: "why policy says what it says of a person, a machine and a port",
  help: [
    "Says which rule decides and why those before don't, which roles the person holds and through what, how each check ends,",
    "and who could approve. The person goes by Slack id, or by @name with --facts. What isn't said is taken for granted, and told.",
    "--facts file.yaml     how the world is, as in a file of cases; left out, Slack and the clouds are asked with the bot's environment,",
    "                      reading only",
    "--policy file         left out, that of LATCH_CONFIG, or latch.yaml",
    '--at "2026-11-23 10:00"   when they ask, in the policy\'s zone; left out, now',
    "--break-glass         they ask to go past approvals",
  ],
  options: { facts: "text", policy: "text", at: "text", "break-glass": "flag" },
  words: [3, 1_000],
  run: async ({ words, text, has }, terminal) => {
    const config = await readPolicyFile(text("policy") ?? usualFile(terminal), terminal);
    if (config === undefined) return 1;
    const typedTime = text("at");
    const at = typedTime === undefined ? terminal.clock.now() : parseLocalTime(typedTime, config.timezone);
    if (typeof at === "object") return { wrong: at.problem };
    const [person = "", machine = "", port = "", ...rest] = words;
    const typed = typedAsk(machine, port, rest, config);
    if ("wrong" in typed) return typed;

    const facts = await factsFrom(text("facts"), config, terminal);
    if (facts === undefined) return 1;
    const user = facts.userNamed(person);
    if (user === undefined) return { wrong: `nobody is called \`${person}\`; ${nobody(person, facts)}` };
    try {
      const ask = { ...typed.ask, breakGlass: has("break-glass") };
      return await explain({ config, facts, user, at, ask, assumed: typed.assumed }, terminal);
    } catch (error) {
      if (!isFault(error)) throw error;
      terminal.complain(`can't be known now: ${error.message}`);
      return 1;
    }
  },
};

interface Typed {
  readonly ask: TypedAsk;
  readonly assumed: readonly string[];
}

interface Explained extends Typed {
  readonly config: Config;
  readonly facts: Facts;
  readonly user: string;
  readonly at: EpochMs;
}

const explain = async (given: Explained, { print, complain }: Terminal): Promise<0 | 1> => {
  const { config, facts, user, at } = given;
  const { ask, assumed } = takenForGranted(given);
  const zone = config.timezone;
  const anyJustification = ask.because === "";
  const asking = { ask, user, at, zone, usage: NO_USAGE, anyJustification };
  const answer = await askPolicy(config.policy, facts, asking);
  if (answer.asked === undefined) {
    for (const line of unclear(answer, at, zone)) complain(line);
    return 1;
  }
  const people = [user, ...answer.asked.approvers.flatMap((step) => [...step.people, ...step.refused])];
  const names = new Map(
    await Promise.all(people.map(async (each) => [each, (await facts.directory.lookUp(each))?.name ?? each] as const)),
  );
  const nameOf = (each: string): string => {
    const name = names.get(each) ?? each;
    return name === each ? each : `${each} (@${name})`;
  };
  for (const line of explanation({ config, answer, asked: answer.asked, assumed, nameOf })) print(line);
  return 0;
};

/** Where nothing is said of the source or the reason, what would pass; else the answer would be about that alone. */
const takenForGranted = ({ ask, assumed, config: { policy }, facts }: Explained): Typed => {
  const machine = facts.machines.find(ask.machine);
  const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
  if (rule === undefined) return { ask, assumed };
  const lines = ask.services
    .map((word) => resolveService(word, policy))
    .flatMap((service) => (isRefusal(service) ? [] : service.ports))
    .flatMap((port) => lineFor(rule, port) ?? []);
  const sources = [...new Set(lines.flatMap((line) => sourcesFor(rule, line)).map(showAllowed))];
  const source = sources.find((name) => name !== "single-address" && name !== "anywhere") ?? ANY_ADDRESS;
  const takesSource = ask.from.length === 0 && rule.defaultSource === undefined && sources.length > 0;
  const takesReason = ask.because === "" && rule.justification.required;
  return {
    ask: takesSource ? { ...ask, from: [source] } : ask,
    assumed: [
      ...assumed,
      ...(takesSource ? [`from ${source}, because no source was named and ${either(sources)} would do`] : []),
      ...(takesReason ? ["with a justification that will do"] : []),
    ],
  };
};

const ANY_ADDRESS = "203.0.113.7";

/** What was typed, put in the order of `/jit`; an hour where no length was named. */
const typedAsk = (machine: string, port: string, rest: readonly string[], { timezone }: Config): Typed | WrongUse => {
  const said = (length: string) => readCommand(`${port} "${machine}" ${length}${rest.join(" ")}`);
  const command = said("");
  const lacksLength = isRefusal(command) && "problem" in command.facts && command.facts.problem === "missing-duration";
  const read = lacksLength ? said(`${USUAL_LENGTH} `) : command;
  if (read.kind === "ask")
    return { ask: read, assumed: lacksLength ? [`for ${USUAL_LENGTH}, because no length was named`] : [] };
  if (!isRefusal(read)) return { wrong: `\`${port}\` is not a port` };
  return { wrong: terminalText(refusalText(read, { now: 0 as EpochMs, zone: timezone })) };
};

const USUAL_LENGTH = "1h";

const nobody = (person: string, facts: Facts): string =>
  facts.names().length === 0 ? "write a Slack id, like U0DEV1" : instead(person, facts.names(), "there are");

const unclear = ({ refusals }: PolicyAnswer, at: EpochMs, zone: string): readonly string[] =>
  refusals.map((refusal) => terminalText(refusalText(refusal, { now: at, zone })));
