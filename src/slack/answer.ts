/** Answers that only the person who did something sees. */

import type { RespondArguments, RespondFn } from "@slack/bolt";
import type { KnownBlock } from "@slack/types";
import { type FaultCode, isFault } from "../access/fault.ts";
import { type RequestId, randomId } from "../access/identifier.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import type { Clock } from "../access/time.ts";
import type { EndEarly } from "../workflow/end-early.ts";
import type { RecordRefusal, RefusedVerdict } from "../workflow/record-refusal.ts";
import { type Drawn, lines, notification } from "./blocks.ts";
import type { Ask } from "./command.ts";
import { drawClosing, drawWithdrawn } from "./private-texts.ts";
import { refusalsText } from "./refusal-text.ts";

/** What the listeners tell operators. The cause of a fault is theirs; people get its reference. */
export type LogProblem = (problem: {
  readonly doing: string;
  readonly error: unknown;
  readonly reference?: string;
}) => void;

interface AnswerDeps {
  readonly endEarly: EndEarly;
  readonly recordRefusal: RecordRefusal;
  readonly clock: Clock;
  /** For readers whose client doesn't know their own. */
  readonly zone: () => string;
  /** Whether people can tell who they are elsewhere, by `/jit link`. */
  readonly offersLinking: () => boolean;
  readonly log: LogProblem;
}

export interface Answers {
  /** Only this person sees it. A failure is logged: there is nobody else to tell. What Slack doesn't take becomes one sentence. */
  readonly privately: (respond: RespondFn, drawn: Drawn) => Promise<void>;
  /** In the place of the message that was clicked. */
  readonly instead: (respond: RespondFn, drawn: Drawn) => Promise<void>;
  /** Runs something that decides; what breaks becomes a "no" with a reference. This is where faults on a person's way end. */
  readonly orCannotCheck: <T>(doing: string, work: () => Promise<T>, of?: "ask") => Promise<T | Refusal>;
  /** All that is wrong at once, each with what would work instead. */
  readonly refusals: (refusals: readonly Refusal[], ask?: Ask) => Drawn;
  /** The same, and recorded with what was typed or clicked. The answer doesn't wait for the log, which may be what is broken. */
  readonly refused: (user: string, text: string, refusals: readonly Refusal[], ask?: Ask) => Drawn;
  /** Of an answer to a request: `orCannotCheck`, and on record that it couldn't be checked. What is refused otherwise is on record already. */
  readonly reviewing: <T>(
    id: RequestId,
    user: string,
    verdict: RefusedVerdict,
    work: () => Promise<T>,
  ) => Promise<T | Refusal>;
  /** Withdraws or closes what has this id, and says what came of it. */
  readonly endedEarly: (user: string, text: string, id: string, only?: "withdraw") => Promise<Drawn>;
  /** Whether `/jit link` is there to be offered. */
  readonly offersLinking: () => boolean;
}

export const createAnswers = (deps: AnswerDeps): Answers => {
  const orCannotCheck: Answers["orCannotCheck"] = async (doing, work, of) => {
    try {
      return await work();
    } catch (error) {
      const reference = randomId().slice(0, 4);
      deps.log({ reference, error, doing });
      return refuse("cannot-check", {
        what: isFault(error) ? (AWAY[error.code] ?? "memory") : "memory",
        ...(of === "ask" ? { isAsk: true } : {}),
        reference,
      });
    }
  };

  const refusals: Answers["refusals"] = (all, ask) => {
    const situation = {
      now: deps.clock.now(),
      zone: deps.zone(),
      offersLinking: deps.offersLinking(),
      ...(ask === undefined ? {} : { command: ask }),
    };
    const text = refusalsText(all, situation);
    return { text: notification(text), blocks: lines(text.split("\n")) };
  };

  const refused: Answers["refused"] = (user, text, all, ask) => {
    deps.recordRefusal.ofAsk(user, text, all).catch((error: unknown) => deps.log({ error, doing: "record a refusal" }));
    return refusals(all, ask);
  };

  const answer = async (respond: RespondFn, message: RespondArguments): Promise<void> => {
    try {
      await respond(message);
    } catch (error) {
      deps.log({ error, doing: "answer a person" });
      if (isUnacceptable(error))
        await respond({ response_type: "ephemeral", replace_original: false, text: UNSHOWN }).catch((again: unknown) =>
          deps.log({ error: again, doing: "answer a person" }),
        );
    }
  };

  return {
    orCannotCheck,
    offersLinking: deps.offersLinking,
    refusals,
    refused,
    reviewing: async (id, user, verdict, work) => {
      const outcome = await orCannotCheck(verdict, work, verdict === "approve" ? "ask" : undefined);
      if (isRefusal(outcome) && outcome.code === "cannot-check") {
        deps.recordRefusal
          .ofReview(user, id, verdict, outcome)
          .catch((error: unknown) => deps.log({ error, doing: "record a refusal" }));
      }
      return outcome;
    },
    privately: (respond, { text, blocks }) =>
      answer(respond, { response_type: "ephemeral", replace_original: false, text, blocks: blocks as KnownBlock[] }),
    instead: (respond, { text, blocks }) =>
      answer(respond, { replace_original: true, text, blocks: blocks as KnownBlock[] }),
    endedEarly: async (user, text, id, only) => {
      const ended = await orCannotCheck("end early", () => deps.endEarly(id, user, only));
      if (isRefusal(ended)) return refused(user, text, [ended]);
      return ended.kind === "withdrawn" ? drawWithdrawn(ended.request) : drawClosing(ended.grant);
    },
  };
};

/** Slack answers so where the message itself is wrong; an address that is used up or too old is a 404. */
const isUnacceptable = (error: unknown): boolean =>
  error instanceof Error && "statusCode" in error && error.statusCode === 400;

const UNSHOWN =
  "Slack doesn't take my answer as it is, so I can't show it. `/jit list` shows what is open for you and what is waiting. Whoever runs me sees more in the log.";

/** What can't be asked when a fault of this code is thrown; memory where it isn't here. */
const AWAY: Readonly<Partial<Record<FaultCode, "people" | "clouds">>> = {
  slack: "people",
  azure: "clouds",
  aws: "clouds",
  "not-found": "clouds",
};
