/** Whoever has a say beside the policy is slow, fails, or wants to be asked less: a clear “no, because …” within five seconds, and never a yes. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Misbehaviour } from "../../src/sandbox/faults.ts";
import { askedAndAnswered, askedInTime, clickInVain, type InVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead } = PEOPLE;
const ASK = "ssh vault-vm-1 1h because INC-7";
const WITHIN_MS = 5_000;

const json = { "content-type": "application/json" };
const TROUBLE: readonly (readonly [name: string, does: Misbehaviour, words: RegExp])[] = [
  ["never answers", { kind: "hang" }, /^Azure didn't answer in time, so I can't say yes/u],
  ["answers after a minute", { kind: "delay", ms: 60_000 }, /^Azure didn't answer in time, so I can't say yes/u],
  [
    "wants to be asked less",
    { kind: "throttle", retryAfterSeconds: 17 },
    /^Azure asks me to wait, so I can't say yes/u,
  ],
  [
    "fails",
    { kind: "answer", status: 500, body: "{}", headers: json },
    /^I can't check your roles in Azure right now/u,
  ],
  ["hangs up", { kind: "drop" }, /^I can't check your roles in Azure right now/u],
  [
    "answers with nothing",
    { kind: "answer", status: 200, body: "{}", headers: json },
    /I can't check your roles in Azure/u,
  ],
  [
    "answers with somebody's page",
    { kind: "answer", status: 200, body: "<html>" },
    /I can't check your roles in Azure/u,
  ],
];

beforeAll(() => askedInTime(stage, otherDev, ASK), 90_000);

const during = async (user: string, does: Misbehaviour, act: () => Promise<InVain>): Promise<InVain> => {
  const calls = /Microsoft\.Authorization/u;
  const { did, tookMs } = await askedAndAnswered(stage, user, stage.faults.azure, calls, does, act);
  expect(tookMs).toBeLessThan(WITHIN_MS);
  return did;
};

describe.each(TROUBLE)("Azure's roles %s", (_, does, words) => {
  test("when somebody asks", { timeout: 30_000 }, async () => {
    const { answer, codes } = await during(dev, does, () => typeInVain(stage, dev, ASK));
    expect(codes).toEqual(["authority-silent"]);
    expect(answer).toMatch(words);
  });

  test("when somebody approves", { timeout: 60_000 }, async () => {
    const id = await stage.ask(dev, ASK);
    const { answer, codes } = await during(lead, does, () => clickInVain(stage, lead, id, "Approve"));
    expect(codes).toEqual(["authority-silent"]);
    expect(answer).toMatch(words);
    expect(await stage.reaches(ADDRESSES.vpn, "vault-vm-1")).toBe(false);
    await stage.jit(dev, `close ${id}`);
    await stage.settled();
  });
});
