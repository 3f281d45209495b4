/** The form within Slack's limits, whatever machines, policies and people bring, and what is read of it again. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration, showDuration } from "../../../src/access/duration.ts";
import type { Machine, MachineId } from "../../../src/access/machine.ts";
import { DAY, type DurationMs, MINUTE } from "../../../src/access/time.ts";
import type { Network, PortRule, Rule } from "../../../src/policy/policy.ts";
import { checkView } from "../../../src/sandbox/slack/block-kit/views.ts";
import { elementsOf, stateValues } from "../../../src/sandbox/slack/element-values.ts";
import { fitted, lengthOptions, machineOption, type Offer, sourceOptions } from "../../../src/slack/form/choices.ts";
import { drawForm, type FormFacts, ONE_MOMENT } from "../../../src/slack/form/draw-form.ts";
import {
  askOf,
  EMPTY,
  type Filled,
  machineKey,
  machineOf,
  readFilled,
  readKept,
  TYPED,
  type Values,
} from "../../../src/slack/form/fields.ts";
import { aRule, c, RDP, SSH } from "../../policy/example-rule.ts";
import { machineBehind, machinesOf } from "../../reconcile/world.ts";

const kept = { user: "U0DEV1", channel: "C0ACCESS" };
const machine = machineBehind([]);
const offer = (rule: Partial<Rule> = {}, changes: Partial<Machine> = {}): Offer => ({
  machine: { ...machine, ...changes },
  rule: aRule(rule),
});
const drawnFor = (given: Offer, filled: Partial<Filled> = {}, facts: Partial<FormFacts> = {}) =>
  drawForm({
    kept,
    filled: fitted({ ...EMPTY, ...filled }, given, true),
    offer: given,
    hasAddressPage: true,
    foretold: ONE_MOMENT,
    ...facts,
  });
/** What Slack would send of it as it was drawn. */
const stateOf = (view: ReturnType<typeof drawForm>): Values => stateValues(view.blocks as never, {});
const values = (options: readonly { readonly value?: string }[]) => options.map(({ value }) => value);

test("what was drawn is read again as it was", () => {
  const filled = fitted({ ...EMPTY, services: ["rdp"], length: "30m", because: "INC-1 <&> *x*" }, offer(), true);
  const view = drawnFor(offer(), filled, { kept: { ...kept, link: "https://acme.slack.com/archives/C1/p1" } });
  expect(readFilled(stateOf(view))).toEqual({ ...filled, typedLength: "", typedSource: "" });
  expect(readKept(view.private_metadata ?? "")).toMatchObject({ ...kept, machine: machine.id });
  const typed = { length: TYPED, typedLength: "until 18:00", source: TYPED, typedSource: "203.0.113.7, vpn" };
  expect(readFilled(stateOf(drawnFor(offer(), typed)))).toMatchObject(typed);
});

test.each(["", "{", "null", '"x"', "[]", '{"user":"U1"}'])("metadata of another make, %j, is nobody's", (text) => {
  expect(readKept(text)).toBeUndefined();
});

describe("it offers", () => {
  test("the port that suits the machine, and for an hour, or as long as there is", () => {
    expect(fitted(EMPTY, offer(), false)).toMatchObject({ services: ["ssh"], length: "1h", source: "vpn" });
    expect(fitted(EMPTY, offer({}, { os: "windows" }), false)).toMatchObject({ services: ["rdp"], source: "vpn" });
    const short = { ...SSH, maximumMs: (20 * MINUTE) as DurationMs };
    expect(fitted(EMPTY, offer({ ports: [short] }), false)).toMatchObject({ length: "20m" });
  });

  test("lengths up to the shortest maximum of the chosen ports, and one to type", () => {
    const both = aRule({ ports: [SSH, RDP] });
    expect(values(lengthOptions(both, ["ssh"]))).toEqual(["15m", "30m", "1h", "2h", "3h", TYPED]);
    expect(values(lengthOptions(both, ["ssh", "rdp"]))).toEqual(["15m", "30m", "1h", TYPED]);
    expect(
      values(lengthOptions(aRule({ ports: [{ ...SSH, maximumMs: (10 * DAY) as DurationMs }] }), ["ssh"])),
    ).toContain("10d");
  });

  test("sources that all of the chosen ports allow", () => {
    const both = aRule({ ports: [SSH, RDP] });
    expect(values(sourceOptions(both, ["ssh"], false))).toEqual(["office", "vpn", TYPED]);
    expect(values(sourceOptions(both, ["ssh", "rdp"], false))).toEqual(["vpn", TYPED]);
    expect(values(sourceOptions(aRule({ sources: [{ kind: "anywhere" }] }), ["ssh"], true))).toEqual([
      "me",
      "usual:",
      "anywhere",
      TYPED,
    ]);
    expect(values(sourceOptions(aRule({ sources: [{ kind: "prefix", prefix: c("10.0.0.0/8") }] }), [], false))).toEqual(
      ["usual:", "10.0.0.0/8", TYPED],
    );
  });

  test("my address first where nothing is usual, and nothing of the kind where nobody can be asked", () => {
    const rule = { defaultSource: undefined };
    expect(fitted(EMPTY, offer(rule), true).source).toBe("me");
    expect(fitted(EMPTY, offer(rule), false).source).toBe("office");
    expect(fitted(EMPTY, offer({ ...rule, sources: [{ kind: "single-address" }] }), false).source).toBe(TYPED);
  });

  test("keeps what was chosen for another machine where it is offered here too", () => {
    const filled = fitted(
      { ...EMPTY, services: ["rdp", "gone"], length: "15m", source: "vpn", because: "x" },
      offer(),
      true,
    );
    expect(filled).toMatchObject({ services: ["rdp"], length: "15m", source: "vpn", because: "x" });
    expect(fitted({ ...EMPTY, length: "8h", source: "gone" }, offer(), true)).toMatchObject({
      length: "1h",
      source: "vpn",
    });
  });
});

test("fields have another id as soon as they offer something else, and the same as long as they don't", () => {
  const ids = (view: ReturnType<typeof drawForm>) => view.blocks.flatMap(({ block_id: id }) => id ?? []);
  const ssh = drawnFor(offer(), { services: ["ssh"] });
  expect(ids(drawnFor(offer(), { services: ["ssh"], length: "30m" }))).toEqual(ids(ssh));
  const rdp = ids(drawnFor(offer(), { services: ["rdp"] }));
  expect(rdp.filter((id) => !ids(ssh).includes(id)).map((id) => id.split("/")[0])).toEqual([
    "form.length",
    "form.source",
  ]);
});

describe("a justification", () => {
  const because = (rule: Partial<Rule>, link?: string) => {
    const view = drawnFor(offer(rule), {}, link === undefined ? {} : { kept: { ...kept, link } });
    return view.blocks.find(({ block_id: id }) => id === "form.because");
  };
  test("is wanted where the rule says so, and its form is said", () => {
    expect(because({})).toMatchObject({
      optional: false,
      hint: { text: expect.stringContaining("^(INC|CHG)-[0-9]+") },
    });
    expect(because({ justification: { required: false, pattern: undefined } })).toMatchObject({ optional: true });
  });
  test("may be the link alone where any will do", () => {
    expect(because({ justification: { required: true, pattern: undefined } }, "https://x")).toMatchObject({
      optional: true,
    });
    expect(because({}, "https://x")).toMatchObject({ optional: false });
  });
  test("is stored without what nobody can see, with the link at its end", async () => {
    const machines = await machinesOf(machine);
    const filled = { ...EMPTY, because: "  INC-1\n\u202Edisk  " };
    const { because: text } = askOf(filled, machine, machines, { link: "https://acme.slack.com/x" });
    expect(text).toBe("INC-1 [U+202E]disk https://acme.slack.com/x");
  });
});

test("a machine is called as people would type it, and by its id where that means another", async () => {
  const twin = (id: string, account: string) => machineBehind([], { id: id as MachineId, account });
  const [one, two, third] = [twin("/vm/1", "a"), twin("/vm/2", "b"), twin("/vm/3", "b")];
  const named = async (wanted: Machine, ...all: readonly Machine[]) => {
    const machines = await machinesOf(...all);
    const found = machines.byId(wanted.id);
    return found === undefined ? undefined : askOf(EMPTY, found, machines, {}).machine;
  };
  expect(await named(one, one)).toBe("prod-vm-3");
  expect(await named(one, one, two)).toBe("prod-vm-3@a");
  expect(await named(two, one, two, third)).toBe("/vm/2");
});

test("a machine is found by its key, also where its id is longer than a menu's values may be", async () => {
  const long = machineBehind([], { id: `/subscriptions/1/${"g".repeat(200)}/vm/1` as MachineId });
  const machines = await machinesOf(machine, long);
  for (const each of [machine, long]) {
    expect(machineKey(each).length).toBeLessThanOrEqual(150);
    expect(machineOf(machineKey(each), machines)?.id).toBe(each.id);
  }
  expect(machineOf("sha256:x", machines)).toBeUndefined();
});

test("two names of 200 characters that differ at one end are told apart", () => {
  const shown = (name: string) => machineOption({ ...machine, name }).text.text;
  expect(shown(`${"n".repeat(199)}1`)).not.toBe(shown(`${"n".repeat(199)}2`));
  expect(shown(`1${"n".repeat(199)}`)).not.toBe(shown(`2${"n".repeat(199)}`));
});

test("every length that is offered is one that can be asked, and says what it is", () => {
  const rule = aRule({ ports: [{ ...SSH, maximumMs: (7 * DAY + 90 * MINUTE) as DurationMs }] });
  for (const { text, value } of lengthOptions(rule, ["ssh"]).slice(0, -1)) {
    const length = parseDuration(value ?? "");
    if (typeof length !== "number") throw new Error(`${value} is no length`);
    expect(text.text.toLowerCase()).toBe(showDuration(length));
  }
});

test("whatever machines are called and rules say, Slack takes the form", { timeout: 30_000 }, () => {
  const nasty = fc.string({ minLength: 1, maxLength: 300, unit: "binary" });
  const name = fc.stringMatching(/^[a-z0-9-]{1,200}$/u);
  const network = fc.tuple(name, fc.integer({ min: 1, max: 60 })).map(
    ([each, count]): Network => ({
      name: each,
      prefixes: Array.from({ length: count }, (_, i) => c(`10.${i}.0.0/16`)),
    }),
  );
  const line = fc
    .tuple(name, fc.integer({ min: 1, max: 10_000 }))
    .map(([each, minutes]): PortRule => ({ ...SSH, name: each, maximumMs: (minutes * MINUTE) as DurationMs }));
  fc.assert(
    fc.property(
      nasty,
      nasty,
      fc.uniqueArray(network, { maxLength: 120, selector: (each) => each.name }),
      fc.uniqueArray(line, { minLength: 1, maxLength: 120, selector: (each) => each.name }),
      fc.array(nasty, { maxLength: 30 }),
      fc.boolean(),
      (called, typed, networks, ports, foretold, isTyped) => {
        const given = offer(
          {
            ports,
            sources: networks.map((each) => ({ kind: "network", network: each })),
            justification: { required: true, pattern: { source: "x".repeat(3_000), test: () => true } },
          },
          { name: called.padEnd(200, "n"), region: called },
        );
        const chosen = isTyped ? { length: TYPED, source: TYPED } : {};
        const filled = { ...chosen, typedLength: typed, typedSource: typed, because: typed.repeat(12) };
        const view = drawnFor(given, filled, {
          foretold,
          problems: foretold,
          kept: { ...kept, link: `https://x/${"p".repeat(300)}` },
        });
        expect(checkView(view, "modal")).toEqual([]);
        expect(elementsOf(view.blocks as never).length).toBeLessThanOrEqual(7);
      },
    ),
    { numRuns: 30 },
  );
});
