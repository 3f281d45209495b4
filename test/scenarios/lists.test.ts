/** `/jit list`, `machines`, `who` and `help`: each shows what this person may see, and no more. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead, security, nobody, guest } = PEOPLE;

const asked: [id: string, user: string][] = [];
const ask = async (user: string, text: string): Promise<string> => {
  const id = await stage.ask(user, text);
  asked.push([id, user]);
  return id;
};
afterEach(async () => {
  for (const [id, user] of asked.splice(0)) await stage.jit(user, `close ${id}`);
  await stage.settled();
});

const pressInAnswer = async (user: string, label: string): Promise<void> => {
  const last = stage.slack.messages("C0ACCESS").findLast(({ onlyFor }) => onlyFor === user);
  if (last === undefined) throw new Error(`${user} was told nothing`);
  await stage.slack.click({ user, channel: last.channel, ts: last.ts, label });
};

describe("/jit list", () => {
  test("has what waits for somebody's answer, with buttons that count", async () => {
    const id = await ask(dev, "ssh prod-vm-3 1h because INC-7");
    const listed = await stage.jit(lead, "list");
    expect(listed).toContain("Waiting for your answer");
    expect(listed).toContain("@dev asks, from 198.51.100.7: “INC-7”");
    for (const user of [dev, otherDev, security]) expect(await stage.jit(user, "list")).not.toContain("your answer");
    await pressInAnswer(lead, "Deny");
    await stage.until("the form is open", () => stage.slack.see(lead).modals.length === 1);
    await stage.slack.submitView({ user: lead });
    await stage.until("it is denied", () => stage.told(id).includes("request.denied"));
    expect(await stage.jit(lead, "list")).not.toContain("your answer");
  });

  test("doesn't show a request to whose turn it isn't, and after an approval only what they may still do", async () => {
    const id = await ask(dev, "ssh staging-vm-1 1h");
    await stage.approve(lead, id);
    await stage.until("it counts", () => stage.told(id).includes("review.given"));
    expect(await stage.jit(lead, "list")).toContain("Waiting for your answer");
    const last = stage.slack.messages("C0ACCESS").findLast(({ onlyFor }) => onlyFor === lead);
    expect(JSON.stringify(last?.blocks)).not.toContain("request.approve");
    expect(JSON.stringify(last?.blocks)).toContain("request.deny");
    expect(await stage.jit(security, "list")).toContain("SSH to staging-vm-1");
  });

  test("says what is open, for how long still", async () => {
    const id = await ask(dev, "ssh dev-vm-1 2h from 203.0.113.7");
    await stage.until("it is open", () => stage.told(id).includes("grant.opened"));
    expect(await stage.jit(dev, "list")).toMatch(
      /^\*SSH to dev-vm-1\* · open until .*, 2 hours left, from 203\.0\.113\.7 · `\/jit extend ([a-z0-9]{8}) 1h` · `\/jit moved \1` · `\/jit close \1`$/u,
    );
  });
});

describe("/jit machines", () => {
  test("names what somebody may ask for, and how", async () => {
    const all = await stage.jit(dev, "machines");
    expect(all).toMatch(/^You may ask for \d+ machines:/u);
    expect(all).toContain(
      "• *dev-vm-1* · port 8080 up to 8 hours, SSH up to 8 hours · no approval needed · from anywhere",
    );
    expect(await stage.jit(dev, "machines prod-vm-3")).toContain(
      "*prod-vm-3* · SSH up to 3 hours, RDP up to 1 hour, postgres up to 1 hour · needs approval",
    );
    expect(await stage.jit(lead, "machines dev-")).toContain("No machine that you may ask for fits “dev-”");
  });

  test("of whoever may ask for nothing says so", async () => {
    expect(await stage.jit(nobody, "machines")).toContain("no machine that you may ask for");
    expect(await stage.jit(guest, "machines")).not.toContain("prod-vm-3");
  });
});

describe("/jit who", () => {
  test("says who has access, to whoever has to do with the machine", async () => {
    const id = await ask(dev, "ssh dev-vm-1 2h from 203.0.113.7");
    await stage.until("it is open", () => stage.told(id).includes("grant.opened"));
    for (const user of [otherDev, security])
      expect(await stage.jit(user, "who dev-vm-1")).toMatch(
        /^One access to dev-vm-1 now:\n• @dev · SSH from 203\.0\.113\.7 · open until .*2 hours left/u,
      );
    for (const user of [nobody, guest]) expect(await stage.jit(user, "who dev-vm-1")).not.toContain("203.0.113.7");
    expect(await stage.jit(otherDev, "who dev-vm-2")).toContain("Nobody has access to dev-vm-2 through me now.");
    expect(await stage.jit(otherDev, "who dev-vm-11")).toContain("I don't know");
  });

  test("is for those too who answer for a machine or configure it", async () => {
    for (const user of [lead, otherLead, security])
      expect(await stage.jit(user, "who prod-vm-3")).toContain("Nobody has access to prod-vm-3");
    expect(await stage.jit(lead, "who dev-vm-1")).toContain("may not ask for dev-vm-1");
  });
});

describe("/jit help", () => {
  test("shows an engineer how to ask, with a machine of theirs, and nothing of security's", async () => {
    const help = await stage.jit(dev, "help");
    const [example = ""] = /`\/jit (\S+ \S+ \S+)` — ask by typing/u.exec(help)?.slice(1) ?? [];
    expect(await stage.jit(dev, `machines ${example.split(" ")[1]}`)).toContain("may ask for");
    expect(help).toContain("break-glass");
    for (const word of ["lockdown", "protect <machine>", "another's"]) expect(help).not.toContain(word);
  });

  test("shows security what only they may do, and not how to ask for what they may not", async () => {
    const help = await stage.jit(security, "help");
    for (const word of ["lockdown", "protect <machine>", "@person"]) expect(help).toContain(word);
    expect(help).not.toContain("break-glass");
    expect(help).toContain("There is no machine that you may ask for.");
  });

  test("tells whoever may do nothing so", async () => {
    expect(await stage.jit(nobody, "help")).toContain("There is no machine that you may ask for.");
    expect(await stage.jit(guest, "help")).not.toContain("/jit machines");
  });
});
