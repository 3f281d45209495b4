import { describe, expect, test } from "vitest";
import type { ProtectionId } from "../../../src/access/identifier.ts";
import type { FirewallId, Machine, MachineId } from "../../../src/access/machine.ts";
import { MINUTE } from "../../../src/access/time.ts";
import type { ForeignAllow } from "../../../src/cloud/firewall.ts";
import { foreignKey } from "../../../src/grants/protection.ts";
import type { Protecting } from "../../../src/workflow/protecting/protect-machine.ts";
import type { Refused } from "../../../src/workflow/submit-request.ts";
import { aPolicy, aRule, everyMachine } from "../../policy/example-rule.ts";
import { machineBehind, never } from "../../reconcile/world.ts";
import { createOffice, DEV, LEAD, NSG, SECURITY, SUBNET_NSG } from "../office.ts";

const GROUP = "aws-group:1/eu-west-1/sg-web" as FirewallId;
const RULE = { configure: ["security"] };

const allow = (id: string, changes: Partial<ForeignAllow & { port: number }> = {}) => ({
  id,
  name: id,
  priority: 300,
  protocol: "tcp" as const,
  ports: ["22"],
  sources: ["198.51.100.0/24"],
  port: 22,
  ...changes,
});

const awsMachine = (name: string, changes: Partial<Machine> = {}): Machine => ({
  ...machineBehind([], { cloud: "aws", id: name as MachineId, name }),
  interfaces: [
    {
      id: `eni-${name}`,
      privateAddresses: ["10.0.0.9"],
      publicAddresses: [],
      firewalls: [`aws-groups:1/eu-west-1/eni-${name}` as FirewallId],
      blockedAt: [GROUP],
    },
  ],
  ...changes,
});

const codes = (outcome: Protecting | Refused): readonly string[] =>
  "refusals" in outcome ? outcome.refusals.map(({ code }) => code) : [];

const proposalOf = (outcome: Protecting | Refused): ProtectionId => {
  if (outcome.kind !== "proposed") throw new Error(`not proposed: ${JSON.stringify(outcome)}`);
  return outcome.proposal.id;
};

describe("protecting", () => {
  test("keeps the usual ports of the machine's system closed at every firewall before it", async () => {
    const office = await createOffice(RULE);
    const outcome = await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    expect(outcome).toMatchObject({ kind: "protecting", undercut: [] });
    expect(await office.protection()).toMatchObject({
      services: ["ssh"],
      ports: [{ port: 22, protocol: "tcp" }],
      targets: [
        { firewall: NSG, addresses: ["10.0.0.4", "fd00:db8::4"], overrules: [] },
        { firewall: SUBNET_NSG, addresses: ["10.0.0.4", "fd00:db8::4"], overrules: [] },
      ],
      state: { kind: "on", by: { user: SECURITY } },
      channel: "C0ACCESS",
    });
    expect(office.told()).toEqual(["protection.set"]);
    expect(await office.firewalls.take(office.clock.now(), 9, MINUTE)).toHaveLength(2);
  });

  test.each([
    ["linux", [22]],
    ["windows", [3389]],
    ["unknown", [22, 3389, 5985, 5986]],
  ] as const)("%s: %j", async (os, ports) => {
    const office = await createOffice(RULE, [machineBehind([NSG], { os })]);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    expect((await office.protection()).ports.map(({ port }) => port)).toEqual(ports);
  });

  test("is for those whom the rule names, and says who they are", async () => {
    const office = await createOffice(RULE);
    const outcome = await office.protectMachine.protect("prod-vm-3", [], DEV);
    expect(outcome).toMatchObject({ refusals: [{ code: "not-configurer", facts: { roles: ["security"] } }] });
    expect(office.memory.protections()).toEqual([]);
  });

  test("protecting what is protected writes nothing, and other ports come to those before: none is opened by naming others", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", ["ssh"], SECURITY);
    expect(await office.protectMachine.protect("prod-vm-3", ["22"], SECURITY)).toMatchObject({ kind: "already" });
    office.clock.advance(MINUTE);
    await office.protectMachine.protect("prod-vm-3", ["rdp", "8080"], SECURITY);
    expect(await office.protection()).toMatchObject({
      version: 2,
      services: ["ssh", "rdp", "8080"],
      ports: [22, 3389, 8080].map((port) => ({ port, protocol: "tcp" })),
      seenOn: [],
    });
    expect(await office.protectMachine.protect("prod-vm-3", ["rdp"], SECURITY)).toMatchObject({ kind: "already" });
    expect(office.told()).toEqual(["protection.set", "protection.set"]);
  });

  test("tells every word that is no port", async () => {
    const office = await createOffice(RULE);
    expect(codes(await office.protectMachine.protect("prod-vm-3", ["shs", "99999"], SECURITY))).toEqual([
      "port-unreadable",
      "port-unreadable",
    ]);
  });

  test("can't be had without a firewall, and not behind a firewall policy", async () => {
    const office = await createOffice(RULE, [machineBehind([])]);
    expect(codes(await office.protectMachine.protect("prod-vm-3", [], SECURITY))).toEqual(["no-firewall"]);
    const behind = machineBehind([NSG]);
    await office.setMachines({
      ...behind,
      interfaces: behind.interfaces.map((each) => ({ ...each, policyFirewall: { name: "fw-hub", policy: "hub" } })),
    });
    expect(codes(await office.protectMachine.protect("prod-vm-3", [], SECURITY))).toEqual(["policy-firewall"]);
  });

  test("asks first where an interface has nothing before it, because nothing can be kept closed there", async () => {
    const machine = machineBehind([NSG]);
    const [nic] = machine.interfaces;
    if (nic === undefined) throw new Error("no interface");
    const bare = { ...nic, id: "nic-2", privateAddresses: ["10.0.2.4"], firewalls: [] };
    const office = await createOffice(RULE, [{ ...machine, interfaces: [nic, bare] }]);
    expect(await office.protectMachine.protect("prod-vm-3", [], SECURITY)).toMatchObject({
      kind: "proposed",
      concerns: [{ kind: "bare", addresses: ["10.0.2.4"] }],
    });
  });

  test("tells which rules of others go first, without asking", async () => {
    const office = await createOffice(RULE);
    office.firewall(NSG).state.allows.set("AllowSSH", allow("AllowSSH"));
    const outcome = await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    expect(outcome).toMatchObject({ kind: "protecting", undercut: [{ firewall: NSG, rule: { name: "AllowSSH" } }] });
    expect((await office.protection()).targets[0]?.known).toEqual([foreignKey(allow("AllowSSH"))]);
  });
});

describe("where withholding does more than close a port", () => {
  const office = async () => {
    const made = await createOffice(RULE, [awsMachine("web-1"), awsMachine("web-2")]);
    made.firewall(GROUP).state.allows.set("sgr-1", allow("sgr-1", { sources: ["0.0.0.0/0"], priority: undefined }));
    return made;
  };

  test("nothing happens before somebody says so", async () => {
    const { protectMachine, memory, told } = await office();
    const outcome = await protectMachine.protect("web-1", ["ssh"], SECURITY);
    expect(outcome).toMatchObject({
      kind: "proposed",
      concerns: [
        { kind: "shared", machines: ["web-2"] },
        { kind: "cuts-sessions", rules: ["sgr-1"] },
      ],
    });
    expect(memory.protections().map(({ state }) => state.kind)).toEqual(["proposed"]);
    expect(told()).toEqual([]);
  });

  test("who confirms has what they were shown withheld", async () => {
    const { protectMachine, protection } = await office();
    const id = proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY));
    expect(await protectMachine.confirm(id, SECURITY)).toMatchObject({ kind: "protecting" });
    expect(await protection(awsMachine("web-1"))).toMatchObject({
      state: { kind: "on" },
      targets: [{ firewall: GROUP, overrules: ["sgr-1"] }],
    });
    expect(codes(await protectMachine.confirm(id, SECURITY))).toEqual(["proposal-gone"]);
  });

  test("what is different by then is shown again", async () => {
    const { protectMachine, firewall, protection } = await office();
    const id = proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY));
    firewall(GROUP).state.allows.set("sgr-2", allow("sgr-2", { protocol: "any" }));
    const again = await protectMachine.confirm(id, SECURITY);
    expect(again).toMatchObject({ kind: "proposed", concerns: [{}, {}, { kind: "all-protocols", rules: ["sgr-2"] }] });
    expect(await protectMachine.confirm(proposalOf(again), SECURITY)).toMatchObject({ kind: "protecting" });
    expect((await protection(awsMachine("web-1"))).targets[0]?.overrules).toEqual(["sgr-1", "sgr-2"]);
  });

  test("nobody confirms by what was known of a cloud that can't be read; to leave it be takes nothing", async () => {
    const { protectMachine, memory, clock, cloud } = await office();
    const id = proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY));
    clock.advance(6 * MINUTE);
    cloud.away = true;
    expect(codes(await protectMachine.confirm(id, SECURITY))).toEqual(["inventory-old"]);
    expect(memory.protections().map(({ state }) => state.kind)).toEqual(["proposed"]);
    expect(await protectMachine.leave(id, SECURITY)).toMatchObject({ machine: { name: "web-1" } });
  });

  test("who may not decide any more can't confirm", async () => {
    const { protectMachine, memory } = await office();
    const id = proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY));
    expect(codes(await protectMachine.confirm(id, DEV))).toEqual(["not-configurer"]);
    expect(memory.protections().map(({ state }) => state.kind)).toEqual(["proposed"]);
  });

  test("the button under an old proposal doesn't carry out a newer one", async () => {
    const { protectMachine, protection, firewall } = await office();
    firewall(GROUP).state.allows.set("sgr-8", {
      ...allow("sgr-8", { priority: undefined, ports: ["8080"] }),
      port: 8080,
    });
    const first = proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY));
    const second = proposalOf(await protectMachine.protect("web-1", ["8080"], SECURITY));
    expect(first).not.toBe(second);
    await protectMachine.confirm(first, SECURITY);
    expect(await protection(awsMachine("web-1"))).toMatchObject({
      services: ["ssh"],
      targets: [{ overrules: ["sgr-1"] }],
    });
  });

  test("a proposal that was left can't be confirmed any more", async () => {
    const { protectMachine } = await office();
    const id = proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY));
    expect(await protectMachine.leave(id, SECURITY)).toMatchObject({ machine: { name: "web-1" } });
    expect(codes(await protectMachine.confirm(id, SECURITY))).toEqual(["proposal-gone"]);
  });

  test("a proposal doesn't take the place of what is on", async () => {
    const { protectMachine, protection, firewall } = await office();
    await protectMachine.confirm(proposalOf(await protectMachine.protect("web-1", ["ssh"], SECURITY)), SECURITY);
    firewall(GROUP).state.allows.set("sgr-3", allow("sgr-3", { port: 3389, ports: ["3389"] }));
    expect(await protectMachine.protect("web-1", ["ssh", "rdp"], SECURITY)).toMatchObject({ kind: "proposed" });
    expect(await protection(awsMachine("web-1"))).toMatchObject({ services: ["ssh"], state: { kind: "on" } });
  });
});

describe("unprotecting", () => {
  test("asks every firewall to be as before", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    expect(await office.unprotect("prod-vm-3", SECURITY)).toMatchObject({ state: { kind: "off" } });
    expect(await office.protection()).toMatchObject({ leaving: [NSG, SUBNET_NSG], endedAt: undefined });
    expect(office.told()).toEqual(["protection.set", "protection.lifted"]);
    expect(await office.unprotect("prod-vm-3", SECURITY)).toMatchObject({ code: "not-protected" });
  });

  test("is refused to others, and where the policy would protect again at once", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    expect(await office.unprotect("prod-vm-3", DEV)).toMatchObject({ code: "not-configurer" });
    office.setRule({ protect: "auto" });
    expect(await office.unprotect("prod-vm-3", SECURITY)).toMatchObject({ code: "protected-by-policy" });
  });
});

describe("what undercuts a protection", () => {
  const undercutOffice = async () => {
    const office = await createOffice(RULE);
    office.firewall(NSG).state.allows.set("AllowSSH", allow("AllowSSH"));
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    return office;
  };

  test("is overruled at a person's word, as far as it still lets in and they were told", async () => {
    const office = await undercutOffice();
    const { id } = await office.protection();
    office.firewall(NSG).state.allows.set("Unheard", allow("Unheard"));
    const decided = await office.undercut.overrule(id, SECURITY);
    expect(decided).toMatchObject({ kind: "decided", rules: ["AllowSSH"] });
    expect((await office.protection()).targets.map(({ overrules }) => overrules)).toEqual([["AllowSSH"], []]);
    expect(office.told()).toEqual(["protection.set", "undercut.overruled"]);
  });

  test("is overruled one rule alone, by its firewall's id and its own", async () => {
    const office = await undercutOffice();
    expect(await office.undercut.overrule(`${NSG}#Other`, SECURITY)).toMatchObject({
      refusals: [{ code: "undercut-gone" }],
    });
    expect(await office.undercut.overrule(`${NSG}#AllowSSH`, DEV)).toMatchObject({
      refusals: [{ code: "not-configurer" }],
    });
    expect(await office.undercut.overrule(`${NSG}#AllowSSH`, SECURITY)).toMatchObject({ rules: ["AllowSSH"] });
  });

  test("is decided for the machines that somebody may decide about, and the others are named", async () => {
    const named = (name: string) => machineBehind([NSG], { id: name as MachineId, name });
    const office = await createOffice(RULE, [named("vm-6"), named("vm-7")]);
    office.firewall(NSG).state.allows.set("AllowSSH", allow("AllowSSH"));
    for (const name of ["vm-6", "vm-7"]) await office.protectMachine.protect(name, [], SECURITY);
    const rule = aRule({ match: { ...everyMachine, names: ["vm-6"] }, configure: ["security"] });
    office.setPolicy(aPolicy(rule, aRule({ configure: ["leads"] })));
    expect(await office.undercut.overrule(`${NSG}#AllowSSH`, SECURITY)).toEqual({
      kind: "decided",
      rules: ["AllowSSH"],
      cloud: "azure",
      undecided: ["vm-7"],
    });
    expect((await office.protection(named("vm-6"))).targets).toMatchObject([{ overrules: ["AllowSSH"] }]);
    expect((await office.protection(named("vm-7"))).targets).toMatchObject([{ overrules: [] }]);
    expect(await office.undercut.overrule(`${NSG}#AllowSSH`, LEAD)).toMatchObject({ undecided: [] });
  });

  test("isn't decided about by what was known of a cloud that can't be read", async () => {
    const office = await undercutOffice();
    const before = await office.protection();
    office.clock.advance(6 * MINUTE);
    office.cloud.away = true;
    for (const decide of [office.undercut.overrule, office.undercut.accept])
      expect(await decide(before.id, SECURITY)).toMatchObject({ refusals: [{ code: "inventory-old" }] });
    expect(await office.protection()).toEqual(before);
    expect(office.told()).toEqual(["protection.set"]);
  });

  test("may be meant to be: recorded, and nothing changes", async () => {
    const office = await undercutOffice();
    const before = await office.protection();
    await office.undercut.accept(before.id, SECURITY);
    expect((await office.protection()).targets).toEqual(before.targets);
    expect(office.lastEvent()).toMatchObject({ kind: "undercut.accepted", rules: ["AllowSSH"] });
  });

  test.each(["", "nonsense", "#", "azure-nsg:/elsewhere#x", "k7f3q2xd"])(
    "a forged id names nothing: %j",
    async (id) => {
      const office = await undercutOffice();
      expect(await office.undercut.overrule(id, SECURITY)).toMatchObject({ refusals: [{ code: "undercut-gone" }] });
    },
  );
});

describe("`protect: auto`", () => {
  test("keeps the usual ports closed beside those that somebody protected by hand", async () => {
    const office = await createOffice({ ...RULE, protect: "auto" });
    await office.protectMachine.protect("prod-vm-3", ["8080"], SECURITY);
    await office.protectByPolicy(never);
    expect((await office.protection()).services).toEqual(["8080", "ssh"]);
  });

  test("protects what nobody did, once", async () => {
    const office = await createOffice({ ...RULE, protect: "auto" });
    await office.protectByPolicy(never);
    office.clock.advance(20 * MINUTE);
    await office.protectByPolicy(never);
    expect(await office.protection()).toMatchObject({ version: 1, state: { kind: "on" } });
    expect((await office.protection()).state.by).toBeUndefined();
    expect(office.told()).toEqual(["protection.set"]);
  });

  test("asks people once where it would do more than close a port", async () => {
    const office = await createOffice({ ...RULE, protect: "auto" }, [awsMachine("web-1")]);
    office.firewall(GROUP).state.allows.set("sgr-1", allow("sgr-1", { sources: ["::/0"] }));
    for (let look = 0; look < 3; look += 1) {
      await office.protectByPolicy(never);
      office.clock.advance(11 * MINUTE);
    }
    expect(office.told()).toEqual(["protection.wanted"]);
    expect(office.memory.protections()).toEqual([]);
  });
});

describe("a protection follows its machine", () => {
  test("to other firewalls, and leaves those before", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    const other = "azure-nsg:/nsg-new" as FirewallId;
    await office.setMachines(machineBehind([other, NSG]));
    await office.followMachines(never);
    expect(await office.protection()).toMatchObject({
      targets: [{ firewall: other }, { firewall: NSG }],
      leaving: [SUBNET_NSG],
    });
    const { version } = await office.protection();
    await office.followMachines(never);
    expect((await office.protection()).version).toBe(version);
  });

  test("and stays while its cloud says that it exists, whatever a list leaves out", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    office.hide(machineBehind([]).id);
    await office.setMachines();
    for (const _ of [1, 2, 3]) {
      await office.followMachines(never);
      office.clock.advance(10 * MINUTE);
    }
    expect((await office.protection()).state.kind).toBe("on");
  });

  test("and stays where it is while nobody can see what stands before it", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    const machine = machineBehind([NSG]);
    const [nic] = machine.interfaces;
    if (nic === undefined) throw new Error("no interface");
    const unseen = { ...nic, id: "nic-2", privateAddresses: ["10.0.2.4"], firewalls: [], isUnsure: true as const };
    await office.setMachines({ ...machine, interfaces: [nic, unseen] });
    await office.followMachines(never);
    expect(await office.protection()).toMatchObject({
      targets: [{ firewall: NSG }, { firewall: SUBNET_NSG }],
      leaving: [],
    });
    expect(await office.protectMachine.protect("prod-vm-3", ["rdp"], SECURITY)).toMatchObject({
      refusals: [{ code: "firewall-unseen" }],
    });
  });

  test("and ends when it is gone for good, not when it was overlooked once", async () => {
    const office = await createOffice(RULE);
    await office.protectMachine.protect("prod-vm-3", [], SECURITY);
    const all = [machineBehind([NSG, SUBNET_NSG])];
    await office.setMachines();
    await office.followMachines(never);
    office.clock.advance(10 * MINUTE - 1);
    await office.setMachines(...all);
    await office.followMachines(never);
    await office.setMachines();
    await office.followMachines(never);
    office.clock.advance(10 * MINUTE - 1);
    await office.followMachines(never);
    expect((await office.protection()).state.kind).toBe("on");
    office.clock.advance(1);
    await office.followMachines(never);
    expect(await office.protection()).toMatchObject({ state: { kind: "off" }, leaving: [NSG, SUBNET_NSG] });
    expect(office.lastEvent()).toMatchObject({ kind: "protection.lifted", cause: "gone" });
  });
});
