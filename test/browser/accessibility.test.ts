/** The page for everybody: nothing serious by axe, by keyboard alone, at 390 pixels, light and dark. */

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { cardBlocks } from "../sandbox/slack-fixture.ts";
import { browserTest, PATIENTLY } from "./browser.ts";
import { type PageSetup, startPage } from "./page-fixture.ts";

const plain = (text: string) => ({ type: "plain_text" as const, text });

/** What is shown in all the ways there are. */
const fill = async ({ app, slack }: PageSetup): Promise<void> => {
  app.command("/jit", async ({ ack, command, client }) => {
    await ack("only for *you* `code` <https://wiki.example|a link>");
    await client.views.open({
      trigger_id: command.trigger_id,
      view: {
        type: "modal",
        callback_id: "ask",
        title: plain("Ask"),
        submit: plain("Ask"),
        blocks: [
          { type: "section", text: { type: "mrkdwn", text: "*Needs one* of <@U0LEAD1>" } },
          {
            type: "input",
            label: plain("Machine"),
            element: { type: "external_select", action_id: "machine", placeholder: plain("Type a name") },
          },
          {
            type: "input",
            block_id: "why",
            label: plain("Why"),
            hint: plain("A ticket"),
            element: { type: "plain_text_input", action_id: "why" },
          },
          {
            type: "input",
            label: plain("Ports"),
            element: {
              type: "checkboxes",
              action_id: "ports",
              options: ["ssh", "rdp"].map((name) => ({ text: plain(name), value: name })),
            },
          },
          {
            type: "input",
            label: plain("For"),
            element: {
              type: "static_select",
              action_id: "for",
              options: ["1 hour", "2 hours"].map((name) => ({ text: plain(name), value: name })),
            },
          },
        ],
      },
    });
  });
  slack.say({ user: "U0DEV1", channel: "C0ACCESS", text: "good morning" });
  await app.client.chat.postMessage({
    channel: "C0ACCESS",
    text: "card",
    blocks: [
      ...cardBlocks,
      { type: "context", elements: [{ type: "mrkdwn", text: "rule *production*" }] },
      { type: "divider" },
    ],
  });
};

/** Serious and critical ones, each with where. */
const findings = async (page: Page): Promise<readonly string[]> => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
};

const isWiderThanScreen = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");

browserTest.for([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])("nothing serious by axe at $width pixels, dark: $dark", PATIENTLY, async (options, owner) => {
  const setup = await startPage(owner, options);
  const { page, open, troubles } = setup;
  await fill(setup);
  await open("U0DEV1");
  await page.getByRole("article").nth(1).waitFor();
  expect(await findings(page)).toEqual([]);
  expect(await isWiderThanScreen(page)).toBe(false);

  await page.getByRole("textbox", { name: "Message to #access" }).fill("/jit");
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "Ask" });
  await form.getByRole("button", { name: "Ask" }).click();
  await form.getByRole("alert").first().waitFor();
  expect(await findings(page)).toEqual([]);
  expect(await isWiderThanScreen(page)).toBe(false);
  expect(troubles).toEqual([]);
});

browserTest("by keyboard alone: a command, its form closed again, and a button pressed", PATIENTLY, async (owner) => {
  const setup = await startPage(owner);
  const { page, app, open } = setup;
  await fill(setup);
  app.action("approve", async ({ ack, client }) => {
    await ack();
    await client.chat.postMessage({ channel: "C0ACCESS", text: "approved by keyboard" });
  });
  await open("U0LEAD1");
  await page.getByRole("button", { name: "Approve" }).waitFor();

  const isOn = (name: string) => page.evaluate(`document.activeElement?.textContent === ${JSON.stringify(name)}`);
  const tabTo = async (name: string): Promise<void> => {
    for (let presses = 0; presses < 30; presses += 1) {
      if (await isOn(name)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`30 tabs don't lead to ${name}`);
  };
  await tabTo("Approve");
  await page.keyboard.press("Enter");
  await page.getByText("approved by keyboard").waitFor();

  await page.getByRole("textbox", { name: "Message to #access" }).focus();
  await page.keyboard.type("/jit");
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "Ask" });
  await form.waitFor();
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
});
