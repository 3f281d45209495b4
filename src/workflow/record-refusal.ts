/** What was refused goes into the audit log too: who tries what is as telling as who gets it. */

import type { RequestId } from "../access/identifier.ts";
import type { Person } from "../access/person.ts";
import type { Refusal } from "../access/refusal.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { WorkflowDeps } from "./deps.ts";

/**
 * Whoever is refused doesn't wait for the record: what keeps it from being written may be what they were refused for.
 * Both throw a `Fault` when it can't be.
 */
export interface RecordRefusal {
  /** `text` is what was typed or clicked. */
  readonly ofAsk: (user: string, text: string, refusals: readonly Refusal[]) => Promise<void>;
  readonly ofReview: (user: string, id: RequestId, verdict: RefusedVerdict, refusal: Refusal) => Promise<void>;
}

export type RefusedVerdict = Extract<AuditEvent, { kind: "review.refused" }>["verdict"];

export const createRecordRefusal = ({
  auditLog,
  directory,
  clock,
  newId,
}: Pick<WorkflowDeps, "auditLog" | "directory" | "clock" | "newId">): RecordRefusal => {
  /** Their team is left empty where Slack doesn't know them, or can't be asked, which may be why they were refused. */
  const whoever = async (user: string, refusals: readonly Refusal[]): Promise<Person> => {
    const isAway = refusals.some((refusal) => refusal.code === "cannot-check");
    const facts = isAway ? undefined : await directory.lookUp(user).catch(() => undefined);
    return facts?.person ?? { team: "", user };
  };

  return {
    ofAsk: async (user, text, refusals) => {
      const requester = await whoever(user, refusals);
      const codes = refusals.map((refusal) => refusal.code);
      const facts = { requester, text: text.slice(0, LONGEST_TEXT), codes };
      await auditLog.append(auditEvent("request.refused", newId(), clock.now(), requester, facts));
    },
    ofReview: async (user, requestId, verdict, refusal) => {
      const reviewer = await whoever(user, [refusal]);
      const facts = { requestId, reviewer, verdict, code: refusal.code };
      await auditLog.append(auditEvent("review.refused", `${requestId}/${newId()}`, clock.now(), reviewer, facts));
    },
  };
};

const LONGEST_TEXT = 1_000;
