/** Somebody tries what they may not: what they are told, and that nothing else came of it. */

import { expect } from "vitest";
import type { RefusalCode } from "../../src/access/refusal.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { plainText } from "../../src/sandbox/slack/plain-text.ts";
import { CHANNELS, type InsideStage, PEOPLE } from "./stage.ts";

export interface InVain {
  /** The one private answer, as its reader sees it. */
  readonly answer: string;
  readonly codes: readonly RefusalCode[];
}

/** Types `/jit …`; fails unless exactly one private answer and one audit event came of it, and nothing that others see or a cloud notices. */
export const typeInVain = async (stage: InsideStage, user: string, text: string): Promise<InVain> => {
  const { answer, event } = await watch(stage, user, async () => {
    const ack = await stage.slack.command({ user, channel: CHANNELS.access, text });
    expect(ack.outcome).toBe("ok");
  });
  if (event.kind !== "request.refused") throw new Error(`audited as ${event.kind}`);
  expect(event.requester.user).toBe(user);
  expect(event.text).toBe(text.slice(0, 1_000));
  return { answer, codes: event.codes };
};

/** Presses a button on a request's card, likewise. */
export const clickInVain = async (
  stage: InsideStage,
  user: string,
  requestId: string,
  label: string,
): Promise<InVain> => {
  const { answer, event } = await watch(stage, user, async () => {
    await stage.click(user, requestId, label);
  });
  if (event.kind === "request.refused") {
    // Closing and withdrawing can be typed too, and are recorded as if they were.
    expect(event.text).toBe(`close ${requestId}`);
    expect(event.requester.user).toBe(user);
    return { answer, codes: event.codes };
  }
  if (event.kind !== "review.refused") throw new Error(`audited as ${event.kind}`);
  expect(event.reviewer.user).toBe(user);
  expect(event.requestId).toBe(requestId);
  return { answer, codes: [event.code] };
};

const watch = async (
  stage: InsideStage,
  user: string,
  act: () => Promise<void>,
): Promise<{ answer: string; event: AuditEvent }> => {
  const before = { answers: answersTo(stage, user).length, events: eventsOf(stage).length, effects: effects(stage) };
  await act();
  const news = (): readonly AuditEvent[] => eventsOf(stage).slice(before.events);
  await stage.until(
    `${user} is answered and it is audited`,
    () => answersTo(stage, user).length > before.answers && news().length > 0,
  );
  const answers = answersTo(stage, user).slice(before.answers);
  expect(answers).toHaveLength(1);
  expect(effects(stage)).toEqual(before.effects);
  const [event, ...others] = news();
  expect(others).toEqual([]);
  if (event === undefined) throw new Error("nothing was audited");
  return { answer: answers[0] ?? "", event };
};

/** What only this person was told in the access channel; what a deactivated one would have read, too. */
export const answersTo = (stage: InsideStage, user: string): readonly string[] => {
  const { people, messages } = stage.slack;
  const nameOf = (id: string): string | undefined =>
    people.user(id)?.name ?? people.groups().find((group) => group.id === id)?.handle;
  const reader = { nameOf, timezone: people.user(user)?.tz ?? "UTC", now: stage.clock.now() };
  return messages(CHANNELS.access)
    .filter(({ onlyFor }) => onlyFor === user)
    .map((message) => plainText(message, reader));
};

/** Everything that others can see and every write that a cloud was asked for. */
export const effects = ({ slack, azure, ec2 }: InsideStage): readonly string[] => [
  ...[...Object.values(CHANNELS), ...Object.values(PEOPLE)].flatMap((place) =>
    slack
      .messages(place)
      .filter(({ onlyFor }) => onlyFor === undefined)
      .map(({ ts, text, history }) => `${place} ${ts} ${history.length} ${text}`),
  ),
  ...azure.calls.filter(({ method }) => method !== "GET").map(({ method, path, at }) => `${method} ${path} ${at}`),
  ...ec2
    .calls()
    .filter(({ action }) => !/^(?:Describe|Get)/u.test(action))
    .map(({ name, at }) => `${name} ${at}`),
];

/** What was known when somebody asked goes on record beside what came of it. */
const eventsOf = ({ bots }: InsideStage): readonly AuditEvent[] =>
  bots.flatMap(({ events }) => events).filter(({ kind }) => kind !== "request.judged");
