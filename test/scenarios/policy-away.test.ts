/** A configuration that is missing or broken at start: nobody gets anything and is told so, operators see where, and what is open still closes. */

import { rm, writeFile } from "node:fs/promises";
import { test } from "vitest";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { ADDRESSES, PEOPLE, type Stage, setInsideStage, setStage } from "./stage.ts";

const { dev, lead } = PEOPLE;
const told = "I can't read the policy, so nobody gets anything now. Whoever runs me sees why in the log.";

const breakIt = {
  "is missing": (stage: Stage) => rm(stage.configFile),
  "is no YAML": (stage: Stage) => writeFile(stage.configFile, "rules: ["),
  "names a length of time that isn't one": (stage: Stage) =>
    writeFile(stage.configFile, sandboxConfig.replace("ssh: { maximum: 3h }", 'ssh: { maximum: "3 hours" }')),
} as const;

const problem = (stage: Stage): Record<keyof typeof breakIt, string> => ({
  "is missing": `${stage.configFile}:1:1 cannot read this file: there is none; \`LATCH_CONFIG\` says where it is`,
  "is no YAML": `${stage.configFile}:1:`,
  "names a length of time that isn't one": `${stage.configFile}:${sandboxConfig.split("\n").findIndex((line) => line.includes("ssh: { maximum: 3h }")) + 1}:23 rules[0].ports.ssh.maximum: "3 hours" is not a duration; write 3h`,
});

// One after another: each starts a bot.
test.concurrent("a configuration that can't be used from the first start on", { timeout: 180_000 }, async (context) => {
  const { expect } = context;
  for (const how of Object.keys(breakIt) as (keyof typeof breakIt)[]) {
    const stage = await setStage(context, { start: false });
    await breakIt[how](stage);
    const [bot] = stage.bots;
    await bot.start("alive");
    expect(bot.log.join("\n")).toContain(problem(stage)[how]);
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${bot.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain(`config: ${problem(stage)[how]}`);

    expect(await stage.jit(dev, "ssh prod-vm-3 1h because INC-1")).toBe(told);
    expect(await stage.jit(dev, "list")).toBe(told);
    await stage.until("it is audited", () =>
      bot.events.some((event) => event.kind === "request.refused" && event.codes[0] === "policy-unreadable"),
    );
    expect(stage.notices()).toEqual([]);
    expect(stage.azure.calls.filter(({ method }) => method !== "GET")).toEqual([]);
    await bot.stop();
  }
});

test.concurrent("what was open when the configuration broke closes on time, and people are told", {
  timeout: 180_000,
}, async (context) => {
  const { expect } = context;
  const stage = await setInsideStage(context);
  const [bot] = stage.bots;
  const id = await stage.ask(dev, "ssh prod-vm-3 10m because INC-1");
  const waiting = await stage.ask(dev, "ssh prod-vm-1 10m because INC-1");
  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  const [end = Number.NaN] = bot.events.flatMap((event) =>
    event.kind === "request.approved" && event.requestId === id ? [event.expiresAt] : [],
  );

  await stage.settled();
  await bot.stop();
  await breakIt["is no YAML"](stage);
  await bot.start("alive");
  await stage.until("the bot is at work", async () => (await bot.notReady()).length === 1);
  expect(await bot.notReady()).toEqual([expect.stringMatching(/^config: .*:1:\d+ /u)]);

  const before = stage.answers(lead).length;
  await stage.approve(lead, waiting);
  await stage.until("the approver is told", () => stage.answers(lead).length > before);
  expect(stage.answers(lead).at(-1)).toBe(told);
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-1")).toBe(false);

  await stage.settled();
  stage.clock.advance(Math.max(0, end - 2_000 - stage.clock.now()));
  await stage.until("it is closed", async () => !(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")));
  expect(stage.clock.now() - end).toBeGreaterThan(-100);
  expect(stage.clock.now() - end).toBeLessThan(5_000);
  await stage.until("the channel is told", () => stage.notices().some((text) => text.includes("closed")));
});
