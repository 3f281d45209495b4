/** The bar of time and trouble in a real browser: whatever fails, people see it, the port closes all the same, and everything recovers. */

import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, expect } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { createControls } from "../../src/sandbox/page/controls.ts";
import { createPage } from "../../src/sandbox/page/server.ts";
import { createPlayground } from "../../src/sandbox/playground.ts";
import { ADDRESSES, CHANNELS, PEOPLE, vocabulary } from "../scenarios/stage.ts";
import { browserTest, isThere, type OpenOptions, type Owner, openBrowser, PATIENTLY } from "./browser.ts";

const { dev, lead } = PEOPLE;
const LONG_MS = 45_000;
const PHONE = 390;

// Without a browser every test is skipped: then nothing has to be started either.
const start = async () => {
  const playground = await createPlayground({ operationMs: 20 });
  afterAll(playground.stop);
  const { sandbox, clock } = playground;
  const page = await createPage({ slack: sandbox.slack, clock, sandbox, controls: createControls(playground) });
  afterAll(page.stop);
  await sandbox.bots[0].start();
  return { ...playground, ...vocabulary(sandbox), url: page.url };
};
const started = isThere ? await start() : undefined;

const open = async (owner: Owner, options: OpenOptions = {}) => {
  if (started === undefined) throw new Error("the sandbox wasn't started");
  const opened = await openBrowser(owner, options);
  const { page } = opened;
  await page.goto(`${started.url}/?as=${lead}&in=${CHANNELS.access}`);
  const bar = page.getByRole("region", { name: "Time and trouble" });
  if (options.width === PHONE) await page.getByRole("button", { name: "Machines" }).click();
  await bar.waitFor();
  const { ask, approve, until, reaches } = started;
  const isOpen = (machine: string) => reaches(ADDRESSES.vpn, machine);
  return {
    ...started,
    ...opened,
    bar,
    isOpen,
    press: (name: string) => bar.getByRole("button", { name }).click(),
    says: (text: string | RegExp) => bar.getByRole("status").filter({ hasText: text }).waitFor({ timeout: LONG_MS }),
    /** Asked for, approved, and open. */
    opened: async (machine: string) => {
      const request = await ask(dev, `ssh ${machine} 30m because INC-1`);
      if (machine.startsWith("prod")) await approve(lead, request);
      await until(`${machine} is open`, () => isOpen(machine), LONG_MS);
      await until("it is known to be open", () => started.told(request).includes("grant.opened"), LONG_MS);
      return request;
    },
    closes: (machine: string) => until(`${machine} is closed`, async () => !(await isOpen(machine)), LONG_MS),
  };
};

browserTest("time: to a minute before the end, then to the end, and it is closed", PATIENTLY, async (owner) => {
  const { bar, press, opened, closes, isOpen, page, clock, troubles } = await open(owner);
  await bar.getByText("real time").waitFor();
  await bar.getByRole("button", { name: "To 1 min before the end" }).focus();
  await page.keyboard.press("Enter");
  await bar.getByText("Nothing is open, so nothing ends.").waitFor();

  await opened("prod-vm-3");
  await press("To 1 min before the end");
  const atLast = bar.getByRole("button", { name: "To the end" }).waitFor();
  await press("To 5 s before the end");
  await atLast;
  expect(clock.aheadMs()).toBeGreaterThan(29 * 60_000);
  await bar.getByText(/^(?:29|30) min ahead$/u).waitFor();
  await closes("prod-vm-3");
  await page
    .getByRole("article")
    .filter({ hasText: /closed \d\d:\d\d/u })
    .first()
    .waitFor();
  expect(await isOpen("prod-vm-3")).toBe(false);

  await press("+10 min");
  await press("+1 h");
  await bar.getByText(/^1 h (?:39|40) min ahead$/u).waitFor();
  expect(troubles).toEqual([]);
});

browserTest("Azure slow: it opens and closes all the same, later", PATIENTLY, async (owner) => {
  const { bar, page, press, says, opened, closes, sandbox } = await open(owner);
  await press("Azure slow");
  await bar.getByRole("button", { name: "Azure slow", pressed: true }).waitFor();
  const request = opened("prod-vm-3");
  const ssh = page.getByRole("region", { name: "prod-vm-3", exact: true }).locator(".doors > li");
  await Promise.all([request, ssh.getByText("SSH 22 · opening", { exact: true }).waitFor({ timeout: LONG_MS })]);
  const id = await request;
  const at = (kind: AuditEvent["kind"]) =>
    sandbox.bots[0].events.find((event) => event.kind === kind && "requestId" in event && event.requestId === id)?.at;
  expect((at("grant.opened") ?? 0) - (at("request.approved") ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(
    5_000,
  );
  await press("To 1 min before the end");
  await press("To 5 s before the end");
  await closes("prod-vm-3");
  await press("Azure slow");
  await bar.getByRole("button", { name: "Azure slow", pressed: false }).waitFor();
  await says(/^Bot: ready$/u);
});

browserTest("AWS throttles: the closing is overdue, and done when AWS listens again", PATIENTLY, async (owner) => {
  const { press, says, opened, closes, isOpen } = await open(owner);
  await opened("prod-web-1");
  await press("AWS throttles");
  await press("To 1 min before the end");
  await press("To 5 s before the end");
  await says("1 closing overdue");
  await says("RequestLimitExceeded");
  expect(await isOpen("prod-web-1")).toBe(true);
  await press("AWS throttles");
  await closes("prod-web-1");
  await says(/^Bot: ready$/u);
});

browserTest(
  "Slack refuses: the port closes all the same, and is said to be when Slack listens",
  PATIENTLY,
  async (owner) => {
    const { press, says, opened, closes, card, until } = await open(owner);
    const request = await opened("prod-vm-3");
    await press("Slack refuses");
    await press("To 1 min before the end");
    await press("To 5 s before the end");
    await closes("prod-vm-3");
    await says(/\d notices? waiting/u);
    expect(card(request).text).not.toContain("closed");
    await press("Slack refuses");
    await until("the card says so", () => card(request).text.includes("closed"), LONG_MS);
    await says(/^Bot: ready$/u);
  },
);

browserTest("bot killed: down, starting, ready, and what ended meanwhile is closed", PATIENTLY, async (owner) => {
  const { bar, press, says, opened, closes, isOpen } = await open(owner);
  await opened("prod-vm-3");
  await press("Bot killed");
  await says(/^Bot: down/u);
  await press("To 1 min before the end");
  await press("To 5 s before the end");
  await says("1 closing overdue");
  expect(await isOpen("prod-vm-3")).toBe(true);
  await press("Bot killed");
  await says(/^Bot: starting/u);
  await bar.getByRole("button", { name: "Bot killed", pressed: false }).waitFor();
  await closes("prod-vm-3");
  await says(/^Bot: ready$/u);
});

browserTest("Redis wiped: what is open is found in the cloud, and closes at its time", PATIENTLY, async (owner) => {
  const { press, says, opened, closes, sandbox, until } = await open(owner);
  await opened("prod-vm-3");
  await press("Wipe Redis");
  await says("Redis is empty");
  const wipedAt = sandbox.clock.now();
  await press("+10 min");
  await until("it is found", () =>
    sandbox.bots[0].events.some(({ kind, at }) => kind === "grant.adopted" && at >= wipedAt),
  );
  await press("To 1 min before the end");
  await press("To 5 s before the end");
  await closes("prod-vm-3");
  await says(/^Bot: ready$/u);
});

browserTest("killed and wiped at once: it closes what it finds over", PATIENTLY, async (owner) => {
  const { press, says, opened, closes } = await open(owner);
  await opened("prod-vm-3");
  await opened("prod-web-1");
  await press("Bot killed");
  await says(/^Bot: down/u);
  await press("Wipe Redis");
  await press("+1 h");
  await says("2 closings overdue");
  await press("Bot killed");
  await closes("prod-vm-3");
  await closes("prod-web-1");
  await says(/^Bot: ready$/u);
});

for (const [width, dark] of [
  [1280, true],
  [PHONE, false],
] as const)
  browserTest(`nothing serious by axe with a fault on, ${width} wide, dark ${dark}`, PATIENTLY, async (owner) => {
    const { bar, page, troubles } = await open(owner, { width, dark });
    await bar.getByRole("button", { name: "Azure slow" }).focus();
    await page.keyboard.press("Space");
    await bar.getByRole("button", { name: "Azure slow", pressed: true }).waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    await page.screenshot({ path: `.latch/screenshots/controls-${width}.png` });
    await page.keyboard.press("Space");
    await bar.getByRole("button", { name: "Azure slow", pressed: false }).waitFor();
    expect(troubles).toEqual([]);
  });
