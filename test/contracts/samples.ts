/** Requests, grants, protections and events to store. */

import { type GrantId, protectionIdOf, type RequestId } from "../../src/access/identifier.ts";
import type { FirewallId, MachineId } from "../../src/access/machine.ts";
import type { Person } from "../../src/access/person.ts";
import type { Cidr } from "../../src/access/source.ts";
import { type DurationMs, type EpochMs, HOUR, later, MINUTE } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { Protection } from "../../src/grants/protection.ts";
import type { AccessRequest } from "../../src/grants/request.ts";

export const NOW = 1_800_000_000_000 as EpochMs;
export const DEV: Person = { team: "T0ACME", user: "U0DEV1" };
export const LEAD: Person = { team: "T0ACME", user: "U0LEAD1" };
export const NSG = "azure-nsg:/subscriptions/1/networksecuritygroups/nsg-prod" as FirewallId;
export const SUBNET_NSG = "azure-nsg:/subscriptions/1/networksecuritygroups/nsg-subnet" as FirewallId;

const machine = {
  cloud: "azure",
  id: "/subscriptions/1/vm/prod-vm-3" as MachineId,
  name: "prod-vm-3",
  account: "1",
} as const;
const ports = [{ port: 22, protocol: "tcp" }] as const;
const sources = ["203.0.113.7/32" as Cidr];
// What people type: quotes, other scripts, half a surrogate pair, control characters.
const justification = 'INC-1 "fix" \u2028 größer 🔧 \ud83d \u0000 \\';

export const aRequest = (changes: Partial<AccessRequest> = {}): AccessRequest => ({
  id: "k7f3q2xd" as RequestId,
  version: 1,
  requester: DEV,
  machine,
  services: ["SSH"],
  ports,
  sources,
  end: { kind: "for", durationMs: (2 * HOUR) as DurationMs },
  justification,
  rule: "production",
  channel: "C0ACCESS",
  askedAt: NOW,
  answerBy: later(NOW, (30 * MINUTE) as DurationMs),
  steps: [{ needed: 1, users: ["U0LEAD1"], groups: [] }],
  state: { kind: "pending", approvals: [] },
  ...changes,
});

export const aGrant = (changes: Partial<Grant> = {}): Grant => ({
  id: "k7f3q2xd" as GrantId,
  version: 1,
  requestId: "k7f3q2xd" as RequestId,
  requester: DEV,
  machine,
  services: ["SSH"],
  ports,
  sources,
  justification,
  channel: "C0ACCESS",
  targets: [{ firewall: NSG, addresses: ["10.0.0.4"] }],
  startsAt: NOW,
  expiresAt: later(NOW, (2 * HOUR) as DurationMs),
  revoked: undefined,
  adopted: false,
  seenOpen: [],
  seenClosed: [],
  openedAt: undefined,
  warnedAt: undefined,
  endedAt: undefined,
  stillOpen: [],
  ...changes,
});

export const anEvent = (id: string): AuditEvent => ({
  id,
  at: NOW,
  actor: { kind: "bot" },
  kind: "request.withdrawn",
  requestId: "k7f3q2xd" as RequestId,
  requester: DEV,
  machine,
  services: ["SSH"],
  ports,
  sources,
  justification,
  channel: "C0ACCESS",
});

/** SSH of `prod-vm-3`, kept closed by the security lead on one NSG. */
export const aProtection = (changes: Partial<Protection> = {}): Protection => {
  const about = changes.machine ?? machine;
  return {
    id: protectionIdOf(about.id),
    version: 1,
    machine: about,
    services: ["ssh"],
    ports: [{ port: 22, protocol: "tcp" }],
    targets: [{ firewall: NSG, addresses: ["10.0.0.4"], overrules: [], known: [] }],
    channel: "C0ACCESS",
    state: { kind: "on", at: NOW, by: LEAD },
    seenOn: [],
    leaving: [],
    beganAt: undefined,
    endedAt: undefined,
    ...changes,
  };
};
