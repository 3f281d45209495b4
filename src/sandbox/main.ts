/** The sandbox's entry: starts everything with the bot, its page, and a terminal to play in. */

import process from "node:process";
import { createControls } from "./page/controls.ts";
import { createPage } from "./page/server.ts";
import { createPlayground } from "./playground.ts";
import { runTerminal } from "./terminal.ts";

const PAGE_PORT = 4300;

const playground = await createPlayground();
const { sandbox, clock } = playground;
const page = await createPage({
  slack: sandbox.slack,
  clock,
  sandbox,
  controls: createControls(playground),
  port: PAGE_PORT,
});
const end = async (code: number): Promise<never> => {
  await page.stop();
  await playground.stop();
  process.exit(code);
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0));

process.stdout.write("Starting Slack, Azure, AWS, PagerDuty, a place to sign in and the bot on this machine …\n");
try {
  await sandbox.bots[0].start();
  process.stdout.write("The bot is ready. Nothing of this leaves the machine.\n");
  process.stdout.write(`Open ${page.url} in a browser, or type here.\n\n`);
  await runTerminal({ sandbox, playground, input: process.stdin, output: process.stdout });
  await end(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await end(1);
}
