/** `/jit audit`: who could reach what, and how that came and went. */

import { parseDuration } from "../access/duration.ts";
import { samePerson } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { DAY, type DurationMs, type EpochMs, later } from "../access/time.ts";
import { type AccessRow, createAccessRows } from "../audit/access-rows.ts";
import type { AccessFacts, AuditEvent } from "../audit/event.ts";
import { fitsGlob } from "../policy/match.ts";
import type { WorkflowDeps } from "./deps.ts";
import { memberOf } from "./standing.ts";

/** As typed. */
export interface AskedAccesses {
  /** A name, or a pattern with `*`. */
  readonly machine: string | undefined;
  /** A Slack user id, or a name. */
  readonly person: string | undefined;
  /** `7d`; seven days when left out. */
  readonly period: string | undefined;
}

export interface AccessList {
  /** The latest first. */
  readonly rows: readonly AccessRow[];
  readonly periodMs: DurationMs;
  /** They asked for more than is looked back. */
  readonly isShortened: boolean;
  /** Only their own. */
  readonly isOwn: boolean;
  /** The log was too long: what happened before isn't among these. */
  readonly cutAt: EpochMs | undefined;
  /** What people are called, by Slack id; of some. */
  readonly names: ReadonlyMap<string, string>;
}

/** Auditors see everybody's, others their own. Throws a `Fault` when something that has to be known can't be. */
export type ListAccesses = (asked: AskedAccesses, user: string) => Promise<AccessList | Refusal>;

export interface ListAccessesDeps extends Pick<WorkflowDeps, "ledger" | "directory" | "policy" | "clock"> {
  /** Names of roles. */
  readonly auditRoles: () => readonly string[];
  /** All events, the latest first. */
  readonly readBack: () => AsyncIterable<readonly AuditEvent[]>;
}

export const createListAccesses =
  (deps: ListAccessesDeps): ListAccesses =>
  async ({ machine, person, period = "7d" }, user) => {
    const periodMs = parseDuration(period);
    if (isRefusal(periodMs)) return periodMs;
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const roles = deps.auditRoles();
    const member = await memberOf(user, policy, deps.directory, { roles });
    if (isRefusal(member)) return member;
    const own = member.facts.person;
    const isAuditor = roles.some((role) => member.roles.has(role));
    const whom = person ?? (machine !== undefined && isUserId(machine) ? machine : undefined);
    const isThemselves = whom === own.user || whom?.toLowerCase() === member.facts.name.toLowerCase();
    if (!isAuditor && whom !== undefined && !isThemselves) return refuse("not-auditor", { roles });

    const isOwn = !isAuditor || (whom !== undefined && isThemselves);
    const isWanted = (facts: AccessFacts): boolean => {
      if (isOwn && !samePerson(facts.requester, own)) return false;
      if (!isOwn && whom !== undefined && isUserId(whom) && facts.requester.user !== whom) return false;
      return machine === undefined || machine === whom || isCalled(facts.machine, machine);
    };
    const looksBack = Math.min(periodMs, LONGEST_PERIOD) as DurationMs;
    const read = await readRows(deps, isWanted, later(deps.clock.now(), -looksBack as DurationMs));
    const names = await namesOf(read.rows, deps.directory);
    const isNamed = whom !== undefined && !isOwn && !isUserId(whom);
    const rows = isNamed ? read.rows.filter(({ requester }) => isName(names.get(requester.user), whom)) : read.rows;
    if (isNamed && rows.length === 0) return refuse("somebody-unknown", { text: whom });
    return { ...read, rows, names, isOwn, periodMs: looksBack, isShortened: looksBack < periodMs };
  };

/** Back to `since`, and on until the beginning of everything that goes on or ended after it was seen. */
const readRows = async (
  { readBack, ledger, clock }: ListAccessesDeps,
  isWanted: (facts: AccessFacts) => boolean,
  since: EpochMs,
): Promise<Pick<AccessList, "rows" | "cutAt">> => {
  const live = (await ledger.liveGrants()).filter(isWanted).map(({ requestId }) => requestId);
  const going = new Set(live);
  const rows = createAccessRows(isWanted);
  let count = 0;
  for await (const page of readBack()) {
    for (const event of page) {
      const isNew =
        event.at >= since || ("requestId" in event && event.requestId !== undefined && going.has(event.requestId));
      rows.add(event, isNew);
    }
    count += page.length;
    const oldest = page.at(-1)?.at ?? since;
    if (oldest < since && (oldest < later(since, -LONGEST_ACCESS as DurationMs) || isEverythingWhole())) break;
    if (count >= MOST_EVENTS) return { rows: rows.rows(clock.now()), cutAt: oldest };
  }
  return { rows: rows.rows(clock.now()), cutAt: undefined };

  function isEverythingWhole(): boolean {
    return !rows.isLacking() && live.every((id) => rows.has(id));
  }
};

const namesOf = async (
  rows: readonly AccessRow[],
  { lookUp }: WorkflowDeps["directory"],
): Promise<ReadonlyMap<string, string>> => {
  const users = new Set(rows.flatMap(({ requester, approvers }) => [requester.user, ...approvers.map((p) => p.user)]));
  const found = await Promise.all(
    [...users].slice(0, MOST_NAMED).map(async (user) => {
      const facts = await lookUp(user).catch(() => undefined);
      return facts === undefined ? [] : [[user, facts.name] as const];
    }),
  );
  return new Map(found.flat());
};

const isUserId = (text: string): boolean => /^[UW][A-Z0-9]+$/u.test(text) && /\d/u.test(text);

const isName = (name: string | undefined, typed: string): boolean => name?.toLowerCase() === typed.toLowerCase();

const isCalled = ({ name, id }: AccessFacts["machine"], typed: string): boolean => {
  const wanted = typed.toLowerCase();
  return name.toLowerCase() === wanted || id.toLowerCase() === wanted || fitsGlob(wanted, name);
};

const LONGEST_PERIOD = (90 * DAY) as DurationMs;
const LONGEST_ACCESS = (35 * DAY) as DurationMs;
const MOST_EVENTS = 500_000;
/** `users.info` allows a hundred calls a minute, and every one of them may be needed to decide something. */
const MOST_NAMED = 15;
