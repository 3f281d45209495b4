/** The form: opened from a command, a shortcut, a message or a button; filled in, sent, answered. Decides nothing. */

import type { App, BlockAction } from "@slack/bolt";
import type { RequestId } from "../../access/identifier.ts";
import { orAborted } from "../../access/or-aborted.ts";
import { isRefusal, type Refusal } from "../../access/refusal.ts";
import type { Ask, SubmitRequest } from "../../workflow/submit-request.ts";
import type { AddressAnswers } from "../address/answers.ts";
import { showAsk } from "../ask-text.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { drawAsked } from "../private-texts.ts";
import { machineOption } from "./choices.ts";
import { drawNote, FORM } from "./draw-form.ts";
import { fieldErrors } from "./field-errors.ts";
import { askOf, FIELD_ID, fieldId, placeOf, readFilled, readKept, tooLong } from "./fields.ts";
import { createForms, type OpenFormDeps, type Prefill } from "./open-form.ts";
import { createSayPrivately } from "./say-privately.ts";

interface FormDeps extends OpenFormDeps {
  readonly submitRequest: SubmitRequest;
  readonly addressAnswers: Pick<AddressAnswers, "whereFor">;
}

/** From where somebody wants to ask: what they did, and where they are told what came of it. */
export interface Opening {
  readonly user: string;
  readonly triggerId: string;
  /** Absent: a direct message. */
  readonly channel?: string;
}

/** Opens the form at once; whom Slack doesn't open it for is told. */
export type OpenForm = (opening: Opening, prefill?: Prefill) => Promise<void>;

export const listenForForm = (app: App, deps: FormDeps): OpenForm => {
  const { client, answers, chooseMachines, log } = deps;
  const forms = createForms(deps);
  const sayPrivately = createSayPrivately(client, log);

  const openForm: OpenForm = async ({ user, triggerId, channel }, prefill) => {
    const kept = { user, ...(channel === undefined ? {} : { channel }) };
    if (!(await forms.open(triggerId, kept, prefill))) await sayPrivately(user, channel, drawn(NOT_OPENED));
  };

  app.shortcut({ type: "shortcut", callback_id: "access.request" }, async ({ ack, shortcut }) => {
    await ack();
    await openForm({ user: shortcut.user.id, triggerId: shortcut.trigger_id });
  });

  app.shortcut({ type: "message_action", callback_id: "access.request-for-message" }, async ({ ack, shortcut }) => {
    await ack();
    const channel = shortcut.channel.id;
    const message = { channel, ts: shortcut.message_ts };
    await openForm({ user: shortcut.user.id, triggerId: shortcut.trigger_id, channel }, { message });
  });

  app.action<BlockAction>({ type: "block_actions", action_id: "request.again" }, async ({ ack, action, body }) => {
    await ack();
    if (action.type !== "button" || action.value === undefined) return;
    const channel = body.channel?.id;
    const opening = { user: body.user.id, triggerId: body.trigger_id };
    await openForm(
      { ...opening, ...(channel === undefined ? {} : { channel }) },
      { requestId: action.value as RequestId },
    );
  });

  // On the Home, where nothing is to be asked again.
  app.action<BlockAction>({ type: "block_actions", action_id: "form.open" }, async ({ ack, body }) => {
    await ack();
    await openForm({ user: body.user.id, triggerId: body.trigger_id });
  });

  app.options<"block_suggestion">(
    { type: "block_suggestion", action_id: fieldId("machine") },
    async ({ ack, payload, body }) => {
      const found = await answers.orCannotCheck("suggest machines", () =>
        chooseMachines.suggest(payload.value, body.user.id),
      );
      const options = isRefusal(found)
        ? []
        : found.map(({ machine, asked }) => machineOption(machine, asked === 0 ? "" : "you asked for it lately"));
      await ack({ options });
    },
  );

  app.action<BlockAction>({ type: "block_actions", action_id: FIELD_ID }, async ({ ack, body }) => {
    await ack();
    const { view, user } = body;
    const kept = view === undefined ? undefined : readKept(view.private_metadata);
    if (view === undefined || kept?.user !== user.id) return;
    await forms.refresh(view.id, readFilled(view.state.values), placeOf(kept));
  });

  app.view(FORM, async ({ ack, view, body }) => {
    const user = body.user.id;
    const kept = readKept(view.private_metadata);
    // Slack lets nobody send another's form; if it ever did, it would be them who asked.
    if (kept?.user !== user) return ack({ response_action: "update", view: drawNote(drawn(NOT_YOURS)) });
    const values = view.state.values;
    const filled = readFilled(values);
    const place = placeOf(kept);
    const machine = forms.machineOf(filled.machine);
    // They were quicker than we: the fields are those of another machine, or of none.
    if (machine === undefined || kept.machine !== filled.machine) {
      await ack({ response_action: "update", view: forms.draw(filled, place) });
      return forms.refresh(view.id, filled, place);
    }

    const ask = askOf(filled, machine, deps.machines, kept);
    const work = submit(ask, user);
    const soon = await orAborted(work, AbortSignal.timeout(ACK_WITHIN_MS)).catch(() => undefined);
    const refuse = (refusals: readonly Refusal[]): Drawn => answers.refused(user, showAsk(ask), refusals);
    const problemsOf = (refusals: readonly Refusal[]): readonly string[] => refuse(refusals).text.split("\n");

    if (soon === undefined) {
      await ack({ response_action: "update", view: drawNote(drawn(TAKES_LONGER), place) });
      const outcome = await work;
      if ("refusals" in outcome) return forms.replace(view.id, forms.draw(filled, place, problemsOf(outcome.refusals)));
      await forms.replace(view.id, drawNote(outcome.said));
      return sayPrivately(user, kept.channel, outcome.said);
    }
    if ("refusals" in soon) {
      const situation = { now: deps.clock.now(), zone: deps.zone() };
      const errors = fieldErrors(soon.refusals, values, situation);
      if (errors === undefined)
        return ack({ response_action: "update", view: forms.draw(filled, place, problemsOf(soon.refusals)) });
      refuse(soon.refusals);
      return ack({ response_action: "errors", errors: { ...errors } });
    }
    await ack();
    return sayPrivately(user, kept.channel, soon.said);
  });

  const submit = async (
    ask: Ask,
    user: string,
  ): Promise<{ readonly said: Drawn } | { readonly refusals: readonly Refusal[] }> => {
    const long = tooLong(ask);
    if (long !== undefined) return { refusals: [long] };
    const outcome = await answers.orCannotCheck("submit a request", () => deps.submitRequest(ask, user), "ask");
    if (isRefusal(outcome)) return { refusals: [outcome] };
    if ("refusals" in outcome) return outcome;
    if ("kind" in outcome) return { said: await deps.addressAnswers.whereFor(user, showAsk(ask), outcome.ask) };
    return { said: drawAsked(outcome, deps.clock.now(), deps.zone()) };
  };

  return openForm;
};

/** A little less than the three seconds after which Slack says that it had trouble. */
const ACK_WITHIN_MS = 2_000;

const NOT_OPENED =
  "Slack didn't open the form in time. Type `/jit` again, or all in one line: `/jit ssh prod-vm-3 2h because INC-1042 disk full`";
const NOT_YOURS = "This form is somebody else's. Type `/jit` for one of your own.";
const TAKES_LONGER = "One moment: this takes longer than usual. I say here what comes of it; `/jit list` shows it too.";
