/** The sandbox's entry: starts everything with the bot, its page, and a terminal to play in. */

import process from "node:process";
import { createControls } from "./page/controls.ts";
import { createPage } from "./page/server.ts";
import { createPlayground } from "./playground.ts";
import { runTerminal } from "./terminal.ts";

const PAGE_PORT = 4300;

const play = async (): Promise<void> => {
  process.stdout.write("Starting Slack, Azure, AWS, PagerDuty, a place to sign in and the bot on this machine …\n");
  const playground = await createPlayground();
  const { sandbox, clock } = playground;
  const controls = createControls(playground);
  const page = await createPage({ slack: sandbox.slack, clock, sandbox, controls, port: PAGE_PORT });
  const end = async (): Promise<void> => {
    await page.stop();
    await playground.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end().then(() => process.exit(0)));
  try {
    await sandbox.bots[0].start();
    process.stdout.write("The bot is ready. Nothing of this leaves the machine.\n");
    process.stdout.write(`Open ${page.url} in a browser, or type here.\n\n`);
    await runTerminal({ sandbox, playground, input: process.stdin, output: process.stdout });
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
