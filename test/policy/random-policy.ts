/** Policies and asks at random, in a world so small that everything in it can be looked at one by one. */

import * as fc from "fast-check";
import type { Port, Service } from "../../src/access/port.ts";
import { type Cidr, parseCidr } from "../../src/access/source.ts";
import { type DurationMs, type EpochMs, HOUR } from "../../src/access/time.ts";
import type { Hours } from "../../src/policy/hours.ts";
import type { AllowedSource, Approve, Denial, Freeze, Policy, PortRule, Rule } from "../../src/policy/policy.ts";
import { NO_MEMBERSHIPS } from "../../src/policy/roles.ts";
import { aPolicy, everyMachine } from "./example-rule.ts";

/** A world of sixteen addresses, 10.0.0.0 to 10.0.0.15, and everything; small enough to ask about each one. */
const prefix = fc
  .oneof(
    { weight: 9, arbitrary: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(28, 29, 30, 31, 32, 32, 32)) },
    { weight: 1, arbitrary: fc.constant([0, 0] as [number, number]) },
  )
  .map(([host, bits]) => parseCidr(bits === 0 ? "0.0.0.0/0" : `10.0.0.${host}/${bits}`) as Cidr);

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

/** Sunday night, the first instant of Monday's eight o'clock, Tuesday at three in the morning. */
const INSTANTS = ["2026-11-22T23:30Z", "2026-11-23T08:00Z", "2026-11-24T03:00Z"].map(
  (text) => Date.parse(text) as EpochMs,
);

const someHours: fc.Arbitrary<Hours> = fc
  .constantFrom(
    { days: [1, 2, 3, 4, 5], from: 480, until: 1080 },
    { days: [7], from: 1380, until: 240 },
    { days: [1], from: 1260, until: 181 },
    { days: [1, 2, 7], from: 0, until: 1440 },
  )
  .map((given) => ({ name: "h", zone: "UTC", ...given }));

const ROLES = ["leads", "secs", "bosses"];
const step = fc.record({
  roles: fc.subarray(ROLES, { minLength: 1, maxLength: 2 }),
  needed: fc.constantFrom(1, 1, 1, 2, 3),
});
const approve: fc.Arbitrary<Approve> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Approve>({ kind: "none" }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("by" as const),
      steps: fc.array(step, { minLength: 1, maxLength: 3 }),
      withinMs: fc.constant(1 as DurationMs),
      automatic: fc.array(someHours, { maxLength: 2 }),
    }),
  },
);
const count = fc.constantFrom(undefined, undefined, undefined, 0, 1, 2, 3);

/** A rule that offers each of the six ports on at most one line. */
export const rule: fc.Arbitrary<Rule> = fc
  .record({
    lineOf: fc.array(fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 2, 3), { minLength: 6, maxLength: 6 }),
    lines: fc.array(
      fc.record({
        maximum: fc.integer({ min: 2, max: 5 }),
        sources: fc.option(fc.array(allowed, { maxLength: 2 }), { nil: undefined, freq: 1 }),
      }),
      { minLength: 3, maxLength: 3 },
    ),
    sources: fc.array(allowed, { minLength: 2, maxLength: 5 }),
    request: fc.subarray(["a", "b", "c"], { minLength: 2 }),
    approve,
    hours: fc.oneof(fc.constant([]), fc.array(someHours, { maxLength: 2 })),
    limits: fc.record({ perPerson: count, perMachine: count, asksPerHour: count }),
    breakGlass: fc.option(
      fc.record({
        by: fc.subarray(["a", "b", "c", "d"], { minLength: 1 }),
        maximumMs: fc.integer({ min: 1, max: 6 }).map((length) => length as DurationMs),
        tell: fc.constant({ roles: [], channels: [] }),
      }),
      { nil: undefined, freq: 4 },
    ),
    required: fc.boolean(),
    pattern: fc.constantFrom(undefined, undefined, /^INC/u),
    names: fc.constantFrom([], [], [], ["web-*"], ["db-*", "*-1"]),
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
      approve: given.approve,
      configure: [],
      protect: "by-hand",
      drift: "tell",
      justification: { required: given.required, pattern: given.pattern },
      channel: "C",
      authorities: [],
      hours: given.hours,
      limits: given.limits,
      breakGlass: given.breakGlass,
      recheck: "tell",
    }),
  );

const oneMostly = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.oneof(
    { weight: 4, arbitrary: one.map((each) => [each]) },
    { weight: 1, arbitrary: fc.array(one, { maxLength: 2 }) },
  );

export const ask = fc
  .record({
    requester: fc.constantFrom("U1", "U2"),
    roles: fc.subarray(["a", "b", "c", "d"], { minLength: 1 }).map((roles) => new Set(roles)),
    services: oneMostly(
      fc.subarray([...PORTS], { minLength: 1, maxLength: 2 }).map((ports): Service => ({ name: "s", ports })),
    ),
    sources: oneMostly(prefix),
    durationMs: fc.constantFrom(0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5, 6).map((length) => length as DurationMs),
    justification: fc.constantFrom("", " ", "INC-1", "INC-1", "INC-1", "INC-1", "INC-1", "disk"),
    approvers: fc
      .array(fc.subarray(["U1", "U2", "U3", "U4", "U5"], { minLength: 1 }), { minLength: 2, maxLength: 3 })
      .map((found) => new Map(found.map((users, index) => [ROLES[index] ?? "", new Set(users)]))),
    machine: fc
      .constantFrom("web-1", "web-2", "db-2", "mail-3")
      .map((name) => ({ name, cloud: "azure" as const, account: "", region: "", os: "linux" as const, tags: {} })),
    breakGlass: fc.constantFrom(false, false, true),
    memberships: fc.constant(NO_MEMBERSHIPS),
    at: fc.constantFrom(...INSTANTS),
    ofPerson: fc.constantFrom(0, 0, 1, 2),
    onMachine: fc.constantFrom(0, 0, 1, 2),
    ages: fc.array(fc.constantFrom(0, 5, HOUR - 1, HOUR, HOUR + 1), { maxLength: 3 }),
  })
  .map(({ ofPerson, onMachine, ages, ...given }) => ({
    ...given,
    usage: { ofPerson, onMachine, asksAt: ages.map((age) => (given.at - age) as EpochMs) },
  }));

const names = fc.constantFrom([], ["web-*"], ["db-*", "*-1"], ["mail-*"]);
export const denial: fc.Arbitrary<Denial> = fc
  .record({ names, people: fc.subarray(["a", "b", "x"]), ports: fc.subarray([...PORTS]) })
  .map((given) => ({ ...given, name: "d", because: "", match: { ...everyMachine, names: given.names } }));
export const freeze: fc.Arbitrary<Freeze> = fc
  .record({
    names,
    at: fc.constantFrom(...INSTANTS),
    shift: fc.integer({ min: -6, max: 6 }),
    length: fc.integer({ min: 1, max: 8 }),
    except: fc.constantFrom([], [], ["a"]),
  })
  .map(({ names: patterns, at, shift, length, except }) => ({
    name: "f",
    match: { ...everyMachine, names: patterns },
    fromAt: (at + shift) as EpochMs,
    untilAt: (at + shift + length) as EpochMs,
    except,
  }));
const few = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(one, { maxLength: 2 }) });
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
    denials: few(denial),
    freezes: fc.array(freeze, { maxLength: 3 }),
  })
  .map(({ rules, denials, freezes }) => ({ ...aPolicy(...rules), denials, freezes }));
