/** A machine is kept closed, opened for one person, undercut by somebody else, and put back as it was. */

import { afterAll, expect, test } from "vitest";
import { ADDRESSES, CHANNELS, nsgId, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, lead, security } = PEOPLE;

const heard = (text: string, channel: string = CHANNELS.access): Promise<void> =>
  stage.until(`#${channel} hears “${text}”`, () => stage.notices(channel).some((each) => each.includes(text)));

/** Presses a button of the latest message that has it. */
const press = async (user: string, label: string, channel: string = CHANNELS.access): Promise<void> => {
  const messages = stage.slack.see(user).channels.find(({ id }) => id === channel)?.messages ?? [];
  const found = messages.findLast(({ text }) => text.includes(`[${label}]`));
  if (found === undefined) throw new Error(`nothing in ${channel} has a button ${label}`);
  await stage.slack.click({ user, channel, ts: found.ts, label });
};

test("in AWS: told first what it does to others, then closed, opened for one, and put back", async () => {
  const before = stage.ec2.exportAccount();
  expect(await stage.reaches(ADDRESSES.stranger, "prod-app-1")).toBe(true);

  expect(await stage.jit(dev, "protect prod-app-1 ssh")).toContain(
    "You may not protect or unprotect prod-app-1: that is for *security*.",
  );
  const proposal = await stage.jit(security, "protect prod-app-1 ssh");
  expect(proposal).toContain("SSH of prod-app-1: nothing is changed yet, because protecting it does more than that.");
  expect(proposal).toContain("is shared: rules withheld there are gone for prod-app-2 too.");
  expect(proposal).toContain("Connections that are open now may be cut at once");
  expect(stage.ec2.exportAccount()).toEqual(before);

  await press(security, "Protect anyway");
  await heard("SSH of prod-app-1 is kept closed now.");
  expect(await stage.reaches(ADDRESSES.stranger, "prod-app-1")).toBe(false);
  expect(await stage.reaches(ADDRESSES.stranger, "prod-app-1", 443)).toBe(true);

  const id = await stage.ask(dev, "ssh prod-app-1 30m because INC-1042 disk full");
  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  expect(await stage.reaches(ADDRESSES.vpn, "prod-app-1")).toBe(true);
  expect(await stage.reaches(ADDRESSES.stranger, "prod-app-1")).toBe(false);
  await stage.jit(dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));

  expect(await stage.jit(security, "unprotect prod-app-1")).toContain("what I changed is being put back");
  await heard("prod-app-1 is no longer protected. All that I changed is put back.");
  expect(await stage.reaches(ADDRESSES.stranger, "prod-app-1")).toBe(true);
  await stage.settled();
}, 60_000);

test("in Azure: a rule that comes later is told to security, and overruled at their word", async () => {
  const group = nsgId("nsg-prod");
  const before = stage.azure.export(group);
  expect(await stage.jit(security, "protect prod-vm-1")).toBe(
    "SSH of prod-vm-1: closing. The channel hears when it is so.",
  );
  await heard("SSH of prod-vm-1 is kept closed now.");

  stage.azure.editAsSomeoneElse(group, (rules) => [
    ...rules,
    {
      name: "AllowSSH",
      properties: {
        priority: 310,
        access: "Allow",
        direction: "Inbound",
        protocol: "Tcp",
        sourcePortRange: "*",
        destinationPortRange: "22",
        sourceAddressPrefix: "*",
        destinationAddressPrefix: "*",
      },
    },
  ]);
  expect(await stage.reaches(ADDRESSES.stranger, "prod-vm-1")).toBe(true);
  // Whatever makes the bot look at this firewall, if only the next minute.
  const other = await stage.ask(dev, "ssh prod-vm-2 30m because INC-1042 disk full");
  await stage.approve(lead, other);
  await heard("It goes before my deny and lets people in to port 22 of prod-vm-1.", CHANNELS.security);
  const why = await stage.jit(dev, "why prod-vm-1");
  expect(why).toContain(": open; rule `AllowSSH` (priority 310) of the subnet's NSG `nsg-prod` lets it in.");

  await press(security, "Put the deny above it", CHANNELS.security);
  await stage.until(
    "nobody else gets in any more",
    async () => !(await stage.reaches(ADDRESSES.stranger, "prod-vm-1")),
  );
  await heard("@sec: the deny goes above *AllowSSH*.", CHANNELS.security);

  await stage.jit(security, "unprotect prod-vm-1");
  await heard("prod-vm-1 is no longer protected.");
  await stage.jit(dev, `close ${other}`);
  await stage.until("it is closed", () => stage.card(other).text.includes("closed"));
  const { securityRules } = stage.azure.export(group);
  expect(securityRules.filter(({ name }) => name !== "AllowSSH")).toEqual(before.securityRules);
}, 60_000);

test("how machines stand is listed worst first, with a button for who may protect", async () => {
  const list = await stage.jit(security, "posture prod-");
  expect(list.split("\n")[0]).toMatch(/^\d+ machines, the most open first:$/u);
  expect(list).toMatch(/\*prod-app-1\* · unhealthy · not protected\n22 from anywhere/u);
  expect(list).toContain("[Protect]");
  await press(security, "Protect");
  const lastAnswer = (): string => stage.answers(security).at(-1) ?? "";
  await stage.until("it is told what that does", () => lastAnswer().includes("prod-app-1: nothing is changed yet"));
  await press(security, "Leave it");
  await stage.until("it is left", () => lastAnswer().includes("prod-app-1: left as it is."));
  expect(await stage.reaches(ADDRESSES.stranger, "prod-app-1")).toBe(true);
  expect(await stage.jit(PEOPLE.nobody, "posture")).toBe("There is no machine that you may ask for or configure.");
});
