/** The sandbox's Slack in a real browser: what people read, press, fill in and choose. */

import { expect } from "vitest";
import { cardBlocks } from "../sandbox/slack-fixture.ts";
import { browserTest, PATIENTLY } from "./browser.ts";
import { startPage } from "./page-fixture.ts";

const plain = (text: string) => ({ type: "plain_text" as const, text });

browserTest(
  "what is posted appears at once, with mentions, links and times in the reader's zone",
  PATIENTLY,
  async (owner) => {
    const { page, app, open, troubles } = await startPage(owner);
    await open("U0LEAD1");

    const noon = Date.UTC(2026, 10, 24, 12) / 1_000;
    await app.client.chat.postMessage({
      channel: "C0ACCESS",
      text: `*<@U0DEV1> asks* for \`prod-vm-3\` until <!date^${noon}^{time}|12:00 UTC>, see <https://wiki.example/ssh|the wiki> &lt;b&gt;`,
    });

    const message = page.getByRole("article").first();
    await message.waitFor();
    expect(await message.locator(".words").innerText()).toBe("@dana asks for prod-vm-3 until 07:00, see the wiki <b>");
    expect(await message.locator("strong").last().innerText()).toBe("@dana asks");
    expect(await message.getByRole("link").getAttribute("href")).toBe("https://wiki.example/ssh");
    expect(troubles).toEqual([]);
  },
);

browserTest("a command is typed, and what only the asker sees is marked so", PATIENTLY, async (owner) => {
  const { page, app, open } = await startPage(owner);
  app.command("/jit", async ({ ack, command }) => ack(`you said ${command.text}`));
  await open("U0DEV1");

  await page.getByRole("textbox", { name: "Message to #access" }).fill("/jit ssh prod-vm-3 2h");
  await page.keyboard.press("Enter");

  const answer = page.getByRole("article").first();
  await answer.getByText("you said ssh prod-vm-3 2h").waitFor();
  expect(await answer.innerText()).toContain("Only visible to you");
  await page.getByLabel("You are").selectOption("U0LEAD1");
  await page.getByText("Nothing has been said here yet.").waitFor();
});

browserTest("the arrows bring back what was sent, and never replace what is being typed", PATIENTLY, async (owner) => {
  const { page, open } = await startPage(owner);
  await open("U0DEV1");
  const box = page.getByRole("textbox", { name: "Message to #access" });
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
    return box.inputValue();
  };
  for (const text of ["first", "second"]) {
    await box.fill(text);
    await press("Enter");
    await page.getByRole("article").getByText(text).waitFor();
  }

  expect(await press("ArrowUp")).toBe("second");
  expect(await press("ArrowUp", "ArrowUp")).toBe("first");
  expect(await press("ArrowDown")).toBe("second");
  expect(await press("ArrowDown", "ArrowDown")).toBe("");
  await box.fill("half a sent");
  expect(await press("ArrowDown")).toBe("half a sent");
  expect(await press("ArrowUp")).toBe("half a sent");
  await box.fill("");
  await press("ArrowUp");
  await page.keyboard.type(" thought");
  expect(await press("ArrowUp", "ArrowDown")).toBe("second thought");

  // As an input method says that its own choice is made.
  await box.dispatchEvent("keydown", { key: "Enter", isComposing: true });
  expect(await box.inputValue()).toBe("second thought");
  await press("Enter");
  await expect
    .poll(() => page.getByRole("article").locator(".words").allInnerTexts())
    .toEqual(["first", "second", "second thought"]);
});

browserTest("a menu closes when one clicks elsewhere, and does what is chosen", PATIENTLY, async (owner) => {
  const { page, app, open } = await startPage(owner);
  const chosen: string[] = [];
  app.action("more", async ({ ack, action }) => {
    await ack();
    if (action.type === "overflow") chosen.push(action.selected_option.value);
  });
  await app.client.chat.postMessage({ channel: "C0ACCESS", text: "a request", blocks: cardBlocks });
  await open("U0LEAD1");
  const details = page.getByRole("button", { name: "Details" });
  const menu = page.locator("summary[aria-label='More actions']");

  await menu.click();
  await details.waitFor();
  await page.locator(".title").click();
  await details.waitFor({ state: "hidden" });
  await menu.click();
  await details.click();
  await details.waitFor({ state: "hidden" });
  await expect.poll(() => chosen).toEqual(["details"]);
});

browserTest("what one person chose in a message isn't chosen for the next", PATIENTLY, async (owner) => {
  const { page, app, open } = await startPage(owner);
  const options = ["one hour", "two hours"].map((each) => ({ text: plain(each), value: each }));
  await app.client.chat.postMessage({
    channel: "C0ACCESS",
    text: "how long?",
    blocks: [
      {
        type: "actions",
        elements: [{ type: "static_select", action_id: "long", placeholder: plain("How long"), options }],
      },
    ],
  });
  await open("U0DEV1");
  const select = page.getByRole("combobox", { name: "How long" });
  const be = async (user: string) => {
    await page.getByLabel("You are").selectOption(user);
    await page.waitForURL(new RegExp(`as=${user}`, "u"));
  };

  await select.selectOption("two hours");
  await be("U0LEAD1");
  await expect.poll(() => select.inputValue()).toBe("");
  await be("U0DEV1");
  await expect.poll(() => select.inputValue()).toBe("two hours");
});

browserTest("a button is pressed, and the message changes for everybody", PATIENTLY, async (owner) => {
  const { page, app, open } = await startPage(owner);
  app.action("approve", async ({ ack, body, client }) => {
    await ack();
    if (body.type !== "block_actions") return;
    const ts = String(body.container.message_ts);
    await client.chat.update({ channel: "C0ACCESS", ts, text: `approved by <@${body.user.id}>`, blocks: [] });
  });
  await app.client.chat.postMessage({ channel: "C0ACCESS", text: "a request", blocks: cardBlocks });
  await open("U0LEAD1");

  await page.getByRole("button", { name: "Approve" }).click();

  await page.getByText("approved by @lee").waitFor();
});

browserTest("before something that can't be taken back a question is asked", PATIENTLY, async (owner) => {
  const { page, app, open, slack } = await startPage(owner);
  let pressed = 0;
  app.action("lock", async ({ ack }) => {
    await ack();
    pressed += 1;
  });
  const confirm = {
    title: plain("Close everything?"),
    text: plain("18 doors"),
    confirm: plain("Close"),
    deny: plain("No"),
  };
  const button = { type: "button" as const, action_id: "lock", text: plain("Lock down"), confirm };
  await app.client.chat.postMessage({
    channel: "C0ACCESS",
    text: "x",
    blocks: [{ type: "actions", elements: [button] }],
  });
  await open("U0LEAD1");

  await page.getByRole("button", { name: "Lock down" }).click();
  const question = page.getByRole("dialog", { name: "Close everything?" });
  await question.getByRole("button", { name: "No" }).click();
  await question.waitFor({ state: "detached" });
  expect(pressed).toBe(0);
  await page.getByRole("button", { name: "Lock down" }).click();
  await question.getByRole("button", { name: "Close", exact: true }).click();
  await slack.waitFor(() => pressed === 1).catch(() => undefined);
  await expect.poll(() => pressed).toBe(1);
});

browserTest(
  "a form: a machine by typing, an error at its field, and sent by keyboard alone",
  PATIENTLY,
  async (owner) => {
    const { page, app, open } = await startPage(owner);
    const sent: unknown[] = [];
    app.command("/jit", async ({ ack, command, client }) => {
      await ack();
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: "modal",
          callback_id: "ask",
          title: plain("Ask for access"),
          submit: plain("Ask"),
          blocks: [
            {
              type: "input",
              block_id: "machine",
              label: plain("Machine"),
              element: { type: "external_select", action_id: "machine", min_query_length: 1 },
            },
            {
              type: "input",
              block_id: "why",
              label: plain("Why"),
              hint: plain("A ticket, say"),
              element: { type: "plain_text_input", action_id: "why" },
            },
          ],
        },
      });
    });
    app.options("machine", async ({ ack, options }) => {
      const names = Array.from({ length: 30 }, (_, i) => `prod-vm-${i + 1}`).filter((each) =>
        each.includes(options.value),
      );
      await ack({ options: names.map((name) => ({ text: plain(name), value: name })) });
    });
    app.view("ask", async ({ ack, view }) => {
      const { machine, why } = view.state.values;
      if (why?.why?.value !== "INC-1") return ack({ response_action: "errors", errors: { why: "Name a ticket." } });
      sent.push(machine?.machine?.selected_option?.value, why.why.value);
      return ack();
    });
    await open("U0DEV1");

    await page.getByRole("textbox", { name: "Message to #access" }).fill("/jit");
    await page.keyboard.press("Enter");
    const form = page.getByRole("dialog", { name: "Ask for access" });
    await form.getByRole("combobox", { name: "Machine" }).pressSequentially("vm-1");
    await form.getByRole("option").nth(1).waitFor();
    await page.keyboard.press("Escape");
    await form.getByRole("option").first().waitFor({ state: "detached" });
    expect(await form.isVisible()).toBe(true);
    await page.keyboard.type("vm-1");
    await form.getByRole("option").nth(1).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await form.getByRole("combobox", { name: "Machine" }).inputValue()).toBe("prod-vm-10");
    await page.keyboard.press("Tab");
    await page.keyboard.type("because");
    await page.keyboard.press("Enter");
    await form.getByRole("alert").getByText("Name a ticket.").waitFor();
    const why = form.getByRole("textbox", { name: "Why" });
    expect(await why.getAttribute("aria-invalid")).toBe("true");
    await why.fill("INC-1");
    await page.keyboard.press("Enter");
    await form.waitFor({ state: "detached" });
    expect(sent).toEqual(["prod-vm-10", "INC-1"]);
  },
);

browserTest("Home is published when it is opened, and drawn anew when it changes", PATIENTLY, async (owner) => {
  const { page, app, open } = await startPage(owner);
  const publish = (user: string, text: string) =>
    app.client.views.publish({
      user_id: user,
      view: { type: "home", blocks: [{ type: "section", text: { type: "mrkdwn", text } }] },
    });
  app.event("app_home_opened", async ({ event }) => void (await publish(event.user, "*Nothing is open.*")));
  await publish("U0DEV1", "old");
  await open("U0DEV1");

  await page.getByRole("button", { name: "Home" }).click();
  await page.getByText("Nothing is open.").waitFor();
  await publish("U0DEV1", "ssh to prod-vm-3 is open");
  await page.getByText("ssh to prod-vm-3 is open").waitFor();
});
