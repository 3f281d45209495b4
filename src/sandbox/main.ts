/** The sandbox's entry: starts everything with the bot, its page, and a terminal to play in. */

import process from "node:process";
import { createControls } from "./page/controls.ts";
import { createPage, type Page } from "./page/server.ts";
import { createPlayground } from "./playground.ts";
import { runTerminal } from "./terminal.ts";

const PAGE_PORT = 4300;

const play = async (): Promise<void> => {
  process.stdout.write("Starting Slack, Azure, AWS, PagerDuty, a place to sign in and the bot on this machine …\n");
  const playground = await createPlayground();
  const { sandbox, clock } = playground;
  let page: Page | undefined;
  const end = async (): Promise<void> => {
    await page?.stop();
    await playground.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end().then(() => process.exit(0)));
  try {
    const controls = createControls(playground);
    page = await createPage({ slack: sandbox.slack, clock, sandbox, controls, port: PAGE_PORT });
    await sandbox.bots[0].start();
    process.stdout.write("The bot is ready. Nothing of this leaves the machine.\n");
    process.stdout.write(`\nOpen ${page.url} in a browser, or type here; \`help\` shows what you can type.\n\n`);
    const lines = await runTerminal({ sandbox, playground, input: process.stdin, output: process.stdout });
    // Started where nobody can type, it is there for the browser until it is told to end.
    if (lines === 0 && !process.stdin.isTTY) await new Promise(() => undefined);
  } finally {
    await end();
  }
};

await play().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
