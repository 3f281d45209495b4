/** A file comes in as Slack wants it today: an address, the bytes, and only then the sharing. */

import { expect, test } from "vitest";
import { type Setup, startHttpApp, startSlack } from "./slack-fixture.ts";

const CSV = "who,machine\n@dana,prod-vm-3\n";

const upload = async ({ call }: Setup, content = CSV): Promise<string> => {
  const { body } = await call("files.getUploadURLExternal", { filename: "audit.csv", length: content.length });
  await fetch(body.upload_url, { method: "POST", body: content });
  return body.file_id;
};

test("the SDK's own upload ends as a message with a file that can be read", async () => {
  const { slack } = await startSlack();
  const { client } = await startHttpApp(slack);

  await client.filesUploadV2({
    channel_id: "C0ACCESS",
    filename: "audit.csv",
    title: "Audit",
    content: CSV,
    initial_comment: "Here it is",
  });

  const [message] = slack.see("U0DEV1").channels[0]?.messages ?? [];
  expect(message).toMatchObject({ text: "Here it is", from: "latch", files: [{ name: "audit.csv", title: "Audit" }] });
  expect(slack.file(message?.files[0]?.id ?? "")?.content?.toString()).toBe(CSV);
});

test("to a person it goes into their direct message, and into a thread where one is named", async () => {
  const setup = await startSlack();
  const { slack, call } = setup;
  const { channel } = (await call("conversations.open", { users: "U0DEV1" })).body;
  await call("files.completeUploadExternal", { files: [{ id: await upload(setup) }], channel_id: channel.id });
  const parent = (await call("chat.postMessage", { channel: "C0ACCESS", text: "look" })).body.ts;
  await call("files.completeUploadExternal", {
    files: JSON.stringify([{ id: await upload(setup), title: "Mine" }]),
    channels: "C0ACCESS",
    thread_ts: parent,
  });

  expect(slack.messages("U0DEV1")[0]?.files).toMatchObject([
    { name: "audit.csv", title: "audit.csv", filetype: "csv" },
  ]);
  expect(slack.messages("C0ACCESS")[1]).toMatchObject({ thread: parent, files: [{ title: "Mine" }] });
  expect((await call("conversations.history", { channel: channel.id })).body.messages[0].files).toHaveLength(1);
});

test("an address takes the bytes that were announced, once", async () => {
  const { call } = await startSlack();
  const { body } = await call("files.getUploadURLExternal", { filename: "a.csv", length: 3 });
  const send = async (content: string) => (await fetch(body.upload_url, { method: "POST", body: content })).status;
  expect(await send("abcd")).toBe(400);
  expect(await send("abc")).toBe(200);
  expect(await send("abc")).toBe(404);
});

test.each([
  [{ length: 3 }, "invalid_arguments"],
  [{ filename: "a.csv" }, "invalid_arguments"],
  [{ filename: "a.csv", length: 0 }, "missing_argument"],
  [{ filename: "a.csv", length: 1_000_000_001 }, "file_upload_size_restricted"],
  [{ filename: "a.csv", length: 1_000_001, snippet_type: "csv" }, "snippet_too_large"],
])("no address for %j: %s", async (args, error) => {
  const { call } = await startSlack();
  expect((await call("files.getUploadURLExternal", args)).body).toMatchObject({ ok: false, error });
});

test("what wasn't sent, isn't known or was completed can't be completed; nor in a place the bot isn't in", async () => {
  const setup = await startSlack();
  const { slack, call } = setup;
  const complete = async (args: Record<string, unknown>) =>
    (await call("files.completeUploadExternal", args)).body.error;
  const { body } = await call("files.getUploadURLExternal", { filename: "a.csv", length: 3 });
  const id = await upload(setup);

  expect(await complete({})).toBe("invalid_arguments");
  expect(await complete({ files: [] })).toBe("invalid_arguments");
  expect(await complete({ files: [{ id: body.file_id }] })).toBe("file_not_found");
  expect(await complete({ files: [{ id: "F0NONE" }] })).toBe("file_not_found");
  expect(await complete({ files: [{ id }], channel_id: "C0RANDOM" })).toBe("not_in_channel");
  expect(await complete({ files: [{ id }], channel_id: "C0SECRET" })).toBe("channel_not_found");
  expect(await complete({ files: [{ id }], channel_id: "U0DEV1" })).toBe("channel_not_found");
  expect(slack.file(id)).toBeUndefined();
  expect(await complete({ files: [{ id }] })).toBeUndefined();
  expect(slack.file(id)?.content?.toString()).toBe(CSV);
  expect(await complete({ files: [{ id }] })).toBe("file_not_found");
  expect(slack.messages("C0ACCESS")).toEqual([]);
});
