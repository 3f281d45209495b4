/** Time that is moved ahead, for the clouds and for the bot in a process of its own. */

import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/access/time.ts";
import { createPlayground } from "../../src/sandbox/playground.ts";
import { ADDRESSES, type Owner, PEOPLE, vocabulary } from "../scenarios/stage.ts";

const { dev, lead } = PEOPLE;

const play = async ({ onTestFinished }: Owner) => {
  const playground = await createPlayground({ operationMs: 20 });
  onTestFinished(playground.stop);
  await playground.sandbox.bots[0].start();
  const words = vocabulary(playground.sandbox);
  return { ...playground, ...words, isOpen: () => words.reaches(ADDRESSES.vpn, "prod-vm-3") };
};

test("two hours pass in a second: opened, moved ahead, closed", { timeout: 90_000 }, async (context) => {
  const { clock, sandbox, ask, approve, until, isOpen, told, card } = await play(context);
  const request = await ask(dev, "ssh prod-vm-3 2h because INC-1");
  await approve(lead, request);
  await until("it is open", isOpen);
  await until("it is said to be open", () => told(request).includes("grant.opened"));

  await clock.advance(2 * HOUR - MINUTE);
  await until("ten minutes before the end are told of", () => told(request).includes("grant.ending"));
  expect(await isOpen()).toBe(true);

  const movedAt = performance.now();
  await clock.advance(MINUTE);
  await until("it is closed", async () => !(await isOpen()));
  expect(performance.now() - movedAt).toBeLessThan(10 * SECOND);
  await until("it is said to be closed", () => card(request).text.includes("closed"));

  const ended = sandbox.bots[0].events.find(({ kind }) => kind === "grant.ended");
  expect(Math.abs((ended?.at ?? 0) - clock.now())).toBeLessThan(MINUTE);
});

test("killed and started again, the bot has the time that was moved to", { timeout: 90_000 }, async (context) => {
  const { clock, sandbox, ask, approve, until, isOpen } = await play(context);
  const [bot] = sandbox.bots;
  await approve(lead, await ask(dev, "ssh prod-vm-3 1h because INC-1"));
  await until("it is open", isOpen);

  await bot.kill();
  await clock.advance(HOUR);
  expect(await isOpen()).toBe(true);
  await bot.start();
  await until("it is closed", async () => !(await isOpen()));
  const started = bot.events.findLast(({ kind }) => kind === "bot.started");
  expect(Math.abs((started?.at ?? 0) - clock.now())).toBeLessThan(MINUTE);
});

test("time goes forward only", async (context) => {
  const { clock } = await createPlayground().then((playground) => {
    context.onTestFinished(playground.stop);
    return playground;
  });
  await expect(clock.advance(-1)).rejects.toThrow("time goes forward only");
  await expect(clock.advance(Number.NaN)).rejects.toThrow("time goes forward only");
});
