/** `latch policy diff`: which past asks would end differently under another policy. */

import { readFile } from "node:fs/promises";
import type { ActionsOf, AuthorityName } from "../access/authority.ts";
import { shortDuration } from "../access/duration.ts";
import { showCidr } from "../access/source.ts";
import { DAY, type EpochMs } from "../access/time.ts";
import { configChanges } from "../config/changes.ts";
import { type Config, readPlaces } from "../config.ts";
import { messageOf } from "../operator-log.ts";
import { listed } from "../slack/lists.ts";
import { showCode } from "./code-words.ts";
import type { Command, Terminal } from "./command.ts";
import { type Compared, compare, type Ending } from "./compare.ts";
import { holdsEvents, type JudgedEvent, type JudgedLog, readJudgedLog } from "./judged-log.ts";
import { showLocalTime } from "./local-time.ts";
import { readPolicyFile } from "./policy-file.ts";
import { printSection } from "./section.ts";
import { whyUnread } from "./why-unread.ts";
import { counted, showStep } from "./words.ts";

export const policyDiff: Command = {
  name: "diff",
  form: "diff <old> <new> [--days 30] [--log file.jsonl|-]",
  summary: "which asks of the last days would end differently under another policy",
  help: [
    "Tells how the two files differ, and asks every ask of the last days again of both: when, who, what, and how it would end before → after.",
    "--log  audit events as the bot prints them on stdout, a line of JSON each; - reads them from stdin.",
    "       Left out, they are read from Redis as the bot finds it: REDIS_URL, or the embedded one of a bot that isn't running (LATCH_DATA).",
    "--days how far to look back; 30.",
    "What wasn't looked up then (a user group that only the new file names, say) counts as nobody, and is told.",
    "What the clouds' own roles said then counts again; what they weren't asked counts as a yes, and is told. The exit code is 0 also when something changes.",
  ],
  options: { days: "text", log: "text" },
  words: [2, 2],
  run: async ({ words: [oldFile = "", newFile = ""], text }, terminal) => {
    const days = Number(text("days")?.replace(/d$/u, "") ?? "30");
    if (!Number.isInteger(days) || days < 1 || days > 36_500)
      return { wrong: "`--days` is a number of days, like `--days 30`" };
    const [old, next] = [await readPolicyFile(oldFile, terminal), await readPolicyFile(newFile, terminal)];
    if (old === undefined || next === undefined) return 1;
    await showChanges(oldFile, newFile, terminal);
    const log = await readLog(text("log"), old, terminal);
    if ("failed" in log) {
      terminal.complain(log.failed);
      return 1;
    }
    if ("none" in log) {
      terminal.print("No past asks to compare: name a log with --log, or a Redis with REDIS_URL.");
      return 0;
    }
    const since = (terminal.clock.now() - days * DAY) as EpochMs;
    if (log.unreadable.length > 0) terminal.complain(unreadable(log.unreadable));
    const anew = askedAnew(old, next);
    const compared = log.events
      .filter(({ at }) => at >= since)
      .map((event) => compare(event, old.policy, next.policy, anew));
    showCompared(compared, next.timezone, days, terminal);
    return 0;
  },
};

const showChanges = async (oldFile: string, newFile: string, { print }: Terminal): Promise<void> => {
  const changes = configChanges(await readFile(oldFile, "utf8"), await readFile(newFile, "utf8"));
  print(changes.length === 0 ? "The files say the same." : "The files differ:");
  for (const change of changes) print(`  ${change}`);
  print("");
};

/** Who is asked for other actions by the new file, so that what they said then is no answer. */
const askedAnew = ({ authorities: old }: Config, { authorities: next }: Config): readonly AuthorityName[] => {
  const differ = (before: ActionsOf, after: ActionsOf): boolean =>
    new Set(before.request).symmetricDifference(new Set(after.request)).size > 0;
  return [
    ...(differ(old.azureRoles.actions, next.azureRoles.actions) ? (["azure-roles"] as const) : []),
    ...(differ(old.awsIam.actions, next.awsIam.actions) ? (["aws-iam"] as const) : []),
  ];
};

type LogReading = JudgedLog | { readonly failed: string } | { readonly none: true };

const readLog = async (file: string | undefined, { installation }: Config, terminal: Terminal): Promise<LogReading> => {
  try {
    if (file !== undefined) {
      const text = file === "-" ? await terminal.readInput() : await readFile(file, "utf8");
      if (text.trim() !== "" && !holdsEvents(text))
        return {
          failed: `${file === "-" ? "what came in" : file} is no audit log: no line of it is an event of the bot's`,
        };
      return readJudgedLog(text);
    }
    // Redis' client takes a while to load.
    const { readStoredLog } = await import("./stored-log.ts");
    const events = await readStoredLog({ ...readPlaces(terminal.env), installation, clock: terminal.clock });
    return events === undefined ? { none: true } : { events, unreadable: [] };
  } catch (error) {
    return {
      failed:
        file === undefined
          ? `cannot read the audit log from Redis: ${messageOf(error)}`
          : `cannot read ${file}: ${whyUnread(error)}`,
    };
  }
};

const unreadable = (lines: readonly number[]): string => {
  const shown = lines.length > 5 ? `${lines.slice(0, 5).join(", ")} …` : lines.join(", ");
  return lines.length === 1
    ? `1 ask couldn't be read and doesn't count here (line ${shown})`
    : `${lines.length} asks couldn't be read and don't count here (lines ${shown})`;
};

const showCompared = (all: readonly Compared[], zone: string, days: number, terminal: Terminal): void => {
  const { print } = terminal;
  const changed = all.filter(({ difference }) => difference === "ending" || difference === "authorities");
  const may = changed.filter(({ difference }) => difference === "authorities").length;
  const span = `of the last ${counted(days, "day")}`;
  if (all.length === 0) print(`The log has no asks ${span}.`);
  else if (changed.length === 0) print(`Nothing changes: all asks ${span} (${all.length}) would end the same.`);
  else {
    const sure = `${changed.length - may} of ${counted(all.length, "ask")} ${span} would end differently`;
    print(may === 0 ? `${sure}:` : `${sure}, and ${may} may:`);
  }
  for (const { event, before, after } of changed) {
    print("");
    print(`${showLocalTime(event.at, zone)}  ${event.requester.user}  ${showAsk(event)}`);
    print(`  ${showEnding(before)} → ${showEnding(after)}`);
    for (const unknown of unknownIn(before, after)) print(`  not sure: nobody knew then ${unknown}`);
  }
  printSection(
    terminal,
    "In all",
    countedLines(changed, ({ before, after }) => `${before.outcome}${ifYes(before)} → ${after.outcome}${ifYes(after)}`),
  );
  printSection(
    terminal,
    "Ends the same, but others could approve",
    countedLines(
      all.filter(({ difference }) => difference === "approvers"),
      ({ before, after }) => `${showPeople(before)} → ${showPeople(after)}`,
    ),
  );
  printSection(
    terminal,
    "What they say isn't on record, so counted as a yes",
    countedLines(
      all.flatMap(({ before, after }) => [...new Set([...before.unasked, ...after.unasked])]),
      (name) => name,
    ),
  );
  printSection(
    terminal,
    "Couldn't be known, so counted as nobody",
    countedLines(
      all.flatMap(({ before, after }) => unknownIn(before, after)),
      (unknown) => unknown,
    ),
  );
};

/** `, if azure-roles says yes` */
const ifYes = ({ unasked }: Ending): string =>
  unasked.length === 0 ? "" : `, if ${listed(unasked)} ${unasked.length === 1 ? "says" : "say"} yes`;

/** `12 × allow → deny`, the most frequent first. */
const countedLines = <T>(things: readonly T[], words: (thing: T) => string): readonly string[] =>
  [...Map.groupBy(things, words)]
    .toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .map(([what, same]) => `${same.length} × ${what}`);

const unknownIn = (before: Ending, after: Ending): readonly string[] => [
  ...new Set([...before.unknown, ...after.unknown]),
];

/** `ssh prod-vm-3 2h from 203.0.113.7` */
const showAsk = ({ asked }: JudgedEvent): string => {
  const { services, machine, durationMs, sources, breakGlass } = asked;
  const from = sources.length === 0 ? "" : ` from ${sources.map(showCidr).join(", ")}`;
  const what = services.map(({ name }) => name).join(",");
  return `${breakGlass ? "break-glass " : ""}${what} ${machine.name} ${shortDuration(durationMs)}${from}`;
};

const showEnding = (ending: Ending): string => {
  const { outcome, codes, steps } = ending;
  if (outcome === "deny") return `deny: ${codes.map(showCode).join(", ")}`;
  const what = outcome === "needs-approval" ? `needs-approval by ${steps.map(showStep).join(", then ")}` : outcome;
  return `${what}${ifYes(ending)}`;
};

/** `1 of leads (U0LEAD1, U0LEAD2)` */
const showPeople = ({ steps }: Ending): string =>
  steps
    .map((step) => `${showStep(step)} (${[...step.approvers.users, ...step.approvers.groups].toSorted().join(", ")})`)
    .join(", then ");
