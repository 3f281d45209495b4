/** The cards in direct messages to approvers who don't read the channel: changed for as long as there is something to answer, and once more then. */

import type { AuditEvent } from "../audit/event.ts";
import type { Card } from "./notice.ts";
import { type Delivery, USUAL } from "./outbox.ts";

const KINDS = [
  "approvers.told",
  "request.narrowed",
  "review.given",
  "request.approved",
  "request.denied",
  "request.withdrawn",
  "request.lapsed",
] as const satisfies readonly AuditEvent["kind"][];

type AboutAsk = Extract<AuditEvent, { kind: (typeof KINDS)[number] }>;

export const isAboutAsk = (event: AuditEvent): event is AboutAsk => KINDS.some((kind) => kind === event.kind);

/** `users`: all who were told directly so far. */
export const directCards = ({ requestId }: AboutAsk, users: readonly string[]): readonly Delivery[] =>
  [...new Set(users)].map((user) => ({
    id: `asked/${requestId}/${user}`,
    destination: user,
    urgency: USUAL,
    kind: "card",
    body: { kind: "card", requestId, to: user } satisfies Card,
  }));
