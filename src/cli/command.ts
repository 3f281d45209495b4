/** What every command of the `latch` program has: words, options, help, and an exit code. */

import { parseArgs } from "node:util";
import { nearMiss } from "../access/near-miss.ts";
import type { Clock } from "../access/time.ts";

/** 0: fine; 1: a problem was found; 2: it was used wrongly. */
export type ExitCode = 0 | 1 | 2;

export interface Terminal {
  /** To stdout, a line. */
  readonly print: (line: string) => void;
  /** To stderr, a line. */
  readonly complain: (line: string) => void;
  readonly readInput: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

export interface Arguments {
  /** What is not an option, in order. */
  readonly words: readonly string[];
  readonly text: (option: string) => string | undefined;
  readonly has: (option: string) => boolean;
}

/** It can't be done as it was asked; in words, lower case, no full stop. */
export interface WrongUse {
  readonly wrong: string;
}

export interface Command {
  readonly name: string;
  /** `check [file]` */
  readonly form: string;
  /** One line. */
  readonly summary: string;
  readonly help: readonly string[];
  readonly options: Readonly<Record<string, "text" | "flag">>;
  /** How many words there may be, both ends included. */
  readonly words: readonly [fewest: number, most: number];
  readonly run: (args: Arguments, terminal: Terminal) => Promise<ExitCode | WrongUse>;
}

/** Runs the command that the first word names. `called` is what people type before it: `latch policy`. */
export const runCommand = async (
  called: string,
  commands: readonly Command[],
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> => {
  const [name, ...rest] = args;
  if (name === undefined || HELP.includes(name)) {
    const write = name === undefined ? terminal.complain : terminal.print;
    for (const line of overview(called, commands)) write(line);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    const guess = nearMiss(
      name,
      commands.map((each) => each.name),
    );
    const instead =
      guess === undefined ? `there are ${commands.map((each) => each.name).join(", ")}` : `did you mean \`${guess}\`?`;
    return misused(called, `\`${name}\` is none of its commands; ${instead}`, terminal);
  }
  const read = readArguments(command, rest);
  if ("wrong" in read) return misused(`${called} ${command.name}`, read.wrong, terminal);
  if (read.has("help")) {
    for (const line of [`${called} ${command.form}`, "", ...command.help]) terminal.print(line);
    return 0;
  }
  const [fewest, most] = command.words;
  if (read.words.length < fewest || read.words.length > most)
    return misused(`${called} ${command.name}`, `write \`${called} ${command.form}\``, terminal);
  const result = await command.run(read, terminal);
  return typeof result === "number" ? result : misused(`${called} ${command.name}`, result.wrong, terminal);
};

const HELP = ["help", "--help", "-h"];

const misused = (called: string, wrong: string, terminal: Terminal): 2 => {
  terminal.complain(`${called}: ${wrong}`);
  terminal.complain(`\`${called} --help\` shows how`);
  return 2;
};

const overview = (called: string, commands: readonly Command[]): readonly string[] => {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `${called} <command>`,
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    `\`${called} <command> --help\` says more. Exit code 0: fine, 1: a problem was found, 2: wrong use.`,
  ];
};

const readArguments = (command: Command, args: readonly string[]): Arguments | WrongUse => {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, kind]) => [
      name,
      { type: kind === "text" ? ("string" as const) : ("boolean" as const) },
    ]),
  );
  try {
    const { values, positionals }: { values: Readonly<Record<string, unknown>>; positionals: string[] } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    return {
      words: positionals,
      text: (option) => {
        const value = values[option];
        return typeof value === "string" ? value : undefined;
      },
      has: (option) => values[option] !== undefined,
    };
  } catch (error) {
    return { wrong: wrongOption(args, Object.keys(options), error) };
  }
};

const wrongOption = (args: readonly string[], known: readonly string[], error: unknown): string => {
  const unknown = args.find((arg) => arg.startsWith("-") && arg !== "-" && !known.includes(nameOf(arg)));
  if (unknown === undefined || !isUnknownOption(error)) return sentenceOf(error);
  const guess = nearMiss(nameOf(unknown), known);
  const instead =
    guess !== undefined
      ? `did you mean \`--${guess}\`?`
      : known.length === 0
        ? "it has none"
        : `there are ${known.map((name) => `\`--${name}\``).join(", ")}`;
  return `\`${unknown}\` is none of its options; ${instead}`;
};

const nameOf = (arg: string): string => arg.replace(/^-+/u, "").replace(/=.*$/su, "");

// https://nodejs.org/api/errors.html#err_parse_args_unknown_option
const isUnknownOption = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";

const sentenceOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return `${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.?\s*$/u, "")}`;
};
