/** The sandbox's terminal, typed at as a newcomer would. */

import { PassThrough } from "node:stream";
import { test } from "vitest";
import { runTerminal } from "../../src/sandbox/terminal.ts";
import { setStage } from "../scenarios/stage.ts";

test("a newcomer asks, approves as somebody else, fills in the form, connects, and sees the rule", {
  timeout: 60_000,
}, async (context) => {
  const stage = await setStage(context);
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = "";
  output.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
  });
  const type = async (line: string, ...shown: readonly string[]): Promise<void> => {
    const before = screen.length;
    input.write(`${line}\n`);
    await stage.until(`\`${line}\` shows ${shown.join(", ")}, in: ${screen.slice(before)}`, () =>
      shown.every((text) => screen.slice(before).includes(text)),
    );
  };
  const done = runTerminal({ sandbox: stage, input, output });

  await type("connect prod-vm-3", "refused");
  await type("/jit ssh prod-vm-33 2h because INC-1", "I don't know", "prod-vm-3");
  await type("submit", "No form is open.");
  await type("/jit ssh,rdp prod-vm-3 1h because INC-1", "to prod-vm-3* for 1 hour", "Approve");
  await type("as lead", "lead>", "(1) Approve   (2) Approve less   (3) Deny");
  await type("press 2", "A form is open: Approve less");
  await type("fill ports VNC", "`VNC` isn't offered there. There is: 22 (SSH); 3389 (RDP).");
  await type("fill ports 3389 (RDP), 22 (SSH)", "A form is open");
  await type("fill ports 22 (SSH)", "A form is open");
  await type("submit", "The form", "open until");
  await type("as dev", "ssh you@52.178.10.13");
  await type("connect prod-vm-3", "open: SSH-2.0");
  await type("connect prod-vm-3 from stranger", "refused");
  await type("rules prod-vm-3", "Allow Tcp 22 from 198.51.100.7/32  latch-acme-");
  await type("rules prod-web-1", "tcp 443 from 0.0.0.0/0");
  await type("as dev", "dev>");
  await type("/jit", "A form is open: Ask for access");
  await type("fill nonsense", "There is no such field. There are: machine, why.");
  await type("fill machine prod-vm-2", "Needs one of @lead-1, @lead-2");
  await type("fill ports rdp", "RDP");
  await type("fill for how long 30 minutes", "Needs one of");
  await type("fill why disk full", "A form is open");
  await type("submit", "The form: errors.", "it has to match ^(INC|CHG)-[0-9]+");
  await type("fill why INC-2 disk full", "A form is open");
  await type("submit", "The form is sent.", "*RDP to prod-vm-2*: asked.");
  await type("use", "No page is open.");
  await type("/jit ssh dev-vm-1 1h", "Where will you connect from?", "Use my address");
  await type("open from home", "Let in the address you are at?", "192.0.2.44", "[Use this address]");
  await type("use", "SSH to dev-vm-1 is being opened for you from 192.0.2.44");
  await type("open from home", "    This link is over\n    It was used already");
  await type("as nobdy", "Nobody is called nobdy");
  await type("what", "I don't know `what`");
  await type("help", "What you can type");
  input.write("quit\n");
  await done;
});
