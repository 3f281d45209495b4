/** A PagerDuty on this machine, as far as `GET /oncalls`: https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls */

import type { Clock } from "../../access/time.ts";
import { type OnCallServer, type Reply, serveOnCall } from "./on-call-server.ts";

export interface Shift {
  readonly user: string;
  /** Without one: they are on call by the escalation policy itself, always. */
  readonly schedule?: string;
  /** `1` without it. */
  readonly level?: number;
  /** Epoch milliseconds; without them: always. */
  readonly from?: number;
  readonly until?: number;
}

export interface PagerDutyOptions {
  readonly token: string;
  readonly clock: Clock;
  readonly shifts?: readonly Shift[];
  /** The most entries in one answer, to see callers follow `more`. */
  readonly largestPage?: number;
}

export interface PagerDutyServer extends OnCallServer {
  /** Who is on call from now on, instead of those before. */
  readonly setShifts: (shifts: readonly Shift[]) => void;
}

export const createPagerDuty = async (options: PagerDutyOptions): Promise<PagerDutyServer> => {
  const { token, clock, largestPage = 100 } = options;
  let { shifts = [] } = options;

  const listOnCalls = (query: URLSearchParams): Reply => {
    const since = instant(query.get("since"), clock.now());
    const until = instant(query.get("until"), clock.now());
    const limit = Number(query.get("limit") ?? 25);
    const offset = Number(query.get("offset") ?? 0);
    const errors = [
      ...(Number.isNaN(since) || Number.isNaN(until) ? ["Since and until must be dates."] : []),
      ...(until < since ? ["Until must be after since."] : []),
      ...(limit >= 1 && limit <= 100 ? [] : ["Limit must be between 1 and 100."]),
      ...(offset >= 0 ? [] : ["Offset must not be negative."]),
    ];
    if (errors.length > 0) return refused(400, 2001, "Invalid Input Provided", errors);
    const wanted = query.getAll("schedule_ids[]");
    const found = shifts.filter(
      ({ schedule, from = 0, until: end = Number.POSITIVE_INFINITY }) =>
        (wanted.length === 0 || wanted.includes(schedule ?? "")) && from <= until && end > since,
    );
    const most = Math.min(limit, largestPage);
    return {
      status: 200,
      body: {
        oncalls: found.slice(offset, offset + most).map(entryOf),
        limit: most,
        offset,
        total: null,
        more: offset + most < found.length,
      },
    };
  };

  const server = await serveOnCall(
    (url, { method, headers }) => {
      if (headers.authorization !== `Token token=${token}`) {
        return refused(401, 2006, "Authentication failed");
      }
      if (!/^application\/vnd\.pagerduty\+json;\s*version=2$/u.test(headers.accept ?? "")) {
        return refused(400, 2001, "Invalid Input Provided", ["An API version is required."]);
      }
      if (method !== "GET" || url.pathname !== "/oncalls") return refused(404, 2100, "Not Found");
      return listOnCalls(url.searchParams);
    },
    // https://developer.pagerduty.com/docs/rest-api-rate-limits
    (seconds) => ({ ...refused(429, 2020, "Rate Limit Exceeded"), headers: { "ratelimit-reset": String(seconds) } }),
  );
  return {
    ...server,
    setShifts: (others) => {
      shifts = others;
    },
  };
};

const entryOf = ({ user, schedule, level = 1, from, until }: Shift) => ({
  escalation_policy: reference("escalation_policy", "PPOLICY"),
  escalation_level: level,
  schedule: schedule === undefined ? null : reference("schedule", schedule),
  user: reference("user", user),
  start: from === undefined ? null : new Date(from).toISOString(),
  end: until === undefined ? null : new Date(until).toISOString(),
});

const reference = (kind: string, id: string) => ({
  id,
  type: `${kind}_reference`,
  summary: id,
  self: null,
  html_url: null,
});

/** https://developer.pagerduty.com/docs/errors */
const refused = (status: number, code: number, message: string, errors: readonly string[] = []): Reply => ({
  status,
  body: { error: { message, code, errors } },
});

const instant = (text: string | null, otherwise: number): number => (text === null ? otherwise : Date.parse(text));
