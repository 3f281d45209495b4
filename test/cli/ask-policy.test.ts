import { describe, expect, test } from "vitest";
import type { MachineId } from "../../src/access/machine.ts";
import { NOBODY_ELSEWHERE } from "../../src/access/person.ts";
import type { EpochMs } from "../../src/access/time.ts";
import { askPolicy } from "../../src/cli/ask-policy.ts";
import type { Facts } from "../../src/cli/facts.ts";
import { NO_FACTS } from "../../src/cli/facts-file.ts";
import { worldOf } from "../../src/cli/written-world.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { NO_USAGE } from "../../src/policy/question.ts";
import { aPolicy, aRole, aRule } from "../policy/example-rule.ts";

const LEADS = ["U0LEAD1", "U0LEAD2", "U0LEAD3", "U0LEAD4"];
const policy: Policy = {
  ...aPolicy(aRule()),
  roles: new Map([
    ["engineers", aRole({ name: "engineers", users: ["U0DEV1"] })],
    ["leads", aRole({ name: "leads", users: LEADS })],
  ]),
};

const NOBODY = { people: new Map(), profileFields: {}, signIn: undefined, byEmail: new Map() };

const world = async (gone: readonly string[] = []): Promise<Facts> => {
  const machine = {
    cloud: "azure",
    id: "m1" as MachineId,
    name: "prod-1",
    account: "",
    region: "",
    tags: {},
    os: "linux",
    power: "running",
    interfaces: [],
  } as const;
  const people = new Map(
    gone.map((user) => [
      user,
      {
        facts: { person: { team: "", user }, name: user, standing: "deactivated" as const, timezone: undefined },
        groups: [],
        manager: undefined,
        identities: NOBODY_ELSEWHERE,
      },
    ]),
  );
  return worldOf({ ...NO_FACTS, people, machines: [machine] }, { policy, identities: NOBODY });
};

const ask = (facts: Facts, because: string, more: { readonly anyJustification?: boolean } = {}) =>
  askPolicy(policy, facts, {
    ask: { services: ["ssh"], machine: "prod-1", end: "1h", from: [], because },
    user: "U0DEV1",
    at: 0 as EpochMs,
    zone: "UTC",
    usage: NO_USAGE,
    ...more,
  });

describe("who could approve", () => {
  test("is looked up as far as facts allow, and how many more there are is told", async () => {
    const answer = await ask({ ...(await world(["U0LEAD2"])), lookedUp: 2 }, "INC-1");
    expect(answer.asked?.approvers).toEqual([{ people: ["U0LEAD1", "U0LEAD3"], refused: [], others: 1 }]);
  });

  test("is everybody where facts are all there is", async () => {
    const answer = await ask(await world(["U0LEAD4"]), "INC-1");
    expect(answer.asked?.approvers).toEqual([{ people: LEADS.slice(0, 3), refused: [], others: 0 }]);
  });
});

test("a justification that wasn't typed is taken for granted only when that is said, and the rule stays as it is", async () => {
  const facts = await world();
  expect(await ask(facts, "")).toMatchObject({ outcome: "deny", refusals: [{ code: "justification-missing" }] });
  const granted = await ask(facts, "", { anyJustification: true });
  expect(granted).toMatchObject({ outcome: "needs-approval", refusals: [] });
  expect(granted.asked?.question.rule).toEqual(policy.rules[0]);
});
