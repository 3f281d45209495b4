import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Port, Service } from "../../src/access/port.ts";
import { type Cidr, parseCidr } from "../../src/access/source.ts";
import type { DurationMs, EpochMs } from "../../src/access/time.ts";
import { decide, type Question } from "../../src/policy/decide.ts";
import { ruleFor } from "../../src/policy/match.ts";
import type { AllowedSource, PortRule, Rule } from "../../src/policy/policy.ts";
import { NO_MEMBERSHIPS } from "../../src/policy/roles.ts";
import { aPolicy, everyMachine } from "./example-rule.ts";

/** A world of sixteen addresses, 10.0.0.0 to 10.0.0.15, and everything; small enough to ask about each one. */
const prefix = fc
  .oneof(
    { weight: 9, arbitrary: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(28, 29, 30, 31, 32, 32, 32)) },
    { weight: 1, arbitrary: fc.constant([0, 0] as [number, number]) },
  )
  .map(([host, bits]) => parseCidr(bits === 0 ? "0.0.0.0/0" : `10.0.0.${host}/${bits}`) as Cidr);

const addressesOf = (cidr: Cidr): readonly number[] => {
  const [address = "", bits = ""] = cidr.split("/");
  const first = Number(address.split(".")[3]);
  return Array.from({ length: 2 ** (32 - Number(bits)) }, (_, i) => first + i);
};

const allowed: fc.Arbitrary<AllowedSource> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<AllowedSource>({ kind: "anywhere" }, { kind: "single-address" }) },
  { weight: 2, arbitrary: prefix.map((each): AllowedSource => ({ kind: "prefix", prefix: each })) },
  {
    weight: 2,
    arbitrary: fc
      .array(prefix, { minLength: 1, maxLength: 3 })
      .map((prefixes): AllowedSource => ({ kind: "network", network: { name: "net", prefixes } })),
  },
);

const PORTS: readonly Port[] = [22, 53, 80].flatMap((port) => [
  { port, protocol: "tcp" as const },
  { port, protocol: "udp" as const },
]);

/** A rule that offers each of the six ports on at most one line. */
const rule: fc.Arbitrary<Rule> = fc
  .record({
    lineOf: fc.array(fc.constantFrom(0, 0, 1, 1, 2, 3), { minLength: 6, maxLength: 6 }),
    lines: fc.array(
      fc.record({
        maximum: fc.integer({ min: 2, max: 5 }),
        sources: fc.option(fc.array(allowed, { maxLength: 2 }), { nil: undefined, freq: 1 }),
      }),
      { minLength: 3, maxLength: 3 },
    ),
    sources: fc.array(allowed, { minLength: 1, maxLength: 4 }),
    request: fc.subarray(["a", "b", "c"], { minLength: 2 }),
    needed: fc.constantFrom(0, 0, 1, 1, 2, 3),
    required: fc.boolean(),
    pattern: fc.constantFrom(undefined, undefined, /^INC/u),
    names: fc.constantFrom([], [], ["web-*"], ["db-*", "*-1"]),
  })
  .map(
    (given): Rule => ({
      name: "r",
      match: { ...everyMachine, names: given.names },
      ports: given.lines.flatMap((line, index): PortRule[] => {
        const ports = PORTS.filter((_, port) => given.lineOf[port] === index);
        return ports.length === 0
          ? []
          : [{ name: `line-${index}`, ports, maximumMs: line.maximum as DurationMs, sources: line.sources }];
      }),
      sources: given.sources,
      defaultSource: undefined,
      request: given.request,
      approve:
        given.needed === 0
          ? { kind: "none" }
          : {
              kind: "by",
              steps: [{ roles: ["leads"], needed: given.needed }],
              withinMs: 1 as DurationMs,
              automatic: [],
            },
      configure: [],
      protect: "by-hand",
      drift: "tell",
      justification: { required: given.required, pattern: given.pattern },
      channel: "C",
      authorities: [],
      hours: [],
      limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined },
      breakGlass: undefined,
      recheck: "tell",
    }),
  );

const ask = fc.record({
  requester: fc.constantFrom("U1", "U2"),
  roles: fc.subarray(["a", "b", "c", "d"], { minLength: 1 }).map((roles) => new Set(roles)),
  services: fc.array(
    fc.subarray([...PORTS], { minLength: 1, maxLength: 2 }).map((ports): Service => ({ name: "s", ports })),
    { maxLength: 2 },
  ),
  sources: fc.array(prefix, { maxLength: 2 }),
  durationMs: fc.constantFrom(0, 1, 1, 2, 2, 3, 4, 5, 6).map((length) => length as DurationMs),
  justification: fc.constantFrom("", " ", "INC-1", "INC-1", "INC-1", "disk"),
  approvers: fc.subarray(["U1", "U2", "U3", "U4"]).map((users) => new Map([["leads", new Set(users)]])),
  machine: fc
    .constantFrom("web-1", "web-2", "db-2", "mail-3")
    .map((name) => ({ name, cloud: "azure" as const, account: "", region: "", os: "linux" as const, tags: {} })),
  at: fc.constant(0 as EpochMs),
  breakGlass: fc.constant(false),
  usage: fc.constant({ ofPerson: 0, onMachine: 0, asksAt: [] }),
  memberships: fc.constant(NO_MEMBERSHIPS),
});

/** The same answer the long way: port by port, address by address, person by person. */
const slowly = (question: Omit<Question, "rule">, rules: readonly Rule[]): "deny" | "allow" | "needs-approval" => {
  const fits = (name: string, names: readonly string[]): boolean =>
    names.length === 0 ||
    names.some((pattern) =>
      pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : name.startsWith(pattern.slice(0, -1)),
    );
  for (const each of rules) {
    if (!fits(question.machine.name, each.match.names)) continue;

    let mayAsk = false;
    for (const role of question.roles) if (each.request.includes(role)) mayAsk = true;
    if (!mayAsk || question.services.length === 0 || question.sources.length === 0 || question.durationMs <= 0)
      return "deny";

    for (const { ports } of question.services) {
      for (const port of ports) {
        const line = each.ports.find((offer) =>
          offer.ports.some((one) => one.port === port.port && one.protocol === port.protocol),
        );
        if (line === undefined || question.durationMs > line.maximumMs) return "deny";
        for (const source of question.sources) {
          let lets = false;
          for (const entry of line.sources ?? each.sources) {
            if (entry.kind === "anywhere") lets = true;
            else if (source === "0.0.0.0/0") continue;
            else if (entry.kind === "single-address") lets ||= addressesOf(source).length === 1;
            else {
              for (const wide of entry.kind === "prefix" ? [entry.prefix] : entry.network.prefixes) {
                if (wide === "0.0.0.0/0") lets = true;
                else lets ||= addressesOf(source).every((address) => addressesOf(wide).includes(address));
              }
            }
          }
          if (!lets) return "deny";
        }
      }
    }

    if (
      question.justification.trim() === ""
        ? each.justification.required
        : each.justification.pattern?.test(question.justification) === false
    )
      return "deny";
    if (each.approve.kind === "none") return "allow";
    const [step] = each.approve.steps;
    const answering = [...(question.approvers.get("leads") ?? [])].filter((user) => user !== question.requester);
    return answering.length >= (step?.needed ?? 0) ? "needs-approval" : "deny";
  }
  return "deny";
};

test("decisions agree with a slow evaluator that asks about every port, address and person, and the first matching rule alone decides", () => {
  const seen = { deny: 0, allow: 0, "needs-approval": 0 };
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), ask, (rules, asked) => {
      const policy = aPolicy(...rules);
      const deciding = ruleFor(policy, asked.machine);
      const { kind } = decide({ ...asked, rule: deciding }, policy);
      if (kind === "break-glass") throw new Error("nobody broke any glass");
      seen[kind] += 1;
      expect(kind).toBe(slowly(asked, rules));
    }),
    { numRuns: 6_000 },
  );
  // Random questions are mostly refused; this keeps the property from being about refusals only.
  expect(Math.min(seen.allow, seen["needs-approval"])).toBeGreaterThan(30);
});

test("what is given for several ports is given for each of them alone, and nothing of it without a role", () => {
  fc.assert(
    fc.property(rule, ask, (only, asked) => {
      const policy = aPolicy(only);
      const question: Question = { ...asked, rule: only };
      if (decide(question, policy).kind === "deny") return;
      for (const service of question.services) {
        expect(decide({ ...question, services: [service] }, policy).kind).not.toBe("deny");
      }
      expect(decide({ ...question, roles: new Set() }, policy).kind).toBe("deny");
    }),
    { numRuns: 2_000 },
  );
});
