import { describe, expect, test } from "vitest";
import type { GrantId, ProtectionId } from "../../../src/access/identifier.ts";
import type { FirewallId, MachineId } from "../../../src/access/machine.ts";
import type { AuditEvent, Undercut } from "../../../src/audit/event.ts";
import type { Protection } from "../../../src/grants/protection.ts";
import { checkBlocks } from "../../../src/sandbox/slack/block-kit/blocks.ts";
import { button, type Drawn, drawn } from "../../../src/slack/blocks.ts";
import { drawMessage } from "../../../src/slack/messages.ts";
import { drawDecided, drawLeft, drawProtecting, drawUnprotecting } from "../../../src/slack/protecting/answers.ts";
import type { Decided } from "../../../src/workflow/protecting/overrule.ts";
import { NOW } from "../../contracts/samples.ts";

const NSG = "azure-nsg:/subscriptions/1/networksecuritygroups/nsg-prod-web" as FirewallId;
const GROUP = "aws-group:1/eu-west-1/sg-web" as FirewallId;
const machine = (name: string) => ({ cloud: "azure", id: `/vm/${name}` as MachineId, name, account: "1" }) as const;
const facts = {
  protectionId: "k7f3q2xd" as ProtectionId,
  machine: machine("prod-vm-3"),
  services: ["ssh"],
  ports: [{ port: 22, protocol: "tcp" }],
  channel: "C0ACCESS",
} as const;
const base = { id: "e", at: NOW, actor: { kind: "bot" }, ...facts } as const;
const undercut = (name: string, changes: Partial<Undercut["rule"]> = {}, firewall = NSG): Undercut => ({
  firewall,
  firewallName: "nsg-prod-web",
  rule: { id: name, name, priority: 300, ports: ["22"], sources: ["*"], ...changes },
});
const protection: Protection = {
  id: facts.protectionId,
  version: 1,
  machine: facts.machine,
  services: ["ssh"],
  ports: facts.ports,
  targets: [],
  channel: facts.channel,
  state: { kind: "on", at: NOW },
  seenOn: [],
  leaving: [],
  beganAt: NOW,
  endedAt: undefined,
};

const shown = ({ text, blocks }: Drawn): { readonly text: string; readonly buttons: readonly string[] } => {
  expect(checkBlocks(blocks, "/blocks", "message")).toEqual([]);
  expect(text).not.toBe("");
  return {
    text: blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n"),
    buttons: blocks.flatMap((block) =>
      block.type === "actions"
        ? block.elements.flatMap((each) => (each.type === "button" ? [`${each.text.text} → ${each.value}`] : []))
        : [],
    ),
  };
};
const said = (event: AuditEvent) => {
  const message = drawMessage({ kind: "message", event, to: "channel" }, { now: NOW, zone: "utc" });
  if (message === undefined) throw new Error("nothing said");
  return shown(message);
};

describe("what the channel hears", () => {
  test("a port is kept closed", () => {
    expect(said({ ...base, kind: "protection.began", undercut: [] })).toEqual({
      text: "SSH of prod-vm-3 is kept closed now. `/jit` opens it for one person, for a while.",
      buttons: [],
    });
    expect(said({ ...base, services: ["ssh", "3389/tcp"], kind: "protection.began", undercut: [] }).text).toBe(
      "SSH and RDP of prod-vm-3 are kept closed now. `/jit` opens them for one person, for a while.",
    );
    expect(said({ ...base, services: ["8080"], kind: "protection.began", undercut: [] }).text).toBe(
      "Port 8080 of prod-vm-3 is kept closed now. `/jit` opens it for one person, for a while.",
    );
  });

  test("rules that let people in all the same, and what to do about them", () => {
    expect(said({ ...base, kind: "protection.began", undercut: [undercut("AllowSSH")] })).toEqual({
      text: [
        "SSH of prod-vm-3 is closed on my part, but *AllowSSH* was there before and still lets people in.",
        "• *AllowSSH* (priority 300, from anywhere) of `nsg-prod-web` opens port 22",
      ].join("\n"),
      buttons: ["Put the deny above it → k7f3q2xd", "It's meant to be → k7f3q2xd"],
    });
    expect(said({ ...base, kind: "protection.began", undercut: [undercut("A"), undercut("B")] })).toEqual({
      text: [
        "SSH of prod-vm-3 is closed on my part, but *A* and *B* were there before and still let people in.",
        "• *A* (priority 300, from anywhere) of `nsg-prod-web` opens port 22",
        "• *B* (priority 300, from anywhere) of `nsg-prod-web` opens port 22",
      ].join("\n"),
      buttons: ["Put the deny above them → k7f3q2xd", "They're meant to be → k7f3q2xd"],
    });
  });

  test("somebody else's rule that undercuts, and no more of it than is known", () => {
    const others = ["prod-vm-4", "prod-vm-5", "prod-vm-6", "prod-vm-7"].map((name) => ({
      ...facts,
      machine: machine(name),
    }));
    const event = {
      ...base,
      kind: "protection.undercut",
      ...undercut("AllowSSH"),
      protections: [facts, ...others],
      overruled: false,
    } as const;
    expect(said(event)).toEqual({
      text: [
        "New in `nsg-prod-web`, or changed: *AllowSSH* (priority 300, from anywhere). It goes before my deny and lets people in to port 22 of prod-vm-3 and 4 more.",
        "`/jit why prod-vm-3` shows whether anything else stops them.",
      ].join("\n"),
      buttons: [`Put the deny above it → ${NSG}#AllowSSH`, `It's meant to be → ${NSG}#AllowSSH`],
    });
    expect(said({ ...event, overruled: true })).toEqual({
      text: [
        "New in `nsg-prod-web`, or changed: *AllowSSH* (priority 300, from anywhere). It goes before my deny and lets people in to port 22 of prod-vm-3 and 4 more.",
        "The policy says `drift: withhold`, so I am closing it again.",
      ].join("\n"),
      buttons: [],
    });
    const some = { ...event, ...undercut("sgr-1", { sources: ["10.0.0.0/8"], priority: undefined }, GROUP) };
    expect(said(some)).toEqual({
      text: [
        "New in `nsg-prod-web`, or changed: *sgr-1* (from 10.0.0.0/8). It lets people in to port 22 of prod-vm-3 and 4 more, and isn't withheld.",
        "`/jit why prod-vm-3` shows whether anything else stops them.",
      ].join("\n"),
      buttons: [`Withhold it → ${GROUP}#sgr-1`, `It's meant to be → ${GROUP}#sgr-1`],
    });
  });

  test("that it didn't work, in words for people, and that it is to be taken for open", () => {
    expect(
      said({ ...base, kind: "protection.failed", doing: "closing", firewall: NSG, problem: "no room in `nsg`" }).text,
    ).toBe(
      [
        "Can't keep SSH of prod-vm-3 closed on `nsg-prod-web`.",
        "no room in nsg",
        "I keep trying. Until I say that it is closed, take it for open; `/jit why prod-vm-3` shows how it stands.",
      ].join("\n"),
    );
  });

  test("its end: by whom, and what is put back", () => {
    const actor = { kind: "person", person: { team: "T0ACME", user: "U0SEC1" } } as const;
    expect(said({ ...base, actor, kind: "protection.lifted", cause: "person" }).text).toBe(
      "SSH of prod-vm-3 is no longer kept closed: <@U0SEC1> ended its protection. What I changed is being put back.",
    );
    expect(said({ ...base, kind: "protection.lifted", cause: "gone" }).text).toBe(
      "SSH of prod-vm-3 is no longer protected: the machine is gone. What I changed for it is being put back.",
    );
    expect(said({ ...base, kind: "protection.ended", changed: [] }).text).toBe(
      "prod-vm-3 is no longer protected. All that I changed is put back.",
    );
    expect(said({ ...base, kind: "protection.ended", changed: ["rule `a` was edited"] }).text).toBe(
      "prod-vm-3 is no longer protected. All that I changed is put back, but for this:\n• rule a was edited",
    );
  });

  test("a block that was found when memory was lost", () => {
    expect(said({ ...base, kind: "protection.adopted", firewall: NSG }).text).toBe(
      [
        "Found protected: SSH of prod-vm-3.",
        "A block of ours was there on `nsg-prod-web`, and our memory of it was lost. I keep it. `/jit unprotect prod-vm-3` takes it away.",
      ].join("\n"),
    );
  });

  test("rules of ours that somebody changed, and what that may have meant", () => {
    const repaired = {
      id: "e",
      at: NOW,
      actor: { kind: "bot" },
      kind: "firewall.repaired",
      firewall: NSG,
      firewallName: "nsg-prod-web",
      machines: [machine("prod-vm-3"), machine("prod-vm-4")],
      grants: [],
      protections: [facts.protectionId],
      channel: "C0ACCESS",
    } as const;
    expect(said(repaired).text).toBe(
      "Somebody changed my rules on `nsg-prod-web`; I put them back.\nUntil then ports of prod-vm-3 and prod-vm-4 may have been open.",
    );
    expect(said({ ...repaired, protections: [], grants: ["a1b2c3d4" as GrantId] }).text).toBe(
      "Somebody changed my rules on `nsg-prod-web`; I put them back.\nUntil then access to prod-vm-3 and prod-vm-4 may have been cut, or open to others too.",
    );
  });

  test("what the policy wants and somebody has to say yes to", () => {
    const concerns = [{ kind: "shared", firewallName: "web", machines: ["web-2"] }] as const;
    expect(said({ ...base, kind: "protection.wanted", concerns })).toEqual({
      text: [
        "SSH of prod-vm-3 should be kept closed, and somebody has to say yes first.",
        "The policy says `protect: auto`, but it does more than close ports of this machine:",
        "• `web` is shared: rules withheld there are gone for web-2 too.",
      ].join("\n"),
      buttons: ["Protect → /vm/prod-vm-3"],
    });
  });

  test("names and problems from elsewhere are shown, never obeyed, and never too long", () => {
    const nasty = "<!channel> *x* `y` @here";
    const many = Array.from({ length: 400 }, (_, at) => undercut(`${nasty}${at}`.repeat(10), { ports: [nasty] }));
    const events: readonly AuditEvent[] = [
      { ...base, machine: machine(nasty), kind: "protection.began", undercut: many },
      { ...base, machine: machine(nasty), kind: "protection.ended", changed: many.map(({ rule }) => rule.name) },
      { ...base, kind: "protection.failed", doing: "closing", firewall: NSG, problem: nasty.repeat(500) },
    ];
    for (const event of events) expect(said(event).text).not.toContain("<!channel>");
  });
});

describe("what who protects a machine hears", () => {
  test("that it begins, and what goes first", () => {
    expect(shown(drawProtecting({ kind: "protecting", protection, undercut: [] })).text).toBe(
      "SSH of prod-vm-3: closing. The channel hears when it is so.",
    );
    expect(shown(drawProtecting({ kind: "protecting", protection, undercut: [undercut("AllowSSH")] }))).toEqual({
      text: [
        "SSH of prod-vm-3: closing. The channel hears when it is so.",
        "A rule that was there before goes first and still lets people in:",
        "• *AllowSSH* (priority 300, from anywhere) of `nsg-prod-web` opens port 22",
      ].join("\n"),
      buttons: ["Put the deny above it → k7f3q2xd"],
    });
  });

  test("that it was asked for already, and whether it is so", () => {
    expect(shown(drawProtecting({ kind: "already", protection, undercut: [] })).text).toBe(
      "SSH of prod-vm-3 is kept closed already.",
    );
    const opened = shown(drawProtecting({ kind: "already", protection, undercut: [undercut("AllowSSH")] }));
    expect(opened.text.split("\n")[0]).toBe("SSH of prod-vm-3 is closed on my part already.");
    const closing = { ...protection, beganAt: undefined };
    expect(shown(drawProtecting({ kind: "already", protection: closing, undercut: [] })).text).toBe(
      "SSH of prod-vm-3: closing; not every firewall holds it yet. `/jit why prod-vm-3` shows which.",
    );
  });

  test("what it would do beside that, before anything is done", () => {
    const { text, buttons } = shown(
      drawProtecting({
        kind: "proposed",
        proposal: protection,
        concerns: [
          { kind: "shared", firewallName: "web (sg-1)", machines: ["web-2", "web-3"] },
          { kind: "cuts-sessions", firewallName: "web (sg-1)", rules: ["sgr-1", "sgr-3"] },
          { kind: "all-protocols", firewallName: "web (sg-1)", rules: ["sgr-2"] },
        ],
      }),
    );
    expect(text).toBe(
      [
        "SSH of prod-vm-3: nothing is changed yet, because protecting it does more than that.",
        "• `web (sg-1)` is shared: rules withheld there are gone for web-2 and web-3 too.",
        "• Connections that are open now may be cut at once: AWS doesn't keep track of what sgr-1 and sgr-3 of `web (sg-1)` let in from anywhere.",
        "• sgr-2 of `web (sg-1)` lets in every protocol and can't be split, so all that it lets in is closed, not only these ports.",
      ].join("\n"),
    );
    expect(buttons).toEqual(["Protect anyway → k7f3q2xd", "Leave it → k7f3q2xd"]);
  });

  test("what came of it", () => {
    expect(shown(drawLeft(protection)).text).toBe("SSH of prod-vm-3: left as it is.");
    expect(shown(drawUnprotecting(protection)).text).toBe(
      "SSH of prod-vm-3: what I changed is being put back. The channel hears when it is done.",
    );
  });

  test("what somebody decided about a rule, in the words of its cloud, without the buttons", () => {
    const decided = { kind: "decided", rules: ["AllowSSH"], cloud: "azure", undecided: [] } as const;
    const { blocks } = drawn("New in `nsg`.", [], [button("It's meant to be", "undercut.accept", "a#b")]);
    const answer = (changes: Partial<Decided>, verdict: "overrule" | "accept") =>
      shown(drawDecided(blocks, { ...decided, ...changes }, "U0SEC1", verdict));
    expect(answer({}, "overrule")).toEqual({
      text: "New in `nsg`.\n<@U0SEC1>: the deny goes above *AllowSSH*. The channel hears when it is done.",
      buttons: [],
    });
    expect(answer({ rules: ["sgr-0a1"], cloud: "aws" }, "overrule").text).toContain(
      "<@U0SEC1>: *sgr-0a1* is withheld. The channel hears when it is done.",
    );
    expect(answer({}, "accept").text).toBe("New in `nsg`.\n<@U0SEC1>: *AllowSSH* is meant to be.");
  });

  test("what is left for others to decide stays with its buttons until they did", () => {
    const decided = { kind: "decided", rules: ["AllowSSH"], cloud: "azure", undecided: ["vm-7", "vm-8"] } as const;
    const { blocks } = drawn("New in `nsg`.", [], [button("It's meant to be", "undercut.accept", "a#b")]);
    const first = drawDecided(blocks, decided, "U0SEC1", "accept");
    expect(first.text).toContain("Still to be decided by others: vm-7 and vm-8.");
    expect(JSON.stringify(first.blocks)).toContain("Still to be decided by others: vm-7 and vm-8.");
    expect(shown(first).buttons).toEqual(["It's meant to be → a#b"]);
    const last = drawDecided(first.blocks, { ...decided, undecided: [] }, "U0LEAD1", "accept");
    expect(JSON.stringify(last.blocks)).not.toContain("Still to be decided");
    expect(shown(last)).toEqual({
      text: "New in `nsg`.\n<@U0SEC1>: *AllowSSH* is meant to be.\n<@U0LEAD1>: *AllowSSH* is meant to be.",
      buttons: [],
    });
  });
});
