import { describe, expect, test } from "vitest";
import type { Port } from "../../src/access/port.ts";
import type { Refusal } from "../../src/access/refusal.ts";
import type { DurationMs } from "../../src/access/time.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Question } from "../../src/policy/question.ts";
import { mayApprove, NO_MEMBERSHIPS, rolesOf } from "../../src/policy/roles.ts";
import { aPolicy, aQuestion, aRule, c, hours, RDP, SSH } from "./example-rule.ts";

const asked = (changes: Partial<Question> = {}) => decide(aQuestion(changes), aPolicy());
const refusals = (changes: Partial<Question>): readonly Refusal[] => {
  const decision = asked(changes);
  return decision.kind === "deny" ? decision.refusals : [];
};
const codes = (changes: Partial<Question>): readonly string[] => refusals(changes).map(({ code }) => code);

const leads = (users: readonly string[]) => new Map([["leads", new Set(users)]]);

const service = (name: string, ...ports: readonly (number | Port)[]) => ({
  name,
  ports: ports.map((port): Port => (typeof port === "number" ? { port, protocol: "tcp" } : port)),
});

test("an ask in order needs the approvals that the rule names", () => {
  expect(asked()).toMatchObject({
    kind: "needs-approval",
    steps: [{ needed: 1, approvers: { users: ["U0LEAD1", "U0LEAD2"], groups: [] } }],
    withinMs: 30 * 60_000,
  });
});

test("`approve: none` allows at once, also when nobody could answer", () => {
  expect(asked({ rule: aRule({ approve: { kind: "none" } }), approvers: leads([]) }).kind).toBe("allow");
});

test("a machine that no rule matches is for nobody", () => {
  expect(refusals({ rule: undefined })).toEqual([
    { kind: "refusal", code: "machine-not-offered", facts: { machine: "prod-vm-3" } },
  ]);
});

test("who holds none of the rule's roles is refused, also with other roles", () => {
  expect(codes({ roles: new Set() })).toEqual(["not-eligible"]);
  expect(codes({ roles: new Set(["leads"]) })).toEqual(["not-eligible"]);
});

test("all that is wrong is said at once", () => {
  expect(
    codes({
      roles: new Set(),
      services: [service("ssh", 22), service("8080", 8080)],
      durationMs: hours(9),
      sources: [c("10.0.0.0/8")],
      justification: "",
      approvers: leads([]),
    }),
  ).toEqual([
    "not-eligible",
    "port-not-offered",
    "duration-too-long",
    "source-not-allowed",
    "justification-missing",
    "no-approver",
  ]);
});

describe("ports", () => {
  test("each must be offered; the protocol counts", () => {
    expect(codes({ services: [service("22/udp", { port: 22, protocol: "udp" })] })).toEqual(["port-not-offered"]);
    expect(codes({ services: [service("22", 22)] })).toEqual([]);
  });

  test("of a service that is offered in part, the other part is refused by number", () => {
    const rule = aRule({ ports: [{ ...SSH, name: "5985", ports: [{ port: 5985, protocol: "tcp" }] }] });
    expect(refusals({ rule, services: [service("winrm", 5985, 5986)] })).toMatchObject([
      { facts: { port: "5986", offered: ["5985"] } },
    ]);
  });

  test("asking for nothing isn't asking only for what is offered", () => {
    expect(codes({ services: [] })).toContain("port-not-offered");
  });
});

describe("duration", () => {
  test("the maximum itself is allowed, a millisecond more is not", () => {
    expect(codes({ durationMs: hours(3) })).toEqual([]);
    expect(refusals({ durationMs: (hours(3) + 1) as DurationMs })).toMatchObject([
      { code: "duration-too-long", facts: { port: "ssh", maximumMs: hours(3) } },
    ]);
  });

  test("each asked port has its own maximum", () => {
    const services = [service("ssh", 22), service("rdp", 3389)];
    expect(refusals({ services, durationMs: hours(2), sources: [c("198.51.100.7/32")] })).toMatchObject([
      { facts: { port: "rdp", maximumMs: hours(1) } },
    ]);
  });

  test.each([0, -1, Number.NaN])("%d is no length", (length) => {
    expect(codes({ durationMs: length as DurationMs })).toEqual(["duration-unreadable"]);
  });
});

describe("sources", () => {
  const sourcesOnly = (...names: readonly ("anywhere" | "single-address")[]) =>
    aRule({ ports: [SSH], sources: names.map((kind) => ({ kind })) });

  test("a prefix inside a named network passes, one that sticks out doesn't", () => {
    const rule = aRule({ sources: aRule().sources.slice(0, 2) });
    expect(codes({ rule, sources: [c("203.0.113.128/25"), c("2001:db8:1:5::/64")] })).toEqual([]);
    expect(refusals({ rule, sources: [c("203.0.112.0/23")] })).toMatchObject([
      { facts: { source: "203.0.112.0/23", rule: "production", allowed: ["office", "vpn"] } },
    ]);
    expect(codes({ rule, sources: [c("192.0.2.1/32")] })).toEqual(["source-not-allowed"]);
  });

  test("single-address lets any one address in and nothing wider", () => {
    const rule = sourcesOnly("single-address");
    expect(codes({ rule, sources: [c("192.0.2.1/32")] })).toEqual([]);
    expect(codes({ rule, sources: [c("2001:db8::1/128")] })).toEqual([]);
    expect(codes({ rule, sources: [c("192.0.2.0/31")] })).toEqual(["source-not-allowed"]);
    expect(codes({ rule, sources: [c("2001:db8::/127")] })).toEqual(["source-not-allowed"]);
  });

  test("everything passes by `anywhere` only, whatever a network holds", () => {
    expect(codes({ rule: sourcesOnly("anywhere"), sources: [c("0.0.0.0/0"), c("::/0")] })).toEqual([]);
    const wide = { name: "wide", prefixes: [c("0.0.0.0/0")] };
    const rule = aRule({
      sources: [
        { kind: "network", network: wide },
        { kind: "prefix", prefix: c("0.0.0.0/0") },
        { kind: "single-address" },
      ],
    });
    expect(codes({ rule, sources: [c("0.0.0.0/0")] })).toEqual(["source-not-allowed"]);
  });

  test("a port's own sources count instead of the rule's", () => {
    expect(refusals({ services: [service("rdp", 3389)], durationMs: hours(1) })).toMatchObject([
      { code: "source-not-allowed", facts: { source: "203.0.113.7", allowed: ["vpn"] } },
    ]);
    const rule = aRule({ sources: [], ports: [RDP] });
    expect(
      codes({ rule, services: [service("rdp", 3389)], durationMs: hours(1), sources: [c("198.51.100.7/32")] }),
    ).toEqual([]);
  });

  test("of several ports each must let the source in", () => {
    const services = [service("ssh", 22), service("rdp", 3389)];
    expect(refusals({ services, durationMs: hours(1) })).toMatchObject([
      { code: "source-not-allowed", facts: { allowed: ["vpn"] } },
    ]);
  });

  test("one that isn't allowed is refused beside one that is", () => {
    expect(refusals({ sources: [c("203.0.113.7/32"), c("10.0.0.0/8")] })).toMatchObject([
      { facts: { source: "10.0.0.0/8" } },
    ]);
  });

  test("none is refused with what is allowed", () => {
    expect(refusals({ sources: [] })).toMatchObject([
      { code: "source-missing", facts: { allowed: ["office", "vpn", "single-address"] } },
    ]);
  });
});

describe("justification", () => {
  const rule = (required: boolean, pattern?: RegExp) => aRule({ justification: { required, pattern } });

  test("is needed where the rule says so; blank is none", () => {
    expect(refusals({ rule: rule(true), justification: " " })).toMatchObject([
      { code: "justification-missing", facts: { pattern: undefined } },
    ]);
    expect(codes({ rule: rule(false), justification: "" })).toEqual([]);
    expect(codes({ rule: rule(true), justification: "because" })).toEqual([]);
  });

  test("must match the pattern when it is given, needed or not", () => {
    expect(refusals({ justification: "disk full" })).toMatchObject([
      { code: "justification-mismatch", facts: { pattern: "^(INC|CHG)-[0-9]+" } },
    ]);
    expect(codes({ rule: rule(false, /^INC/u), justification: "disk" })).toEqual(["justification-mismatch"]);
    expect(codes({ rule: rule(false, /^INC/u), justification: "" })).toEqual([]);
    expect(codes({ justification: "  INC-1" })).toEqual([]);
  });
});

describe("approvers", () => {
  test("the requester doesn't count as one", () => {
    expect(codes({ approvers: leads(["U0DEV1"]) })).toEqual(["no-approver"]);
    expect(codes({ approvers: leads(["U0DEV1", "U0LEAD1"]) })).toEqual([]);
  });

  test("there must be as many as are needed", () => {
    const rule = aRule({
      approve: { kind: "by", steps: [{ roles: ["leads"], needed: 2 }], withinMs: hours(1), automatic: [] },
    });
    expect(codes({ rule, approvers: leads(["U0LEAD1", "U0DEV1"]) })).toEqual(["no-approver"]);
    expect(codes({ rule, approvers: leads(["U0LEAD1", "U0LEAD2"]) })).toEqual([]);
  });

  test("may answer who holds one of the approving roles", () => {
    expect(mayApprove({ roles: ["leads"], needed: 1 }, new Set(["leads", "engineers"]))).toBe(true);
    expect(mayApprove({ roles: ["leads"], needed: 1 }, new Set(["engineers"]))).toBe(false);
  });
});

test("roles are held by name and by membership of a user group, now", () => {
  const members = { ...NO_MEMBERSHIPS, groups: new Map([["S0SENIOR", new Set(["U0DEV1"])]]) };
  expect(rolesOf(aPolicy(), "U0DEV1", members)).toEqual(new Set(["engineers", "seniors"]));
  expect(rolesOf(aPolicy(), "U0LEAD1", NO_MEMBERSHIPS)).toEqual(new Set(["leads", "seniors"]));
  expect(rolesOf(aPolicy(), "U0NOBODY", members)).toEqual(new Set());
});
