/** A machine over whose access Azure's own roles have a say too: `vault-vm-1`. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { askedInTime, clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead, security } = PEOPLE;
const ASK = "ssh vault-vm-1 1h because INC-7";
const MISSING = "`Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action`";

const asked: string[] = [];
const ask = async (): Promise<string> => {
  const id = await stage.ask(dev, ASK);
  asked.push(id);
  return id;
};
const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card says “${text}”`, () => stage.card(id).text.includes(text));
const letsIn = (): Promise<boolean> => stage.reaches(ADDRESSES.vpn, "vault-vm-1");
const open = async (): Promise<string> => {
  const id = await ask();
  await stage.approve(lead, id);
  await cardSays(id, "Approved so far");
  await stage.approve(security, id);
  await cardSays(id, "open until");
  expect(await letsIn()).toBe(true);
  return id;
};

beforeAll(() => askedInTime(stage, otherDev, ASK), 90_000);

afterEach(async () => {
  for (const holder of ["dev", "lead", "security"] as const) stage.roles.give(holder);
  stage.slack.people.changeUser(dev, { deleted: false });
  for (const id of asked.splice(0)) if (stage.card(id).buttons.length > 0) await stage.jit(dev, `close ${id}`);
  await stage.settled();
  await stage.until("it is closed again", async () => !(await letsIn()));
});

describe("asking", () => {
  test("takes a role there, beside the one of the policy", async () => {
    const { answer, codes } = await typeInVain(stage, otherDev, ASK);
    expect(codes).toEqual(["authority-no"]);
    expect(answer).toContain("You may not ask for vault-vm-1: no role in Azure gives you");
    expect(answer).toContain(MISSING);
  });

  test("with it opens after two steps, each by whose turn it is", async () => {
    const id = await ask();
    expect(stage.card(id).text).toContain("Needs @lead-1, then @sec by");
    expect((await clickInVain(stage, security, id, "Approve")).codes).toEqual(["not-your-turn"]);
    expect((await clickInVain(stage, otherLead, id, "Approve")).codes).toEqual(["not-approver"]);
    await stage.approve(lead, id);
    await cardSays(id, "Approved so far");
    expect((await clickInVain(stage, lead, id, "Approve")).codes).toEqual(["already-answered"]);
    expect(await letsIn()).toBe(false);
    await stage.approve(security, id);
    await cardSays(id, "open until");
    expect(await letsIn()).toBe(true);
  });
});

describe("a role that is taken away between asking and clicking", () => {
  test("of who asked: the click opens nothing", async () => {
    const id = await ask();
    stage.roles.take("dev");
    const { answer, codes } = await clickInVain(stage, lead, id, "Approve");
    expect(codes).toEqual(["not-any-more"]);
    expect(answer).toContain("Azure");
    expect(await letsIn()).toBe(false);
    stage.roles.give("dev");
    await stage.approve(lead, id);
    await cardSays(id, "Approved so far");
  });

  test("of who clicks: the click counts for nothing", async () => {
    const id = await ask();
    stage.roles.take("lead");
    expect((await clickInVain(stage, lead, id, "Approve")).codes).toEqual(["authority-no"]);
    expect(stage.card(id).text).not.toContain("Approved so far");
  });

  test("of who clicked before: their approval is gone by the next click", async () => {
    const id = await ask();
    await stage.approve(lead, id);
    await cardSays(id, "Approved so far");
    stage.roles.take("lead");
    expect((await clickInVain(stage, security, id, "Approve")).codes).toEqual(["not-your-turn"]);
    expect(await letsIn()).toBe(false);
  });
});

describe("while it is open", () => {
  test("a role that is taken away closes it within the minute, and everybody concerned is told", async () => {
    const id = await open();
    stage.roles.take("dev");
    stage.clock.advance(MINUTE);
    await stage.until("it is closed", async () => !(await letsIn()));
    await cardSays(id, "closed");
    await stage.settled();
    expect(stage.told(id)).toContain("grant.disallowed");
    expect(stage.told(id).at(-1)).toBe("grant.ended");
    expect(stage.direct(dev).join("\n")).toMatch(/vault-vm-1.*Azure/su);
  });

  test("who is deactivated loses it at once", async () => {
    const id = await open();
    stage.slack.people.changeUser(dev, { deleted: true });
    await stage.until("it is closed", async () => !(await letsIn()));
    await cardSays(id, "closed");
  });

  test("a doubt closes nothing", async () => {
    const id = await open();
    const end = stage.faults.azure.add({ calls: /Microsoft\.Authorization/u, does: { kind: "drop" } });
    const seen = () => stage.azure.calls.filter(({ path }) => /Microsoft\.Authorization/u.test(path)).length;
    const before = seen();
    stage.clock.advance(MINUTE);
    await stage.until("it was looked at again", () => seen() > before);
    await stage.settled();
    end();
    expect(await letsIn()).toBe(true);
    expect(stage.told(id)).not.toContain("grant.disallowed");
  });
});
