import { describe, expect, test } from "vitest";
import { type DurationMs, type EpochMs, HOUR } from "../../src/access/time.ts";
import { decide } from "../../src/policy/decide.ts";
import type { BreakGlass, Denial, Policy } from "../../src/policy/policy.ts";
import type { Question } from "../../src/policy/question.ts";
import { NO_MEMBERSHIPS } from "../../src/policy/roles.ts";
import { aPolicy, aQuestion, aRole, aRule, c, everyMachine, hours } from "./example-rule.ts";

const breakGlass: BreakGlass = {
  by: ["oncall"],
  maximumMs: hours(1),
  tell: { roles: ["security"], channels: ["C0SECURITY"] },
};
const broken = (changes: Partial<Question> = {}, policy: Policy = aPolicy()) =>
  decide(
    aQuestion({
      breakGlass: true,
      roles: new Set(["oncall"]),
      rule: aRule({ breakGlass }),
      durationMs: hours(1),
      ...changes,
    }),
    policy,
  );
const codes = (changes: Partial<Question>, policy?: Policy) => {
  const decision = broken(changes, policy);
  return decision.kind === "deny" ? decision.refusals.map(({ code }) => code) : [];
};

describe("break-glass", () => {
  test("opens for its own roles, and names whom it skipped", () => {
    expect(broken()).toMatchObject({
      kind: "break-glass",
      breakGlass,
      skipped: [{ roles: ["leads"], needed: 1, approvers: { users: ["U0LEAD1", "U0LEAD2"], groups: [] } }],
    });
  });

  test("isn't for who could only ask the usual way, nor where the rule doesn't offer it", () => {
    expect(broken({ roles: new Set(["engineers"]) })).toMatchObject({
      refusals: [{ code: "break-glass-not-offered", facts: { machine: "prod-vm-3", roles: ["oncall"] } }],
    });
    expect(broken({ rule: aRule() })).toMatchObject({
      refusals: [{ code: "break-glass-not-offered", facts: { roles: [] } }],
    });
    expect(codes({ rule: undefined })).toEqual(["machine-not-offered"]);
  });

  test("goes past hours, freezes, limits, and approvers who aren't there", () => {
    const at = Date.parse("2026-11-22T02:00:00Z") as EpochMs;
    const rule = aRule({
      breakGlass,
      hours: [{ name: "office", days: [1], from: 480, until: 1080, zone: "Europe/Berlin" }],
      limits: { perPerson: 0, perMachine: 0, asksPerHour: 0 },
    });
    const freezes = [{ name: "f", fromAt: at, untilAt: (at + HOUR) as EpochMs, match: everyMachine, except: [] }];
    const policy = { ...aPolicy(), freezes };
    expect(broken({ at, rule, approvers: new Map() }, policy).kind).toBe("break-glass");
    expect(broken({ at, rule, breakGlass: false, roles: new Set(["engineers"]) }, policy).kind).toBe("deny");
  });

  test("goes past no deny rule, port or source", () => {
    const denials = [{ name: "d", people: [], match: everyMachine, ports: [], because: "audit" }];
    expect(codes({}, { ...aPolicy(), denials })).toEqual(["denied-by-policy"]);
    expect(codes({ services: [{ name: "8080", ports: [{ port: 8080, protocol: "tcp" }] }] })).toEqual([
      "port-not-offered",
    ]);
    expect(codes({ sources: [c("10.0.0.0/8")] })).toEqual(["source-not-allowed"]);
  });

  test("lasts no longer than the smaller maximum, its own or the port's", () => {
    expect(broken({ durationMs: (hours(1) + 1) as DurationMs })).toMatchObject({
      refusals: [{ code: "duration-too-long", facts: { port: "ssh", maximumMs: hours(1) } }],
    });
    const rule = aRule({ breakGlass: { ...breakGlass, maximumMs: hours(9) } });
    expect(codes({ rule, durationMs: hours(3) })).toEqual([]);
    expect(broken({ rule, durationMs: (hours(3) + 1) as DurationMs })).toMatchObject({
      refusals: [{ facts: { maximumMs: hours(3) } }],
    });
  });

  test("needs a justification always, in the rule's form", () => {
    const rule = aRule({ breakGlass, justification: { required: false, pattern: /^INC/u } });
    expect(codes({ rule, justification: " " })).toEqual(["justification-missing"]);
    expect(codes({ rule, justification: "fire" })).toEqual(["justification-mismatch"]);
    expect(codes({ rule, justification: "INC-1" })).toEqual([]);
  });

  test("is one also where nobody would have had to approve", () => {
    expect(broken({ rule: aRule({ breakGlass, approve: { kind: "none" } }) })).toMatchObject({
      kind: "break-glass",
      skipped: [],
    });
  });
});

describe("deny rules", () => {
  const denied = (changes: Partial<Denial>, question: Partial<Question> = {}) =>
    decide(aQuestion(question), {
      ...aPolicy(),
      denials: [{ name: "contractors", people: [], match: everyMachine, ports: [], because: "no", ...changes }],
    });

  test("that name nobody are for everybody, and nothing else is said then", () => {
    expect(denied({}, { justification: "", rule: undefined })).toEqual({
      kind: "deny",
      refusals: [
        {
          kind: "refusal",
          code: "denied-by-policy",
          facts: { machine: "prod-vm-3", name: "contractors", because: "no" },
        },
      ],
    });
  });

  test("are for the people, machines and ports that they name", () => {
    const roles = new Set(["engineers", "contractors"]);
    expect(denied({ people: ["contractors"] }).kind).toBe("needs-approval");
    expect(denied({ people: ["interns", "contractors"] }, { roles }).kind).toBe("deny");
    expect(denied({ match: { ...everyMachine, os: ["windows"] } }).kind).toBe("needs-approval");
    expect(denied({ match: { ...everyMachine, os: ["linux"], tags: new Map([["env", ["prod"]]]) } }).kind).toBe("deny");
    expect(denied({ ports: [{ port: 22, protocol: "udp" }] }).kind).toBe("needs-approval");
  });

  describe("for a user group that isn't there", () => {
    const roles = new Map([
      ...aPolicy().roles,
      ["contractors", aRole({ name: "contractors", groups: ["S0CON", "S0OTHER"] })],
    ]);
    const memberships = { ...NO_MEMBERSHIPS, missingGroups: new Set(["S0CON"]) };
    const asked = (changes: Partial<Denial> = {}, question: Partial<Question> = {}) => {
      const denial = { name: "no", people: ["contractors"], match: everyMachine, ports: [], because: "", ...changes };
      return decide(aQuestion({ memberships, ...question }), { ...aPolicy(), roles, denials: [denial] });
    };
    const unclear = { code: "deny-rule-unclear", facts: { machine: "prod-vm-3", name: "no", groups: ["S0CON"] } };

    test("refuse everybody that it could mean, past break-glass too, and all else is said as well", () => {
      expect(asked()).toMatchObject({ kind: "deny", refusals: [unclear] });
      expect(asked({}, { justification: "" })).toMatchObject({
        refusals: [unclear, { code: "justification-missing" }],
      });
      const rule = aRule({ breakGlass: { by: ["engineers"], maximumMs: HOUR, tell: { roles: [], channels: [] } } });
      expect(asked({}, { rule, breakGlass: true, durationMs: HOUR })).toMatchObject({ refusals: [unclear] });
    });

    test("refuse nobody where it could mean nobody", () => {
      expect(asked({ match: { ...everyMachine, os: ["windows"] } }).kind).toBe("needs-approval");
      expect(asked({ ports: [{ port: 3389, protocol: "tcp" }] }).kind).toBe("needs-approval");
      expect(asked({ people: ["leads"] }).kind).toBe("needs-approval");
      expect(asked({}, { memberships: NO_MEMBERSHIPS }).kind).toBe("needs-approval");
    });

    test("and for somebody by another way say just that", () => {
      expect(asked({ people: ["contractors", "engineers"] })).toMatchObject({
        refusals: [{ code: "denied-by-policy" }],
      });
    });
  });

  test("deny all of an ask when one of its ports is theirs", () => {
    const services = [
      { name: "ssh", ports: [{ port: 22, protocol: "tcp" as const }] },
      { name: "rdp", ports: [{ port: 3389, protocol: "tcp" as const }] },
    ];
    const question = { services, durationMs: hours(1), sources: [c("198.51.100.7/32")] };
    expect(decide(aQuestion(question), aPolicy()).kind).toBe("needs-approval");
    expect(denied({ ports: [{ port: 3389, protocol: "tcp" }] }, question).kind).toBe("deny");
  });
});
