import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { AWS_KEY, PAGERDUTY_TOKEN } from "../../src/sandbox/world.ts";
import { PEOPLE, setStage } from "../scenarios/stage.ts";
import { folderWith, latch } from "./run-latch.ts";

/** As the bot has it, but for Redis and the data folder. */
const environmentOf = ({ secrets, slack, azure, ec2, iam, configFile }: Sandbox) => ({
  LATCH_CONFIG: configFile,
  SLACK_BOT_TOKEN: secrets.botToken,
  SLACK_SIGNING_SECRET: secrets.signingSecret,
  SLACK_API_URL: slack.apiUrl,
  AZURE_ARM_ENDPOINT: azure.url,
  AZURE_ARM_TOKEN: "sandbox-token",
  AWS_ENDPOINT_URL_EC2: ec2.url,
  AWS_ENDPOINT_URL_IAM: iam.url,
  AWS_ACCESS_KEY_ID: AWS_KEY.id,
  AWS_SECRET_ACCESS_KEY: AWS_KEY.secret,
  AWS_EC2_METADATA_DISABLED: "true",
  LATCH_PAGERDUTY_TOKEN: PAGERDUTY_TOKEN,
});

test("explains and proves with what Slack, Azure and the on-call service say now", async ({ onTestFinished }) => {
  const stage = await setStage({ onTestFinished }, { start: false });
  const env = environmentOf(stage);

  const vault = await latch(["policy", "explain", PEOPLE.dev, "vault-vm-1", "ssh", "for", "30m"], { env });
  expect(vault.out).toContain("The rule vault decides: the first that fits.");
  expect(vault.out).toContain("production doesn't fit: its name is vault-vm-1, not prod-*");
  expect(vault.out).toContain("engineers: user group S0ENG");
  expect(vault.out).toContain("yes  azure-roles");
  expect(vault.out).toMatch(/step 1, 1 of oncall: U0LEAD\d/u);
  expect(vault.code).toBe(0);

  const guest = await latch(["policy", "explain", PEOPLE.guest, "prod-vm-3", "ssh"], { env });
  expect([guest.code, guest.out]).toEqual([1, ""]);
  expect(guest.err).toContain("Guests can't do this");

  const proof = await latch(["policy", "prove", "--live"], { env });
  expect(proof.out).toMatch(/^Proved: /u);

  await stage.slack.stop();
  const away = await latch(["policy", "explain", PEOPLE.dev, "prod-vm-3", "ssh"], { env });
  expect([away.code, away.out]).toEqual([1, ""]);
  expect(away.err).toContain("can't be known now");
});

test("compares what the bot itself printed and stored", async ({ onTestFinished }) => {
  const stage = await setStage({ onTestFinished });
  const [bot] = stage.bots;
  await stage.ask(PEOPLE.dev, "ssh prod-vm-3 2h because INC-1 disk");
  await stage.jit(PEOPLE.dev, "rdp prod-vm-3 3h because INC-1 disk");
  await stage.jit(PEOPLE.nobody, "ssh dev-open-1 1h from 203.0.113.7");
  const judged = () => bot.events.filter(({ kind }) => kind === "request.judged");
  await stage.until("three asks are in the log", () => judged().length === 3);

  const text = await readFile(stage.configFile, "utf8");
  const folder = await folderWith({
    "after.yaml": text
      .replace("ssh: { maximum: 3h }", "ssh: { maximum: 1h }")
      .replace("approve: none", "approve: { by: [leads] }"),
  });
  const args = ["policy", "diff", stage.configFile, join(folder, "after.yaml")];
  const input = bot.events.map((event) => JSON.stringify(event)).join("\n");
  const printed = await latch([...args, "--log", "-"], { input });
  expect([printed.code, printed.err]).toEqual([0, ""]);
  expect(printed.out).toContain("1 of 3 asks of the last 30 days would end differently:");
  expect(printed.out).toMatch(
    /U0DEV1 {2}ssh prod-vm-3 2h from 198\.51\.100\.7\n {2}needs-approval by 1 of leads → deny: too long \(duration-too-long\)/u,
  );
  const stored = await latch(args, { env: { REDIS_URL: stage.redis.url } });
  expect(stored.out).toBe(printed.out);
  expect((await latch(["policy", "diff", stage.configFile, stage.configFile, "--log", "-"], { input })).out).toContain(
    "Nothing changes: all asks of the last 30 days (3)",
  );
});
