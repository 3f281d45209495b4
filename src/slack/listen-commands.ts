/** `/jit …`: acknowledged at once, read, handed on, answered privately. Decides nothing. */

import type { App } from "@slack/bolt";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { Clock } from "../access/time.ts";
import type { EndEarly } from "../workflow/end-early.ts";
import type { ListMine } from "../workflow/list-mine.ts";
import type { RecordRefusal } from "../workflow/record-refusal.ts";
import type { SubmitRequest } from "../workflow/submit-request.ts";
import { answerPrivately, type LogProblem, orCannotCheck } from "./answer.ts";
import type { Drawn } from "./blocks.ts";
import { type Ask, type Command, readCommand } from "./command.ts";
import { drawAsked, drawClosing, drawHelp, drawMine, drawNotYet, drawWithdrawn } from "./private-texts.ts";
import { drawRefusals } from "./refusal-message.ts";
import type { Situation } from "./refusal-text.ts";

export interface CommandDeps {
  readonly submitRequest: SubmitRequest;
  readonly endEarly: EndEarly;
  readonly listMine: ListMine;
  readonly recordRefusal: RecordRefusal;
  readonly clock: Clock;
  readonly zone: () => string;
  readonly log: LogProblem;
}

export const listenForCommands = (app: App, deps: CommandDeps): void => {
  app.command("/jit", async ({ ack, command, respond }) => {
    await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/implementing-slash-commands
    const typed = readCommand(command.text);
    const answer = isRefusal(typed)
      ? await refused([typed], undefined, command.user_id, command.text, deps)
      : await run(typed, command.user_id, command.text, deps);
    try {
      await answerPrivately(respond, answer);
    } catch (error) {
      deps.log({ reference: "", error, doing: "answer a command" });
    }
  });
};

const run = async (command: Command, user: string, text: string, deps: CommandDeps): Promise<Drawn> => {
  switch (command.kind) {
    case "ask":
      return ask(command, user, text, deps);
    case "list": {
      const mine = await orCannotCheck("list what is open", deps.log, () => deps.listMine(user));
      if (isRefusal(mine)) return refused([mine], undefined, user, text, deps);
      return drawMine(mine, deps.clock.now(), deps.zone());
    }
    case "close": {
      const ended = await orCannotCheck("close", deps.log, () => deps.endEarly(command.id, user));
      if (isRefusal(ended)) return refused([ended], undefined, user, text, deps);
      return ended.kind === "withdrawn" ? drawWithdrawn(ended.request) : drawClosing(ended.grant);
    }
    case "form":
    case "help":
      return drawHelp();
    case "machines":
    case "who":
    case "why":
    case "extend":
    case "posture":
    case "protect":
    case "unprotect":
    case "audit":
    case "lockdown":
      return drawNotYet(command.kind);
  }
};

const ask = async (command: Ask, user: string, text: string, deps: CommandDeps): Promise<Drawn> => {
  const outcome = await orCannotCheck("submit a request", deps.log, () => deps.submitRequest(command, user));
  if (isRefusal(outcome)) return refused([outcome], command, user, text, deps);
  if (outcome.kind === "refused") return refused(outcome.refusals, command, user, text, deps);
  return drawAsked(outcome.request, deps.clock.now(), deps.zone());
};

/** The answer doesn't wait for the log, which may be what is broken. */
const refused = async (
  refusals: readonly [Refusal, ...Refusal[]],
  command: Ask | undefined,
  user: string,
  text: string,
  deps: CommandDeps,
): Promise<Drawn> => {
  deps
    .recordRefusal(user, text, refusals)
    .catch((error: unknown) => deps.log({ reference: "", error, doing: "record a refusal" }));
  return drawRefusals(refusals, { ...situation(deps), ...(command === undefined ? {} : { command }) });
};

const situation = ({ clock, zone }: CommandDeps): Situation => ({ now: clock.now(), zone: zone() });
