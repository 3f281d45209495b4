/** Access past all approvals: at once, seen by everybody who was skipped, and looked at afterwards. */

import { afterAll, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, security } = PEOPLE;
const letsIn = (): Promise<boolean> => stage.reaches(ADDRESSES.vpn, "vault-vm-1");
const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card says “${text}”`, () => stage.card(id).text.includes(text));

test("it isn't for everybody, not for longer than its own maximum, and not without saying why", async () => {
  // Azure says nothing of other-dev, and break-glass doesn't go past that.
  expect((await typeInVain(stage, otherDev, "break-glass ssh vault-vm-1 15m because INC-9")).codes).toEqual([
    "authority-no",
  ]);
  expect((await typeInVain(stage, dev, "break-glass ssh vault-vm-1 1h because INC-9")).codes).toEqual([
    "duration-too-long",
  ]);
  expect((await typeInVain(stage, dev, "break-glass ssh vault-vm-1 15m")).codes).toEqual(["justification-missing"]);
  expect((await typeInVain(stage, lead, "break-glass ssh prod-vm-3 15m because INC-9")).codes).toEqual([
    "break-glass-not-offered",
  ]);
});

test("it opens at once, tells everyone who was skipped, closes on time, and is asked about until somebody else looked at it", async () => {
  const began = { lead: stage.direct(lead).length, security: stage.direct(security).length };
  const id = await stage.ask(dev, "break-glass ssh vault-vm-1 15m because INC-9 vault is down");
  await cardSays(id, "open until");
  expect(await letsIn()).toBe(true);
  await stage.settled();
  expect(stage.told(id)).toEqual(["break-glass.used", "grant.opened"]);
  expect(stage.direct(lead).length).toBeGreaterThan(began.lead);
  expect(stage.direct(security).length).toBeGreaterThan(began.security);
  expect(stage.card(id).text).toMatch(/break-glass/iu);
  expect(stage.notices(CHANNELS.security).join("\n")).toMatch(/break-glass/iu);

  stage.clock.advance(15 * MINUTE);
  await stage.until("it is closed", async () => !(await letsIn()));
  await cardSays(id, "closed");

  const reminders = () => stage.told(id).filter((kind) => kind === "break-glass.unreviewed").length;
  stage.clock.advance(4 * HOUR);
  await stage.until("somebody is reminded", () => reminders() === 1);
  stage.clock.advance(4 * HOUR);
  await stage.until("and again", () => reminders() === 2);

  await stage.settled();
  const { answer, codes } = await clickInVain(stage, dev, id, "Reviewed");
  expect(codes).toEqual(["own-break-glass"]);
  expect(answer).toMatch(/^You used it, so somebody else has to review it\./u);
  await stage.click(security, id, "Reviewed");
  await cardSays(id, "eviewed by @sec");
  stage.clock.advance(24 * HOUR);
  await stage.settled();
  expect(reminders()).toBe(2);
  expect(stage.card(id).buttons).toEqual([]);
});
