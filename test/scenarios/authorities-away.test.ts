/** Whoever has a say beside the policy is slow, fails, or wants to be asked less: a clear “no, because …” within five seconds, and never a yes. */

import { afterAll, describe, expect, test } from "vitest";
import type { Misbehaviour } from "../../src/sandbox/faults.ts";
import { clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, lead } = PEOPLE;
const ASK = "ssh vault-vm-1 1h because INC-7";
const WITHIN_MS = 5_000;
/** Of Slack's sandbox and of this test. */
const SLACK_MS = 500;

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

const during = async <T>(does: Misbehaviour, work: () => Promise<T>): Promise<T> => {
  const end = stage.faults.azure.add({ calls: /Microsoft\.Authorization/u, does });
  const began = performance.now();
  try {
    return await work();
  } finally {
    expect(performance.now() - began).toBeLessThan(WITHIN_MS + SLACK_MS);
    end();
    stage.faults.azure.clear();
  }
};

describe.each(TROUBLE)("Azure's roles %s", (_, does, words) => {
  test("when somebody asks", async () => {
    const { answer, codes } = await during(does, () => typeInVain(stage, dev, ASK));
    expect(codes).toEqual(["authority-silent"]);
    expect(answer).toMatch(words);
  });

  test("when somebody approves", async () => {
    const id = await stage.ask(dev, ASK);
    const { answer, codes } = await during(does, () => clickInVain(stage, lead, id, "Approve"));
    expect(codes).toEqual(["authority-silent"]);
    expect(answer).toMatch(words);
    expect(await stage.reaches(ADDRESSES.vpn, "vault-vm-1")).toBe(false);
    await stage.jit(dev, `close ${id}`);
    await stage.settled();
  });
});
