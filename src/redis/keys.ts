/** The names of all keys. The hash tag puts one installation's keys into one slot, so that a script may touch any of them on a cluster. */

import type { GrantId, ProtectionId, RequestId } from "../access/identifier.ts";
import type { FirewallId, MachineId } from "../access/machine.ts";
import type { PersonKey } from "../access/person.ts";
import { DAY, type DurationMs } from "../access/time.ts";

/** `{latch:acme}:`. https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags */
export const keyPrefixOf = (installation: string): string => `{latch:${installation}}:`;

/** Every queue of wake-ups, and what its ids are. */
export const QUEUES = {
  /** Firewall ids. */
  firewalls: "firewalls",
  /** Request ids. */
  requests: "requests",
  /** Only `EVENTS_ID`. */
  outboxEvents: "outbox-events",
  /** Slack channel and user ids, and `home/<user id>`. */
  destinations: "destinations",
  /** What is looked at as a whole, by one of all replicas. */
  watches: "watches",
} as const;

export const EVENTS_ID = "events";

/** Requests and grants stay this long after their end. */
export const KEPT_AFTER_END: DurationMs = (30 * DAY) as DurationMs;
/** What was said or written is known as such for this long; longer than the facts it is about are kept. */
export const KEPT_AS_DONE: DurationMs = (35 * DAY) as DurationMs;

export const queueKeys = (prefix: string, queue: string) => ({
  /** Sorted set: id by instant. Also holds wishes for what is leased. */
  due: `${prefix}wake:${queue}:due`,
  /** Sorted set: id by the end of its lease. */
  leased: `${prefix}wake:${queue}:leased`,
  /** Hash: id to the token of who holds it. */
  holders: `${prefix}wake:${queue}:holders`,
  /** The latest token. */
  token: `${prefix}wake:${queue}:token`,
});

/** What the watch of a lockdown is woken by. */
export const LOCKDOWN_ID = "lockdown";

export const entityKeys = (prefix: string) => ({
  request: (id: RequestId) => `${prefix}request:${id}`,
  grant: (id: GrantId) => `${prefix}grant:${id}`,
  /** Set of ids of grants that have not ended. */
  liveGrants: `${prefix}grants`,
  /** Set of ids of grants that have not ended and have a target on this firewall. */
  grantsOn: (firewall: FirewallId) => `${prefix}grants-on:${firewall}`,
  protection: (id: ProtectionId) => `${prefix}protection:${id}`,
  /** Set of ids of live protections. */
  liveProtections: `${prefix}protections`,
  /** Set of ids of live protections with something on this firewall. */
  protectionsOn: (firewall: FirewallId) => `${prefix}protections-on:${firewall}`,
  /** JSON: how each machine stood at the last look. */
  postures: `${prefix}postures`,
  /** What protections took out of it, in its adapter's words. */
  withheldFrom: (firewall: FirewallId) => `${prefix}withheld:${firewall}`,
  /** JSON: id of a request to when it was asked, of the last hour. */
  asksOf: (requester: PersonKey) => `${prefix}asks-of:${requester}`,
  /** JSON: id of a grant under way to when it expires. */
  grantsOfPerson: (rule: string, requester: PersonKey) => `${prefix}grants-of:${requester}:${rule}`,
  /** The same. */
  grantsOnMachine: (rule: string, machine: MachineId) => `${prefix}grants-on-machine:${machine}:${rule}`,
  /** Sorted set: ids of the latest requests by when they were asked. */
  requestsOf: (requester: PersonKey) => `${prefix}requests-of:${requester}`,
  /** JSON: the lockdown that stands. */
  lockdown: `${prefix}lockdown`,
  /** When the latest began that was lifted. */
  liftedLockdown: `${prefix}lockdown:lifted`,
  /** Set of ids of pending requests. */
  pending: `${prefix}pending`,
  /** The same of one person. */
  pendingOf: (requester: PersonKey) => `${prefix}pending-of:${requester}`,
});

export const eventKeys = (prefix: string) => ({
  /** Stream of `event` (JSON), `hash`, `previous`. */
  audit: `${prefix}audit`,
  /** The hash of the latest entry. */
  head: `${prefix}audit-head`,
  appended: (eventId: string) => `${prefix}appended:${eventId}`,
  /** Stream of `event` (JSON): what the notices have not heard yet. */
  unheard: `${prefix}outbox:events`,
});

export const outboxKeys = (prefix: string) => ({
  /** Sorted set: delivery id by urgency, then age. */
  waiting: (destination: string) => `${prefix}outbox:waiting:${destination}`,
  /** Hash: delivery id to JSON. */
  deliveries: `${prefix}outbox:deliveries`,
  /** Hash: delivery id to the age of the latest call for it. */
  rounds: `${prefix}outbox:rounds`,
  /** Hash: delivery id to when its latest attempt began. */
  attempts: `${prefix}outbox:attempts`,
  /** A counter that gives deliveries their age. */
  age: `${prefix}outbox:age`,
  /** In words: how a delivery ended. */
  done: (id: string) => `${prefix}outbox:done:${id}`,
  /** JSON: where it is. */
  ref: (id: string) => `${prefix}outbox:ref:${id}`,
});

export const homeKeys = (prefix: string) => ({
  /** Sorted set: Slack id of a user by when they last opened their Home. */
  opened: `${prefix}homes:opened`,
  /** Hash: the same id to JSON of what was drawn on it. */
  drawn: `${prefix}homes:drawn`,
});

export const linkKeys = (prefix: string) => ({
  /** JSON: who this person is elsewhere. */
  of: (person: PersonKey) => `${prefix}link:of:${person}`,
  /** JSON: what they took back of it lately. */
  former: (person: PersonKey) => `${prefix}link:former:${person}`,
  /** Hash of issuer and subject → whose it is. */
  subject: (hash: string) => `${prefix}link:subject:${hash}`,
  /** JSON, by the hash of its token. */
  invitation: (hash: string) => `${prefix}link:invitation:${hash}`,
  /** JSON, by the hash of its state. */
  visit: (hash: string) => `${prefix}link:visit:${hash}`,
  /** Hash of `code` (hashed), `tries`, `proof` (JSON). */
  proof: (person: PersonKey) => `${prefix}link:proof:${person}`,
});

export const addressKeys = (prefix: string) => ({
  /** JSON, by the hash of its token; so for the two below. */
  offer: (hash: string) => `${prefix}address:offer:${hash}`,
  /** Hash of what only the browser holds that came first. */
  browser: (hash: string) => `${prefix}address:browser:${hash}`,
  used: (hash: string) => `${prefix}address:used:${hash}`,
  /** JSON: where this person is, for a while. */
  of: (person: PersonKey) => `${prefix}address:of:${person}`,
});

/** List of when calls of this kind were made. */
export const paceKey = (prefix: string, lane: string): string => `${prefix}pace:${lane}`;

/** Which configuration was told last. */
export const toldConfigKey = (prefix: string): string => `${prefix}config:told`;
/** Whether a cloud was told to be readable last. */
export const toldCloudKey = (prefix: string, cloud: string): string => `${prefix}cloud:told:${cloud}`;

export const replayKey = (prefix: string, signature: string): string => `${prefix}replay:${signature}`;
/** Why somebody is about to lock everything down. */
export const lockdownReasonKey = (prefix: string, id: string): string => `${prefix}lockdown-reason:${id}`;
