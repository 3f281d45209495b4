/** `/jit …`: acknowledged at once, read, handed on, answered privately. Decides nothing. */

import type { App } from "@slack/bolt";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { Clock } from "../access/time.ts";
import type { Linking } from "../identity/linking.ts";
import type { ListAbilities } from "../workflow/list-abilities.ts";
import type { ListMachines } from "../workflow/list-machines.ts";
import type { ListMine } from "../workflow/list-mine.ts";
import type { ProtectMachine } from "../workflow/protecting/protect-machine.ts";
import type { UnprotectMachine } from "../workflow/protecting/unprotect-machine.ts";
import type { ExplainWhy } from "../workflow/standing-of-machines/explain-why.ts";
import type { ListPosture } from "../workflow/standing-of-machines/list-posture.ts";
import type { Ask, SubmitRequest } from "../workflow/submit-request.ts";
import type { UnlinkAnother } from "../workflow/unlink-another.ts";
import type { AskWhoHas } from "../workflow/who-has.ts";
import type { AddressAnswers } from "./address/answers.ts";
import type { Answers } from "./answer.ts";
import type { AnswerAudit } from "./audit/answer.ts";
import type { Drawn } from "./blocks.ts";
import { type Command, readCommand } from "./command.ts";
import type { AnswerExtend } from "./ending/extend-answer.ts";
import type { OpenForm } from "./form/listen.ts";
import { drawHelp } from "./help-text.ts";
import { drawLinkBegun, drawLinked, drawUnlinked, drawUnlinkedOther } from "./linking-answers.ts";
import { drawListed, drawMachines, drawWhoHas } from "./list-texts.ts";
import type { AnswerLockdown } from "./lockdown/listen.ts";
import { drawPosture } from "./posture-text.ts";
import { drawAsked } from "./private-texts.ts";
import { drawProtecting, drawUnprotecting } from "./protecting/answers.ts";
import { drawWhy } from "./why-text.ts";

interface CommandDeps {
  readonly openForm: OpenForm;
  readonly submitRequest: SubmitRequest;
  readonly listMine: ListMine;
  readonly listMachines: ListMachines;
  readonly listAbilities: ListAbilities;
  readonly whoHas: AskWhoHas;
  readonly listPosture: ListPosture;
  readonly explainWhy: ExplainWhy;
  readonly protectMachine: ProtectMachine;
  readonly unprotectMachine: UnprotectMachine;
  readonly linking: Linking;
  readonly unlinkAnother: UnlinkAnother;
  readonly answerAudit: AnswerAudit;
  readonly answerExtend: AnswerExtend;
  readonly answerLockdown: AnswerLockdown;
  readonly addressAnswers: AddressAnswers;
  /** There is a page that sees where people are. */
  readonly hasAddressPage: boolean;
  readonly answers: Answers;
  readonly clock: Clock;
  readonly zone: () => string;
}

export const listenForCommands = (app: App, deps: CommandDeps): void => {
  app.command("/jit", async ({ ack, command, respond }) => {
    await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/implementing-slash-commands
    const { user_id: user, text } = command;
    const typed = readCommand(text);
    // A form has to be opened within 3 s of the command.
    if (typed.kind === "form")
      return deps.openForm({ user, triggerId: command.trigger_id, channel: command.channel_id });
    const answer = isRefusal(typed) ? deps.answers.refused(user, text, [typed]) : await run(typed, user, text, deps);
    await deps.answers.privately(respond, answer);
  });
};

const run = async (
  command: Exclude<Command, { kind: "form" }>,
  user: string,
  text: string,
  deps: CommandDeps,
): Promise<Drawn> => {
  const { answers, clock, zone } = deps;
  const told = async <T>(doing: string, asked: Promise<T | Refusal>, draw: (found: T) => Drawn): Promise<Drawn> => {
    const found = await answers.orCannotCheck(doing, () => asked);
    return isRefusal(found) ? answers.refused(user, text, [found]) : draw(found);
  };
  switch (command.kind) {
    case "ask":
      return submit(command, user, text, deps);
    case "list":
      return told("list what is open", deps.listMine(user), (mine) =>
        drawListed(mine, clock.now(), zone(), deps.hasAddressPage),
      );
    case "close":
      return answers.endedEarly(user, text, command.id);
    case "moved":
      return deps.addressAnswers.moved(user, text, command.id);
    case "lockdown":
      return deps.answerLockdown(user, text, command);
    case "extend":
      return deps.answerExtend(user, text, command.id, command.end);
    case "help": {
      const abilities = await answers.orCannotCheck("tell what somebody can do", () => deps.listAbilities(user));
      const offers = { linking: answers.offersLinking(), addressPage: deps.hasAddressPage };
      // Who can't be asked about is helped all the same.
      if (!isRefusal(abilities)) return drawHelp(abilities, offers);
      return abilities.code === "cannot-check" || abilities.code === "policy-unreadable"
        ? drawHelp(undefined, offers)
        : answers.refused(user, text, [abilities]);
    }
    case "machines":
      return told("list machines", deps.listMachines(command.text, user), (list) => drawMachines(list, command.text));
    case "who":
      return told("look who has access", deps.whoHas(command.machine, user), (who) =>
        drawWhoHas(who, clock.now(), zone()),
      );
    case "protect":
      return told(
        "protect a machine",
        deps.protectMachine.protect(command.machine, command.services, user),
        (outcome) =>
          outcome.kind === "refused" ? answers.refused(user, text, outcome.refusals) : drawProtecting(outcome),
      );
    case "unprotect":
      return told("unprotect a machine", deps.unprotectMachine(command.machine, user), drawUnprotecting);
    case "posture":
      return told("look at how machines stand", deps.listPosture(command.text, user), (list) =>
        drawPosture(list, command.text),
      );
    case "why":
      return told("explain a machine", deps.explainWhy(command.machine, user), (explained) =>
        drawWhy(explained, clock.now(), zone(), answers.offersLinking()),
      );
    case "audit":
      return told("list accesses", deps.answerAudit(command, user), (shown) => shown);
    case "link":
      return link(command.code, user, deps);
    case "unlink":
      return unlink(command.person, user, deps);
  }
};

const submit = async (ask: Ask, user: string, text: string, deps: CommandDeps): Promise<Drawn> => {
  const outcome = await deps.answers.orCannotCheck("submit a request", () => deps.submitRequest(ask, user), "ask");
  if (isRefusal(outcome)) return deps.answers.refused(user, text, [outcome], ask);
  if ("refusals" in outcome) return deps.answers.refused(user, text, outcome.refusals, ask);
  if ("kind" in outcome) return deps.addressAnswers.whereFor(user, text, outcome.ask);
  return drawAsked(outcome, deps.clock.now(), deps.zone());
};

/** A code is for one person's eyes: it isn't recorded with what they were refused. */
const link = async (code: string | undefined, user: string, { linking, answers }: CommandDeps): Promise<Drawn> => {
  if (code === undefined) {
    const begun = await answers.orCannotCheck("begin to link", () => linking.begin(user));
    return isRefusal(begun) ? answers.refused(user, "link", [begun]) : drawLinkBegun(begun.href);
  }
  const linked = await answers.orCannotCheck("link", () => linking.finish(user, code));
  return isRefusal(linked) ? answers.refused(user, "link", [linked]) : drawLinked(linked);
};

const unlink = async (
  whom: string | undefined,
  user: string,
  { linking, unlinkAnother, answers }: CommandDeps,
): Promise<Drawn> => {
  const isOther = whom !== undefined && whom !== user;
  const unlinked = await answers.orCannotCheck("unlink", () =>
    isOther ? unlinkAnother(whom, user) : linking.unlink(user),
  );
  if (isRefusal(unlinked)) return answers.refused(user, isOther ? `unlink ${whom}` : "unlink", [unlinked]);
  return isOther ? drawUnlinkedOther(whom, unlinked.identities) : drawUnlinked(unlinked.identities);
};
