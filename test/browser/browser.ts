/** A real Chromium for tests of pages, and the page of a sandbox in it. */

import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, test } from "vitest";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The one that is named, or the first that is there. */
const executable = (process.env.LATCH_CHROMIUM === undefined ? PLACES : [process.env.LATCH_CHROMIUM]).find((path) =>
  existsSync(path),
);

const isRequired = process.env.CI === "true" || process.env.LATCH_BROWSER_TESTS === "1";

const HOW = "Browser tests need Chromium: `apt-get install chromium`, or name one that is there in LATCH_CHROMIUM.";

/** Whether there is a browser. */
export const isThere = executable !== undefined;

if (!isThere && !isRequired) process.stderr.write(`${HOW} They are skipped.\n`);

/** Pages are drawn slowly while other tests want the processors, too. */
export const PATIENTLY = { timeout: 120_000 };

/** A test that is skipped where there is no browser, unless `CI=true` or `LATCH_BROWSER_TESTS=1` says there has to be one. */
export const browserTest = test.skipIf(!isThere && !isRequired);

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong in the page: errors that nobody caught, and requests to anywhere but this machine. */
  readonly troubles: readonly string[];
}

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** The context of a test. */
export interface Owner {
  readonly task: { readonly name: string };
  readonly onTestFinished: (end: () => Promise<void>) => void;
}

/** Nothing of an earlier test is in it; closed with the test, of whose end a picture is left in `.latch/screenshots`. */
export const openBrowser = async (
  { onTestFinished, task }: Owner,
  { width = 1280, height = 800, dark = false }: OpenOptions = {},
): Promise<Opened> => {
  const browser = await theBrowser();
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "America/Los_Angeles",
    locale: "en-US",
  });
  onTestFinished(async () => {
    const name = task.name.replaceAll(/[^a-z0-9]+/giu, "-").slice(0, 60);
    for (const [index, each] of context.pages().entries())
      await each.screenshot({ path: `.latch/screenshots/${name}-${index + 1}.png` }).catch(() => undefined);
    await context.close();
  });
  const troubles: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  context.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") troubles.push(`asked ${request.url()}`);
  });
  return { context, page, troubles };
};

/** One for all tests of a file, with a profile folder of its own that is empty at first and gone afterwards. */
const theBrowser = async (): Promise<Browser> => {
  if (executable === undefined) throw new Error(HOW);
  launched ??= chromium.launch({
    executablePath: executable,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-proxy-server",
    ],
  });
  return launched;
};

let launched: Promise<Browser> | undefined;

afterAll(async () => {
  await (await launched)?.close();
});
