/** What auditors are left with of every ask: enough to ask it again of another policy. */

import { expect, test } from "vitest";
import { replay } from "../../src/policy/replay.ts";
import { aPolicy, aRule } from "../policy/example-rule.ts";
import { createOffice, DEV, STRANGER } from "./office.ts";

test("every ask that was understood is written down, with what came of it", async () => {
  const office = await createOffice();
  const { id } = await office.submit();
  await office.refusalsOf({});
  await office.refusalsOf({ end: "9h" }, STRANGER);
  office.setRule({ approve: { kind: "none" } });
  const granted = await office.submit({ from: ["203.0.113.9"] });
  expect(office.judged()).toMatchObject([
    { requestId: id, outcome: "needs-approval", rule: "production", codes: [], requester: { user: DEV } },
    { requestId: undefined, outcome: "deny", codes: ["already-asked"] },
    {
      requestId: undefined,
      outcome: "deny",
      codes: ["not-eligible", "duration-too-long"],
      requester: { user: STRANGER },
    },
    { requestId: granted.id, outcome: "allow", codes: [] },
  ]);
  // Before what it led to, so that who follows the log reads it first.
  expect(office.memory.log().map(({ kind }) => kind)).toEqual([
    "request.judged",
    "request.submitted",
    "request.judged",
    "request.judged",
    "request.judged",
    "request.approved",
  ]);
});

test("what was never understood isn't", async () => {
  const office = await createOffice();
  await office.refusalsOf({ machine: "nosuch" });
  await office.refusalsOf({}, "U0GONE");
  expect(office.judged()).toEqual([]);
});

test("what authorities said is written down with what policy did", async () => {
  const office = await createOffice({ authorities: ["azure-roles", "aws-iam"] });
  await office.submit();
  office.authorities.set("azure-roles", { no: { kind: "not-linked" } });
  await office.refusalsOf({});
  office.authorities.set("azure-roles", "slow");
  await office.refusalsOf({ end: "9h" });
  office.setRule({ authorities: [] });
  await office.refusalsOf({});
  expect(office.judged().map(({ outcome, codes, asked }) => [outcome, codes, asked.authorities])).toEqual([
    ["needs-approval", [], { "azure-roles": "yes", "aws-iam": "yes" }],
    ["deny", ["authority-no"], { "azure-roles": "authority-no", "aws-iam": "yes" }],
    ["deny", ["duration-too-long", "authority-silent"], { "azure-roles": "authority-silent", "aws-iam": "yes" }],
    ["deny", ["already-asked"], {}],
  ]);
});

test("asked again of the same policy it ends the same; of another as that one says", async () => {
  const office = await createOffice();
  await office.submit();
  await office.refusalsOf({ end: "9h" });
  const again = (policy: ReturnType<typeof aPolicy>) =>
    office.judged().map(({ asked, requester, at }) => replay(asked, requester.user, at, policy).decision.kind);
  expect(again(aPolicy(aRule()))).toEqual(["needs-approval", "deny"]);
  expect(again(aPolicy(aRule({ approve: { kind: "none" } })))).toEqual(["allow", "deny"]);
  expect(again(aPolicy(aRule({ request: ["seniors"] })))).toEqual(["deny", "deny"]);
});

test("an ask isn't answered otherwise because it can't be written down", async () => {
  const office = await createOffice();
  Object.assign(office.deps.auditLog, {
    append: async () => {
      throw new Error("away");
    },
  });
  expect(await office.refusalsOf({ end: "9h" })).toEqual(["duration-too-long"]);
});
