/** A cloud that can't be read for hours: nobody is given anything by what was known of it, everything closes on time, and security hears of it once. */

import { afterAll, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { AWS_KEY, sandboxConfig } from "../../src/sandbox/world.ts";
import { clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const { dev, otherDev, lead, security } = PEOPLE;
const HERE = ADDRESSES.vpn;
const OLD =
  /^I couldn't read the machines in AWS since .*, so I can't say yes: .* Whoever runs me sees why in the log\.$/u;
const ASK = `ssh dev-box-1 1h from ${HERE}`;

const stage = await setInsideStage(
  { onTestFinished: afterAll },
  {
    config: sandboxConfig.replace('match: { names: ["dev-*"] }', 'match: { names: ["dev-*"], tags: { env: dev } }'),
  },
);
const [bot] = stage.bots;

const eventsOf = (kind: string) => bot.events.filter((event) => event.kind === kind);
const readyz = async (): Promise<string> => (await fetch(`${bot.url}/readyz`)).text();

test("what a colleague changed while a cloud can't be read counts before anybody is given anything there", async () => {
  stage.clock.advance(3 * HOUR);
  const id = await stage.ask(dev, ASK);
  await stage.until("it is open", () => stage.told(id).includes("grant.opened"));
  expect(await stage.reaches(HERE, "dev-box-1")).toBe(true);
  const waiting = await stage.ask(otherDev, `ssh prod-web-1 1h from ${HERE} because INC-3`);
  const denied = await stage.ask(dev, `ssh prod-web-1 2h from ${HERE} because INC-4`);
  await stage.settled();

  const allowAgain = stage.ec2.deny(AWS_KEY.id, "DescribeInstances");
  stage.ec2.editAsSomeoneElse(({ setInstanceTags }) =>
    setInstanceTags("i-0devbox2", { Name: "dev-box-2", env: "prod" }),
  );
  // Too old to decide by, and not yet told to security.
  stage.clock.advance(7 * MINUTE);
  const other = await typeInVain(stage, otherDev, `ssh dev-box-2 1h from ${HERE}`);
  expect(other).toMatchObject({ codes: ["inventory-old"], answer: expect.stringMatching(OLD) });
  expect(await clickInVain(stage, lead, waiting, "Approve")).toMatchObject({
    codes: ["inventory-old"],
    answer: expect.stringMatching(OLD),
  });
  expect(await typeInVain(stage, security, "protect dev-box-1")).toMatchObject({ codes: ["inventory-old"] });
  expect(await typeInVain(stage, dev, "why dev-box-1")).toMatchObject({ codes: ["inventory-old"] });

  // What is about the other cloud goes on, and so does what takes away.
  expect(await stage.ask(otherDev, `ssh dev-vm-1 1h from ${HERE}`)).not.toBe("");
  await stage.jit(dev, `close ${denied}`);
  await stage.until("it is withdrawn", () => stage.told(denied).includes("request.withdrawn"));
  await stage.jit(dev, `close ${id}`);
  await stage.until("it is closed", async () => !(await stage.reaches(HERE, "dev-box-1")));
  await stage.until("the end is told", () => stage.told(id).includes("grant.ended"));

  stage.clock.advance(5 * MINUTE);
  await stage.minute();
  await stage.until("security is told", () => eventsOf("inventory.stale").length > 0);
  await stage.until("the other cloud was read since, and only this one is named", async () =>
    /^ready\ninventory: aws not read since \S+Z\n$/u.test(await readyz()),
  );
  expect(bot.log.some((line) => line.includes("machines not read"))).toBe(true);
  await stage.settled();
  const heard = () => stage.notices(CHANNELS.security).filter((text) => text.includes("machines in AWS"));
  expect(heard()).toEqual([expect.stringMatching(/^I couldn't read the machines in AWS since /u)]);

  allowAgain();
  expect(await stage.jit(otherDev, `ssh dev-box-2 1h from ${HERE}`)).toMatch(/^No rule of the policy covers/u);
  await stage.minute();
  await stage.until("security is told", () => eventsOf("inventory.read-again").length > 0);
  await stage.settled();
  expect(heard()).toEqual([expect.stringMatching(/couldn't/u), expect.stringMatching(/I can read .* again/u)]);
  expect(await readyz()).toBe("ready\n");
  await stage.approve(lead, waiting);
  await stage.until("it is approved", () => stage.told(waiting).includes("request.approved"));
}, 60_000);
