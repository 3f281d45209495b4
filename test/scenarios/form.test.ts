/** The form: opened, filled in, refused at its fields, sent; all through Slack's own protocol. */

import { afterAll, expect, test } from "vitest";
import type { SeenView } from "../../src/sandbox/slack/sight.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { slack, until } = stage;

const formOf = (user: string): SeenView | undefined => slack.see(user).modals.at(-1);
const field = (user: string, name: string) => {
  const found = formOf(user)?.buttons.find(({ actionId }) => actionId.startsWith(`form.${name}`));
  if (found === undefined) throw new Error(`no field ${name} in: ${formOf(user)?.text}`);
  return found;
};
const errorsOf = (user: string): readonly string[] => Object.values(formOf(user)?.errors ?? {});
const says = (user: string, text: string | RegExp): Promise<void> =>
  until(`the form says ${text}, not: ${formOf(user)?.text}`, () => formOf(user)?.text.match(text) !== null);

const openByCommand = async (user: string): Promise<void> => {
  const ack = await slack.command({ user, channel: CHANNELS.access, text: "" });
  expect(ack.outcome).toBe("ok");
  await until("the form is open", () => formOf(user) !== undefined);
};
const offered = async (user: string, text: string) => {
  const { options } = await slack.blockSuggestion({ user, actionId: "form.machine", value: text });
  return options as readonly { readonly text: { readonly text: string }; readonly value: string }[];
};
const choose = async (user: string, name: string, value: Parameters<typeof slack.click>[0]["value"]): Promise<void> => {
  await slack.click({ user, actionId: field(user, name).actionId, ...(value === undefined ? {} : { value }) });
};
const chooseMachine = async (user: string, name: string): Promise<void> => {
  const [first] = await offered(user, name);
  if (first === undefined) throw new Error(`${name} isn't offered`);
  await choose(user, "machine", { ...first });
};
const send = (user: string, values: Readonly<Record<string, string>>) =>
  slack.submitView({
    user,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [field(user, name).actionId, value])),
  });

test("somebody chooses a machine by typing, is told what will happen, and asks", async () => {
  const { dev } = PEOPLE;
  await openByCommand(dev);
  await chooseMachine(dev, "vm-3");
  await says(dev, /Needs one of @lead-1, @lead-2; they are told in #access and have 30 minutes to answer/u);
  const sent = await send(dev, { because: "INC-1042 disk full" });
  expect(sent.outcome).toBe("closed");
  await until("they are answered", () => stage.answers(dev).length > 0);
  expect(stage.answers(dev).at(-1)).toContain("*SSH to prod-vm-3*: asked. It needs one of @lead-1, @lead-2 by");
});
