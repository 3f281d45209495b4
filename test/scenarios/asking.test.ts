/** What is asked and can't be had: one clear sentence for who asked, an entry in the audit log, and nothing else in the world. */

import { afterAll, describe, expect, test } from "vitest";
import type { RefusalCode } from "../../src/access/refusal.ts";
import { answersTo, typeInVain } from "./in-vain.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, guest, outsider, formerLead, nobody, security } = PEOPLE;

type Refused = readonly [text: string, answer: string, ...codes: RefusalCode[]];

const areRefused = (user: string, asked: readonly Refused[]): void => {
  test.each(asked)("/jit %s", async (text, answer, ...codes) => {
    expect(await typeInVain(stage, user, text)).toEqual({ answer, codes });
  });
};

describe("machines", () => {
  areRefused(dev, [
    ["ssh prod-vm-33 2h because INC-1", "I don't know `prod-vm-33`. Did you mean `prod-vm-3`?", "machine-unknown"],
    [
      "ssh prod-vm-9 2h because INC-1",
      "I don't know `prod-vm-9`. Did you mean `prod-vm-1`, `prod-vm-2` or `prod-vm-3`?",
      "machine-unknown",
    ],
    [
      "ssh mars 2h because INC-1",
      "I don't know `mars`. Machines go by their name in Azure or AWS, or by their id there.",
      "machine-unknown",
    ],
  ]);
});

describe("ports", () => {
  const instead = "Write one like `ssh`, `rdp`, `winrm`, `postgres`, `8080`, `53/udp`.";
  const offered = "You can ask for `ssh`, `rdp`, `postgres`.";
  areRefused(dev, [
    [
      "shh prod-vm-3 2h because INC-1",
      "I don't know the service `shh`. Did you mean `ssh`? `/jit ssh prod-vm-3 2h because INC-1`",
      "port-unreadable",
    ],
    [
      "telnet prod-vm-3 2h because INC-1",
      `\`telnet\` is neither a service I know nor a port. ${instead}`,
      "port-unreadable",
    ],
    [
      "70000 prod-vm-3 2h because INC-1",
      `\`70000\` is neither a service I know nor a port. ${instead}`,
      "port-unreadable",
    ],
    ["winrm prod-vm-3 1h because INC-1", `WinRM isn't offered on prod-vm-3. ${offered}`, "port-not-offered"],
    ["ssh,8080 prod-vm-3 1h because INC-1", `Port 8080 isn't offered on prod-vm-3. ${offered}`, "port-not-offered"],
    ["22/udp prod-vm-3 1h because INC-1", `Port 22/udp isn't offered on prod-vm-3. ${offered}`, "port-not-offered"],
  ]);
});

describe("durations", () => {
  const instead = "Write `30m`, `2h`, `1h30m`, `1d` or `until 18:00`.";
  const tooLong = "SSH to prod-vm-3 is for 3 hours at most.";
  areRefused(dev, [
    ["ssh prod-vm-3 9h because INC-1", `${tooLong} \`/jit ssh prod-vm-3 3h because INC-1\``, "duration-too-long"],
    ["ssh prod-vm-3 181m because INC-1", `${tooLong} \`/jit ssh prod-vm-3 3h because INC-1\``, "duration-too-long"],
    [
      "ssh,rdp prod-vm-3 4h because INC-1",
      `${tooLong}\nRDP to prod-vm-3 is for 1 hour at most.`,
      "duration-too-long",
      "duration-too-long",
    ],
    ["ssh prod-vm-3 30 because INC-1", "`30` could be minutes or hours. Write `30m` or `30h`.", "duration-unreadable"],
    [
      "ssh prod-vm-3 3 hours because INC-1",
      "I can't read `3 hours` as a length of time. Did you mean `3h`? `/jit ssh prod-vm-3 3h because INC-1`",
      "duration-unreadable",
    ],
    [
      "ssh prod-vm-3 0m because INC-1",
      "That is no time at all. Write `30m`, `2h` or `until 18:00`.",
      "duration-unreadable",
    ],
    ["ssh prod-vm-3 -1h because INC-1", `I can't read \`-1h\` as a length of time. ${instead}`, "duration-unreadable"],
    [
      "ssh prod-vm-3 soon because INC-1",
      `I can't read \`soon\` as a length of time. ${instead}`,
      "duration-unreadable",
    ],
    [
      "ssh prod-vm-3 until 25:00 because INC-1",
      `I can't read \`until 25:00\` as a time of day. ${instead}`,
      "duration-unreadable",
    ],
  ]);
});

describe("sources", () => {
  const instead = "Write an address like `203.0.113.7`, a prefix like `203.0.113.0/24`, or a network: `office`, `vpn`.";
  const allowed = "Allowed: office, vpn or one single address.";
  areRefused(dev, [
    [
      "ssh prod-vm-3 1h from 999.1.1.1 because INC-1",
      `\`999.1.1.1\` is neither an address nor a network I know. ${instead}`,
      "source-unreadable",
    ],
    [
      "ssh prod-vm-3 1h from 10.0.0.0/33 because INC-1",
      `\`10.0.0.0/33\` is neither an address nor a network I know. ${instead}`,
      "source-unreadable",
    ],
    [
      "ssh prod-vm-3 1h from offise because INC-1",
      "`offise` is neither an address nor a network I know. Did you mean `office`?",
      "source-unreadable",
    ],
    [
      "ssh prod-vm-3 1h from 0.0.0.0/0 because INC-1",
      `0.0.0.0/0 is wider than rule *production* allows, or outside of it. ${allowed}`,
      "source-not-allowed",
    ],
    [
      "ssh prod-vm-3 1h from anywhere because INC-1",
      `0.0.0.0/0 and \`::/0\` are wider than rule *production* allows, or outside of it. ${allowed}`,
      "source-not-allowed",
      "source-not-allowed",
    ],
    [
      "ssh prod-vm-3 1h from 10.0.0.0/8 because INC-1",
      `10.0.0.0/8 is wider than rule *production* allows, or outside of it. ${allowed}`,
      "source-not-allowed",
    ],
    [
      "rdp prod-vm-3 1h from office because INC-1",
      "203.0.113.0/24 and `2001:db8:1::/48` are wider than rule *production* allows, or outside of it. Allowed: vpn.",
      "source-not-allowed",
      "source-not-allowed",
    ],
    [
      "ssh staging-vm-1 1h from 192.0.2.44",
      "192.0.2.44 is outside of what rule *staging* allows. Allowed: office or vpn.",
      "source-not-allowed",
    ],
    [
      "ssh prod-vm-3 1h from 127.0.0.1 because INC-1",
      "Nobody can connect from `127.0.0.1`: that address never comes over a network. Write the address others see you from, like `203.0.113.7`.",
      "source-impossible",
    ],
    [
      "ssh prod-vm-1 1h from 2001:db8:1::10 because INC-1",
      "prod-vm-1 has no IPv6 address, so that source can't reach it. Ask from an IPv4 address.",
      "no-address-in-family",
    ],
    [
      "ssh dev-vm-1 1h from because x",
      "From where? After `from` comes an address, a prefix or a network, like `from 203.0.113.7`.",
      "command-unreadable",
    ],
  ]);
});

describe("justifications", () => {
  const mismatch = "That justification isn't of the form the policy asks for: it has to match `^(INC|CHG)-[0-9]+`.";
  areRefused(dev, [
    [
      "ssh prod-vm-3 1h",
      "This needs a justification. It has to match `^(INC|CHG)-[0-9]+`. Add `because …`: `/jit ssh prod-vm-3 1h because …`",
      "justification-missing",
    ],
    ["ssh prod-vm-3 1h because disk full", mismatch, "justification-mismatch"],
    ["ssh prod-vm-3 1h because INC-", mismatch, "justification-mismatch"],
    [
      "ssh prod-vm-3 1h because",
      "Why? After `because` comes a justification, like `because INC-1042 disk full`.",
      "command-unreadable",
    ],
    [
      `ssh prod-vm-3 1h because INC-1 ${"x".repeat(1_500)}`,
      "That justification has 1506 characters; 1000 is the most. A ticket number and a few words are enough.",
      "justification-too-long",
    ],
  ]);
});

test("everything that is wrong is told at once, without an example that wouldn't do", async () => {
  expect(await typeInVain(stage, dev, "ssh prod-vm-3 9h from 10.0.0.0/8")).toEqual({
    answer: [
      "SSH to prod-vm-3 is for 3 hours at most.",
      "10.0.0.0/8 is wider than rule *production* allows, or outside of it. Allowed: office, vpn or one single address.",
      "This needs a justification. It has to match `^(INC|CHG)-[0-9]+`. Add `because …` at the end.",
    ].join("\n"),
    codes: ["duration-too-long", "source-not-allowed", "justification-missing"],
  });
});

describe("what can't be read", () => {
  const open =
    "A quotation mark is open and never closed. Close it, or leave it out: `because INC-1042 disk full` needs none.";
  areRefused(dev, [
    ['ssh prod-vm-3 1h because "INC-1 disk', open, "command-unreadable"],
    ["ssh prod-vm-3 1h because 'INC-1 disk", open, "command-unreadable"],
    ['ssh "prod-vm-3 1h because INC-1', open, "command-unreadable"],
    [
      `ssh prod-vm-3 1h because INC-1 ${"x".repeat(10_000)}`,
      "That is longer than 3000 characters, so I read none of it. For example `/jit ssh prod-vm-3 2h`",
      "command-unreadable",
    ],
    [
      "ssh prod-vm-3",
      "For how long? Write `30m`, `2h` or `until 18:00` after the machine `prod-vm-3`. For example `/jit ssh prod-vm-3 2h`",
      "command-unreadable",
    ],
    ["ssh", "To which machine, and for how long? For example `/jit ssh prod-vm-3 2h`", "command-unreadable"],
    [
      "ssh prod-vm-3 1h becuase INC-1",
      "I don't understand `becuase` there. Did you mean `because`?",
      "command-unreadable",
    ],
    ["lsit", "I don't understand `lsit` there. Did you mean `list`?", "command-unreadable"],
    ["close", "Which one? `/jit list` shows the ids of yours, like `k7f3q2xd`.", "command-unreadable"],
    ["close k7f3q2xd", "Nothing open or waiting has the id `k7f3q2xd`. `/jit list` shows yours.", "grant-unknown"],
  ]);
});

describe("people who may not ask", () => {
  areRefused(nobody, [
    [
      "ssh prod-vm-3 2h because INC-1",
      "You may not ask for prod-vm-3: it's for *engineers* or *leads*. Whoever looks after that list can add you.",
      "not-eligible",
    ],
  ]);
  areRefused(security, [
    [
      "ssh staging-vm-1 2h",
      "You may not ask for staging-vm-1: it's for *engineers*. Whoever looks after that list can add you.",
      "not-eligible",
    ],
  ]);
  // Guests and people from outside are refused for what they are, whatever group they were put in.
  for (const [who, answer] of [
    [guest, "Guests can't do this. A full member of the workspace can ask for you."],
    [outsider, "People from other workspaces can't do this. Someone from this workspace can."],
    [formerLead, "A deactivated account can't do this. Someone with an active one can."],
  ] as const) {
    areRefused(who, [
      ["ssh prod-vm-3 2h because INC-1", answer, "person-standing"],
      ["list", answer, "person-standing"],
      ["close k7f3q2xd", answer, "person-standing"],
    ]);
  }
});

test("after all of that nobody was told more than once, and nobody else anything", () => {
  const commands = stage.bots[0].events.filter(({ kind }) => kind === "request.refused").length;
  const answers = Object.values(PEOPLE).flatMap((user) => answersTo(stage, user));
  expect(answers).toHaveLength(commands);
  expect(stage.slack.messages(CHANNELS.access)).toHaveLength(commands);
});
