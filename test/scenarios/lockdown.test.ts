/** Security closes everything in every cloud at once, and nothing opens until they lift it, whatever is killed or forgotten meanwhile. */

import { afterAll, expect, test } from "vitest";
import { ADDRESSES, azureWithMachinesBehind, PUBLIC_ADDRESS } from "./hub.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const { world } = azureWithMachinesBehind(1);
const stage = await setInsideStage(
  { onTestFinished: afterAll },
  { world: { azure: world }, firewallUpdate: { ms: 300 } },
);
const { dev, otherDev, lead, security } = PEOPLE;
const LIMIT = 60_000;
const bot = stage.bots[0];

const events = (kind: string) => bot.events.filter((event) => event.kind === kind);
const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card of ${id} says “${text}”`, () => stage.card(id).text.includes(text), 30_000);
const open = async (user: string, text: string, needs = false): Promise<string> => {
  const id = await stage.ask(user, text);
  if (needs) await stage.approve(lead, id);
  await cardSays(id, "open until");
  return id;
};
/** Presses the button of the latest answer that only they saw. */
const press = async (user: string, label: string): Promise<void> => {
  const channel = CHANNELS.access;
  const seen = stage.slack.see(user).channels.find(({ id }) => id === channel)?.messages ?? [];
  const answer = seen.findLast(({ onlyForYou, buttons }) => onlyForYou && buttons.some((each) => each.label === label));
  if (answer === undefined) throw new Error(`no answer with ${label}`);
  await stage.slack.click({ user, channel, ts: answer.ts, label });
};
const lockDown = async (because = "INC-666 a stolen laptop"): Promise<void> => {
  const begun = events("lockdown.begun").length;
  await stage.jit(security, `lockdown because ${because}`);
  await press(security, "Lock everything down");
  await stage.until("it is locked down", () => events("lockdown.begun").length > begun);
};
const lift = async (): Promise<void> => {
  const lifted = events("lockdown.lifted").length;
  await stage.jit(security, "lockdown lift");
  await press(security, "Lift it");
  await stage.until("it is lifted", () => events("lockdown.lifted").length > lifted);
};
const mappedPort = (): number => {
  const told = stage.direct(dev).findLast((text) => text.includes("prod-fw-1 is open for you")) ?? "";
  return Number(/ssh -p (\d+) you@/u.exec(told)?.[1] ?? 0);
};

test(
  "everything that is open in all clouds is closed in their own time, nothing opens, and lifted all works again",
  async () => {
    const [vm, box, behind] = [
      await open(dev, "ssh dev-vm-1 2h from vpn"),
      await open(otherDev, "ssh dev-box-1 2h from vpn"),
      await open(dev, "ssh prod-fw-1 2h from vpn because INC-1", true),
    ];
    await stage.until("the requester is told where", () => mappedPort() > 0);
    const port = mappedPort();
    const reach = async () => [
      await stage.reaches(ADDRESSES.vpn, "dev-vm-1"),
      await stage.reaches(ADDRESSES.vpn, "dev-box-1"),
      await stage.reaches(ADDRESSES.vpn, PUBLIC_ADDRESS, port),
    ];
    expect(await reach()).toEqual([true, true, true]);
    const waiting = await stage.ask(dev, "ssh prod-vm-3 1h because INC-2");

    // Nobody else may, and looking does nothing.
    expect(await stage.jit(dev, "lockdown")).toContain("Only *security* may");
    expect(await stage.jit(security, "lockdown because INC-666 a stolen laptop")).toMatch(
      /^Lock everything down\?\nAll 3 accesses that are open close now\. One request waits; it can't be approved meanwhile\./u,
    );
    expect(await reach()).toEqual([true, true, true]);
    await press(security, "Lock everything down");
    await stage.until("all is closed", async () => (await reach()).every((each) => !each), 20_000);
    await stage.until("it is said", () => events("lockdown.done").length === 1, 20_000);
    for (const id of [vm, box, behind]) await cardSays(id, "locked everything down");
    await stage.settled();
    for (const channel of [CHANNELS.access, CHANNELS.security]) {
      const told = stage.notices(channel).join("\n");
      expect(told).toMatch(/Locked down: @sec closes everything, .*\n“INC-666 a stolen laptop”\n3 accesses were open/u);
      expect(told).toMatch(/All is closed: nothing that I opened is open any more\.\n3 accesses closed within/u);
    }
    expect(stage.direct(dev).join("\n")).toContain("@sec locked everything down");

    for (const text of ["ssh dev-vm-1 1h from vpn", "break-glass ssh vault-vm-1 15m because INC-9", `extend ${vm} 1h`])
      expect(await stage.jit(dev, text)).toMatch(/locked down|over already/u);
    const answered = stage.answers(lead).length;
    await stage.approve(lead, waiting);
    await stage.until("the approver is told", () => stage.answers(lead).length > answered);
    expect(stage.answers(lead).at(-1)).toContain("Everything is locked down: @sec");
    expect(stage.card(waiting).text).toContain("Needs");
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);

    await lift();
    await stage.approve(lead, waiting);
    await cardSays(waiting, "open until");
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(true);
    await stage.jit(dev, `close ${waiting}`);
    await cardSays(waiting, "closed");
    expect(await stage.jit(security, "lockdown lift")).toContain("nothing to lift");
  },
  LIMIT,
);

test(
  "stopped right after the write it closes everything when it is started",
  async () => {
    await open(dev, "ssh dev-vm-1 2h from vpn");
    await open(dev, "ssh dev-box-1 2h from vpn");
    // Neither cloud hears of it from this one.
    stage.faults.azure.add({ calls: /^(?:PUT|DELETE) /u, does: { kind: "hang" } });
    stage.faults.aws.add({ calls: /^Revoke|^Modify|^Delete/u, does: { kind: "hang" } });
    await lockDown();
    await bot.stop();
    stage.faults.azure.clear();
    stage.faults.aws.clear();
    expect(await stage.reaches(ADDRESSES.vpn, "dev-vm-1")).toBe(true);
    expect(await stage.reaches(ADDRESSES.vpn, "dev-box-1")).toBe(true);
    const done = events("lockdown.done").length;
    await bot.start();
    await stage.until(
      "both are closed",
      async () =>
        !(await stage.reaches(ADDRESSES.vpn, "dev-vm-1")) && !(await stage.reaches(ADDRESSES.vpn, "dev-box-1")),
      20_000,
    );
    await stage.until("it is said", () => events("lockdown.done").length === done + 1, 20_000);
    await lift();
  },
  LIMIT,
);

test(
  "emptied memory doesn't lift it: what was open closes, and it stands again",
  async () => {
    const id = await open(dev, "ssh dev-vm-1 2h from vpn");
    await stage.settled();
    stage.faults.azure.add({
      calls: /^(?:PUT|DELETE) /u,
      does: { kind: "answer", status: 500, body: "{}", headers: {} },
    });
    await lockDown();
    // A beat has seen it.
    await stage.until("it is being closed", () => stage.told(id).includes("grant.revoked"));
    expect(await stage.jit(dev, "ssh dev-vm-2 1h from vpn")).toContain("locked down");
    await stage.redis.flush();
    await stage.until(
      "it stands again",
      async () => (await stage.jit(dev, "ssh dev-vm-2 1h from vpn")).includes("locked down"),
      20_000,
    );
    stage.faults.azure.clear();
    await stage.until("it is closed", async () => !(await stage.reaches(ADDRESSES.vpn, "dev-vm-1")), 20_000);
    await lift();
    expect(await stage.jit(security, "lockdown lift")).toContain("nothing to lift");
  },
  LIMIT,
);
