import { describe, expect, test } from "vitest";
import type { GrantId, ProtectionId, RequestId } from "../../src/access/identifier.ts";
import type { FirewallId } from "../../src/access/machine.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { factsOf } from "../../src/grants/facts.ts";
import { deliveriesFor } from "../../src/notices/notice.ts";
import { aGrant, DEV, LEAD, NOW } from "../contracts/samples.ts";

const facts = { id: "e", at: NOW, actor: { kind: "bot" }, ...factsOf(aGrant()), grantId: aGrant().id } as const;
const END = aGrant().expiresAt;
const protectionFacts = {
  id: "e",
  at: NOW,
  actor: { kind: "bot" },
  protectionId: "k7f3q2xd" as ProtectionId,
  machine: aGrant().machine,
  services: ["ssh"],
  ports: aGrant().ports,
  channel: "C0ACCESS",
} as const;
const ended = {
  ...facts,
  kind: "grant.ended",
  cause: "expired",
  openedAt: NOW,
  lagMs: 0,
  stillOpen: [],
} as unknown as AuditEvent;

const identity = {
  id: "e",
  at: NOW,
  actor: { kind: "person", person: DEV },
  person: DEV,
  issuer: "https://login.example",
  subject: "s",
  identities: { entra: undefined, aws: [] },
} as const;

const events: Readonly<Record<string, AuditEvent>> = {
  submitted: {
    ...facts,
    kind: "request.submitted",
    rule: "production",
    durationMs: 1,
    answerBy: END,
  } as unknown as AuditEvent,
  reviewed: { ...facts, kind: "review.given", verdict: "approve", step: 0 },
  approved: { ...facts, kind: "request.approved", rule: "production", approvers: [], expiresAt: END },
  denied: { ...facts, kind: "request.denied", reason: "" },
  withdrawn: { ...facts, kind: "request.withdrawn" },
  lapsed: { ...facts, kind: "request.lapsed" },
  opened: { ...facts, kind: "grant.opened", expiresAt: END, tookMs: 0 as never, addresses: [], isOff: false },
  failed: { ...facts, kind: "grant.failed", problem: "no room" },
  revoked: { ...facts, kind: "grant.revoked" },
  ending: { ...facts, kind: "grant.ending", expiresAt: END },
  ended,
  "ended without opening": { ...ended, openedAt: undefined } as AuditEvent,
  "ended because it failed": { ...ended, openedAt: undefined, cause: "failed" } as AuditEvent,
  adopted: { ...facts, kind: "grant.adopted", firewall: "azure-nsg:/a" as FirewallId, expiresAt: END },
  overdue: { ...facts, kind: "closing.overdue", firewall: "azure-nsg:/a" as FirewallId, since: END, problem: "busy" },
  refused: { id: "e", at: NOW, actor: { kind: "bot" }, kind: "request.refused", requester: DEV, text: "", codes: [] },
  "review refused": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "review.refused",
    requestId: "k7f3q2xd" as RequestId,
    reviewer: LEAD,
    verdict: "approve",
    code: "own-request",
  },
  changed: {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "firewall.changed",
    firewall: "a" as FirewallId,
    removed: [],
    added: [],
    blocked: [],
    unblocked: [],
    overruled: [],
    grants: ["a" as GrantId],
  },
  blocked: { ...facts, kind: "grant.blocked", problems: ["no"] },
  protecting: { ...protectionFacts, kind: "protection.set" },
  protected: { ...protectionFacts, kind: "protection.began", undercut: [] },
  "not protected": {
    ...protectionFacts,
    kind: "protection.failed",
    doing: "closing",
    firewall: "a" as FirewallId,
    problem: "no room",
  },
  "found protected": { ...protectionFacts, kind: "protection.adopted", firewall: "a" as FirewallId },
  "to be protected": { ...protectionFacts, kind: "protection.wanted", concerns: [] },
  undercut: {
    ...protectionFacts,
    kind: "protection.undercut",
    firewall: "a" as FirewallId,
    firewallName: "a",
    rule: { id: "r", name: "r", priority: 1, ports: [], sources: [] },
    protections: [],
    overruled: false,
  },
  overruled: { ...protectionFacts, kind: "undercut.overruled", firewall: "a" as FirewallId, rules: [] },
  accepted: { ...protectionFacts, kind: "undercut.accepted", firewall: "a" as FirewallId, rules: [] },
  lifted: { ...protectionFacts, kind: "protection.lifted", cause: "person" },
  unprotected: { ...protectionFacts, kind: "protection.ended", changed: [] },
  repaired: {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "firewall.repaired",
    firewall: "a" as FirewallId,
    firewallName: "a",
    machines: [],
    grants: [],
    protections: [],
    channel: "C0ACCESS",
  },
  worsened: {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "posture.worsened",
    machine: aGrant().machine,
    channel: "",
    before: { category: "healthy", openness: "nobody" },
    now: { category: "unhealthy", openness: "anyone" },
    reachable: [],
  },
  digest: {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "posture.digest",
    machines: 0,
    protected: 0,
    categories: {},
    opennesses: {},
    worst: [],
  },
  "glass broken": {
    ...facts,
    kind: "break-glass.used",
    rule: "production",
    skipped: ["U0LEAD1", "S0LEADS", "U0DEV1", "U0SEC1"],
    tell: ["U0SEC1", "U0SEC2", "C0SECURITY", "C0WAR", "C0ACCESS"],
    expiresAt: END,
  },
  "glass broken, told to a group": {
    ...facts,
    kind: "break-glass.used",
    rule: "production",
    skipped: [],
    tell: ["S0SEC"],
    expiresAt: END,
  },
  "not yet reviewed": { ...facts, kind: "break-glass.unreviewed", usedAt: NOW, tell: ["U0SEC1", "C0WAR"] },
  "reviewed afterwards": { ...facts, kind: "break-glass.reviewed" },
  "nobody on call": { ...facts, kind: "schedule.silent", schedules: ["pagerduty:P1"], instead: ["U0LEAD1"] },
  disallowed: { ...facts, kind: "grant.disallowed", code: "authority-no", closes: true, expiresAt: END },
  linked: { ...identity, kind: "identity.linked" },
  unlinked: { ...identity, kind: "identity.unlinked" },
  "account taken": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "identity.refused",
    person: DEV,
    because: "identity-taken",
  },
  "code wrong": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "identity.refused",
    person: DEV,
    because: "link-code-unknown",
  },
  "cloud unread": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "inventory.stale",
    cloud: "aws",
    since: NOW,
    problem: "no answer",
  },
  "cloud read again": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "inventory.read-again",
    cloud: "aws",
  },
  "policy changed": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "policy.changed",
    changes: [],
    more: 0,
    how: "while-running",
    channels: ["C0OLD", "C0SECURITY"],
  },
  "policy refused": {
    id: "e",
    at: NOW,
    actor: { kind: "bot" },
    kind: "policy.refused",
    problems: [],
    more: 0,
    counts: true,
    channels: ["C0SECURITY"],
  },
  started: { id: "e", at: NOW, actor: { kind: "bot" }, kind: "bot.started", installation: "acme" },
};

const heard = (event: AuditEvent | undefined, securityChannel?: string) =>
  event === undefined
    ? []
    : deliveriesFor(event, securityChannel).map(({ id, destination }) => `${id} in ${destination}`);

const CARD = "card/k7f3q2xd in C0ACCESS";
/** How to connect, as long as it is open. */
const DOOR = "open/k7f3q2xd in U0DEV1";

describe("who hears of what", () => {
  test.each([
    ["submitted", [CARD]],
    ["reviewed", [CARD]],
    ["approved", [CARD]],
    ["denied", [CARD, "e/requester in U0DEV1"]],
    ["withdrawn", [CARD]],
    ["lapsed", [CARD, "e/requester in U0DEV1"]],
    ["opened", [CARD, DOOR]],
    ["failed", [CARD, "e/requester in U0DEV1"]],
    ["revoked", [CARD]],
    ["ending", ["e/requester in U0DEV1"]],
    ["ended", [CARD, "e/channel in C0ACCESS", DOOR]],
    ["ended without opening", [CARD, "e/channel in C0ACCESS"]],
    ["ended because it failed", [CARD]],
    ["adopted", [CARD, "e/security in C0SECURITY"]],
    ["overdue", [CARD, "e/security in C0SECURITY"]],
    ["refused", []],
    ["review refused", []],
    ["changed", []],
    ["started", []],
    ["blocked", ["e/requester in U0DEV1"]],
    ["protecting", []],
    ["protected", ["e/channel in C0ACCESS"]],
    ["not protected", ["e/channel in C0ACCESS"]],
    ["found protected", ["e/security in C0SECURITY"]],
    ["to be protected", ["e/security in C0SECURITY"]],
    ["undercut", ["e/security in C0SECURITY"]],
    ["overruled", []],
    ["accepted", []],
    ["lifted", ["e/channel in C0ACCESS"]],
    ["unprotected", ["e/channel in C0ACCESS"]],
    ["repaired", ["e/security in C0SECURITY"]],
    ["worsened", ["e/security in C0SECURITY"]],
    ["digest", ["e/security in C0SECURITY"]],
    [
      "glass broken",
      [
        CARD,
        "e/skipped/U0LEAD1 in U0LEAD1",
        "e/skipped/U0SEC1 in U0SEC1",
        "e/told/U0SEC2 in U0SEC2",
        "e/told/C0SECURITY in C0SECURITY",
        "e/told/C0WAR in C0WAR",
      ],
    ],
    ["glass broken, told to a group", [CARD, "e/channel/C0ACCESS in C0ACCESS", "e/told/C0SECURITY in C0SECURITY"]],
    [
      "not yet reviewed",
      [CARD, "e/channel/C0ACCESS in C0ACCESS", "e/told/C0WAR in C0WAR", "e/told/C0SECURITY in C0SECURITY"],
    ],
    ["reviewed afterwards", [CARD]],
    ["nobody on call", [CARD, "e/security in C0SECURITY"]],
    ["disallowed", [CARD, "e/requester in U0DEV1", "e/security in C0SECURITY"]],
    ["cloud unread", ["e/security in C0SECURITY"]],
    ["cloud read again", ["e/security in C0SECURITY"]],
    ["linked", ["e/person in U0DEV1", "e/security in C0SECURITY"]],
    ["unlinked", ["e/person in U0DEV1", "e/security in C0SECURITY"]],
    ["account taken", ["e/security in C0SECURITY"]],
    ["code wrong", []],
    ["policy changed", ["e/security/C0OLD in C0OLD", "e/security/C0SECURITY in C0SECURITY"]],
    ["policy refused", ["e/security/C0SECURITY in C0SECURITY"]],
  ])("%s", (name, expected) => {
    expect(heard(events[name], "C0SECURITY")).toEqual(expected);
  });

  test("without a channel for security, the request's own hears what security would", () => {
    expect(heard(events["overdue"])).toEqual([CARD, "e/security in C0ACCESS"]);
    expect(heard(events["undercut"])).toEqual(["e/security in C0ACCESS"]);
    expect([...heard(events["digest"]), ...heard(events["worsened"])]).toEqual([]);
    expect(heard(events["nobody on call"])).toEqual([CARD, "e/security in C0ACCESS"]);
    expect(heard(events["account taken"])).toEqual([]);
    for (const name of ["linked", "unlinked"]) expect(heard(events[name])).toEqual(["e/person in U0DEV1"]);
  });

  test("nobody is written to whom a damaged mark doesn't name", () => {
    const nameless = { ...events["ending"], requester: { team: "T0ACME", user: "" } } as AuditEvent;
    expect(heard(nameless)).toEqual([]);
    expect(heard({ ...events["failed"], requester: { team: "T0ACME", user: "" } } as AuditEvent)).toEqual([CARD]);
  });

  test("ends and overdue closings go before everything else", () => {
    const urgency = (name: string) =>
      Math.min(...deliveriesFor(events[name] ?? ended, undefined).map((each) => each.urgency));
    for (const urgent of ["ended", "overdue", "ended because it failed", "glass broken", "not yet reviewed"]) {
      for (const usual of ["submitted", "opened", "ending", "denied"])
        expect(urgency(urgent)).toBeLessThan(urgency(usual));
    }
  });

  test("what is to be said survives being stored", () => {
    for (const event of Object.values(events)) {
      const deliveries = deliveriesFor(event, "C0SECURITY");
      expect(JSON.parse(JSON.stringify(deliveries))).toEqual(JSON.parse(JSON.stringify(structuredClone(deliveries))));
    }
  });
});

test("which machine is open past its protection is for security, where there is such a channel", () => {
  const undercut = [
    {
      firewall: "a" as FirewallId,
      firewallName: "nsg",
      rule: { id: "AllowSSH", name: "AllowSSH", priority: 300, ports: ["22"], sources: ["*"] },
    },
  ];
  const event = { ...protectionFacts, kind: "protection.began" } as const;
  const heardIn = (security: string | undefined, by: typeof undercut): readonly string[] =>
    deliveriesFor({ ...event, undercut: by }, security).map(({ destination }) => destination);
  expect(heardIn("C0SECURITY", undercut)).toEqual(["C0SECURITY"]);
  expect(heardIn("C0SECURITY", [])).toEqual([protectionFacts.channel]);
  expect(heardIn(undefined, undercut)).toEqual([protectionFacts.channel]);
});

test("nobody is told how to connect to what is made longer before it was seen open", () => {
  const extended = { ...facts, kind: "grant.extended", before: NOW, expiresAt: END, approvers: [] } as const;
  const told = (event: Parameters<typeof deliveriesFor>[0]) => deliveriesFor(event, undefined).map(({ id }) => id);
  expect(told(extended).some((id) => id.startsWith("open/"))).toBe(true);
  expect(told({ ...extended, opening: true }).some((id) => id.startsWith("open/"))).toBe(false);
});

test("a break-glass that is made longer is told to everybody who heard of it, and anything else that is, to nobody more", () => {
  const extended = { ...facts, kind: "grant.extended", before: NOW, expiresAt: END, approvers: [] } as const;
  const usual = deliveriesFor(extended, "C0SECURITY").map(({ id }) => id);
  const glass = deliveriesFor({ ...extended, skipped: [LEAD.user], tell: ["U0SEC1", "S0SEC"] }, "C0SECURITY");
  expect(glass.map(({ id }) => id)).toEqual([
    ...usual,
    "e/skipped/U0LEAD1",
    "e/told/U0SEC1",
    "e/channel/C0ACCESS",
    "e/told/C0SECURITY",
  ]);
});
