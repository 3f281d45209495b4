/** Posture, why, and the check after opening: machines with rules before them, asked about by people. */

import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/access/fault.ts";
import { protectionIdOf } from "../../../src/access/identifier.ts";
import type { Machine, MachineId } from "../../../src/access/machine.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { MINUTE, SECOND } from "../../../src/access/time.ts";
import type { AzureTarget, NsgRule, RulesBefore } from "../../../src/cloud/rules.ts";
import { changeGrant, changeProtection } from "../../../src/grants/change.ts";
import type { Grant } from "../../../src/grants/grant.ts";
import type { PostureMemory, PostureSeen } from "../../../src/posture/posture-memory.ts";
import { checkBlocks } from "../../../src/sandbox/slack/block-kit/blocks.ts";
import { drawPosture } from "../../../src/slack/posture-text.ts";
import { drawWhy } from "../../../src/slack/why-text.ts";
import { createCheckOpened } from "../../../src/workflow/standing-of-machines/check-opened.ts";
import { createExplainWhy } from "../../../src/workflow/standing-of-machines/explain-why.ts";
import { createListPosture } from "../../../src/workflow/standing-of-machines/list-posture.ts";
import { createPostureReading } from "../../../src/workflow/standing-of-machines/posture-reading.ts";
import { createWatchPosture } from "../../../src/workflow/standing-of-machines/watch-posture.ts";
import { SSH } from "../../policy/example-rule.ts";
import { aFirewall, aNatRule, aRule as aNsgRule, anNsg, aTarget } from "../../posture/samples.ts";
import { grantOn, machineBehind, never } from "../../reconcile/world.ts";
import { createOffice, DEV, NSG, SECURITY, STRANGER } from "../office.ts";

const RULE = { configure: ["security"] };

const machineNamed = (name: string): Machine => machineBehind([NSG], { id: `/vm/${name}` as MachineId, name });

const behindNsg = (...rules: readonly NsgRule[]): RulesBefore => ({
  cloud: "azure",
  classicMachine: false,
  targets: [aTarget({ interfaceGroup: anNsg("nsg-prod", ...rules) })],
});
const CLOSED = behindNsg(aNsgRule("DenyAll", 200, { access: "deny", destinationPorts: ["*"] }));
const OPEN = behindNsg(aNsgRule("AllowSSH", 300));

const createTown = async (rules: Readonly<Record<string, RulesBefore>>) => {
  const machines = Object.keys(rules).map(machineNamed);
  const office = await createOffice(RULE, machines);
  const before = new Map(Object.entries(rules).map(([name, each]) => [machineNamed(name).id, each]));
  const cloud: { away: boolean; awayFor?: string; reads: number } = { away: false, reads: 0 };
  const deps = {
    ...office.deps,
    readRules: async (asked: readonly Machine[]) => {
      cloud.reads += 1;
      if (cloud.away || asked.some((machine) => machine.cloud === cloud.awayFor))
        throw new Fault("azure", "azure is away", { retry: "later" });
      return new Map(asked.flatMap(({ id }) => (before.has(id) ? [[id, before.get(id) as RulesBefore] as const] : [])));
    },
  };
  let seen = new Map<MachineId, PostureSeen>();
  const memory: PostureMemory = {
    read: async () => structuredClone(seen),
    write: async (next) => {
      seen = new Map(next);
    },
  };
  const reading = createPostureReading(deps);
  return {
    ...office,
    cloud,
    /** Every firewall is seen to hold its protection. */
    begin: (name: string) =>
      changeProtection(office.ledger, protectionIdOf(machineNamed(name).id), (protection) => ({
        protection: { ...protection, beganAt: office.clock.now() },
        events: [],
      })),
    setRules: (name: string, next: RulesBefore) => before.set(machineNamed(name).id, next),
    listPosture: createListPosture(deps, reading),
    why: createExplainWhy(deps),
    checkOpened: createCheckOpened(deps),
    ...createWatchPosture(deps, reading, memory),
  };
};

const list = async (town: Awaited<ReturnType<typeof createTown>>, text = "", user = SECURITY) => {
  const found = await town.listPosture(text, user);
  if ("code" in found) throw new Error(found.code);
  expect(checkBlocks(drawPosture(found, text).blocks, "/blocks", "message")).toEqual([]);
  return found;
};

describe("how machines stand", () => {
  test("the most open first, with what is really reachable and from where", async () => {
    const inside = behindNsg(aNsgRule("Inside", 300, { sources: ["192.0.2.0/24"], destinationPorts: ["3389"] }));
    const town = await createTown({ closed: CLOSED, some: inside, open: OPEN });
    const { worst, count } = await list(town);
    expect(count).toBe(3);
    expect(worst.map(({ machine, posture }) => [machine.name, posture.category, posture.openness])).toEqual([
      ["open", "unhealthy", "anyone"],
      ["some", "unhealthy", "strangers"],
      ["closed", "healthy", "nobody"],
    ]);
    expect(worst[0]?.reachable[0]).toBe("22 from anywhere");
    expect(worst[1]?.reachable).toContain("3389 from 10.0.0.0/16, 168.63.129.16, 192.0.2.0/24");
    expect(worst[2]?.reachable).toEqual([]);
  });

  test("only the machines that somebody has to do with, and a button only for who may protect", async () => {
    const town = await createTown({ open: OPEN });
    expect((await list(town, "", SECURITY)).worst[0]?.mayProtect).toBe(true);
    expect((await list(town, "", DEV)).worst[0]?.mayProtect).toBe(false);
    expect((await list(town, "", STRANGER)).count).toBe(0);
  });

  test("by a part of the name, a pattern, or what the chart calls them", async () => {
    const town = await createTown({ "web-1": OPEN, "web-2": CLOSED, "db-1": CLOSED });
    const names = async (text: string) => (await list(town, text)).worst.map(({ machine }) => machine.name);
    expect(await names("WEB")).toEqual(["web-1", "web-2"]);
    expect(await names("*-1")).toEqual(["web-1", "db-1"]);
    expect(await names("unhealthy")).toEqual(["web-1"]);
    expect(await names("nothing")).toEqual([]);
  });

  test("ten at a time", async () => {
    const town = await createTown(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`web-${at}`, OPEN])));
    const found = await list(town);
    expect([found.worst.length, found.count]).toEqual([10, 12]);
    expect(JSON.stringify(drawPosture(found, "").blocks)).toContain("and 2 more");
  });

  test("one reading serves all who ask within half a minute, unless something was protected since; what failed serves nobody", async () => {
    const town = await createTown({ open: OPEN });
    await Promise.all([list(town), list(town, "", DEV)]);
    expect(town.cloud.reads).toBe(1);
    await town.protectMachine.protect("open", ["ssh"], SECURITY);
    await list(town);
    expect(town.cloud.reads).toBe(2);
    town.clock.advance(30 * SECOND);
    town.cloud.away = true;
    await expect(town.listPosture("", SECURITY)).rejects.toThrow("azure is away");
    town.cloud.away = false;
    expect((await list(town)).count).toBe(1);
  });

  test("one cloud that doesn't answer hides only its own machines, and that is said", async () => {
    const town = await createTown({ open: OPEN, elsewhere: OPEN });
    await town.setMachines(machineNamed("open"), { ...machineNamed("elsewhere"), cloud: "aws" });
    town.cloud.awayFor = "aws";
    const found = await list(town);
    expect([found.worst.map(({ machine }) => machine.name), found.unread]).toEqual([["open"], ["aws"]]);
    expect(JSON.stringify(drawPosture(found, "").blocks)).toContain(
      "AWS doesn't answer, so its machines aren't among these.",
    );
  });

  test("a machine is told as protected from when every firewall was seen to hold it", async () => {
    const town = await createTown({ open: OPEN });
    await town.protectMachine.protect("open", ["ssh"], SECURITY);
    expect((await list(town)).worst[0]).toMatchObject({
      posture: { category: "unhealthy", tab: { kind: "not-configured" } },
    });
    await town.begin("open");
    town.clock.advance(30 * SECOND);
    expect((await list(town)).worst[0]).toMatchObject({
      posture: { category: "healthy", tab: { kind: "configured" } },
      mayProtect: false,
    });
  });
});

describe("watching", () => {
  test("tells a machine that got worse, once; not at first sight, and not when it gets better", async () => {
    const town = await createTown({ "web-1": CLOSED, "web-2": OPEN });
    await town.watch(never);
    await town.watch(never);
    expect(town.told()).toEqual([]);
    town.setRules("web-1", OPEN);
    town.setRules("web-2", CLOSED);
    await town.watch(never);
    await town.watch(never);
    expect(town.memory.log()).toMatchObject([
      {
        kind: "posture.worsened",
        machine: { name: "web-1" },
        channel: "C0ACCESS",
        before: { openness: "nobody", category: "healthy" },
        now: { openness: "anyone", category: "unhealthy" },
      },
    ]);
    town.clock.advance(MINUTE);
    town.setRules("web-1", CLOSED);
    await town.watch(never);
    town.setRules("web-1", OPEN);
    await town.watch(never);
    expect(town.told()).toEqual(["posture.worsened", "posture.worsened"]);
  });

  test("what a grant opens is no news", async () => {
    const town = await createTown({ "web-1": CLOSED });
    await town.watch(never);
    await town.ledger.commit({ grant: grantOn({ machine: machineNamed("web-1") }, [NSG]), events: [] });
    town.setRules("web-1", OPEN);
    await town.watch(never);
    expect(town.told()).toEqual([]);
  });

  test("the digest counts them and names the worst, once a minute however often it is asked for", async () => {
    const town = await createTown({ "web-1": OPEN, "web-2": CLOSED, "web-3": CLOSED });
    await town.protectMachine.protect("web-2", ["ssh"], SECURITY);
    await town.protectMachine.protect("web-3", ["ssh"], SECURITY);
    await town.begin("web-3");
    await town.digest(town.clock.now(), never);
    await town.digest(town.clock.now(), never);
    expect(town.memory.log().filter(({ kind }) => kind === "posture.digest")).toMatchObject([
      {
        kind: "posture.digest",
        machines: 3,
        protected: 1,
        categories: { unhealthy: 1, healthy: 2 },
        opennesses: { anyone: 1, nobody: 2 },
        worst: [{ machine: { name: "web-1" } }],
      },
    ]);
  });
});

describe("why", () => {
  const text = async (town: Awaited<ReturnType<typeof createTown>>, user: string): Promise<string> => {
    const explained = await town.why("web-1", user);
    if ("code" in explained) throw new Error(explained.code);
    const drawn = drawWhy(explained, town.clock.now(), "utc");
    expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
    return drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
  };

  test("doesn't say that somebody may ask where asking is refused whoever asks", async () => {
    const town = await createTown({ "web-1": CLOSED });
    const machine = machineNamed("web-1");
    const policyFirewall = { name: "fw-managed", policy: "policy-acme" };
    await town.setMachines({
      ...machine,
      interfaces: machine.interfaces.map((each) => ({ ...each, policyFirewall })),
    });
    const said = await text(town, DEV);
    expect(said).toContain("fw-managed");
    expect(said).not.toContain("You may ask for");
  });

  test("says what the policy gives, what is kept closed, and which rule blocks", async () => {
    const town = await createTown({ "web-1": CLOSED });
    await town.protectMachine.protect("web-1", ["ssh"], SECURITY);
    expect(await text(town, DEV)).toBe(
      [
        "You may ask for SSH and RDP on web-1.",
        "The policy says, in rule *production*:",
        "• SSH: for 3 hours at most, from office, vpn or one single address; one of *leads* has to approve.",
        "• RDP: for 1 hour at most, from vpn; one of *leads* has to approve.",
        "It is being protected: not every firewall keeps SSH closed yet.",
        "What the firewalls do with each port:",
        "• 22 and 3389 from 198.51.100.7 to `10.0.1.4`: closed; rule `DenyAll` (priority 200) of the interface's NSG `nsg-prod` blocks it.",
      ].join("\n"),
    );
    await town.begin("web-1");
    expect(await text(town, DEV)).toContain("It is protected: SSH is kept closed but for those whom I let in.");
  });

  test("says whose rule lets people in past the protection", async () => {
    const town = await createTown({ "web-1": OPEN });
    const allow = { id: "r", name: "AllowSSH", priority: 300, protocol: "tcp", ports: ["22"], sources: ["*"] } as const;
    town.firewall(NSG).state.allows.set("AllowSSH", { ...allow, port: 22 });
    await town.protectMachine.protect("web-1", ["ssh"], SECURITY);
    await town.begin("web-1");
    expect(await text(town, DEV)).toContain(
      "It is protected: SSH is kept closed but for those whom I let in, and those whom *AllowSSH* lets in.",
    );
  });

  test("says how many ports it didn't look at", async () => {
    const town = await createTown({ "web-1": CLOSED });
    const ports = Array.from({ length: 13 }, (_, at) => ({ port: 8000 + at, protocol: "tcp" }) as const);
    town.setRule({ ports: ports.map((port) => ({ ...SSH, name: String(port.port), ports: [port] })) });
    // SSH, which is usual there, is the fourteenth.
    expect(await text(town, DEV)).toContain("I didn't look at 2 more ports.");
  });

  test("speaks of the source of one's own open access", async () => {
    const town = await createTown({ "web-1": OPEN });
    const grant = grantOn({ machine: machineNamed("web-1"), sources: ["203.0.113.7/32" as Cidr] }, [NSG]);
    await town.ledger.commit({ grant, events: [] });
    expect(await text(town, DEV)).toMatch(/^web-1 is being opened for you\.\nSSH is opening for you until /u);
    await changeGrant(town.ledger, grant.id, (found) => ({
      grant: { ...found, openedAt: town.clock.now() },
      events: [],
    }));
    const said = await text(town, DEV);
    expect(said).toMatch(/^web-1 is open for you\.\nSSH is open for you until /u);
    expect(said).toContain(
      "• 22 from 203.0.113.7 to `10.0.1.4`: open; rule `AllowSSH` (priority 300) of the interface's NSG `nsg-prod` lets it in.",
    );
  });

  test("tells the way through a firewall, and that nobody comes past it from outside", async () => {
    const firewall = aFirewall({
      natCollections: [{ name: "nat", priority: 100, rules: [aNatRule("dnat", { destinationPorts: ["50022"] })] }],
    });
    const nsg = anNsg("nsg", aNsgRule("latch-acme-k7f3q2xd", 100));
    const target = aTarget({ publicWays: [], interfaceGroup: nsg, firewalls: [firewall] });
    const town = await createTown({ "web-1": { cloud: "azure", classicMachine: false, targets: [target] } });
    const said = await text(town, DEV);
    expect(said).toContain(
      "• 22 from 198.51.100.7 to `10.0.1.4`: open (only from inside: it has no public address); Latch's rule `latch-acme-k7f3q2xd` (priority 100) of the interface's NSG `nsg` lets it in.",
    );
    expect(said).toContain(
      "• 22 from 198.51.100.7 by `20.0.0.1:50022` of the firewall `fw`: open; rule `dnat` of the collection `nat` of the firewall `fw` sends it here; Latch's rule",
    );
  });

  test("tells who gets in and who doesn't where it isn't the same for all", async () => {
    const town = await createTown({ "web-1": behindNsg(aNsgRule("Inside", 300, { sources: ["192.0.2.0/24"] })) });
    town.setRule({ sources: [{ kind: "anywhere" }], defaultSource: undefined });
    expect(await text(town, DEV)).toContain(
      "• 22 from anywhere to `10.0.1.4`: open in part; from 10.0.0.0/16, 168.63.129.16: rule `AllowVnetInBound` (priority 65000) of the interface's NSG `nsg-prod` lets it in; from 192.0.2.0/24: rule `Inside` (priority 300) of the interface's NSG `nsg-prod` lets it in; else: rule `DenyAllInBound` (priority 65500) of the interface's NSG `nsg-prod` blocks it.",
    );
  });

  test("explains a machine to nobody who has nothing to do with it", async () => {
    const town = await createTown({ "web-1": OPEN });
    expect(await town.why("web-1", STRANGER)).toMatchObject({ code: "not-eligible" });
    expect(await town.why("web-9", DEV)).toMatchObject({ code: "machine-unknown" });
    expect(await text(town, SECURITY)).toContain("You may protect web-1, but not ask for it.");
  });
});

describe("what was opened", () => {
  const opened = async (rules: RulesBefore, changes: Partial<Grant> = {}) => {
    const town = await createTown({ "web-1": rules });
    const grant = grantOn({ machine: machineNamed("web-1"), openedAt: town.clock.now(), ...changes }, [NSG]);
    await town.ledger.commit({ grant, events: [] });
    await town.checkOpened(grant);
    await town.checkOpened(grant);
    return town;
  };

  test("is no news when it lets people in", async () => {
    expect((await opened(OPEN)).told()).toEqual([]);
  });

  test("is told to who asked, once, when something else blocks it", async () => {
    const subnet = anNsg("nsg-subnet", aNsgRule("DenyAll", 200, { access: "deny" }));
    const target: AzureTarget = aTarget({
      subnetGroup: subnet,
      interfaceGroup: anNsg("nsg-nic", aNsgRule("latch", 100)),
    });
    const town = await opened({ cloud: "azure", classicMachine: false, targets: [target] });
    expect(town.memory.log()).toMatchObject([
      {
        kind: "grant.blocked",
        problems: ["Port 22 from 203.0.113.7: rule DenyAll (priority 200) of the subnet's NSG nsg-subnet blocks it."],
      },
    ]);
  });

  test("is looked at where a firewall maps its port", async () => {
    const nsg = anNsg(
      "nsg",
      aNsgRule("latch", 100, { sources: ["10.0.2.0/26"] }),
      aNsgRule("No", 200, { access: "deny" }),
    );
    const firewall = aFirewall({
      natCollections: [{ name: "latch", priority: 100, rules: [aNatRule("dnat", { destinationPorts: ["50022"] })] }],
    });
    const target = aTarget({ publicWays: [], interfaceGroup: nsg, firewalls: [firewall] });
    const rules: RulesBefore = { cloud: "azure", classicMachine: false, targets: [target] };
    const to = { port: 22, protocol: "tcp" } as const;
    const mapped = await opened(rules, { mappings: [{ address: "20.0.0.1", port: 50_022, to }] });
    expect(mapped.told()).toEqual([]);
    expect((await opened(rules)).told()).toEqual(["grant.blocked"]);
  });

  test("is no news when it was closed again meanwhile", async () => {
    const town = await opened(CLOSED, { revoked: { kind: "closed", at: 0 as never, by: { team: "T", user: DEV } } });
    expect(town.told()).toEqual([]);
  });
});
