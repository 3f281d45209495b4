/** What people type is shown as text: nobody is called, nothing is rendered, nothing invisible stays so. */

import { afterAll, expect, test } from "vitest";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, lead, otherLead } = PEOPLE;

/** Without the zero-width spaces that keep a mark from its word. */
const read = (text: string): string => text.replaceAll("\u{200B}", "");

const cards = [
  ["a call to everyone", "<!channel> <!here> <!everyone>", "<!channel> <!here> <!everyone>"],
  ["people and groups", "<@U0SEC1> <!subteam^S0ENG> @sec @here", "<@U0SEC1> <!subteam^S0ENG> @sec @here"],
  ["bold, italics, strikes and code", "*b* _i_ ~s~ `c` ```d```", "*b* _i_ ~s~ `c` ```d```"],
  [
    "a link with another name",
    "<https://evil.example|https://acme.example>",
    "<https://evil.example|https://acme.example>",
  ],
  ["a channel, a date, an emoji", "<#C0GENERAL> <!date^1^{date}|x> :tada:", "<#C0GENERAL> <!date^1^{date}|x> :tada:"],
  ["escapes as Slack makes them", "&lt;!here&gt; &amp;", "<!here> &"],
  [
    "control characters and direction marks",
    "a\u{7}b\u{1B}[31m \u{202E}evil\u{2066}",
    "a[U+0007]b[U+001B][31m [U+202E]evil[U+2066]",
  ],
  ["line breaks and runs of spaces", "one\n> two\r\n\n   three", "one > two three"],
] as const;

test.each(cards)("%s in a justification", async (_, typed, shown) => {
  const id = await stage.ask(dev, `ssh prod-vm-3 30m because INC-1 ${typed}`);
  const card = stage.card(id);
  expect(read(card.text)).toContain(`@dev asks, from 198.51.100.7: “INC-1 ${shown}”\nNeeds one of`);
  const called = new Set(card.mentions.map(({ kind, id: who }) => `${kind} ${who}`));
  expect(called).toEqual(new Set([`user ${dev}`, `user ${lead}`, `user ${otherLead}`, `user ${PEOPLE.formerLead}`]));

  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  expect(read(stage.card(id).text)).toContain(`: “INC-1 ${shown}”`);
  await stage.jit(dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
  await stage.settled();
  const mentions = [CHANNELS.access, dev]
    .flatMap((place) => stage.slack.messages(place))
    .flatMap((each) => each.mentions);
  expect(
    mentions.filter(({ kind, id: who }) => kind !== "user" || ![dev, lead, otherLead].includes(who as never)),
  ).toEqual([]);
});

test("what is typed elsewhere, too, comes back as text", async () => {
  const before = stage.slack.messages(CHANNELS.access).length;
  for (const text of [
    "ssh <!channel> 1h because INC-1",
    "<!here> prod-vm-3 1h because INC-1",
    "ssh prod-vm-3 <@U0SEC1> because INC-1",
    "ssh prod-vm-3 1h from <!everyone> because INC-1",
    "close <!channel>",
  ]) {
    expect(await stage.jit(dev, text)).not.toMatch(/@(?:channel|here|everyone|sec)(?!\w)/u);
  }
  expect(
    stage.slack
      .messages(CHANNELS.access)
      .slice(before)
      .flatMap(({ mentions }) => mentions),
  ).toEqual([]);
});

test("an address that Slack made a link of is the address", async () => {
  const id = await stage.ask(dev, "ssh <http://prod-vm-3|prod-vm-3> 30m because INC-1 see <https://acme.example/1>");
  expect(read(stage.card(id).text)).toContain("“INC-1 see https://acme.example/1”");
  await stage.jit(dev, `close ${id}`);
});
