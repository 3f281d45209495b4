/** Past asks, from audit events as the bot prints them: a line of JSON each. */

import type { AuditEvent } from "../audit/event.ts";

export type JudgedEvent = Extract<AuditEvent, { kind: "request.judged" }>;

export interface JudgedLog {
  /** The oldest first, each once. */
  readonly events: readonly JudgedEvent[];
  /** Lines that should have been one and couldn't be read, by number from one. */
  readonly unreadable: readonly number[];
}

/** Whether any line is an audit event at all: a log without asks is one thing, and a file that is no log another. */
export const holdsEvents = (text: string): boolean => /"kind"\s*:\s*"[a-z-]+\.[a-z-]+"/u.test(text);

/** Other events, and lines that aren't JSON at all (a log may have others between), are passed over. */
export const readJudgedLog = (text: string): JudgedLog => {
  const unreadable: number[] = [];
  const events = text.split("\n").flatMap((line, index) => {
    if (!line.includes("request.judged")) return [];
    const event = readLine(line);
    if (event === undefined) unreadable.push(index + 1);
    return event ?? [];
  });
  return { events: inOrder(events), unreadable };
};

export const inOrder = (events: readonly JudgedEvent[]): readonly JudgedEvent[] =>
  [...new Map(events.map((event) => [event.id, event])).values()].toSorted((a, b) => a.at - b.at);

export const isJudged = (value: unknown): value is JudgedEvent => {
  const { kind, id, at, requester, asked, codes } = fieldsOf(value);
  if (kind !== "request.judged" || typeof id !== "string" || typeof at !== "number" || !Array.isArray(codes))
    return false;
  if (typeof fieldsOf(requester)["user"] !== "string") return false;
  const facts = fieldsOf(asked);
  const machine = fieldsOf(facts["machine"]);
  const lists = [facts["services"], facts["sources"], facts["groups"], facts["lookedUp"], facts["away"]];
  const maps = [facts["onCall"], facts["approvers"], facts["usage"], machine["tags"]];
  return (
    typeof machine["name"] === "string" &&
    typeof facts["durationMs"] === "number" &&
    lists.every(Array.isArray) &&
    maps.every((map) => typeof map === "object" && map !== null)
  );
};

const readLine = (line: string): JudgedEvent | undefined => {
  try {
    // Containers' logs put a time and a stream before each line.
    const value: unknown = JSON.parse(line.slice(Math.max(0, line.indexOf("{"))));
    // In an export it stands beside its hash.
    const event = fieldsOf(value)["event"] ?? value;
    return isJudged(event) ? event : undefined;
  } catch {
    return undefined;
  }
};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
