/** A refused ask goes into the audit log too: who tries what is as telling as who gets it. */

import type { Refusal } from "../access/refusal.ts";
import type { WorkflowDeps } from "./deps.ts";

/** Throws a `Fault` when it can't be written. */
export type RecordRefusal = (user: string, text: string, refusals: readonly Refusal[]) => Promise<void>;

export const createRecordRefusal =
  ({
    auditLog,
    directory,
    clock,
    newId,
  }: Pick<WorkflowDeps, "auditLog" | "directory" | "clock" | "newId">): RecordRefusal =>
  async (user, text, refusals) => {
    // That Slack can't say who it was may be why it was refused: then asking again would only keep the record waiting.
    const isAway = refusals.some((refusal) => refusal.code === "cannot-check");
    const facts = isAway ? undefined : await directory.lookUp(user).catch(() => undefined);
    const requester = facts?.person ?? { team: "", user };
    await auditLog.append({
      id: `request.refused/${newId()}`,
      at: clock.now(),
      actor: {
        kind: "person",
        person: requester,
      },
      kind: "request.refused",
      requester,
      text: text.slice(0, LONGEST_TEXT),
      codes: refusals.map((refusal) => refusal.code),
    });
  };

const LONGEST_TEXT = 1_000;
