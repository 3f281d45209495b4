/** Clicks for which Slack sends no `response_url`: Bolt hands on no `respond` then, and they are answered all the same. */

import type { App } from "@slack/bolt";
import { expect, test } from "vitest";
import { refuse } from "../../../src/access/refusal.ts";
import { listenForAddress } from "../../../src/slack/address/listen.ts";
import { createAnswers } from "../../../src/slack/answer.ts";
import { drawn } from "../../../src/slack/blocks.ts";
import { listenForLockdown } from "../../../src/slack/lockdown/listen.ts";
import { listenForProtections } from "../../../src/slack/protecting/listen.ts";
import { NOW } from "../../contracts/samples.ts";
import { createManualClock } from "../../fakes/manual-clock.ts";

type Click = (clicked: object) => Promise<void>;

const setup = () => {
  const listeners = new Map<string, Click>();
  const app = {
    action: ({ action_id: id }: { readonly action_id: string }, listener: Click) => listeners.set(id, listener),
  } as unknown as App;
  const problems: unknown[] = [];
  const clock = createManualClock(NOW);
  const zone = () => "utc";
  const answers = createAnswers({
    endEarly: async () => refuse("policy-unreadable", {}),
    recordRefusal: { ofAsk: async () => undefined, ofReview: async () => undefined },
    clock,
    zone,
    offersLinking: () => false,
    log: (problem) => problems.push(problem),
  });
  const no = async () => refuse("policy-unreadable", {});
  listenForAddress(app, {
    answers,
    addressAnswers: { whereFor: async () => drawn("not here"), moved: async () => drawn("Where are you now?") },
  });
  const reasons = { keep: async () => undefined, find: async () => "" };
  listenForLockdown(app, { survey: no, begin: no, lift: no, reasons, answers, clock, zone });
  listenForProtections(app, {
    answers,
    protectMachine: { protect: no, confirm: no, leave: no } as never,
    overruleUndercut: { overrule: no, accept: no } as never,
  });
  const shown: string[] = [];
  const client = { views: { open: async ({ view }: { readonly view: object }) => shown.push(JSON.stringify(view)) } };
  return {
    shown,
    problems,
    press: (id: string) =>
      listeners.get(id)?.({
        ack: async () => undefined,
        action: { value: "k7f3q2xd" },
        body: { user: { id: "U0DEV1" }, trigger_id: "t" },
        client,
        respond: undefined,
      }),
  };
};

test.each([
  "grant.moved",
  "lockdown.begin",
  "lockdown.lift",
  "machine.protect",
  "undercut.overrule",
  "undercut.accept",
])("%s says in a window what came of it", async (id) => {
  const { press, shown, problems } = setup();
  await press(id);
  expect(problems).toEqual([]);
  expect(shown).toHaveLength(1);
});
