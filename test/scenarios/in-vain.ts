/** Somebody tries what they may not: what they are told, and that nothing else came of it. */

import { expect } from "vitest";
import type { RefusalCode } from "../../src/access/refusal.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { Faults, Misbehaviour } from "../../src/sandbox/faults.ts";
import { plainText } from "../../src/sandbox/slack/plain-text.ts";
import { CHANNELS, type InsideStage, PEOPLE, type Stage } from "./stage.ts";

export interface InVain {
  /** The one private answer, as its reader sees it. */
  readonly answer: string;
  readonly codes: readonly RefusalCode[];
}

/** Types `/jit …`; fails unless exactly one private answer and one audit event of theirs came of it, and nothing that others see or a cloud notices. */
export const typeInVain = async (stage: InsideStage, user: string, text: string): Promise<InVain> => {
  const before = new Set(eventsOf(stage).map(requestOf));
  const isAbout = (event: AuditEvent): boolean =>
    "requester" in event && event.requester.user === user && !before.has(requestOf(event));
  const { answer, event } = await watch(stage, user, isAbout, async () => {
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
  const isAbout = (event: AuditEvent): boolean => requestOf(event) === requestId && !BY_THE_CLOCK.has(event.kind);
  const { answer, event } = await watch(stage, user, isAbout, async () => {
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

/** Counts what they did, and what `isAbout` says is about it: a minute may begin meanwhile, and others may be heard of. */
const watch = async (
  stage: InsideStage,
  user: string,
  isAbout: (event: AuditEvent) => boolean,
  act: () => Promise<void>,
): Promise<{ answer: string; event: AuditEvent }> => {
  const before = { answers: answersTo(stage, user).length, events: eventsOf(stage).length, effects: effects(stage) };
  await act();
  const news = (): readonly AuditEvent[] =>
    eventsOf(stage)
      .slice(before.events)
      .filter((event) => (event.actor.kind === "person" && event.actor.person.user === user) || isAbout(event));
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

/** Whoever asks an authority first waits until the SDK for it is loaded too, which takes seconds on a busy machine; `text` is refused in any case. */
export const askedInTime = async (stage: Stage, user: string, text: string): Promise<void> => {
  let tries = 0;
  const isAsked = async (): Promise<boolean> => {
    tries += 1;
    return /^(?!.*in time).*(?:AWS|Azure)/u.test(await stage.jit(user, text));
  };
  await stage.until("an authority is asked in time", isAsked, 60_000);
  const refused = () =>
    stage.bots[0].events.filter((event) => event.kind === "request.refused" && event.requester.user === user).length;
  await stage.until("all of that is on record", () => refused() === tries);
};

/**
 * Somebody does what a cloud is asked about, and the cloud misbehaves. `tookMs`: by the times that the cloud was asked first and Slack got the answer, so that only the bot is
 * measured and not this test.
 */
export const askedAndAnswered = async <T>(
  stage: InsideStage,
  user: string,
  faults: Faults,
  calls: RegExp,
  does: Misbehaviour,
  act: () => Promise<T>,
): Promise<{ readonly did: T; readonly tookMs: number }> => {
  let askedAt = Number.NaN;
  const misbehave = (): Misbehaviour => {
    if (Number.isNaN(askedAt)) askedAt = stage.clock.now();
    return does;
  };
  faults.add({ calls, does: misbehave });
  const did = await act().finally(faults.clear);
  const last = stage.slack.messages(CHANNELS.access).findLast(({ onlyFor }) => onlyFor === user);
  return { did, tookMs: Number(last?.ts ?? Number.NaN) * 1_000 - askedAt };
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

/** Come when it is time for them, whatever anybody does. */
const BY_THE_CLOCK: ReadonlySet<AuditEvent["kind"]> = new Set(["approvers.told", "request.reminded", "grant.ending"]);

const requestOf = (event: AuditEvent): string | undefined => ("requestId" in event ? event.requestId : undefined);

/** What was known when somebody asked goes on record beside what came of it. */
const eventsOf = ({ bots }: InsideStage): readonly AuditEvent[] =>
  bots.flatMap(({ events }) => events).filter(({ kind }) => kind !== "request.judged");
