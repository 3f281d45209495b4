/** The server of the sandbox's page: every file that the browser will ask for, what is live, and who may act. */

import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { liveSight } from "../../src/sandbox/page/live.ts";
import { createPage } from "../../src/sandbox/page/server.ts";
import type { PageState } from "../../src/sandbox/page/shown.ts";
import { type Setup, startSlack } from "./slack-fixture.ts";

const start = async (): Promise<Setup & { readonly url: string }> => {
  const setup = await startSlack();
  const { url, stop } = await createPage(setup);
  onTestFinished(stop);
  return { ...setup, url };
};

/** As it is: `fetch` would make the path tidy, and choose the host itself. */
const ask = async (
  url: string,
  path: string,
  { method = "GET", headers = {} }: { readonly method?: string; readonly headers?: OutgoingHttpHeaders } = {},
): Promise<number> => {
  const { hostname, port } = new URL(url);
  const asked = request({ hostname, port, path, method, headers }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  answer.destroy();
  return answer.statusCode ?? 0;
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
  expect((await fetch(`${url}/base.css`)).status).toBe(200);
});

test.each([
  "/ours/slack/server.ts",
  "/ours/page/browser/../server.ts",
  "/ours/main.ts",
  "/library/vitest",
  "/library/constructor",
  "/library/__proto__",
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
  expect(file.headers.get("x-content-type-options")).toBe("nosniff");
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

test.each([
  "/ours/page/browser/../../main.ts",
  "/ours/../../package.json",
  "/ours/page/browser/..%2f..%2fmain.ts",
  "/ours/page/browser/%2e%2e/server.ts",
  "/ours/page\\browser\\app.ts",
  "//etc/passwd",
  "/../../../../etc/passwd",
  "/library/../../package.json",
  "/files/../../../etc/passwd",
  "/files/..%2f..%2fpackage.json",
  "/files/__proto__",
  "/files/%ff",
])("%s, sent as it is, leads nowhere", async (path) => {
  const { url } = await start();
  expect([400, 404]).toContain(await ask(url, path));
});

const ROUTES = ["/", "/live", "/base.css", "/library/preact", "/ours/page/browser/app.ts", "/files/F1"];
const ACTS = ["/act", "/machines", "/controls"];

test("by another name than this machine's nothing is there", async () => {
  const { url } = await start();
  const { port } = new URL(url);
  for (const name of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "127.0.0.1@evil"])
    for (const host of [name, `${name}:${port}`]) {
      const headers = { host, "content-type": "application/json" };
      for (const path of ROUTES) expect([400, 403], `${host} ${path}`).toContain(await ask(url, path, { headers }));
      for (const path of ACTS)
        expect([400, 403], `${host} ${path}`).toContain(await ask(url, path, { method: "POST", headers }));
    }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
    expect(await ask(url, "/live", { headers: { host } })).toBe(200);
});

test("another site may link to the page, and reads nothing of it", async () => {
  const { url } = await start();
  for (const site of ["cross-site", "same-site"])
    for (const path of ROUTES)
      expect(await ask(url, path, { headers: { "sec-fetch-site": site } }), `${site} ${path}`).toBe(
        path === "/" ? 200 : 403,
      );
});

test("without Sec-Fetch-Site another site is known by its Origin, and by not sending JSON", async () => {
  const { url, slack } = await start();
  const say = async (headers: Record<string, string>): Promise<number> => {
    const body = JSON.stringify({ kind: "say", user: "U0DEV1", channel: "C0ACCESS", text: "hi" });
    return (await fetch(`${url}/act`, { method: "POST", headers, body })).status;
  };
  const json = { "content-type": "application/json" };
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
    expect(await say({ ...json, origin }), origin).toBe(403);
  for (const type of ["text/plain", "text/plain; application/json", "application/jsonp"])
    expect(await say({ "content-type": type }), type).toBe(415);
  for (const path of ACTS) expect(await ask(url, path, { method: "POST" }), path).toBe(415);
  expect(slack.messages("C0ACCESS")).toEqual([]);
  expect(await say({ ...json, origin: url })).toBe(200);
  expect(await say({ "content-type": "application/json; charset=utf-8" })).toBe(200);
});

test.each(["U0BOT", "U0NOBODY", "", "__proto__"])("who asks to be `%s` is the first person", async (user) => {
  const { url, call } = await start();
  const told = liveState(url, user, ({ channels }) => channels[0]?.messages.length === 1);
  await call("chat.postMessage", { channel: "C0ACCESS", text: "still here" });
  expect((await told).me.id).toBe("U0DEV1");
});

test("a part that can't be read ends its stream and nothing else, and isn't followed any more", async () => {
  const followers = new Set<() => void>();
  let isBroken = false;
  const part = {
    name: "slack",
    read: () => {
      if (isBroken) throw new Error("broken");
      return {};
    },
    subscribe: (changed: () => void) => {
      followers.add(changed);
      return () => void followers.delete(changed);
    },
  };
  const reader = liveSight("U0DEV1", [part]).getReader();
  await reader.read();
  isBroken = true;
  for (const changed of followers) changed();
  await expect(reader.read()).rejects.toThrow("broken");
  expect(followers.size).toBe(0);

  const whole = { ...part, read: () => ({}) };
  expect(() => liveSight("U0DEV1", [whole, part])).toThrow("broken");
  expect(followers.size).toBe(0);
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
