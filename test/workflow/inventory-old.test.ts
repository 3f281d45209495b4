import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import type { Rule } from "../../src/policy/policy.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRule, everyMachine } from "../policy/example-rule.ts";
import { machineBehind } from "../reconcile/world.ts";
import { createOffice, DEV, LEAD, NSG, SECURITY } from "./office.ts";

const OLD = { kind: "refusal", code: "inventory-old", facts: { cloud: "azure", since: NOW } };

const late = async (rule: Partial<Rule> = {}) => {
  const office = await createOffice({ configure: ["security"], ...rule });
  const { id } = await office.submit();
  office.clock.advance(5 * MINUTE);
  office.cloud.away = true;
  return { ...office, id };
};
type Late = Awaited<ReturnType<typeof late>>;

const refusals = (outcome: object): unknown => ("refusals" in outcome ? outcome.refusals : [outcome]);

/** Each is refused, and may be asked again once the cloud was read. */
const decides: [string, (world: Late) => Promise<object>][] = [
  ["asking", ({ submitRequest }) => submitRequest(ask("203.0.113.9"), DEV)],
  ["approving", ({ review, id }) => review(id, LEAD, { kind: "approve" })],
  ["protecting", ({ protectMachine }) => protectMachine.protect("prod-vm-3", [], SECURITY)],
  ["unprotecting", ({ unprotect }) => unprotect("prod-vm-3", SECURITY)],
  ["asking why", ({ explainWhy }) => explainWhy("prod-vm-3", DEV)],
];

const ask = (from: string) => ({
  services: ["ssh"],
  machine: "prod-vm-3",
  end: "2h",
  from: [from],
  because: "INC-1042 disk full",
});

describe("a cloud that couldn't be read for more than five minutes", () => {
  test.each(decides)("keeps from %s, until it can be read", async (_, decide) => {
    const world = await late();
    world.clock.advance(1);
    expect(refusals(await decide(world))).toEqual([OLD]);
    world.cloud.away = false;
    expect(JSON.stringify(await decide(world))).not.toContain("inventory-old");
  });

  test("for no more than five minutes it keeps from nothing", async () => {
    const world = await late();
    for (const [, decide] of decides) expect(JSON.stringify(await decide(world))).not.toContain("inventory-old");
  });

  test("a denial, a withdrawal and a closing go on as ever", async () => {
    const world = await late({ approve: { kind: "none" } });
    world.clock.advance(HOUR);
    expect(await world.endEarly(world.id, DEV)).toMatchObject({ kind: "closing" });

    const waiting = await late();
    waiting.clock.advance(1);
    expect(await waiting.mayReview(waiting.id, LEAD)).toMatchObject({ id: waiting.id });
    expect(await waiting.review(waiting.id, LEAD, { kind: "deny", reason: "" })).toMatchObject({
      state: { kind: "denied" },
    });
    const other = await late();
    other.clock.advance(1);
    expect(await other.endEarly(other.id, DEV, "withdraw")).toMatchObject({ kind: "withdrawn" });
  });

  test("outsiders hear no more of it than before", async () => {
    const world = await late();
    world.clock.advance(HOUR);
    world.people.delete(DEV);
    expect(refusals(await world.submitRequest(ask("203.0.113.9"), DEV))).toMatchObject([{ code: "person-unknown" }]);
    const why = await world.explainWhy("prod-vm-3", DEV);
    expect(isRefusal(why) && why.code).toBe("person-unknown");
  });

  test("what a colleague wrote on the machine meanwhile counts as soon as it can be read", async () => {
    const tagged = (env: string) => machineBehind([NSG], { tags: { env } });
    const office = await createOffice({}, [tagged("dev")]);
    office.setPolicy(aPolicy(aRule({ match: { ...everyMachine, tags: new Map([["env", ["dev"]]]) } })));
    await office.submit({ from: ["203.0.113.1"] });
    office.clock.advance(HOUR);
    office.cloud.machines = [tagged("prod")];
    expect(await office.refusalsOf({ from: ["203.0.113.2"] })).toEqual(["machine-not-offered"]);
  });
});
