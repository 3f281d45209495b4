/** The machines beside Slack: doors that open and close, connections through them, and the rules before them. */

import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, expect } from "vitest";
import { createPage } from "../../src/sandbox/page/server.ts";
import { ADDRESSES, CHANNELS, nsgId, PEOPLE, setInsideStage } from "../scenarios/stage.ts";
import { browserTest, isThere, type OpenOptions, type Owner, openBrowser, PATIENTLY } from "./browser.ts";

const stage = isThere ? await setInsideStage({ onTestFinished: afterAll }) : undefined;
const pageOfStage = stage === undefined ? undefined : await createPage({ ...stage, sandbox: stage });
afterAll(() => pageOfStage?.stop());

const open = async (owner: Owner, options: OpenOptions = {}, user: string = PEOPLE.dev) => {
  const opened = await openBrowser(owner, options);
  if (stage === undefined || pageOfStage === undefined) throw new Error("the sandbox wasn't started");
  await opened.page.goto(`${pageOfStage.url}/?as=${user}&in=${CHANNELS.access}`);
  const machines = opened.page.getByRole("region", { name: "Machines" });
  const door = (name: string, port: string) =>
    opened.page.getByRole("region", { name, exact: true }).locator(".doors > li").filter({ hasText: port });
  const choose = (name: string) => machines.locator(".machine-list").getByText(name, { exact: true }).click();
  return { ...opened, stage, machines, door, choose };
};

browserTest(
  "the whole story: asked, approved by another person, connected, told before the end, closed, and refused",
  PATIENTLY,
  async (owner) => {
    const { page, stage: playing, door, troubles, machines } = await open(owner, { height: 1000 });
    const tour = page.getByRole("region", { name: "Tour" });
    const current = tour.locator("[aria-current=step]");
    const ssh = door("prod-vm-3", "SSH 22");
    await ssh.getByText("SSH 22 · closed", { exact: true }).waitFor();
    expect(await current.innerText()).toBe("Ask");

    await tour.getByRole("button", { name: "Type it for me" }).click();
    await page.keyboard.press("Enter");
    await ssh.getByText("closed, asked for").waitFor();
    await expect.poll(() => current.innerText()).toBe("Approve");

    await tour.getByRole("button", { name: "Be Lea Lead" }).click();
    const card = page.getByRole("article").filter({ hasText: "SSH to prod-vm-3" });
    await card.locator("button", { hasText: /^Approve$/u }).click();
    await ssh.getByText("SSH 22 · open", { exact: true }).waitFor();
    await ssh.getByText(/Open for @dev from 198\.51\.100\.7: [12]:\d\d:\d\d left/u).waitFor();
    // In the subnet's group and in the interface's.
    const rule = machines.locator(".rule.by-us").first();
    await rule.getByText("new").waitFor();
    expect(await rule.innerText()).toContain("latch-acme-");

    await tour.getByRole("button", { name: "Connect" }).click();
    await page.getByText("vpn → SSH: connected").waitFor();
    await page.getByText(/SSH-2\.0-OpenSSH\S* prod-vm-3/u).waitFor();
    await card.getByText(/open until \d\d:\d\d for @dev/u).waitFor();
    await page.screenshot({ path: ".latch/screenshots/story.png" });

    playing.clock.advance(111 * 60_000);
    await page.getByLabel("You are").selectOption(PEOPLE.dev);
    await page.getByRole("button", { name: "Messages" }).click();
    await page.getByText(/prod-vm-3 closes for you in/u).waitFor();

    playing.clock.advance(9 * 60_000);
    await ssh.getByText("SSH 22 · closed", { exact: true }).waitFor();
    await page.getByText("still connected").waitFor();
    await page.getByRole("button", { name: "Still there?" }).click();
    await expect.poll(() => current.innerText()).toBe("See it refused");
    await tour.getByRole("button", { name: "Connect again" }).click();
    await page.getByText("vpn → SSH: refused").waitFor();
    await page.getByText("That is all: it opened for one person").waitFor();
    await tour.getByRole("button", { name: "Done" }).click();
    await page.reload();
    await page.getByRole("button", { name: "Show the tour" }).waitFor();
    expect(troubles).toEqual([]);
  },
);

browserTest.for([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])(
  "nothing serious by axe at $width pixels, dark: $dark, and a door tried by keyboard",
  PATIENTLY,
  async (options, owner) => {
    const { page, stage: playing, door, machines, troubles } = await open(owner, { ...options, height: 844 });
    await playing.jit(PEOPLE.dev, "ssh dev-vm-1 1h from office");
    const tab = page.getByRole("button", { name: "Machines", exact: true });
    if (await tab.isVisible()) {
      expect(await machines.isVisible()).toBe(false);
      await tab.focus();
      await page.keyboard.press("Enter");
    }
    const ssh = door("dev-vm-1", "SSH 22");
    await ssh.getByText("SSH 22 · open", { exact: true }).waitFor();
    await ssh.getByRole("button", { name: "Connect to SSH of dev-vm-1" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("vpn → SSH: refused").waitFor();
    await page.getByLabel("Connect from").selectOption(ADDRESSES.office);
    await ssh.getByRole("button").focus();
    await page.keyboard.press("Enter");
    await page.getByText("office → SSH: connected").waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(
      violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`)),
    ).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")).toBe(
      false,
    );
    expect(troubles).toEqual([]);
  },
);

browserTest("a refusal: a card is denied, and the door stays closed", PATIENTLY, async (owner) => {
  const { page, stage: playing, door } = await open(owner, {}, PEOPLE.lead);
  await playing.ask(PEOPLE.dev, "ssh prod-vm-1 1h because INC-2");
  const ssh = door("prod-vm-1", "SSH 22");
  await ssh.getByText("@dev asks to come in").waitFor();
  const card = page.getByRole("article").filter({ hasText: "SSH to prod-vm-1" });
  await card.getByRole("button", { name: /^Deny/u }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("textbox").fill("use the bastion");
  await form.locator("button[type=submit]").click();
  await form.waitFor({ state: "detached" });
  await card
    .getByText(/denied/iu)
    .first()
    .waitFor();
  await card.getByText("use the bastion").waitFor();
  await ssh.getByText("SSH 22 · closed", { exact: true }).waitFor();
  await ssh.getByRole("button", { name: "Connect to SSH of prod-vm-1" }).click();
  await page.getByText("vpn → SSH: refused").waitFor();
  await page.getByRole("log", { name: "Connections" }).getByText("DenyManagement").waitFor();
});

browserTest("a door that somebody's own rule leaves open says for whom and by which rule", PATIENTLY, async (owner) => {
  const { page, door, choose, stage: playing, machines } = await open(owner);
  await choose("dev-open-1");
  await door("dev-open-1", "SSH 22").getByText("open to others").waitFor();
  await door("dev-open-1", "SSH 22")
    .getByText(/Open to vpn, office, home, stranger by somebody's own rule: AllowSSH/u)
    .waitFor();
  playing.azure.editAsSomeoneElse(nsgId("nsg-open"), (rules) =>
    rules.map((rule) =>
      rule.name === "AllowSSH" ? { ...rule, properties: { ...rule.properties, description: "for the fair" } } : rule,
    ),
  );
  const changed = machines.locator(".rule.changed").filter({ hasText: "AllowSSH" });
  await changed.getByText("for the fair").waitFor();
  await changed.getByText("changed", { exact: true }).waitFor();
  playing.azure.editAsSomeoneElse(nsgId("nsg-open"), (rules) => rules.filter(({ name }) => name !== "AllowSSH"));
  await door("dev-open-1", "SSH 22").getByText("SSH 22 · closed", { exact: true }).waitFor();
  await machines.locator(".rule.gone").getByText("AllowSSH").waitFor();

  await choose("prod-web-1");
  await door("prod-web-1", "HTTPS 443").getByText("open to others").waitFor();
  await page.getByLabel("Connect from").selectOption("another address …");
  await page.getByLabel("Address to connect from").fill("8.8.8.8");
  await door("prod-web-1", "HTTPS 443").getByRole("button").click();
  await page.getByText("8.8.8.8 → HTTPS: connected").waitFor();
  await page.getByRole("button", { name: "Hang up" }).click();
  await page.getByText("8.8.8.8 → HTTPS: ended").waitFor();
});
