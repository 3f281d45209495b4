/** Tells from the bot's audit log who asked for what and what came of it. */

import type { AuditEvent } from "../../../audit/event.ts";
import type { Access } from "./shown.ts";

export const accessesIn = (events: readonly AuditEvent[]): readonly Access[] => {
  const accesses = new Map<string, Access>();
  for (const event of events) {
    if (!("machine" in event) || !("requester" in event) || !("sources" in event) || !("requestId" in event)) continue;
    const id = "grantId" in event ? event.grantId : event.requestId;
    const before = accesses.get(id) ?? NEW;
    const change = changeBy(event, before);
    if (change === undefined) continue;
    accesses.set(id, {
      ...before,
      id,
      user: event.requester.user,
      machineId: event.machine.id,
      ports: event.ports.map(({ port }) => port),
      sources: event.sources,
      ...change,
    });
    // A request for more time ends in the access that it was for.
    if (event.kind === "grant.extended" && event.asked !== undefined) {
      const asked = accesses.get(event.asked);
      if (asked !== undefined) accesses.set(event.asked, { ...asked, overAt: event.at });
    }
  }
  return [...accesses.values()];
};

const NEW = {
  answerBy: undefined,
  approvedAt: undefined,
  openedAt: undefined,
  expiresAt: undefined,
  revokedAt: undefined,
  overAt: undefined,
};

const changeBy = (event: AuditEvent, before: typeof NEW | Access): Partial<Access> | undefined => {
  switch (event.kind) {
    case "request.submitted":
      return { answerBy: event.answerBy };
    case "request.narrowed":
      return {};
    case "request.approved":
    case "break-glass.used":
      return { approvedAt: event.at, expiresAt: event.expiresAt };
    case "grant.opened":
    case "grant.adopted":
      // One that is adopted was approved in a life that nobody remembers.
      return { approvedAt: before.approvedAt ?? event.at, openedAt: event.at, expiresAt: event.expiresAt };
    case "grant.extended":
    case "grant.moved":
      return { expiresAt: event.expiresAt };
    case "grant.revoked":
      return { revokedAt: event.at };
    case "request.denied":
    case "request.withdrawn":
    case "request.lapsed":
    case "grant.failed":
    case "grant.ended":
      return { overAt: event.at };
    default:
      return undefined;
  }
};
