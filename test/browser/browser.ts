/** A real Chromium for tests of pages, and the page of a sandbox in it. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { test } from "vitest";

/** The first of them that is there. */
const executable = [
  process.env.LATCH_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((path) => path !== undefined && existsSync(path));

const isRequired = process.env.CI === "true" || process.env.LATCH_BROWSER_TESTS === "1";

const HOW =
  "Browser tests need Chromium: `apt-get install chromium`, or name one that is there in LATCH_CHROMIUM. Without it they are skipped.";

if (executable === undefined && !isRequired) process.stderr.write(`${HOW}\n`);

/** A test that is skipped where there is no browser, unless `CI=true` or `LATCH_BROWSER_TESTS=1` says there has to be one. */
export const browserTest = test.skipIf(executable === undefined && !isRequired);

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

/** With nothing of an earlier one; closed with the test. */
export const openBrowser = async (
  { onTestFinished }: { readonly onTestFinished: (end: () => Promise<void>) => void },
  { width = 1280, height = 800, dark = false }: OpenOptions = {},
): Promise<Opened> => {
  if (executable === undefined) throw new Error(HOW);
  const folder = await mkdtemp(join(tmpdir(), "latch-browser-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: executable,
    headless: true,
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "America/Los_Angeles",
    locale: "en-US",
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
  onTestFinished(async () => {
    await context.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  const troubles: string[] = [];
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(10_000);
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
