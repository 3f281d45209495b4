/** Latch itself through a real browser: its form, its Home, and the page that sees where somebody is. */

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { createPage } from "../../src/sandbox/page/server.ts";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "../scenarios/stage.ts";
import { browserTest, isThere, type Opened, type Owner, openBrowser, PATIENTLY } from "./browser.ts";

const { dev, otherDev, lead, security } = PEOPLE;

// Without a browser every test is skipped: then nothing has to be started either.
const stage = isThere ? await setInsideStage({ onTestFinished: afterAll }) : undefined;
const pageOfStage = stage === undefined ? undefined : await createPage(stage);
afterAll(() => pageOfStage?.stop());

const open = async (owner: Owner, user: string, place: string = CHANNELS.access) => {
  const opened = await openBrowser(owner);
  if (stage === undefined || pageOfStage === undefined) throw new Error("the sandbox wasn't started");
  // What an earlier test left open would be in front of everything.
  while (stage.slack.see(user).modals.length > 0) await stage.slack.closeView({ user });
  await opened.page.goto(`${pageOfStage.url}/?as=${user}&in=${place}`);
  return { ...opened, stage };
};

const type = async ({ page }: Pick<Opened, "page">, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: /^Message to/u }).fill(text);
  await page.keyboard.press("Enter");
};

const seriousFindings = async (page: Page): Promise<readonly string[]> => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id);
};

browserTest(
  "the form: a machine by typing, what will happen, an error at its field, sent",
  PATIENTLY,
  async (owner) => {
    const { page, troubles } = await open(owner, dev);
    await type({ page }, "/jit");
    const form = page.getByRole("dialog", { name: "Ask for access" });
    await form.getByRole("combobox", { name: "Machine" }).pressSequentially("vm-3");
    await form.getByRole("option", { name: /prod-vm-3/u }).waitFor();
    await page.keyboard.press("Enter");
    await form.getByText("Needs one of @lead-1, @lead-2").waitFor();

    const why = form.getByRole("textbox", { name: "Why" });
    await why.fill("because I want to");
    await form.getByRole("button", { name: "Ask" }).click();
    await form.getByRole("alert").first().waitFor();
    expect(await why.getAttribute("aria-invalid")).toBe("true");
    expect(await seriousFindings(page)).toEqual([]);

    await why.fill("INC-1042 disk full");
    await form.getByRole("button", { name: "Ask" }).click();
    await form.waitFor({ state: "detached" });
    await page.getByText("asked. It needs one of @lead-1, @lead-2").waitFor();
    expect(troubles).toEqual([]);
  },
);

browserTest(
  "from a message's menu the form opens, and says that the link to it goes along",
  PATIENTLY,
  async (owner) => {
    const { page, stage: playing } = await open(owner, dev, CHANNELS.general);
    playing.slack.say({ user: lead, channel: CHANNELS.general, text: "the disk of prod-vm-3 is full" });
    const alert = page.getByRole("article").filter({ hasText: "the disk of prod-vm-3 is full" });
    await alert.getByLabel("More actions on this message").click();
    await alert.getByRole("button", { name: "Ask for access for this" }).click();
    const form = page.getByRole("dialog", { name: "Ask for access" });
    await form.getByText(`archives/${CHANNELS.general}/p`).waitFor();
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });

    await page.locator("summary[aria-label=Shortcuts]").click();
    await page.getByRole("button", { name: "Ask for access to a machine" }).click();
    await form.getByRole("button", { name: "Cancel" }).click();
    await form.waitFor({ state: "detached" });
  },
);

browserTest("Home: an open door, closed with its button", PATIENTLY, async (owner) => {
  const { page, stage: playing, troubles } = await open(owner, otherDev);
  await playing.approve(lead, await playing.ask(otherDev, "ssh prod-vm-3 2h because INC-7"));
  await playing.until("it is open", () => playing.reaches(ADDRESSES.vpn, "prod-vm-3"));

  await page.getByRole("button", { name: "Home" }).click();
  const home = page.getByRole("region", { name: "Home" });
  await home.getByText("Open for you").waitFor();
  await home.getByText(/open until \d\d:\d\d, .* left/u).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await home.getByRole("button", { name: "Close SSH to prod-vm-3" }).click();
  await home.getByText("Nothing is open for you.").waitFor();
  await playing.until("it is closed", async () => !(await playing.reaches(ADDRESSES.vpn, "prod-vm-3")));
  expect(troubles).toEqual([]);
});

browserTest("the address page: who asks for what, where they are seen, and one button", PATIENTLY, async (owner) => {
  const { page, context, stage: playing, troubles } = await open(owner, dev);
  await type({ page }, "/jit ssh dev-vm-1 1h");
  const [visit] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("link", { name: "Use my address" }).click(),
  ]);
  await visit.getByRole("heading", { name: "Let in the address you are at?" }).waitFor();
  await visit.getByText(ADDRESSES.vpn).waitFor();
  await visit.getByText("asks for SSH to dev-vm-1 for 1 hour").waitFor();
  expect(await seriousFindings(visit)).toEqual([]);

  await visit.getByRole("button", { name: "Use this address" }).click();
  await visit.getByText(`is being opened for you from ${ADDRESSES.vpn}`).waitFor();
  await playing.until("it is open from there", () => playing.reaches(ADDRESSES.vpn, "dev-vm-1"));
  expect(await playing.reaches(ADDRESSES.stranger, "dev-vm-1")).toBe(false);
  expect(troubles).toEqual([]);
});

browserTest(
  "the story: asked, approved by another person, open, and all closed by security",
  PATIENTLY,
  async (owner) => {
    const { page, stage: playing, troubles } = await open(owner, otherDev);
    const be = (user: string) => page.getByLabel("You are").selectOption(user);
    await type({ page }, "/jit rdp prod-vm-3 30m because INC-9");
    await page.getByText("RDP to prod-vm-3: asked.").waitFor();

    await be(lead);
    const card = page.getByRole("article").filter({ hasText: "RDP to prod-vm-3" });
    await card.getByRole("button", { name: "Approve RDP to prod-vm-3" }).click();
    await card.getByText(/open until \d\d:\d\d for @other/u).waitFor();
    expect(await playing.reaches(ADDRESSES.vpn, "prod-vm-3", 3389)).toBe(true);

    await be(otherDev);
    await page.getByRole("button", { name: "Messages" }).click();
    await page.getByText(/prod-vm-3 is open for you until/u).waitFor();

    await be(security);
    await page.getByRole("button", { name: /^access/u }).click();
    await type({ page }, "/jit lockdown");
    await page.getByRole("button", { name: "Lock everything down" }).click();
    const question = page.getByRole("dialog", { name: "Lock everything down?" });
    expect(await seriousFindings(page)).toEqual([]);
    await question.getByRole("button", { name: "Lock everything down" }).click();
    await playing.until("it is closed", async () => !(await playing.reaches(ADDRESSES.vpn, "prod-vm-3", 3389)));
    await card.getByText("closed").first().waitFor();

    await type({ page }, "/jit lockdown lift");
    await page.getByRole("button", { name: "Lift it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Lift it" }).click();
    await page.getByText("The lockdown is lifted.").first().waitFor();
    expect(troubles).toEqual([]);
  },
);
