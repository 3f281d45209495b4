/** The Homes that people opened lately, and which of them an event changes. */

import { type DurationMs, type EpochMs, HOUR, later, MINUTE } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import { type Delivery, USUAL } from "./outbox.ts";

/** What somebody sees in the bot's Home; drawn from how things are when it is sent. */
export interface HomeNotice {
  readonly kind: "home";
  readonly user: string;
}

/** What was drawn on it. */
export interface DrawnHome {
  readonly at: EpochMs;
  /** Whoever it belongs to answers requests of others. */
  readonly answers: boolean;
  /** It shows what is open to everybody. */
  readonly showsAll: boolean;
  /** The first end of something on it. Absent: nothing on it runs out. */
  readonly nextEndAt?: EpochMs;
}

export interface OpenedHome {
  readonly user: string;
  /** Absent: nothing yet. */
  readonly drawn?: DrawnHome;
}

/** Every method throws a `Fault` of code `redis` when memory is away. */
export interface Homes {
  /** Its owner looks at it. */
  readonly opened: (user: string, at: EpochMs) => Promise<void>;
  /** Call it before publishing: what happens meanwhile is then looked at by what is on it. */
  readonly drawn: (user: string, drawn: DrawnHome) => Promise<void>;
  /** Those that were opened after this instant. */
  readonly since: (at: EpochMs) => Promise<readonly OpenedHome[]>;
}

/** Slack tells whenever somebody turns to their Home, and never when they leave it; whoever comes back after that long gets a new one. */
export const REMEMBERED_FOR = (12 * HOUR) as DurationMs;

export const homeDelivery = (user: string): Delivery => ({
  id: `home/${user}`,
  destination: `home/${user}`,
  urgency: USUAL,
  kind: "card",
  body: { kind: "home", user } satisfies HomeNotice,
});

/** Those that may show something else after it. One that wasn't drawn yet may show anything. */
export const homesConcerned = (event: AuditEvent, homes: readonly OpenedHome[]): readonly Delivery[] => {
  const concern = CONCERNS[event.kind];
  if (concern.length === 0) return [];
  const asker = "requester" in event ? event.requester.user : undefined;
  return homes
    .filter(
      ({ user, drawn }) =>
        drawn === undefined ||
        concern.includes("everybody") ||
        (concern.includes("asker") && user === asker) ||
        (concern.includes("answering") && drawn.answers) ||
        (concern.includes("looking-after-all") && drawn.showsAll),
    )
    .map(({ user }) => homeDelivery(user));
};

/**
 * Those whose times are no longer right: minutes matter near an end, later they don't. The longest undrawn first, and no more at once than leave Slack's limit of about a
 * hundred a minute to what really changed. https://docs.slack.dev/reference/methods/views.publish
 */
export const homesToRefresh = (homes: readonly OpenedHome[], now: EpochMs): readonly Delivery[] =>
  homes
    .flatMap(({ user, drawn }) => (drawn !== undefined && now >= refreshAt(drawn, now) ? [{ user, at: drawn.at }] : []))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, REFRESHED_AT_ONCE)
    .map(({ user }) => homeDelivery(user));

const refreshAt = ({ at, nextEndAt, showsAll }: DrawnHome, now: EpochMs): EpochMs => {
  if (nextEndAt !== undefined && nextEndAt <= later(now, NEAR)) return later(at, ALMOST_MINUTE);
  return later(at, nextEndAt !== undefined || showsAll ? SOMETIMES : SELDOM);
};

/** The clock strikes every minute, and a little less than one has passed then since it struck last. */
const ALMOST_MINUTE = (MINUTE - 5_000) as DurationMs;
const NEAR = (15 * MINUTE) as DurationMs;
const SOMETIMES = (5 * MINUTE - 5_000) as DurationMs;
/** Roles change without anybody telling us. */
const SELDOM = (30 * MINUTE) as DurationMs;
const REFRESHED_AT_ONCE = 40;

/** `asker`: whose request or access it is. `answering`: whoever answers requests. `looking-after-all`: security. */
type Concerned = "asker" | "answering" | "looking-after-all" | "everybody";

const PENDING: readonly Concerned[] = ["asker", "answering", "looking-after-all"];
const OPEN: readonly Concerned[] = ["asker", "looking-after-all"];

/** Where nothing that a Home shows changes. */
const NOTHING: readonly Concerned[] = [];

const CONCERNS: Readonly<Record<AuditEvent["kind"], readonly Concerned[]>> = {
  "request.judged": NOTHING,
  "request.submitted": PENDING,
  "approvers.told": NOTHING,
  "request.reminded": NOTHING,
  "request.narrowed": PENDING,
  "request.refused": NOTHING,
  "review.given": PENDING,
  "review.refused": NOTHING,
  "request.approved": PENDING,
  "break-glass.used": OPEN,
  "break-glass.unreviewed": NOTHING,
  "break-glass.reviewed": NOTHING,
  "schedule.silent": NOTHING,
  "request.denied": PENDING,
  "request.withdrawn": PENDING,
  "request.lapsed": PENDING,
  "grant.adopted": OPEN,
  "grant.opened": OPEN,
  "grant.blocked": OPEN,
  "grant.disallowed": OPEN,
  "grant.failed": OPEN,
  "grant.revoked": OPEN,
  "grant.extended": OPEN,
  "grant.moved": OPEN,
  "grant.ending": OPEN,
  "grant.ended": OPEN,
  "closing.overdue": OPEN,
  "firewall.changed": NOTHING,
  "protection.set": NOTHING,
  "protection.began": NOTHING,
  "protection.failed": NOTHING,
  "protection.adopted": NOTHING,
  "protection.undercut": NOTHING,
  "undercut.overruled": NOTHING,
  "undercut.accepted": NOTHING,
  "protection.wanted": NOTHING,
  "protection.lifted": NOTHING,
  "protection.ended": NOTHING,
  "firewall.repaired": NOTHING,
  "posture.worsened": ["looking-after-all"],
  "posture.digest": ["looking-after-all"],
  "inventory.stale": ["looking-after-all"],
  "inventory.read-again": ["looking-after-all"],
  "identity.linked": NOTHING,
  "identity.unlinked": NOTHING,
  "identity.refused": NOTHING,
  "policy.changed": ["everybody"],
  "policy.refused": ["everybody"],
  "lockdown.begun": ["everybody"],
  "lockdown.done": ["everybody"],
  "lockdown.lifted": ["everybody"],
  "address.seen": NOTHING,
  "address.refused": NOTHING,
  "bot.started": NOTHING,
};
