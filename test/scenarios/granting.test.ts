/** What people read and reach once an access is granted, until it has ended. */

import { DateTime } from "luxon";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, CHANNELS, nsgId, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead, security, nobody, guest } = PEOPLE;
const clouds = () => [
  ...["nsg-prod", "nsg-prod-vm-3", "nsg-dev"].map((name) => stage.azure.export(nsgId(name))),
  stage.ec2.export("eni-0devbox131"),
];
const before = clouds();
/** What is past midnight for its reader says so. */
const time = String.raw`(?:(?:today|tomorrow|yesterday) )?\d\d:\d\d`;
const seconds = String.raw`\d+(?:\.\d)? seconds?`;

const opened: [id: string, user: string][] = [];
const ask = async (user: string, text: string): Promise<string> => {
  const id = await stage.ask(user, text);
  opened.push([id, user]);
  return id;
};
const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card says “${text}”`, () => stage.card(id).text.includes(text));
const openFor = async (user: string, text: string): Promise<string> => {
  const id = await ask(user, text);
  if (stage.card(id).text.includes("Needs")) await stage.approve(user === lead ? otherLead : lead, id);
  await cardSays(id, "open until");
  await stage.settled();
  return id;
};
const expiryOf = (id: string): number => {
  const event = stage.bots[0].events.find((each) => each.kind === "grant.opened" && each.requestId === id);
  return event?.kind === "grant.opened" ? event.expiresAt : Number.NaN;
};
const lastDirect = (user: string): string => stage.direct(user).at(-1) ?? "";

afterEach(async () => {
  for (const [id, user] of opened.splice(0)) {
    if (stage.card(id).buttons.length > 0) await stage.jit(user, `close ${id}`);
  }
  await stage.settled();
});

test("the card tells the whole story, and the requester how to connect and when it ends", async () => {
  const slow = stage.faults.azure.add({ calls: /^(?:PUT|DELETE) /u, does: { kind: "delay", ms: 300 } });
  const notices = stage.notices().length;
  const id = await openFor(dev, "ssh prod-vm-3 30m because INC-1042 disk full");
  expect(lastDirect(dev)).toMatch(
    new RegExp(
      [
        `^prod-vm-3 is open for you until ${time}\\.`,
        "`52\\.178\\.10\\.13`, port 22: `ssh you@52\\.178\\.10\\.13`",
        "I let you in from 198\\.51\\.100\\.7\\. Connections that are open then may go on; for new ones, ask again\\.",
        "\\[Extend\\] \\[I moved\\] \\[I'm done\\]$",
      ].join("\n"),
      "u",
    ),
  );
  const told = stage.direct(dev).length;
  const leave = (length: number) => stage.clock.advance(expiryOf(id) - length - stage.clock.now());
  leave(11 * MINUTE);
  await stage.settled();
  expect(stage.direct(dev)).toHaveLength(told);
  leave(10 * MINUTE);
  await stage.settled();
  expect(lastDirect(dev)).toBe("prod-vm-3 closes for you in 10 minutes.\n[Extend] [I'm done]");
  expect(stage.direct(dev)).toHaveLength(told + 1);
  stage.clock.advance(10 * MINUTE);
  await cardSays(id, "closed");
  await stage.settled();
  slow();
  expect(stage.direct(dev)).toHaveLength(told + 1);

  const { before: earlier, text } = stage.card(id);
  const asked = "@dev asked, from 198.51.100.7: “INC-1042 disk full”";
  const story = [
    [
      "\\*SSH to prod-vm-3\\* for 30 minutes",
      "@dev asks, from 198.51.100.7: “INC-1042 disk full”",
      `Needs one of @lead-1, @lead-2 by ${time} · rule \\*production\\* · nobody has access now`,
      "@lead-3 is named too, and no longer here: skipped\\.",
      "\\*Who asks\\*: Entra ID `d0000000-0000-4000-8000-0000000000d1`, as known then",
      "\\*Machine\\* prod-vm-3 · Azure, subscription 00000000-0000-0000-0000-000000000001, westeurope · resource group rg-acme",
      "\\*Tags\\* env=prod",
      "\\*Opens\\* `10\\.0\\.1\\.13`, 22/tcp, from 198\\.51\\.100\\.7",
      "\\*Asked before\\*: nothing that I know of",
      "\\*Rule\\* production gives ssh for 3 hours at most, from office, vpn or one single address",
      `\\*If you approve\\*: It opens at once\\.\\n\\*If nobody answers\\*: I remind you at ${time}\\.`,
      "\\[Approve\\] \\[Approve less\\] \\[Deny\\]",
    ],
    ["\\*SSH to prod-vm-3\\* · opening, approved by @lead-1", asked],
    [
      `\\*SSH to prod-vm-3\\* · open until ${time} for @dev from 198.51.100.7 · approved by @lead-1, opened in ${seconds}`,
      asked,
      "\\[Close\\] \\[Extend\\]",
    ],
    [`\\*SSH to prod-vm-3\\* · @dev's access closed ${time}, ${seconds} after its time`, asked],
  ];
  expect([...earlier, text]).toEqual(
    story.map((lines) => expect.stringMatching(new RegExp(`^${lines.join("\n")}$`, "u"))),
  );
  expect(stage.notices().slice(notices)).toEqual([
    expect.stringMatching(
      new RegExp(`^\\*SSH to prod-vm-3\\* · @dev's access closed ${time}, ${seconds} after its time$`, "u"),
    ),
  ]);
});

test("a short access isn't announced to end", async () => {
  const id = await openFor(dev, "ssh prod-vm-3 10m because INC-1");
  const told = stage.direct(dev).length;
  stage.clock.advance(9 * MINUTE);
  await stage.settled();
  stage.clock.advance(MINUTE);
  await cardSays(id, "closed");
  await stage.settled();
  expect(stage.direct(dev)).toHaveLength(told);
});

describe("an access ends early", () => {
  test.each([
    ["who asked", dev, "@dev"],
    ["an approver", otherLead, "@lead-2"],
    ["security", security, "@sec"],
  ] as const)("by the button, pressed by %s", async (_, user, name) => {
    const slow = stage.faults.azure.add({ calls: /^DELETE /u, does: { kind: "delay", ms: 300 } });
    const id = await openFor(dev, "ssh prod-vm-3 1h because INC-1");
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(true);
    await stage.click(user, id, "Close");
    await cardSays(id, `closed`);
    await stage.settled();
    slow();
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);
    expect(stage.answers(user).at(-1)).toBe("SSH to prod-vm-3: closing. The card says when it is closed.");
    const asked = "@dev asked, from 198.51.100.7: “INC-1”";
    expect([...stage.card(id).before, stage.card(id).text].slice(-2)).toEqual([
      `*SSH to prod-vm-3* · closing, ended by ${name}\n${asked}`,
      expect.stringMatching(
        new RegExp(
          `^\\*SSH to prod-vm-3\\* · @dev's access closed ${time}, ${seconds} after ${name} ended it\n${asked}$`,
          "u",
        ),
      ),
    ]);
    expect(stage.told(id).slice(-2)).toEqual(["grant.revoked", "grant.ended"]);
  });

  test("by the button in the direct message", async () => {
    const id = await openFor(dev, "ssh prod-vm-3 1h because INC-1");
    const message = stage.slack.messages(dev).at(-1);
    await stage.slack.click({ user: dev, channel: message?.channel ?? "", ts: message?.ts ?? "", label: "I'm done" });
    await cardSays(id, "closed");
  });

  test("but not for others, and not twice", async () => {
    const id = await openFor(dev, "ssh prod-vm-3 1h because INC-1");
    const answer =
      "That isn't yours to close. The person it is open for can do it, and so can those who may approve it.";
    for (const user of [nobody, otherDev]) {
      expect(await clickInVain(stage, user, id, "Close")).toEqual({ answer, codes: ["not-yours"] });
      expect(await typeInVain(stage, user, `close ${id}`)).toEqual({ answer, codes: ["not-yours"] });
    }
    expect((await clickInVain(stage, guest, id, "Close")).codes).toEqual(["person-standing"]);
    expect(stage.card(id).text).toContain("open until");
    await stage.jit(dev, `close ${id}`);
    await cardSays(id, "closed");
    await stage.settled();
    const again = await typeInVain(stage, dev, `close ${id}`);
    expect(again).toEqual({
      answer: expect.stringMatching(/^That access to prod-vm-3 is over already, since (?:yesterday )?\d\d:\d\d\.$/u),
      codes: ["access-over"],
    });
  });
});

test("where policy wants no approval it opens at once, every port that was asked for", async () => {
  const id = await openFor(dev, "ssh,8080 dev-vm-1 8h from 203.0.113.10");
  const [first] = stage.card(id).before;
  expect(first).toBe("*SSH and port 8080 to dev-vm-1* · opening\n@dev asked, from 203.0.113.10");
  expect(stage.answers(dev).at(-1)).toBe(
    "SSH and port 8080 to dev-vm-1 for 8 hours: opening. I'll tell you when you can connect.",
  );
  expect(stage.card(id).text).toMatch(/for @dev from 203\.0\.113\.10 · no approval needed, opened in/u);
  expect(lastDirect(dev)).toContain("`ssh you@52.178.10.31`\n`52.178.10.31:8080`\n");
  for (const port of [22, 8080]) {
    expect(await stage.reaches(ADDRESSES.office, "dev-vm-1", port)).toBe(true);
    expect(await stage.reaches(ADDRESSES.stranger, "dev-vm-1", port)).toBe(false);
  }
  expect(stage.told(id)).toEqual(["request.approved", "grant.opened"]);
});

describe("from where", () => {
  test.each([
    [
      "ssh prod-vm-1 1h from office because INC-1",
      "prod-vm-1",
      ADDRESSES.office,
      ADDRESSES.vpn,
      "203.0.113.0/24, `2001:db8:1::/48`",
    ],
    ["ssh prod-vm-1 1h from 203.0.113.10 because INC-1", "prod-vm-1", ADDRESSES.office, ADDRESSES.vpn, "203.0.113.10"],
    [
      "ssh prod-vm-1 1h from office,vpn because INC-1",
      "prod-vm-1",
      ADDRESSES.vpn,
      ADDRESSES.home,
      "203.0.113.0/24, `2001:db8:1::/48`, 198.51.100.7",
    ],
    [
      "ssh prod-vm-3 1h from 2001:db8:1::10 because INC-1",
      "prod-vm-3",
      ADDRESSES.officeV6,
      ADDRESSES.office,
      "`2001:db8:1::10`",
    ],
    ["ssh dev-box-1 1h from anywhere", "dev-box-1", ADDRESSES.stranger, undefined, "anywhere"],
  ] as const)("%s", async (text, machine, inside, outside, shown) => {
    const id = await openFor(dev, text);
    expect(await stage.reaches(inside, machine)).toBe(true);
    if (outside !== undefined) expect(await stage.reaches(outside, machine)).toBe(false);
    expect(lastDirect(dev)).toContain(`\nI let you in from ${shown}. Connections`);
    await stage.jit(dev, `close ${id}`);
    await cardSays(id, "closed");
    expect(await stage.reaches(inside, machine)).toBe(false);
  });
});

describe("when", () => {
  const clockOf = (at: number, zone: string): string => DateTime.fromMillis(at, { zone }).toFormat("HH:mm");
  test.each([
    [dev, "Europe/Berlin"],
    [otherDev, "America/New_York"],
  ])("until a time of the day in the zone of %s", async (user, zone) => {
    const end = Math.floor((stage.clock.now() + 2 * HOUR) / MINUTE) * MINUTE;
    const id = await openFor(user, `ssh prod-vm-3 until ${clockOf(end, zone)} because INC-1`);
    expect(expiryOf(id)).toBe(end);
    expect(lastDirect(user)).toContain(`${clockOf(end, zone)}.`);
    expect(stage.card(id, user).before[0]).toContain(`*SSH to prod-vm-3* until `);
  });

  test("everyone reads the end in their own zone", async () => {
    const id = await openFor(dev, "ssh prod-vm-3 1h because INC-1");
    for (const [user, zone] of [
      [lead, "Europe/Berlin"],
      [otherLead, "Asia/Tokyo"],
      [otherDev, "America/New_York"],
      [security, "UTC"],
    ] as const) {
      expect(stage.card(id, user).text).toMatch(
        new RegExp(`open until (?:\\S+ )*${clockOf(expiryOf(id), zone)} for @dev`, "u"),
      );
    }
  });

  test("what ends on another day says which", async () => {
    // 20:00 in Berlin, so that eight hours end on the next day there.
    const now = DateTime.fromMillis(stage.clock.now(), { zone: "Europe/Berlin" });
    const evening = now.set({ hour: 20, minute: 0 });
    stage.clock.advance((evening > now ? evening : evening.plus({ days: 1 })).toMillis() - now.toMillis());
    // What is known of the machines is hours old now, and nobody is given anything by that.
    await stage.minute();
    const id = await openFor(dev, "ssh dev-vm-1 8h from 203.0.113.10");
    expect(stage.card(id).text).toContain("open until tomorrow 04:00 for @dev");
    stage.clock.advance(8 * HOUR);
    await cardSays(id, "closed");
  });
});

test("after all of that the clouds are as they were, and no other channel was told", async () => {
  await stage.settled();
  expect(clouds()).toEqual(before);
  expect(stage.slack.messages(CHANNELS.general)).toEqual([]);
});
