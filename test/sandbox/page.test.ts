/** The server of the sandbox's page: every file that the browser will ask for, what is live, and who may act. */

import { expect, onTestFinished, test } from "vitest";
import { createPage } from "../../src/sandbox/page/server.ts";
import type { PageState } from "../../src/sandbox/page/shown.ts";
import { type Setup, startSlack } from "./slack-fixture.ts";

const start = async (): Promise<Setup & { readonly url: string }> => {
  const setup = await startSlack();
  const { url, stop } = await createPage(setup);
  onTestFinished(stop);
  return { ...setup, url };
};

/** The next state that `look` likes. */
const liveState = async (url: string, user: string, look: (state: PageState) => boolean): Promise<PageState> => {
  const leave = new AbortController();
  const { body } = await fetch(`${url}/live?as=${user}`, { signal: leave.signal });
  if (body === null) throw new Error("nothing is live");
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split("\n\n");
    text = events.pop() ?? "";
    const found = events
      .map((event) => JSON.parse(event.replace(/^event: slack\ndata: /u, "")) as PageState)
      .find((state) => look(state));
    if (found === undefined) continue;
    leave.abort();
    return found;
  }
  throw new Error("it ended");
};

test("the page and all that it imports is there, without types, from this machine only", async () => {
  const { url } = await start();
  const page = await fetch(url);
  const html = await page.text();
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/u.exec(html)?.[1] ?? "{}");
  const first = /<script type="module" src="([^"]+)"/u.exec(html)?.[1] ?? "";

  const all = new Set([first]);
  for (const path of all) {
    const response = await fetch(`${url}${path}`);
    expect(response.status, path).toBe(200);
    expect(response.headers.get("content-type"), path).toContain("javascript");
    const source = await response.text();
    expect(source, path).not.toMatch(/\binterface \w+ \{/u);
    for (const [, specifier = ""] of source.matchAll(/(?:from|import)\s*"([^"]+)"(?=;|$)/gmu))
      all.add(imports[specifier] ?? new URL(specifier, new URL(path, url)).pathname);
  }
  expect(all.size).toBeGreaterThan(15);
  expect((await fetch(`${url}/style.css`)).status).toBe(200);
});

test.each([
  "/ours/slack/server.ts",
  "/ours/page/browser/../server.ts",
  "/ours/main.ts",
  "/library/vitest",
  "/etc/passwd",
])("%s is nobody's business", async (path) => {
  const { url } = await start();
  expect((await fetch(`${url}${path}`)).status).toBe(404);
});

test("what happens is told to whom it concerns, as it happens", async () => {
  const { url, call } = await start();
  const told = liveState(url, "U0LEAD1", ({ channels }) => channels[0]?.messages.length === 1);
  await call("chat.postEphemeral", { channel: "C0ACCESS", user: "U0DEV1", text: "psst" });
  await call("chat.postMessage", { channel: "C0ACCESS", text: "hello" });
  const { me, channels } = await told;
  expect(me).toMatchObject({ name: "lee", zone: "America/New_York", standing: "member" });
  expect(channels[0]?.messages.map(({ text }) => text)).toEqual(["hello"]);
});

test("a file is there to be taken, and never shown as a page", async () => {
  const { url, call } = await start();
  const content = "<script>alert(1)</script>";
  const { body } = await call("files.getUploadURLExternal", { filename: "a.html", length: content.length });
  await fetch(body.upload_url, { method: "POST", body: content });
  expect((await fetch(`${url}/files/${body.file_id}`)).status).toBe(404);
  await call("files.completeUploadExternal", { files: [{ id: body.file_id }], channel_id: "C0ACCESS" });
  const file = await fetch(`${url}/files/${body.file_id}`);
  expect(await file.text()).toBe(content);
  expect(file.headers.get("content-type")).toContain("text/plain");
  expect(file.headers.get("content-disposition")).toContain("attachment");
});

test("another site in the same browser can neither look nor act", async () => {
  const { url, slack } = await start();
  const say = (headers: Record<string, string>) =>
    fetch(`${url}/act`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ kind: "say", user: "U0DEV1", channel: "C0ACCESS", text: "hi" }),
    });
  expect((await say({ "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect(slack.messages("C0ACCESS")).toEqual([]);
  expect((await say({ "sec-fetch-site": "same-origin" })).status).toBe(200);
  expect(slack.messages("C0ACCESS").map(({ text }) => text)).toEqual(["hi"]);
});

test("what can't be done is said, and a deactivated person does nothing", async () => {
  const { url } = await start();
  const act = async (what: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/act`, { method: "POST", headers, body: JSON.stringify(what) });
    return { status: response.status, body: (await response.json()) as { readonly error: string } };
  };
  expect(await act({ kind: "press", user: "U0DEV1", channel: "C0ACCESS", ts: "1.1" })).toEqual({
    status: 409,
    body: { error: "`U0DEV1` sees no message `1.1` in `C0ACCESS`" },
  });
  expect((await act({ kind: "say", user: "U0GONE", channel: "C0ACCESS", text: "x" })).body.error).toContain(
    "deactivated",
  );
  expect((await act({ kind: "dance", user: "U0DEV1" })).status).toBe(409);
});
