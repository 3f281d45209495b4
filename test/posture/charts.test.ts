/** Every branch of the reference's two charts and of its tabs, reached from rules, and beside it what is really reachable. */

import { describe, expect, test } from "vitest";
import { type MachineRules, postureOf } from "../../src/posture/posture.ts";
import { createReachability } from "../../src/posture/reachability.ts";
import {
  aFirewall,
  aGroupRule,
  aNatRule,
  anAwsTarget,
  anNsg,
  aPolicyFirewall,
  aRule,
  aTable,
  aTarget,
  inAws,
  inAzure,
} from "./samples.ts";

const judge = (machine: MachineRules) => {
  const { branch, category, tab, openness } = postureOf(createReachability(), machine);
  return { branch, category, tab: tab.kind === "unsupported" ? tab.reason : tab.kind, openness };
};

const open = anNsg("open", aRule("ssh", 200));
const closed = anNsg("closed", aRule("web", 200, { destinationPorts: ["443"] }));
const mapped = aFirewall({ natCollections: [{ name: "in", priority: 100, rules: [aNatRule("ssh")] }] });
const plain = aFirewall();

describe("the Azure chart", () => {
  test("jit-enabled: healthy, whatever the rules say", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: open })], { jitEnabled: true }))).toEqual({
      branch: "jit-enabled",
      category: "healthy",
      tab: "configured",
      openness: "anyone",
    });
  });

  test("nsg-without-allow: healthy", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: closed })]))).toEqual({
      branch: "nsg-without-allow",
      category: "healthy",
      tab: "not-configured",
      openness: "inside",
    });
  });

  test("nsg-allows-no-firewall: unhealthy", () => {
    expect(judge(inAzure([aTarget({ interfaceGroup: open })]))).toEqual({
      branch: "nsg-allows-no-firewall",
      category: "unhealthy",
      tab: "not-configured",
      openness: "anyone",
    });
  });

  test("nsg-allows-firewall-allows: unhealthy", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: open, publicWays: [], firewalls: [mapped] })]))).toEqual({
      branch: "nsg-allows-firewall-allows",
      category: "unhealthy",
      tab: "not-configured",
      openness: "anyone",
    });
  });

  test("nsg-allows-firewall-without-allow: healthy", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: open, publicWays: [], firewalls: [plain] })]))).toEqual({
      branch: "nsg-allows-firewall-without-allow",
      category: "healthy",
      tab: "not-configured",
      openness: "inside",
    });
  });

  test("nsg-allows-firewall-without-allow: healthy, though it is open past the firewall at its own public address", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: open, firewalls: [plain] })]))).toMatchObject({
      branch: "nsg-allows-firewall-without-allow",
      category: "healthy",
      openness: "anyone",
    });
  });

  test("nothing-before-it: not applicable, though everything reaches it", () => {
    const target = aTarget({ publicWays: [{ kind: "address", address: "20.0.0.9", sku: "basic" }] });
    expect(judge(inAzure([target]))).toEqual({
      branch: "nothing-before-it",
      category: "not-applicable",
      tab: "nothing-before-it",
      openness: "anyone",
    });
  });

  test("nothing-before-it: not applicable, and a Standard public address is closed to strangers without an NSG", () => {
    expect(judge(inAzure([aTarget()]))).toMatchObject({ branch: "nothing-before-it", openness: "inside" });
  });

  test("no-nsg-firewall-allows: unhealthy", () => {
    expect(judge(inAzure([aTarget({ publicWays: [], firewalls: [mapped] })]))).toEqual({
      branch: "no-nsg-firewall-allows",
      category: "unhealthy",
      tab: "not-configured",
      openness: "anyone",
    });
  });

  test("no-nsg-firewall-without-allow: healthy", () => {
    expect(judge(inAzure([aTarget({ publicWays: [], firewalls: [plain] })]))).toEqual({
      branch: "no-nsg-firewall-without-allow",
      category: "healthy",
      tab: "not-configured",
      openness: "inside",
    });
  });

  test("firewall-policy-unread: not applicable, and nobody can say who reaches it", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: open, publicWays: [], firewalls: [aPolicyFirewall] })]))).toEqual({
      branch: "firewall-policy-unread",
      category: "not-applicable",
      tab: "firewall-policy",
      openness: "unknown",
    });
  });

  test.each([22, 3389, 5985, 5986])("an allow for port %i counts, in a range too", (port) => {
    const nsg = anNsg("one", aRule("one", 300, { protocol: "any", destinationPorts: [`${port - 1}-${port}`] }));
    expect(judge(inAzure([aTarget({ subnetGroup: nsg })])).category).toBe("unhealthy");
  });

  test.each([
    ["UDP", { protocol: "udp" }],
    ["a deny", { access: "deny" }],
    ["another machine's address", { destinations: ["10.0.1.5"] }],
    ["an application security group that it isn't in", { destinations: ["/asg/db"] }],
    ["another port", { destinationPorts: ["23-3388"] }],
  ] as const)("a rule for %s doesn't count", (_, changes) => {
    expect(judge(inAzure([aTarget({ subnetGroup: anNsg("one", aRule("one", 300, changes)) })])).branch).toBe(
      "nsg-without-allow",
    );
  });

  test("an allow that a deny above it silences still counts, and nobody gets in by it", () => {
    const nsg = anNsg("both", aRule("no", 100, { access: "deny", destinationPorts: ["*"] }), aRule("ssh", 200));
    expect(judge(inAzure([aTarget({ subnetGroup: nsg })]))).toMatchObject({
      category: "unhealthy",
      openness: "nobody",
    });
  });

  test("an allow whose destination nobody knows counts", () => {
    const nsg = anNsg("one", aRule("one", 300, { destinations: ["SomeTag"] }));
    expect(judge(inAzure([aTarget({ subnetGroup: nsg })]))).toMatchObject({
      category: "unhealthy",
      openness: "unknown",
    });
  });

  test("a network rule that allows the machine's own address counts for the firewall", () => {
    const rule = {
      name: "in",
      protocols: ["tcp"],
      sources: ["*"],
      destinations: ["10.0.1.0/24"],
      destinationPorts: ["22"],
    } as const;
    const firewall = aFirewall({ networkCollections: [{ name: "c", priority: 100, access: "allow", rules: [rule] }] });
    expect(judge(inAzure([aTarget({ publicWays: [], firewalls: [firewall] })])).branch).toBe("no-nsg-firewall-allows");
  });

  test("any of several addresses is enough", () => {
    const targets = [aTarget({ subnetGroup: closed }), aTarget({ privateAddress: "10.0.1.9", interfaceGroup: open })];
    expect(judge(inAzure(targets)).category).toBe("unhealthy");
  });
});

describe("the AWS chart", () => {
  test("jit-enabled: healthy", () => {
    expect(judge(inAws([anAwsTarget([aGroupRule("r", "0.0.0.0/0")])], { jitEnabled: true }))).toEqual({
      branch: "jit-enabled",
      category: "healthy",
      tab: "configured",
      openness: "anyone",
    });
  });

  test.each(["0.0.0.0/0", "::/0", "pl-all"])("group-allows-anyone: unhealthy, from %s", (source) => {
    const table = aTable({ named: new Map([["pl-all", ["198.51.100.0/24", "0.0.0.0/0"]]]) });
    expect(judge(inAws([anAwsTarget([aGroupRule("r", source)], { table })]))).toMatchObject({
      branch: "group-allows-anyone",
      category: "unhealthy",
      tab: "not-configured",
    });
  });

  test("group-allows-anyone: protocol -1 and ranges cover a management port", () => {
    for (const changes of [
      { protocol: "-1", fromPort: undefined, toPort: undefined },
      { fromPort: 0, toPort: 65_535 },
      { protocol: "6", fromPort: 5_900, toPort: 6_000 },
    ]) {
      expect(judge(inAws([anAwsTarget([aGroupRule("r", "0.0.0.0/0", changes)])])).category).toBe("unhealthy");
    }
  });

  test("no-group-allows-anyone: healthy", () => {
    expect(judge(inAws([anAwsTarget([aGroupRule("r", "0.0.0.0/0", { fromPort: 443, toPort: 443 })])]))).toEqual({
      branch: "no-group-allows-anyone",
      category: "healthy",
      tab: "not-configured",
      openness: "nobody",
    });
  });

  test("no-group-allows-anyone: healthy, though two halves are anyone, and a big provider's range is strangers", () => {
    expect(judge(inAws([anAwsTarget([aGroupRule("a", "0.0.0.0/1"), aGroupRule("b", "128.0.0.0/1")])]))).toMatchObject({
      category: "healthy",
      openness: "anyone",
    });
    expect(judge(inAws([anAwsTarget([aGroupRule("a", "3.0.0.0/8")])]))).toMatchObject({
      category: "healthy",
      openness: "strangers",
    });
  });

  test("no-group-allows-anyone: a prefix list that nobody read is unknown", () => {
    expect(judge(inAws([anAwsTarget([aGroupRule("a", "pl-unheard")])]))).toMatchObject({
      category: "healthy",
      openness: "unknown",
    });
  });
});

describe("the tabs", () => {
  test("unsupported: a classic machine", () => {
    expect(judge(inAzure([aTarget({ subnetGroup: open })], { classicMachine: true })).tab).toBe("classic-machine");
  });
});
