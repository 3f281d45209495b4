/** Opens the form at once and keeps it true while it is filled in: what a machine offers, and what will happen. */

import type { webApi } from "@slack/bolt";
import type { RequestId } from "../../access/identifier.ts";
import { orAborted } from "../../access/or-aborted.ts";
import { isRefusal } from "../../access/refusal.ts";
import { type Clock, SECOND } from "../../access/time.ts";
import { createTurns } from "../../access/turns.ts";
import type { Machines } from "../../cloud/machines.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { Policy } from "../../policy/policy.ts";
import type { ChooseMachines } from "../../workflow/choose-machines.ts";
import type { Foretell } from "../../workflow/foretell.ts";
import type { Answers, LogProblem } from "../answer.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { slackErrorCode } from "../slack-fault.ts";
import { fitted, type Offer, offerFor } from "./choices.ts";
import { CHOOSE_FIRST, drawForm, drawNote, ONE_MOMENT } from "./draw-form.ts";
import { askOf, EMPTY, type Filled, machineOf, type Place } from "./fields.ts";
import { foretoldText } from "./foretold-text.ts";
import { prefilled } from "./prefill.ts";
import { unfinished } from "./unfinished.ts";

export interface OpenFormDeps {
  readonly client: webApi.WebClient;
  readonly chooseMachines: ChooseMachines;
  readonly foretell: Foretell;
  readonly request: (id: RequestId) => Promise<AccessRequest | undefined>;
  readonly machines: Pick<Machines, "byId" | "all" | "find">;
  readonly policy: () => Policy | undefined;
  /** Whether people can be asked to open a page that finds out their address. */
  readonly hasAddressPage: boolean;
  readonly answers: Answers;
  readonly clock: Clock;
  readonly zone: () => string;
  readonly log: LogProblem;
}

export interface Prefill {
  /** Somebody asks again for what this request asked. */
  readonly requestId?: RequestId;
  /** It is about this message: its link becomes part of the justification. */
  readonly message?: { readonly channel: string; readonly ts: string };
}

export interface Forms {
  /** `false`: Slack doesn't open it, because its three seconds are over, say. */
  readonly open: (triggerId: string, kept: Place, prefill?: Prefill) => Promise<boolean>;
  /** Something was chosen: what it offers and what will happen are drawn anew. */
  readonly refresh: (viewId: string, filled: Filled, kept: Place, problems?: readonly string[]) => Promise<void>;
  /** The form as it is for these choices, before anything was looked up. */
  readonly draw: (filled: Filled, kept: Place, problems?: readonly string[]) => ReturnType<typeof drawForm>;
  /** Shows this in its place, and nothing that was begun before. */
  readonly replace: (viewId: string, view: ReturnType<typeof drawForm>) => Promise<void>;
  readonly machineOf: (key: string) => Offer["machine"] | undefined;
}

export const createForms = (deps: OpenFormDeps): Forms => {
  const { client, machines, policy, hasAddressPage, answers, log } = deps;
  const inTurn = createTurns();
  /** Of each form the number of its latest change: what was begun for an earlier one isn't shown any more. */
  const latest = new Map<string, number>();
  let count = 0;

  const offerOf = (filled: Filled): Offer | undefined => offerFor(machineOf(filled.machine, machines), policy());
  const fit = (filled: Filled, offer: Offer | undefined): Filled =>
    offer === undefined ? filled : fitted(filled, offer, hasAddressPage);

  const begin = (viewId: string): number => {
    count += 1;
    latest.set(viewId, count);
    return count;
  };
  const show = (viewId: string, change: number, view: ReturnType<typeof drawForm>): Promise<void> =>
    inTurn(viewId, async () => {
      if (latest.get(viewId) !== change) return;
      try {
        await client.views.update({ view_id: viewId, view });
      } catch (error) {
        // They closed it meanwhile.
        if (slackErrorCode(error) !== "not_found") log({ error, doing: "show what will happen in the form" });
      }
    });

  /** What is to be said below the fields; a whole note when there is nothing to fill in for this person. */
  const lookAhead = async (
    filled: Filled,
    offer: Offer | undefined,
    kept: Place,
  ): Promise<{ readonly foretold: readonly string[] } | { readonly note: Drawn }> => {
    if (offer === undefined) {
      const why = await deps.chooseMachines.whyNothing(kept.user);
      if (why === "no-machine") return { note: drawn(NO_MACHINE) };
      if (why !== undefined) return { note: answers.refusals([why]) };
      return { foretold: filled.machine === "" ? CHOOSE_FIRST : NOT_THERE };
    }
    const missing = unfinished(filled);
    if (missing !== undefined) return { foretold: missing };
    const ask = askOf(filled, offer.machine, machines, kept);
    const outcome = await answers.orCannotCheck("foretell", () => deps.foretell(ask, kept.user), "ask");
    const foretold = isRefusal(outcome) ? ({ kind: "refused", refusals: [outcome] } as const) : outcome;
    if (foretold.kind === "refused" && foretold.refusals.some(({ code }) => PERSONS.has(code)))
      return { note: answers.refusals(foretold.refusals) };
    return { foretold: foretoldText(foretold, kept.user, { now: deps.clock.now(), zone: deps.zone() }) };
  };

  const complete = async (
    viewId: string,
    filled: Filled,
    kept: Place,
    problems: readonly string[],
    isDrawn: boolean,
  ): Promise<void> => {
    const change = begin(viewId);
    const offer = offerOf(filled);
    const fitting = fit(filled, offer);
    const draw = (foretold: readonly string[]) =>
      drawForm({ kept, filled: fitting, offer, hasAddressPage, foretold, problems });
    const ahead = lookAhead(fitting, offer, kept);
    // What a machine offers is known at once; what will happen may take a moment.
    const soon = await orAborted(ahead, AbortSignal.timeout(AT_ONCE_MS)).catch(() => undefined);
    if (soon === undefined && !isDrawn) await show(viewId, change, draw(ONE_MOMENT));
    const looked = await ahead;
    const isShown = "foretold" in looked && looked.foretold === CHOOSE_FIRST && isDrawn;
    if (!isShown) await show(viewId, change, "note" in looked ? drawNote(looked.note) : draw(looked.foretold));
    if (latest.get(viewId) === change) latest.delete(viewId);
  };

  const fromRequest = async (id: RequestId, user: string): Promise<Filled> => {
    const request = await orAborted(deps.request(id), AbortSignal.timeout(SECOND)).catch(() => undefined);
    const current = policy();
    if (request === undefined || current === undefined) return EMPTY;
    const offer = offerFor(machines.byId(request.machine.id), current);
    return offer === undefined ? EMPTY : prefilled(request, offer, current, request.requester.user === user);
  };

  /** Absent where Slack doesn't say it: the form is of use without. */
  const linkTo = async ({ channel, ts }: NonNullable<Prefill["message"]>): Promise<string | undefined> => {
    try {
      return (await client.chat.getPermalink({ channel, message_ts: ts })).permalink;
    } catch (error) {
      log({ error, doing: "find the link to a message" });
      return undefined;
    }
  };

  const draw: Forms["draw"] = (filled, kept, problems = []) => {
    const offer = offerOf(filled);
    const foretold = filled.machine === "" ? CHOOSE_FIRST : ONE_MOMENT;
    return drawForm({ kept, filled: fit(filled, offer), offer, hasAddressPage, foretold, problems });
  };

  return {
    draw,
    machineOf: (key) => machineOf(key, machines),
    refresh: (viewId, filled, kept, problems = []) => complete(viewId, filled, kept, problems, false),
    replace: async (viewId, view) => {
      const change = begin(viewId);
      await show(viewId, change, view);
      latest.delete(viewId);
    },
    open: async (triggerId, kept, { requestId, message } = {}) => {
      const filled = requestId === undefined ? EMPTY : await fromRequest(requestId, kept.user);
      let viewId: string | undefined;
      try {
        viewId = (await client.views.open({ trigger_id: triggerId, view: draw(filled, kept) })).view?.id;
      } catch (error) {
        log({ error, doing: "open the form" });
      }
      if (viewId === undefined) return false;
      const link = message === undefined ? undefined : await linkTo(message);
      await complete(viewId, filled, link === undefined ? kept : { ...kept, link }, [], link === undefined);
      return true;
    },
  };
};

const PERSONS: ReadonlySet<string> = new Set(["person-unknown", "person-standing", "policy-unreadable"]);
const NO_MACHINE = "There is no machine that you may ask for. Whoever looks after the policy can add you to a list.";
const NOT_THERE = ["That machine isn't there any more, or no rule of the policy is about it. Choose another one."];
const AT_ONCE_MS = 200;
