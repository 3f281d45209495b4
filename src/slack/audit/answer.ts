/** `/jit audit`: a short list in the answer, and all of it as a file. */

import { isRefusal, type Refusal } from "../../access/refusal.ts";
import type { Clock } from "../../access/time.ts";
import { accessCsv } from "../../audit/access-csv.ts";
import type { AccessList, AskedAccesses, ListAccesses } from "../../workflow/list-accesses.ts";
import type { LogProblem } from "../answer.ts";
import type { Drawn } from "../blocks.ts";
import type { SendFile } from "./send-file.ts";
import { drawAccesses, type FileOutcome } from "./text.ts";

export interface AuditDeps {
  readonly listAccesses: ListAccesses;
  readonly sendFile: SendFile;
  readonly clock: Clock;
  readonly zone: () => string;
  readonly log: LogProblem;
}

export type AnswerAudit = (asked: AskedAccesses, user: string) => Promise<Drawn | Refusal>;

/** The list doesn't depend on the file: where Slack doesn't take that, the answer says so. */
export const createAnswerAudit =
  ({ listAccesses, sendFile, clock, zone, log }: AuditDeps): AnswerAudit =>
  async (asked, user) => {
    const list = await listAccesses(asked, user);
    if (isRefusal(list)) return list;
    const file = list.rows.length === 0 ? undefined : await send(list, user);
    return drawAccesses(list, asked, file, clock.now(), zone());

    async function send({ rows, names }: AccessList, to: string): Promise<FileOutcome> {
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      const content = accessCsv(rows, (id) => names.get(id));
      const text = `Accesses, as of ${day}: ${rows.length === 1 ? "1 row" : `${rows.length} rows`}. Times are in UTC, lags in seconds.`;
      return sendFile(to, { name: `accesses-${day}.csv`, title: `Accesses ${day}`, content, text }).catch(
        (error: unknown): FileOutcome => {
          log({ error, doing: "send a file" });
          return "failed";
        },
      );
    }
  };
