/** Who had access to what: the list, the file, and who may see it. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { typeInVain } from "./in-vain.ts";
import { ADDRESSES, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, security } = PEOPLE;

afterEach(() => {
  stage.faults.slack.clear();
});

const filesOf = (user: string) =>
  stage.slack
    .see(user)
    .channels.filter(({ direct }) => direct)
    .flatMap(({ messages }) => messages.flatMap(({ files }) => files));
/** The file that came last, in lines of cells; none of ours has a comma or a quote here. */
const lastFile = (user: string): readonly (readonly string[])[] => {
  const { id = "" } = filesOf(user).at(-1) ?? {};
  const text = stage.slack.file(id)?.content?.toString("utf8") ?? "";
  return text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
};
const column = (user: string, name: string): readonly (string | undefined)[] => {
  const [head = [], ...rows] = lastFile(user);
  return rows.map((cells) => cells[head.indexOf(name)]);
};

/** From the ask to the end. */
const accessOf = async (user: string, text: string): Promise<string> => {
  const id = await stage.ask(user, text);
  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  await stage.jit(user, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
  await stage.settled();
  return id;
};

describe("after two people had access", () => {
  test("security sees both, the latest first, in a short list and in a file", { timeout: 30_000 }, async () => {
    const first = await accessOf(dev, "ssh prod-vm-3 1h because INC-1");
    stage.clock.advance(60_000);
    const second = await accessOf(otherDev, `ssh prod-vm-3 1h from ${ADDRESSES.vpn} because INC-2`);
    const answer = await stage.jit(security, "audit");
    expect(answer).toMatch(/^2 accesses in the last 7 days, the latest first:/u);
    expect(answer).toContain("The whole list is in a file that I sent you directly.");
    expect(filesOf(security)).toHaveLength(1);
    expect(lastFile(security)[0]?.slice(0, 11)).toEqual(
      "who,machine,ports,source,from,until,justification,approvers,opened,closed,lag".split(","),
    );
    expect(column(security, "id")).toEqual([second, first]);
    expect(column(security, "justification")).toEqual(["INC-2", "INC-1"]);
    expect(column(security, "state")).toEqual(["closed", "closed"]);
    expect(column(security, "who").map((who) => who?.includes(dev))).toEqual([false, true]);
    expect(column(security, "approvers").every((who) => who?.includes(lead))).toBe(true);
    for (const name of ["from", "until", "opened", "closed"])
      for (const time of column(security, name)) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
    for (const lag of column(security, "lag")) expect(Number(lag)).toBeLessThan(10);
  });

  test("one person's, one machine's, and of a shorter time", { timeout: 30_000 }, async () => {
    expect(await stage.jit(security, `audit <@${dev}>`)).toMatch(/^1 access of /u);
    expect(column(security, "justification")).toEqual(["INC-1"]);
    expect(await stage.jit(security, "audit prod-vm-3 1d")).toMatch(/^2 accesses on prod-vm-3 in the last day/u);
    expect(await stage.jit(security, "audit prod-vm-1")).toBe("No access on prod-vm-1 in the last 7 days.");
    stage.clock.advance(2 * 86_400_000);
    expect(await stage.jit(security, "audit 1d")).toBe("No access in the last day.");
    expect(await stage.jit(security, "audit 400d")).toContain("I look back 90 days at most.");
  });

  test("others see their own and nobody else's", { timeout: 30_000 }, async () => {
    expect(await stage.jit(dev, "audit")).toMatch(/^1 access of yours in the last 7 days:/u);
    expect(column(dev, "justification")).toEqual(["INC-1"]);
    expect(await stage.jit(dev, `audit <@${dev}>`)).toMatch(/^1 access of yours/u);
    expect(await stage.jit(lead, "audit prod-vm-3")).toBe("No access of yours on prod-vm-3 in the last 7 days.");
    const { answer, codes } = await typeInVain(stage, dev, `audit <@${otherDev}>`);
    expect(codes).toEqual(["not-auditor"]);
    expect(answer).toBe(
      "You can see your own accesses only: `/jit audit`. Everybody's are for *security* to see. Ask them.",
    );
  });

  test.each([
    ["the app lacks the permission", '{"ok":false,"error":"missing_scope"}', "files:write"],
    ["Slack fails", '{"ok":false,"error":"internal_error"}', "right now. Ask again in a minute."],
  ])("when %s the list is there all the same, and says so", { timeout: 30_000 }, async (_, body, told) => {
    stage.faults.slack.add({ calls: /^files\.getUploadURLExternal$/u, does: { kind: "answer", status: 200, body } });
    const before = filesOf(security).length;
    const answer = await stage.jit(security, "audit");
    expect(answer).toMatch(/^2 accesses/u);
    expect(answer).toContain(told);
    expect(filesOf(security)).toHaveLength(before);
  });
});
