import { describe, expect, test } from "vitest";
import { Fault } from "../../../../src/access/fault.ts";
import {
  firewallId,
  groupsNow,
  held,
  hole,
  NOON,
  never,
  open,
  out,
  ownGroup,
  pass,
  reconcile,
  setStage,
} from "../stage.ts";

const SSH = hole(22, "203.0.113.7/32");
const RDP = hole(3389, "203.0.113.7/32");
const SSH6 = hole(22, "2001:db8:1::7/128");

describe("the groups of an interface", () => {
  test("hold nothing of ours at first, and that is settled", async () => {
    const { firewall } = await setStage();
    expect(await firewall("eni-0a1").observe(never)).toMatchObject({ rules: [], settled: true });
    expect(firewall("eni-0a1")).toMatchObject({ id: firewallId("eni-0a1"), name: "eni-0a1", ruleHolds: "hole" });
  });

  test("let in who was asked for and nobody else, and are as before when that is over", async () => {
    const { ec2, firewall } = await setStage();
    const before = ec2.export("eni-0a1");

    expect(await pass(firewall("eni-0a1"), [SSH])).toBe(true);
    expect(open(ec2, "eni-0a1")).toEqual(["22/tcp from 203.0.113.7/32", "443/tcp from 0.0.0.0/0"]);
    expect(await firewall("eni-0a1").observe(never)).toMatchObject({
      rules: [{ id: expect.stringMatching(/^sgr-/u), rule: withoutHolders(SSH), holders: SSH.holders }],
      settled: true,
    });

    expect(await pass(firewall("eni-0a1"), [])).toBe(true);
    expect(ec2.export("eni-0a1")).toEqual(before);
    expect(groupsNow(ec2)).not.toContain("latch-acme-eni-0a1");
  });

  test("carry marks that tell an administrator whose they are, on the group and on each rule", async () => {
    const { ec2, firewall } = await setStage();
    await pass(firewall("eni-0a1"), [SSH]);
    const group = ownGroup(ec2);
    expect(group.tags).toEqual({
      Name: "latch-acme-eni-0a1",
      "latch:installation": "acme",
      "latch:interface": "111122223333/eu-west-1/eni-0a1",
    });
    expect(group.rules).toMatchObject([
      {
        description: expect.stringContaining("Latch (acme)"),
        tags: {
          "latch:installation": "acme",
          "latch:grant:k7f3q2xd": "until 2026-11-23T13:00:00Z for U0DEV1: INC-1042 disk full",
        },
      },
    ]);
  });

  test("share a hole between two grants, and keep it until the last of them ends", async () => {
    const { ec2, firewall } = await setStage();
    const one = held("k7f3q2xd", 60);
    const two = held("z9w8v7t6", 120, "U0DEV2: INC-7");
    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", [one])]);
    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", [one, two])]);
    const [rule] = ownGroup(ec2).rules;
    expect(Object.keys(rule?.tags ?? {})).toEqual(
      expect.arrayContaining(["latch:installation", "latch:grant:k7f3q2xd", "latch:grant:z9w8v7t6"]),
    );

    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", [two])]);
    expect(ownGroup(ec2).rules).toMatchObject([{ id: rule?.id }]);
    expect((await firewall("eni-0a1").observe(never)).rules).toMatchObject([{ holders: [two] }]);

    await reconcile(firewall("eni-0a1"), []);
    expect(open(ec2, "eni-0a1")).toEqual(["443/tcp from 0.0.0.0/0"]);
  });

  test("pass a hole from one grant to another without a moment at which nobody holds it", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    const holders: number[] = [];
    ec2.onChange(() => {
      const tags = Object.keys(ownGroup(ec2).rules[0]?.tags ?? {});
      holders.push(tags.filter((key) => key.startsWith("latch:grant:")).length);
    });
    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", [held("z9w8v7t6")])]);
    expect(holders).toEqual([2, 1]);
  });

  test("move an end without closing the hole meanwhile", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    const seen: string[][] = [];
    ec2.onChange(() => seen.push([...open(ec2, "eni-0a1")]));
    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", [held("k7f3q2xd", 90)])]);
    expect(seen.every((rules) => rules.includes("22/tcp from 203.0.113.7/32"))).toBe(true);
    expect((await firewall("eni-0a1").observe(never)).rules).toMatchObject([{ holders: [held("k7f3q2xd", 90)] }]);
  });

  test("of one machine are each other's business only where both are asked for", async () => {
    const { ec2, firewall } = await setStage();
    const before = [ec2.export("eni-0a1"), ec2.export("eni-0a2")];
    await reconcile(firewall("eni-0a1"), [SSH]);
    expect(open(ec2, "eni-0a2")).toEqual(["443/tcp from 0.0.0.0/0", "9100/tcp from 10.0.0.0/8"]);
    await reconcile(firewall("eni-0a2"), [RDP]);
    await reconcile(firewall("eni-0a1"), []);
    expect(open(ec2, "eni-0a2")).toEqual([
      "3389/tcp from 203.0.113.7/32",
      "443/tcp from 0.0.0.0/0",
      "9100/tcp from 10.0.0.0/8",
    ]);
    await reconcile(firewall("eni-0a2"), []);
    expect([ec2.export("eni-0a1"), ec2.export("eni-0a2")]).toEqual(before);
  });

  test("take IPv6 as well as IPv4", async () => {
    const { ec2, firewall } = await setStage();
    expect(await pass(firewall("eni-0a1"), [SSH, SSH6])).toBe(true);
    expect(open(ec2, "eni-0a1")).toContain("22/tcp from 2001:db8:1::7/128");
    expect((await firewall("eni-0a1").observe(never)).rules.map(({ rule }) => rule?.addresses)).toEqual(
      expect.arrayContaining([["10.0.1.4"], ["2001:db8:5:1::4"]]),
    );
  });

  test("are opened with one write for all rules of a grant, and closed with one", async () => {
    const { ec2, firewall } = await setStage();
    const many = [SSH, RDP, SSH6, hole(8080, "198.51.100.0/24")];
    await pass(firewall("eni-0a1"), many);
    await pass(firewall("eni-0a1"), []);
    const counted = (action: string) => ec2.calls().filter((call) => call.action === action).length;
    expect(counted("AuthorizeSecurityGroupIngress")).toBe(1);
    expect(counted("RevokeSecurityGroupIngress")).toBe(1);
  });

  test("are given ours only when it holds every rule, so that access begins with one write", async () => {
    const { ec2, firewall } = await setStage();
    const seen = new Set<number>();
    ec2.onChange(() => seen.add(open(ec2, "eni-0a1").length + (isAttached(ec2) ? 100 : 0)));
    await pass(firewall("eni-0a1"), [SSH, hole(8080, "198.51.100.0/24", [held("z9w8v7t6")])]);
    expect([...seen].toSorted((a, b) => a - b)).toEqual([1, 103]);
  });

  test("never let the machine go where it couldn't go before", async () => {
    const { ec2, firewall } = await setStage();
    const before = out(ec2, "eni-0a1");
    const seen: (readonly string[])[] = [];
    ec2.onChange(() => seen.push(out(ec2, "eni-0a1")));
    await reconcile(firewall("eni-0a1"), [SSH]);
    await reconcile(firewall("eni-0a1"), []);
    expect(seen.length).toBeGreaterThan(4);
    for (const each of seen) expect(each).toEqual(before);
  });

  test("aren't given ours while it lets traffic out, even when EC2 says it doesn't", async () => {
    const { ec2, firewall } = await setStage();
    const before = out(ec2, "eni-0a1");
    ec2.faults.add({ calls: /^RevokeSecurityGroupEgress/u, does: { kind: "lie" }, times: 1 });
    await expect(pass(firewall("eni-0a1"), [SSH])).rejects.toMatchObject({ code: "aws", retry: "later" });
    expect(out(ec2, "eni-0a1")).toEqual(before);
    await reconcile(firewall("eni-0a1"), [SSH]);
    expect(out(ec2, "eni-0a1")).toEqual(before);
  });

  test("are opened although a new group isn't known everywhere at once", async () => {
    let now = NOON;
    const { ec2, firewall } = await setStage({ clock: { now: () => now }, eventuallyConsistentMs: 50 });
    const ticking = setInterval(() => {
      now = (now + 10) as typeof NOON;
    }, 25);
    await pass(firewall("eni-0a1"), [SSH]).finally(() => clearInterval(ticking));
    expect(open(ec2, "eni-0a1")).toContain("22/tcp from 203.0.113.7/32");
  });
});

describe("room", () => {
  const filled = Array.from({ length: 60 }, (_, i) => hole(1000 + i, "203.0.113.7/32"));

  test("for sixty rules of each family is enough, and the sixty-first is refused before anything changes", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [...filled, SSH6]);
    const before = ec2.export("eni-0a1");
    await expect(pass(firewall("eni-0a1"), [...filled, SSH6, SSH])).rejects.toThrow(
      new Fault("quota", "the group on `eni-0a1` has no room for another rule (60 of 60)", { retry: "never" }),
    );
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("is refused for sixty-one rules at once without a group being made", async () => {
    const { ec2, firewall } = await setStage();
    const before = ec2.export("eni-0a1");
    await expect(pass(firewall("eni-0a1"), [...filled, SSH])).rejects.toMatchObject({ code: "quota", retry: "never" });
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("for a fifth group is enough, and a sixth is refused before anything changes", async () => {
    const { ec2, firewall } = await setStage();
    ec2.editAsSomeoneElse((editor) => editor.setGroups("eni-0a1", ["sg-0a1", "sg-0a2", "sg-0a3", "sg-0a4"]));
    await reconcile(firewall("eni-0a1"), [SSH]);
    await reconcile(firewall("eni-0a1"), []);

    ec2.editAsSomeoneElse((editor) => editor.attach("eni-0a1", "sg-0a5"));
    const before = ec2.export("eni-0a1");
    await expect(pass(firewall("eni-0a1"), [SSH])).rejects.toThrow("`eni-0a1` already has 5 of 5 security groups");
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("is never a reason to keep something open", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [...filled, SSH6]);
    const next = [...filled.slice(0, 59), hole(2000, "203.0.113.7/32"), SSH];
    await expect(pass(firewall("eni-0a1"), next)).rejects.toMatchObject({ code: "quota" });
    expect(open(ec2, "eni-0a1")).not.toContain("22/tcp from 2001:db8:1::7/128");
    expect(open(ec2, "eni-0a1")).not.toContain("1059/tcp from 203.0.113.7/32");
    expect(open(ec2, "eni-0a1")).not.toContain("22/tcp from 203.0.113.7/32");
  });

  test("for 49 grants in one rule is enough, and the fiftieth is refused before anything changes", async () => {
    const { ec2, firewall } = await setStage();
    const holders = Array.from({ length: 50 }, (_, i) => held(`k7f3q2${code(i)}`));
    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", holders.slice(0, 49))]);
    const before = ec2.export("eni-0a1");
    await expect(pass(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", holders)])).rejects.toMatchObject({
      code: "quota",
    });
    expect(ec2.export("eni-0a1")).toEqual(before);

    const others = holders.map((each) => ({ ...each, grant: each.grant.replace("k7", "w9") as typeof each.grant }));
    await reconcile(firewall("eni-0a1"), [hole(22, "203.0.113.7/32", others.slice(0, 49))]);
    expect((await firewall("eni-0a1").observe(never)).rules[0]?.holders).toEqual(others.slice(0, 49));
  });
});

describe("others at the same time", () => {
  test("keep the groups they attach and detach while we work", async () => {
    const { ec2, firewall } = await setStage();
    ec2.editAsSomeoneElse((editor) => editor.attach("eni-0a1", "sg-0a3"));
    let writes = 0;
    await pass(firewall("eni-0a1"), [SSH], async () => {
      writes += 1;
      if (writes === 2) {
        ec2.editAsSomeoneElse((editor) => {
          editor.attach("eni-0a1", "sg-0a2");
          editor.detach("eni-0a1", "sg-0a3");
        });
      }
    });
    expect(
      ec2
        .export("eni-0a1")
        .attached.map(({ name }) => name)
        .toSorted(),
    ).toEqual(["latch-acme-eni-0a1", "monitoring", "web"]);
  });

  test("who overwrite our attaching with what they read before are overwritten with both", async () => {
    const { ec2, firewall } = await setStage();
    let overwritten = false;
    const stop = ec2.onChange(() => {
      if (overwritten || !open(ec2, "eni-0a1").includes("22/tcp from 203.0.113.7/32")) return;
      overwritten = true;
      ec2.editAsSomeoneElse((editor) => editor.setGroups("eni-0a1", ["sg-0a1", "sg-0a2"]));
    });
    expect(await pass(firewall("eni-0a1"), [SSH])).toBe(true);
    stop();
    expect(overwritten).toBe(true);
    expect(
      ec2
        .export("eni-0a1")
        .attached.map(({ name }) => name)
        .toSorted(),
    ).toEqual(["latch-acme-eni-0a1", "monitoring", "web"]);
  });

  test("who edit or add rules in our group are undone, and what has no mark has no holders", async () => {
    const { ec2, firewall } = await setStage();
    const before = out(ec2, "eni-0a1");
    await reconcile(firewall("eni-0a1"), [SSH, RDP]);
    const group = ownGroup(ec2);
    const [first] = group.rules;
    ec2.editAsSomeoneElse((editor) => {
      editor.changeRule(first?.id ?? "", { toPort: 25 });
      editor.authorize(group.id, { protocol: "-1", peer: "0.0.0.0/0" });
      editor.authorize(group.id, { protocol: "-1", peer: "0.0.0.0/0" }, "egress");
    });
    const seen = await firewall("eni-0a1").observe(never);
    expect(seen.settled).toBe(false);
    expect(
      seen.rules
        .filter(({ rule }) => rule === undefined)
        .map(({ holders }) => holders.length)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 1]);
    expect(await pass(firewall("eni-0a1"), [SSH, RDP])).toBe(true);
    expect(open(ec2, "eni-0a1")).toEqual([
      "22/tcp from 203.0.113.7/32",
      "3389/tcp from 203.0.113.7/32",
      "443/tcp from 0.0.0.0/0",
    ]);
    expect(out(ec2, "eni-0a1")).toEqual(before);
  });

  test("who take our group off the interface are noticed, and it is attached again", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.editAsSomeoneElse((editor) => editor.detach("eni-0a1", ownGroup(ec2).id));
    expect((await firewall("eni-0a1").observe(never)).settled).toBe(false);
    expect(await pass(firewall("eni-0a1"), [SSH])).toBe(true);
    expect(open(ec2, "eni-0a1")).toContain("22/tcp from 203.0.113.7/32");
  });

  test("who take every other group off leave ours as the last: it stays, emptied, until there is another", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.editAsSomeoneElse((editor) => editor.setGroups("eni-0a1", [ownGroup(ec2).id]));
    expect(await pass(firewall("eni-0a1"), [])).toBe(true);
    expect(open(ec2, "eni-0a1")).toEqual([]);

    ec2.editAsSomeoneElse((editor) => editor.attach("eni-0a1", "sg-0a1"));
    expect(await pass(firewall("eni-0a1"), [])).toBe(true);
    expect(groupsNow(ec2)).not.toContain("latch-acme-eni-0a1");
  });

  test("who have a group of our name without our mark keep it, untouched", async () => {
    const { ec2, firewall } = await setStage();
    ec2.editAsSomeoneElse((editor) => {
      const id = editor.createGroup("vpc-0a1", "latch-acme-eni-0a1", "mine", { "latch:installation": "acme-eu" });
      editor.attach("eni-0a1", id);
      editor.authorize(id, { protocol: "tcp", ports: 22, peer: "10.9.0.0/16" });
    });
    const before = ec2.export("eni-0a1");
    expect(await firewall("eni-0a1").observe(never)).toMatchObject({ rules: [], settled: true });
    await expect(pass(firewall("eni-0a1"), [SSH])).rejects.toMatchObject({ code: "aws", retry: "never" });
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("who take our group's tags away keep nothing open: its rules still say whose they are", async () => {
    const { ec2, firewall } = await setStage();
    const before = ec2.export("eni-0a1");
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(ownGroup(ec2).id, {}));
    expect((await firewall("eni-0a1").observe(never)).rules).toMatchObject([{ holders: SSH.holders }]);
    expect(await pass(firewall("eni-0a1"), [])).toBe(true);
    expect(ec2.export("eni-0a1")).toEqual(before);
    expect(groupsNow(ec2)).not.toContain("latch-acme-eni-0a1");
  });

  test("who run another installation on the same interface don't notice us", async () => {
    const { ec2, firewall } = await setStage();
    const before = ec2.export("eni-0a1");
    await reconcile(firewall("eni-0a1", "acme"), [SSH]);
    await reconcile(firewall("eni-0a1", "beta"), [SSH]);
    await reconcile(firewall("eni-0a1", "acme"), []);
    expect(open(ec2, "eni-0a1")).toContain("22/tcp from 203.0.113.7/32");
    expect((await firewall("eni-0a1", "beta").observe(never)).rules).toHaveLength(1);
    await reconcile(firewall("eni-0a1", "beta"), []);
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("who made a second group with our name and mark see one of the two go", async () => {
    const { ec2, firewall } = await setStage();
    const before = ec2.export("eni-0a1");
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.editAsSomeoneElse((editor) => {
      const id = editor.createGroup("vpc-0a1", "latch-acme-eni-0a1", "copy", { "latch:installation": "acme" });
      editor.authorize(id, { protocol: "tcp", ports: 3389, peer: "203.0.113.7/32" });
      editor.attach("eni-0a1", id);
    });
    const seen = await firewall("eni-0a1").observe(never);
    expect(seen.rules).toHaveLength(2);
    expect(seen.settled).toBe(false);
    await reconcile(firewall("eni-0a1"), [SSH]);
    expect(open(ec2, "eni-0a1")).toEqual(["22/tcp from 203.0.113.7/32", "443/tcp from 0.0.0.0/0"]);
    await reconcile(firewall("eni-0a1"), []);
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("who delete the machine leave us a group to clean up", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.editAsSomeoneElse((editor) => editor.removeInstance("i-0a1"));
    expect(await firewall("eni-0a1").observe(never)).toMatchObject({
      rules: [{ rule: undefined, holders: SSH.holders }],
      settled: false,
    });
    await expect(pass(firewall("eni-0a1"), [SSH])).rejects.toMatchObject({ code: "not-found", retry: "never" });
    expect(groupsNow(ec2)).not.toContain("latch-acme-eni-0a1");
    expect(await firewall("eni-0a1").observe(never)).toMatchObject({ rules: [], settled: true });
  });
});

describe("many pages", () => {
  test("are read to the last", async () => {
    const { firewall } = await setStage({ largestPage: 5 });
    const rules = Array.from({ length: 23 }, (_, i) => hole(1000 + i, "203.0.113.7/32"));
    await reconcile(firewall("eni-0a1"), rules);
    expect((await firewall("eni-0a1").observe(never)).rules).toHaveLength(23);
  });
});

const isAttached = (ec2: Awaited<ReturnType<typeof setStage>>["ec2"]): boolean =>
  ec2.export("eni-0a1").attached.some(({ name }) => name === "latch-acme-eni-0a1");

const withoutHolders = ({ addresses, protocol, ports, sources }: typeof SSH) => ({
  addresses,
  protocol,
  ports,
  sources,
});
const LETTERS = "bcdfghjkmn";
const code = (i: number): string => `${LETTERS[Math.floor(i / 10)] ?? ""}${LETTERS[i % 10] ?? ""}`;
