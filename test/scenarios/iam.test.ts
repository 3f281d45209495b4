/** Machines in AWS whose access IAM has a say in too. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { askedAndAnswered, askedInTime } from "./in-vain.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";

const { dev, otherDev, lead } = PEOPLE;
const DEV = "arn:aws:iam::111122223333:user/dev1";
const ASK = "ssh prod-web-1 1h because INC-3";
const config = sandboxConfig
  .replace(
    "identities:\n",
    "authorities:\n  aws-iam: { actions: { request: [ec2:StartInstances], approve: [ec2:DescribeInstances], configure: [ec2:ModifyInstanceAttribute], read: [ec2:DescribeInstances] } }\nidentities:\n",
  )
  .replace(new RegExp(`    ${dev}: \\{ `, "u"), `    ${dev}: { aws: ${DEV}, `)
  .replace(new RegExp(`    ${lead}: \\{ `, "u"), `    ${lead}: { aws: arn:aws:iam::111122223333:role/leads, `)
  .replace(
    "rules:\n",
    `rules:
  - name: web
    match: { names: [prod-web-1], clouds: [aws] }
    ports: { ssh: { maximum: 2h } }
    sources: [vpn]
    defaultSource: vpn
    request: [engineers]
    authorities: [policy, aws-iam]
    approve: none
    recheck: close
`,
  );

const stage = await setInsideStage({ onTestFinished: afterAll }, { config });

const letsIn = (): Promise<boolean> => stage.reaches(ADDRESSES.vpn, "prod-web-1");
const allow = (env: string): void =>
  stage.iam.setPolicy(DEV, "jit", {
    Statement: {
      Effect: "Allow",
      Action: "ec2:StartInstances",
      Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*",
      Condition: { StringEquals: { "ec2:ResourceTag/env": env } },
    },
  });

beforeAll(() => askedInTime(stage, otherDev, ASK), 90_000);

test("without what IAM gives, nobody gets in; by another's rights neither", async () => {
  expect(await stage.jit(otherDev, ASK)).toMatch(/^I don't know who you are in AWS/u);
  expect(await stage.jit(dev, ASK)).toContain("no role in AWS gives you `ec2:StartInstances` there");
  allow("dev");
  expect(await stage.jit(dev, ASK)).toContain("no role in AWS gives you");
  expect(await letsIn()).toBe(false);
});

test.each([
  ["never answers", { kind: "hang" } as const, /^AWS didn't answer in time/u],
  ["wants to be asked less", { kind: "throttle" } as const, /^AWS asks me to wait/u],
  ["fails", { kind: "answer", status: 500, body: "<html>" } as const, /^I can't check your roles in AWS/u],
])("IAM %s: a no that says so within five seconds", async (_, does, words) => {
  allow("prod");
  const { did, tookMs } = await askedAndAnswered(stage, dev, stage.iam.faults, /SimulatePrincipalPolicy/u, does, () =>
    stage.jit(dev, ASK),
  );
  expect(did).toMatch(words);
  expect(tookMs).toBeLessThan(5_000);
  expect(await letsIn()).toBe(false);
});

test("with it, it opens; and closes within the minute when it is taken away", async () => {
  allow("prod");
  const id = await stage.ask(dev, ASK);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  expect(await letsIn()).toBe(true);
  await stage.settled();
  stage.iam.setPolicy(DEV, "jit", undefined);
  stage.clock.advance(MINUTE);
  await stage.until("it is closed", async () => !(await letsIn()));
  await stage.until("the card says so", () => stage.card(id).text.includes("closed"));
  expect(stage.card(id).text).toContain("AWS");
});
