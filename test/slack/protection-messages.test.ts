import { describe, expect, test } from "vitest";
import type { ProtectionId } from "../../src/access/identifier.ts";
import type { FirewallId, MachineId } from "../../src/access/machine.ts";
import type { AuditEvent, Undercut } from "../../src/audit/event.ts";
import type { Protection } from "../../src/grants/protection.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import type { Drawn } from "../../src/slack/blocks.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { decidedText, drawLeft, drawProtecting, drawUnprotecting } from "../../src/slack/protection-text.ts";
import { NOW } from "../contracts/samples.ts";

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
const protection = { id: facts.protectionId, machine: facts.machine, services: ["ssh"] } as unknown as Protection;

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
  const drawn = drawMessage({ kind: "message", event, to: "channel" }, undefined, NOW, "utc");
  if (drawn === undefined) throw new Error("nothing said");
  return shown(drawn);
};

describe("what the channel hears", () => {
  test("a port is kept closed", () => {
    expect(said({ ...base, kind: "protection.began", undercut: [] })).toEqual({
      text: "SSH of prod-vm-3 is kept closed now. `/jit` opens it for one person, for a while.",
      buttons: [],
    });
  });

  test("what lets in all the same, and what to do about it", () => {
    expect(said({ ...base, kind: "protection.began", undercut: [undercut("AllowSSH")] })).toEqual({
      text: "SSH of prod-vm-3 is protected, but a rule that was there still lets in.\n• *AllowSSH* (priority 300, from anywhere) of `nsg-prod-web` opens port 22",
      buttons: ["Put the deny above it → k7f3q2xd", "It's meant to be → k7f3q2xd"],
    });
    const two = said({ ...base, kind: "protection.began", undercut: [undercut("A"), undercut("B")] });
    expect(two.text).toContain("2 rules that were there still let in");
    expect(two.buttons).toEqual(["Put the deny above them → k7f3q2xd", "They're meant to be → k7f3q2xd"]);
  });

  test("somebody's new rule, as in voice.md", () => {
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
      text: "Someone added *AllowSSH* (priority 300, from anywhere) to `nsg-prod-web`. Port 22 of prod-vm-3 and 4 more can now be reached from everywhere.",
      buttons: [`Put the deny above it → ${NSG}#AllowSSH`, `It's meant to be → ${NSG}#AllowSSH`],
    });
    expect(said({ ...event, overruled: true })).toMatchObject({ buttons: [] });
    const some = { ...event, ...undercut("sgr-1", { sources: ["10.0.0.0/8"], priority: undefined }, GROUP) };
    expect(said(some)).toMatchObject({
      text: "Someone added *sgr-1* (from 10.0.0.0/8) to `nsg-prod-web`. Port 22 of prod-vm-3 and 4 more can now be reached from 10.0.0.0/8.",
      buttons: [`Withhold it → ${GROUP}#sgr-1`, `It's meant to be → ${GROUP}#sgr-1`],
    });
  });

  test("that it didn't work, and that it is to be taken for open", () => {
    expect(said({ ...base, kind: "protection.failed", firewall: NSG, problem: "no room in `nsg`" }).text).toMatch(
      /^Can't keep SSH of prod-vm-3 closed on `nsg-prod-web`\.\n.*\nI keep trying\./u,
    );
  });

  test("its end: by whom, and whether everything is as before", () => {
    const actor = { kind: "person", person: { team: "T0ACME", user: "U0SEC1" } } as const;
    expect(said({ ...base, actor, kind: "protection.lifted", cause: "person" }).text).toContain("<@U0SEC1> ended");
    expect(said({ ...base, kind: "protection.lifted", cause: "gone" }).text).toContain("the machine is gone");
    expect(said({ ...base, kind: "protection.ended", changed: [] }).text).toBe(
      "The protection of prod-vm-3 is gone, and everything before it is as it was.",
    );
    expect(said({ ...base, kind: "protection.ended", changed: ["rule `a` was edited"] }).text).toContain("• rule");
  });

  test("what was found, repaired and wanted", () => {
    expect(said({ ...base, kind: "protection.adopted", firewall: NSG }).text).toContain("our memory of it was lost");
    const repaired = {
      id: "e",
      at: NOW,
      actor: { kind: "bot" },
      kind: "firewall.repaired",
      firewall: NSG,
      firewallName: "nsg-prod-web",
      machines: [machine("prod-vm-3")],
      grants: [],
      protections: [],
      channel: "C0ACCESS",
    } as const;
    expect(said(repaired).text).toBe(
      "Somebody changed rules of mine on `nsg-prod-web`. I put them back.\nIt touched prod-vm-3.",
    );
    const concerns = [{ kind: "shared", firewallName: "web", machines: ["web-2"] }] as const;
    expect(said({ ...base, kind: "protection.wanted", concerns })).toMatchObject({
      buttons: ["Protect → /vm/prod-vm-3"],
    });
  });

  test("names and problems from elsewhere are shown, never obeyed, and never too long", () => {
    const nasty = "<!channel> *x* `y` @here";
    const many = Array.from({ length: 400 }, (_, at) => undercut(`${nasty}${at}`.repeat(10), { ports: [nasty] }));
    const events: readonly AuditEvent[] = [
      { ...base, machine: machine(nasty), kind: "protection.began", undercut: many },
      { ...base, machine: machine(nasty), kind: "protection.ended", changed: many.map(({ rule }) => rule.name) },
      { ...base, kind: "protection.failed", firewall: NSG, problem: nasty.repeat(500) },
    ];
    for (const event of events) expect(said(event).text).not.toContain("<!channel>");
  });
});

describe("what who protects a machine hears", () => {
  test("that it begins, and what goes first", () => {
    expect(shown(drawProtecting({ kind: "protecting", protection, undercut: [] })).text).toBe(
      "SSH of prod-vm-3: closing. The channel hears when it is so.",
    );
    expect(shown(drawProtecting({ kind: "protecting", protection, undercut: [undercut("AllowSSH")] }))).toMatchObject({
      buttons: ["Put the deny above it → k7f3q2xd"],
    });
    expect(shown(drawProtecting({ kind: "already", protection, undercut: [] })).text).toBe(
      "SSH of prod-vm-3 is protected already.",
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
    expect(shown(drawUnprotecting(protection)).text).toContain("being put back");
    const decided = { kind: "decided", protections: [], rules: ["AllowSSH"] } as const;
    expect(decidedText(decided, "U0SEC1", "overrule")).toContain("<@U0SEC1> decided: ours goes over AllowSSH.");
    expect(decidedText(decided, "U0SEC1", "accept")).toBe("<@U0SEC1>: AllowSSH is meant to be.");
  });
});
