/** Time that is moved ahead, for the clouds and for the bot in a process of its own. */

import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/access/time.ts";
import { createMovableClock } from "../../src/sandbox/movable-clock.ts";
import { createPlayground } from "../../src/sandbox/playground.ts";
import { toEnd } from "../../src/sandbox/skip.ts";
import { steer } from "../../src/sandbox/steer.ts";
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

test("what one can type about time and troubles", async (context) => {
  const playground = await createPlayground();
  context.onTestFinished(playground.stop);
  const { clock, switches } = playground;
  const type = (word: string, text: string) => steer(word, text, playground);

  expect(await type("skip", "1h10m")).toMatch(/^It is \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC now\.$/u);
  expect(clock.aheadMs()).toBe(HOUR + 10 * MINUTE);
  for (const wrong of ["90", "-1h", "0m", "1.5h", ""])
    await expect(type("skip", wrong)).rejects.toThrow("time can't be moved by");
  await expect(type("skip", "end")).rejects.toThrow("nothing is open, so nothing ends");
  expect(clock.aheadMs()).toBe(HOUR + 10 * MINUTE);

  expect(await type("fault", "azure slow")).toBe("azure slow: off.");
  expect(await type("fault", "azure slow on")).toBe("azure slow: on.");
  expect(await type("fault", "azure slow on")).toBe("azure slow: on.");
  expect(await type("fault", "azure slow off")).toBe("azure slow: off.");
  expect(switches.isOn("azure-slow")).toBe(false);
  expect(await type("fault", "everything on")).toMatch(/^There is no such fault\. There are: azure slow, /u);
  expect(await type("jump", "1h")).toBeUndefined();
});

test("time goes forward only", async () => {
  const clock = createMovableClock();
  for (const wrong of [-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(clock.advance(wrong)).rejects.toThrow("time goes forward only");
  expect(clock.aheadMs()).toBe(0);
});

test("a skip towards an end stops a minute before it, then five seconds before it, then at it", () => {
  expect(toEnd(2 * HOUR, 0)).toBe(2 * HOUR - MINUTE);
  expect(toEnd(MINUTE + 1, 0)).toBe(1);
  expect(toEnd(MINUTE, 0)).toBe(MINUTE - 5 * SECOND);
  expect(toEnd(5 * SECOND, 0)).toBe(5 * SECOND);
});
