import { describe, expect, test } from "vitest";
import type { FirewallId } from "../../../../src/access/machine.ts";
import { type Block, type Cloud, type Firewall, NO_CHANGES } from "../../../../src/cloud/firewall.ts";
import type { RuleSpec } from "../../../../src/sandbox/aws/world.ts";
import type { Misbehaviour } from "../../../../src/sandbox/faults.ts";
import {
  always,
  firewallId,
  groupId,
  hole,
  never,
  ownGroup,
  reconcile as reconcileGrants,
  setStage,
} from "../stage.ts";
import {
  blockOf,
  GROUP,
  groupNow,
  idOf,
  pass,
  reconcile,
  rulesNow,
  type SharedStage,
  setSharedStage,
} from "./shared-stage.ts";

const ONE = "k7f3q2xd";
const TWO = "m8g4r3zf";
const WEB: RuleSpec = { protocol: "tcp", ports: 443, peer: "0.0.0.0/0", description: "public" };
const SSH: RuleSpec = {
  protocol: "tcp",
  ports: 22,
  peer: "0.0.0.0/0",
  description: "temporary!",
  tags: { Owner: "ops, web" },
};
const RANGE: RuleSpec = {
  protocol: "tcp",
  ports: [20, 25],
  peer: "10.0.0.0/8",
  description: "old things",
  tags: { a: "1" },
};

const start = async (rules: readonly RuleSpec[]) => {
  const stage = await setSharedStage(rules);
  return { ...stage, before: groupNow(stage.ec2) };
};

describe("withholding a rule", () => {
  test("takes it away, and puts it back as it was", async () => {
    const { ec2, firewall, before, texts } = await start([WEB, SSH]);
    const block = blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "0.0.0.0/0")]);
    expect(await reconcile(firewall(), [block])).toEqual([]);
    expect(rulesNow(ec2)).toEqual(["443/tcp from 0.0.0.0/0"]);
    const { blocks, settled, undercut, rules } = await firewall().observe(never, [block]);
    expect({ blocks, settled, undercut: undercut.get(block.protection), rules }).toEqual({
      blocks: [
        {
          protection: ONE,
          block: { addresses: ["10.0.1.4"], ports: [{ port: 22, protocol: "tcp" }] },
          note: "prod-vm-3: U0SEC1",
        },
      ],
      settled: true,
      undercut: [],
      rules: [],
    });

    expect(await reconcile(firewall(), [])).toEqual([]);
    expect(groupNow(ec2)).toEqual(before);
    expect(texts.size).toBe(0);
  });

  test("is written on the group for whoever finds it", async () => {
    const { ec2, firewall } = await start([SSH]);
    const id = idOf(ec2, 22, "0.0.0.0/0");
    await reconcile(firewall(), [blockOf(ONE, ["22/tcp", "3389/tcp"], [id])]);
    const tags = groupNow(ec2)?.tags ?? {};
    expect(tags[`latch:acme:protect:${ONE}`]).toBe("22/tcp 3389/tcp 10.0.1.4 note:prod-vm-3=3A+U0SEC1 end");
    expect(Object.values(tags)).toContain(
      `tcp 22 0.0.0.0/0 ${id} for:22/tcp text:temporary=21 tag:Owner:ops=2C+web end`,
    );
  });

  test("leaves what else a range lets in, described and tagged as it was", async () => {
    const { ec2, firewall, before } = await start([RANGE, WEB]);
    await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "10.0.0.0/8")])]);
    expect(groupNow(ec2)?.ingress.filter(({ peer }) => peer === "10.0.0.0/8")).toEqual(
      [
        [20, 21],
        [23, 25],
      ].map(([fromPort, toPort]) => ({
        protocol: "tcp",
        fromPort,
        toPort,
        peer: "10.0.0.0/8",
        description: "old things",
        tags: { a: "1", "latch:acme:remains": "of a rule that Latch withholds" },
      })),
    );
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual(before);
  });

  test.each<[string, RuleSpec]>([
    ["of IPv6", { protocol: "tcp", ports: [0, 65_535], peer: "::/0" }],
    ["from a prefix list", { protocol: "tcp", ports: [22, 23], peer: "pl-0a1", description: "office" }],
    ["from a group", { protocol: "tcp", ports: [20, 22], peer: "sg-0a1", tags: { x: "ö ✓" } }],
    ["from another account's group", { protocol: "tcp", ports: 22, peer: "sg-0c1", description: "peer" }],
    ["for all protocols", { protocol: "-1", peer: "10.0.0.0/8", description: "vpn: all" }],
  ])("works for one %s", async (_name, rule) => {
    const { ec2, firewall, before } = await start([WEB, rule]);
    const block = blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, rule.peer)]);
    await reconcile(firewall(), [block]);
    expect((await firewall().observe(never, [block])).undercut.get(block.protection)).toEqual([]);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("takes no more calls than it needs", async () => {
    const { ec2, firewall } = await start([RANGE, SSH, { ...RANGE, peer: "192.0.2.0/24" }, { ...SSH, peer: "::/0" }]);
    const ids = ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.0/24", "::/0"].map((peer) => idOf(ec2, 22, peer));
    const writes = () =>
      ec2
        .calls()
        .map(({ action }) => action)
        .filter((action) => !action.startsWith("Describe"));
    const block = blockOf(ONE, ["22/tcp"], ids);
    await reconcile(firewall(), [block]);
    expect(writes()).toEqual(["CreateTags", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]);
    const sofar = writes().length;
    await reconcile(firewall(), [block]);
    expect(writes()).toHaveLength(sofar);
    await reconcile(firewall(), []);
    expect(writes().slice(sofar)).toEqual([
      "CreateTags",
      "AuthorizeSecurityGroupIngress",
      "AuthorizeSecurityGroupIngress",
      "RevokeSecurityGroupIngress",
      "DeleteTags",
    ]);
  });
});

describe("what still lets in", () => {
  test("is told of each rule that covers a port, whatever its source, and of nothing else", async () => {
    const all: RuleSpec = { protocol: "-1", peer: "sg-0a1" };
    const { ec2, firewall } = await start([WEB, RANGE, all, { protocol: "udp", ports: 22, peer: "0.0.0.0/0" }, SSH]);
    const block = blockOf(ONE, ["22/tcp"], []);
    const group = firewall();
    expect(group.name).toBe(GROUP);
    const { undercut } = await group.observe(never, [block]);
    expect(group.name).toBe(`shared (${GROUP})`);
    const named = (port: number, peer: string) => {
      const id = idOf(ec2, port, peer);
      return { id, name: id, priority: undefined };
    };
    const tcp = ec2
      .state()
      .groups.get(GROUP)
      ?.rules.find(({ protocol, fromPort }) => protocol === "tcp" && fromPort === 22);
    const found = [...(undercut.get(block.protection) ?? [])].toSorted((a, b) =>
      (a.sources[0] ?? "") < (b.sources[0] ?? "") ? -1 : 1,
    );
    expect(found).toEqual([
      {
        id: tcp?.id,
        name: tcp?.id,
        priority: undefined,
        protocol: "tcp",
        ports: ["22"],
        sources: ["0.0.0.0/0"],
      },
      { ...named(22, "10.0.0.0/8"), protocol: "tcp", ports: ["20-25"], sources: ["10.0.0.0/8"] },
      { ...named(22, "sg-0a1"), protocol: "any", ports: ["*"], sources: ["sg-0a1"] },
    ]);
  });
});

describe("two machines that share the group", () => {
  test("share what is withheld, and split anew when one of them is protected no more", async () => {
    const { ec2, firewall, before } = await start([RANGE]);
    const id = idOf(ec2, 22, "10.0.0.0/8");
    const one = blockOf(ONE, ["22/tcp"], [id]);
    const two = blockOf(TWO, ["24/tcp"], [id], ["10.0.1.7"]);
    await reconcile(firewall(), [one]);
    await reconcile(firewall(), [one, two]);
    expect(rulesNow(ec2)).toEqual(["20-21/tcp from 10.0.0.0/8", "23/tcp from 10.0.0.0/8", "25/tcp from 10.0.0.0/8"]);
    await reconcile(firewall(), [two]);
    expect(rulesNow(ec2)).toEqual(["20-23/tcp from 10.0.0.0/8", "25/tcp from 10.0.0.0/8"]);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("say what stays withheld for one of them when the other is protected no more", async () => {
    const all: RuleSpec = { protocol: "-1", peer: "sg-0a1" };
    const { ec2, firewall, before } = await start([RANGE, WEB, all]);
    const ids = [idOf(ec2, 22, "10.0.0.0/8"), idOf(ec2, 22, "sg-0a1")];
    const one = blockOf(ONE, ["22/tcp", "24/tcp"], ids);
    const two = blockOf(TWO, ["22/tcp"], ids, ["10.0.1.7"]);
    await reconcile(firewall(), [one, two]);
    expect(await reconcile(firewall(), [two])).toEqual([
      "`22/tcp from 10.0.0.0/8` in shared stays withheld, because another machine of the group is protected.",
      "`everything from sg-0a1` in shared stays withheld, because another machine of the group is protected.",
    ]);
    expect(rulesNow(ec2)).toContain("23-25/tcp from 10.0.0.0/8");
    expect(await reconcile(firewall(), [])).toEqual([]);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("never cut anybody off a port that isn't blocked", async () => {
    const { ec2, firewall } = await start([RANGE]);
    const id = idOf(ec2, 22, "10.0.0.0/8");
    const one = blockOf(ONE, ["22/tcp"], [id]);
    const two = blockOf(TWO, ["24/tcp"], [id], ["10.0.1.7"]);
    const missing: number[] = [];
    ec2.onChange(() => {
      const rules = groupNow(ec2)?.ingress ?? [];
      for (const port of [20, 21, 23, 25]) {
        if (!rules.some(({ fromPort, toPort }) => fromPort <= port && port <= toPort)) missing.push(port);
      }
    });
    for (const desired of [[one], [one, two], [two], []]) await reconcile(firewall(), desired);
    expect(missing).toEqual([]);
  });
});

describe("two installations that share the group", () => {
  test("each put back what they took, whoever ends first", async () => {
    const { ec2, firewall, before } = await start([RANGE, SSH]);
    const mine = blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "10.0.0.0/8")]);
    const theirs = blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "0.0.0.0/0")]);
    const other = (desired: readonly Block[]) => reconcile(firewall("acme-eu"), desired);
    await reconcile(firewall(), [mine]);
    expect(await firewall("acme-eu").observe(never, [])).toMatchObject({ blocks: [], settled: true });
    await other([theirs]);
    expect(rulesNow(ec2)).toEqual(["20-21/tcp from 10.0.0.0/8", "23-25/tcp from 10.0.0.0/8"]);
    expect(await firewall().observe(never, [mine])).toMatchObject({ settled: true });
    expect([...(await reconcile(firewall(), [])), ...(await other([]))]).toEqual([]);
    expect(groupNow(ec2)).toEqual(before);
  });
});

describe("what others do meanwhile", () => {
  const blocked = async (
    rules: readonly RuleSpec[],
    port = 22,
  ): Promise<SharedStage & { before: ReturnType<typeof groupNow> }> => {
    const stage = await start(rules);
    const peer = rules[0]?.peer ?? "";
    await reconcile(stage.firewall(), [blockOf(ONE, [`${port}/tcp`], [idOf(stage.ec2, port, peer)])]);
    return stage;
  };

  test("a rule made anew shows as letting in, and stays as they wrote it", async () => {
    const { ec2, firewall } = await blocked([SSH]);
    const block = blockOf(ONE, ["22/tcp"], []);
    const id = ec2.editAsSomeoneElse((editor) => editor.authorize(GROUP, { ...SSH, description: "by hand", tags: {} }));
    expect((await firewall().observe(never, [block])).undercut.get(block.protection)).toMatchObject([{ id }]);
    expect(await reconcile(firewall(), [])).toEqual([
      "Somebody made `22/tcp from 0.0.0.0/0` in shared anew meanwhile: it stays as they wrote it.",
    ]);
    expect(
      ec2
        .state()
        .groups.get(GROUP)
        ?.rules.find((rule) => !rule.isEgress),
    ).toMatchObject({ id, description: "by hand", tags: {} });
    expect(groupNow(ec2)?.tags).toEqual({});
  });

  test("a rule made anew can be withheld as well, and is then put back as it was last", async () => {
    const { ec2, firewall } = await blocked([SSH]);
    const id = ec2.editAsSomeoneElse((editor) => editor.authorize(GROUP, { ...SSH, description: "by hand", tags: {} }));
    await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], [id])]);
    expect(rulesNow(ec2)).toEqual([]);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)?.ingress).toMatchObject([{ fromPort: 22, description: "by hand", tags: {} }]);
  });

  test("a part that they take away stays away, while blocked and afterwards, and they are told", async () => {
    const { ec2, firewall, later } = await blocked([RANGE]);
    ec2.editAsSomeoneElse((editor) => editor.revoke(idOf(ec2, 23, "10.0.0.0/8")));
    const block = blockOf(ONE, ["22/tcp"], []);
    // EC2 may only not show it yet.
    expect(await reconcile(firewall(), [block])).toEqual([]);
    expect(rulesNow(ec2)).toEqual(["20-21/tcp from 10.0.0.0/8"]);
    later(20_000);
    expect(await reconcile(firewall(), [block])).toEqual([
      "Somebody took `23-25/tcp from 10.0.0.0/8` out of shared: it stays out.",
    ]);
    expect(rulesNow(ec2)).toEqual(["20-21/tcp from 10.0.0.0/8"]);
    expect(await reconcile(firewall(), [])).toEqual([
      "`20-25/tcp from 10.0.0.0/8` is back in shared without 23-25, which somebody took out meanwhile.",
    ]);
    expect(groupNow(ec2)?.ingress).toMatchObject([
      { fromPort: 20, toPort: 22, description: "old things", tags: { a: "1" } },
    ]);
    expect(groupNow(ec2)?.tags).toEqual({});
  });

  test("a part that they take away right before the port is unblocked stays away", async () => {
    const { ec2, firewall, later } = await blocked([RANGE]);
    ec2.editAsSomeoneElse((editor) => editor.revoke(idOf(ec2, 23, "10.0.0.0/8")));
    expect(await reconcile(firewall(), [])).toEqual([]);
    expect(rulesNow(ec2)).toEqual(["20-22/tcp from 10.0.0.0/8"]);
    later(20_000);
    expect(await reconcile(firewall(), [])).toEqual([
      "Somebody took `23-25/tcp from 10.0.0.0/8` out of shared: it stays out.",
      "`20-25/tcp from 10.0.0.0/8` is back in shared without 23-25, which somebody took out meanwhile.",
    ]);
    expect(groupNow(ec2)).toMatchObject({
      ingress: [{ fromPort: 20, toPort: 22, description: "old things", tags: { a: "1" } }],
      tags: {},
    });
  });

  const SHOWN_WITHOUT_RULES: Misbehaviour = {
    kind: "answer",
    status: 200,
    body: `<?xml version="1.0" encoding="UTF-8"?><DescribeSecurityGroupRulesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>x</requestId><securityGroupRuleSet/></DescribeSecurityGroupRulesResponse>`,
  };

  test.each([
    ["when another machine of the group is protected", 0],
    ["when the port is unblocked", 0],
    ["for so long that they seem to be taken out", 30_000],
  ])("parts that EC2 doesn't show for a while, %s, are theirs again in the end", async (name, forMs) => {
    const { ec2, firewall, later, before } = await blocked([RANGE, WEB]);
    const one = blockOf(ONE, ["22/tcp"], []);
    const then = name.includes("unblocked") ? [] : [one, blockOf(TWO, ["22/tcp"], [], ["10.0.1.7"])];
    const end = ec2.faults.add({ calls: /DescribeSecurityGroupRules/u, does: () => SHOWN_WITHOUT_RULES });
    await pass(firewall(), then).catch(() => undefined);
    later(forMs);
    await pass(firewall(), then).catch(() => undefined);
    end();
    await reconcile(firewall(), then);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("a run of theirs that wipes what we left and makes the rule anew has the last word", async () => {
    const { ec2, firewall, before } = await blocked([RANGE, WEB]);
    const block = blockOf(ONE, ["22/tcp"], []);
    const id = ec2.editAsSomeoneElse((editor) => {
      for (const port of [20, 23]) editor.revoke(idOf(ec2, port, "10.0.0.0/8"));
      return editor.authorize(GROUP, RANGE);
    });
    expect(await reconcile(firewall(), [block])).toEqual([]);
    expect(rulesNow(ec2)).toEqual(["20-25/tcp from 10.0.0.0/8", "443/tcp from 0.0.0.0/0"]);

    await reconcile(firewall(), [{ ...block, overrules: [id] }]);
    expect(rulesNow(ec2)).toEqual(["20-21/tcp from 10.0.0.0/8", "23-25/tcp from 10.0.0.0/8", "443/tcp from 0.0.0.0/0"]);
    ec2.editAsSomeoneElse((editor) => {
      for (const port of [20, 23]) editor.revoke(idOf(ec2, port, "10.0.0.0/8"));
      return editor.authorize(GROUP, RANGE);
    });
    expect(await reconcile(firewall(), [])).toEqual([]);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("what we left of a rule, described anew by them, stays beside it", async () => {
    const { ec2, firewall, before } = await blocked([RANGE]);
    const id = idOf(ec2, 20, "10.0.0.0/8");
    ec2.editAsSomeoneElse((editor) => editor.changeRule(id, { description: "keep" }));
    expect(await reconcile(firewall(), [])).toEqual([
      "Somebody described `20-21/tcp from 10.0.0.0/8` in shared anew: it stays there.",
    ]);
    expect(groupNow(ec2)?.ingress).toEqual([
      { protocol: "tcp", fromPort: 20, toPort: 21, peer: "10.0.0.0/8", description: "keep", tags: { a: "1" } },
      ...(before?.ingress ?? []),
    ]);
    expect(await firewall().observe(never, [])).toMatchObject({ settled: true });
  });

  test("tags of ours that they edit are written again, and don't decide what is put back", async () => {
    const { ec2, firewall, before } = await blocked([SSH]);
    const tags = groupNow(ec2)?.tags ?? {};
    const forged = Object.fromEntries(
      Object.entries(tags).map(([key, value]) => [
        key,
        value.replace("0.0.0.0/0", "192.0.2.0/24").replace("22/tcp", "23/tcp"),
      ]),
    );
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, { ...forged, "latch:acme:protect:bcdfghjk": "odd" }));
    const block = blockOf(ONE, ["22/tcp"], []);
    expect((await firewall().observe(never, [block])).settled).toBe(false);
    await reconcile(firewall(), [block]);
    expect(groupNow(ec2)?.tags).toEqual(tags);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("a block that can't be read any more keeps closed what it kept closed", async () => {
    const { ec2, firewall, texts } = await blocked([RANGE]);
    const tags = groupNow(ec2)?.tags ?? {};
    ec2.editAsSomeoneElse((editor) =>
      editor.setGroupTags(GROUP, { ...tags, [`latch:acme:protect:${ONE}`]: "odd end" }),
    );
    texts.clear();
    expect((await firewall().observe(never, [])).blocks).toEqual([{ protection: ONE, block: undefined, note: "" }]);
    await firewall().apply(NO_CHANGES, always, never);
    expect(rulesNow(ec2)).toEqual(["20-21/tcp from 10.0.0.0/8", "23-25/tcp from 10.0.0.0/8"]);
  });

  test("a withheld rule that nobody remembers any more is told with what is left of its tag", async () => {
    const { ec2, firewall, texts } = await blocked([SSH]);
    const tags = groupNow(ec2)?.tags ?? {};
    const key = Object.keys(tags).find((each) => each.startsWith("latch:acme:withheld:")) ?? "";
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, { ...tags, [key]: "tcp 22 somewhere end" }));
    texts.clear();
    expect(await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], [])])).toEqual([]);
    expect(await reconcile(firewall(), [])).toEqual([
      `What was withheld from shared isn't put back: its tag \`${key.slice("latch:acme:".length)}\` says only \`tcp 22 somewhere\`, and nothing proves that Latch wrote it so.`,
    ]);
    expect(groupNow(ec2)?.tags).toEqual({});
  });

  const forged = {
    "latch:acme:withholds": "111122223333/eu-west-1/sg-0a9 7 1234567890123456789012 abcdef",
    [`latch:acme:protect:${TWO}`]: "22/tcp 10.0.1.4 note:x end",
    "latch:acme:withheld:0123456789ab": "tcp 22 0.0.0.0/0 sgr-0a1 for:22/tcp end",
  };

  test("tags that only look like ours don't make us put a rule into a group, protected or not", async () => {
    const { ec2, firewall, before } = await start([WEB, SSH]);
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, forged));
    const { blocks, settled } = await firewall().observe(never, []);
    expect({ blocks, settled }).toEqual({ blocks: [{ protection: TWO, block: undefined, note: "" }], settled: true });
    await expect(firewall().apply({ ...NO_CHANGES, unblock: blocks }, always, never)).rejects.toMatchObject({
      code: "aws",
      retry: "never",
    });
    expect(groupNow(ec2)).toEqual({ ...before, tags: forged });

    expect(await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "0.0.0.0/0")])])).toEqual([]);
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, { ...groupNow(ec2)?.tags, ...forged }));
    expect(await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], [])])).toEqual([]);
    expect(rulesNow(ec2)).toEqual(["443/tcp from 0.0.0.0/0"]);
    expect(await reconcile(firewall(), [])).toEqual([
      "What was withheld from shared isn't put back: its tag `withheld:0123456789ab` says only `tcp 22 0.0.0.0/0 sgr-0a1 for:22/tcp`, and nothing proves that Latch wrote it so.",
    ]);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("a rule that they add to our tags isn't put into the group when memory is lost, and nothing else is either", async () => {
    const { ec2, firewall, texts } = await blocked([SSH, WEB]);
    const added = { "latch:acme:withheld:0123456789ab": "tcp 23 0.0.0.0/0 sgr-0a1 for:23/tcp end" };
    const withProtect = Object.entries(groupNow(ec2)?.tags ?? {}).map(([key, value]) => [
      key,
      key.includes(":protect:") ? value.replace("22/tcp", "23/tcp") : value,
    ]);
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, { ...Object.fromEntries(withProtect), ...added }));
    texts.clear();
    await expect(
      firewall().apply({ ...NO_CHANGES, unblock: (await firewall().observe(never, [])).blocks }, always, never),
    ).rejects.toMatchObject({ retry: "never" });
    expect(rulesNow(ec2)).toEqual(["443/tcp from 0.0.0.0/0"]);
  });

  test("the tags of another group, copied here, are nobody's", async () => {
    const { ec2, firewall, texts } = await blocked([SSH]);
    const tags = groupNow(ec2)?.tags ?? {};
    const place = "111122223333/eu-west-1/sg-0a9";
    await reconcile(firewall(), []);
    const before = groupNow(ec2);
    ec2.editAsSomeoneElse((editor) =>
      editor.setGroupTags(
        GROUP,
        Object.fromEntries(
          Object.entries(tags).map(([key, value]) => [key, value.replace(place, place.replace("0a9", "0a8"))]),
        ),
      ),
    );
    ec2.editAsSomeoneElse((editor) => editor.revoke(idOf(ec2, 22, "0.0.0.0/0")));
    expect(texts.size).toBe(0);
    expect((await firewall().observe(never, [])).blocks).toEqual([]);
    expect(await reconcile(firewall(), [])).toEqual([]);
    expect(groupNow(ec2)).toEqual({ ...before, ingress: [] });
  });

  test("with another secret what memory says too is put back, and what only tags say is left until the old one is back", async () => {
    const { ec2, firewall, texts, before } = await blocked([SSH]);
    const anew = { secret: "another" };
    await reconcile(firewall("acme", anew), [blockOf(ONE, ["22/tcp"], [])]);
    texts.clear();
    const { blocks, settled } = await firewall().observe(never, []);
    expect({ blocks, settled }).toEqual({ blocks: [{ protection: ONE, block: undefined, note: "" }], settled: true });
    await expect(firewall().apply({ ...NO_CHANGES, unblock: blocks }, always, never)).rejects.toThrow(
      /start it with the Slack secret of then/u,
    );
    expect(rulesNow(ec2)).toEqual([]);
    await reconcile(firewall("acme", anew), []);
    expect(groupNow(ec2)).toEqual(before);
  });

  test("a part that they narrow stays as they wrote it", async () => {
    const { ec2, firewall } = await blocked([RANGE]);
    const id = idOf(ec2, 23, "10.0.0.0/8");
    ec2.editAsSomeoneElse((editor) => editor.changeRule(id, { fromPort: 24 }));
    expect(await reconcile(firewall(), [])).toEqual([
      "Somebody took `23-25/tcp from 10.0.0.0/8` out of shared: it stays out.",
      "`20-25/tcp from 10.0.0.0/8` is back in shared without 23-25, which somebody took out meanwhile.",
    ]);
    expect(rulesNow(ec2)).toEqual(["20-22/tcp from 10.0.0.0/8", "24-25/tcp from 10.0.0.0/8"]);
    expect(
      ec2
        .state()
        .groups.get(GROUP)
        ?.rules.find((rule) => rule.id === id)?.tags,
    ).toEqual({ a: "1" });
  });

  test("other edits of the group are left alone", async () => {
    const { ec2, firewall, before } = await blocked([RANGE, WEB]);
    ec2.editAsSomeoneElse((editor) => editor.authorize(GROUP, { protocol: "tcp", ports: 8080, peer: "192.0.2.0/24" }));
    expect(await reconcile(firewall(), [])).toEqual([]);
    expect(groupNow(ec2)?.ingress.filter(({ fromPort }) => fromPort !== 8080)).toEqual(before?.ingress);
    expect(rulesNow(ec2)).toContain("8080/tcp from 192.0.2.0/24");
  });

  test("a group as source that is gone can't be put back, and is told", async () => {
    const { ec2, firewall } = await start([{ protocol: "tcp", ports: 22, peer: "sg-0a3" }, SSH]);
    const ids = [idOf(ec2, 22, "sg-0a3"), idOf(ec2, 22, "0.0.0.0/0")];
    await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], ids)]);
    ec2.editAsSomeoneElse((editor) => editor.deleteGroup("sg-0a3"));
    expect(await reconcile(firewall(), [])).toEqual([
      "`22/tcp from sg-0a3` can't be put into shared: there is no sg-0a3 any more.",
    ]);
    expect(rulesNow(ec2)).toEqual(["22/tcp from 0.0.0.0/0"]);
    expect(groupNow(ec2)?.tags).toEqual({});
  });

  test("a group that is gone holds nothing, and blocks on it can't be made", async () => {
    const { ec2, firewall, texts } = await blocked([SSH]);
    ec2.editAsSomeoneElse((editor) => editor.deleteGroup(GROUP));
    expect(await firewall().observe(never, [])).toMatchObject({ blocks: [], settled: true });
    await expect(pass(firewall(), [blockOf(ONE, ["22/tcp"], [])])).rejects.toMatchObject({ code: "not-found" });
    expect(await firewall().apply(NO_CHANGES, always, never)).toHaveLength(1);
    expect(texts.size).toBe(0);
  });
});

describe("quotas", () => {
  test("refuse a split without room before anything is changed", async () => {
    const many = Array.from(
      { length: 59 },
      (_, i): RuleSpec => ({ protocol: "tcp", ports: 8000 + i, peer: "0.0.0.0/0" }),
    );
    const { ec2, firewall, before, texts } = await start([RANGE, ...many]);
    await expect(pass(firewall(), [blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "10.0.0.0/8")])])).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: "`sg-0a9` has no room for the parts of its rules (62 of 60)",
    });
    expect(groupNow(ec2)).toEqual(before);
    expect(texts.size).toBe(0);
  });

  test("refuse what can't be said in tags any more before anything is changed", async () => {
    const { ec2, firewall } = await start([SSH]);
    const tags = Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`t${i}`, ""]));
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, tags));
    const before = groupNow(ec2);
    await expect(pass(firewall(), [blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "0.0.0.0/0")])])).rejects.toMatchObject({
      code: "quota",
      retry: "never",
    });
    expect(groupNow(ec2)).toEqual(before);
  });

  test("don't keep a rule from being put back while what is left of it can make room", async () => {
    const wide: RuleSpec = { protocol: "tcp", ports: [0, 65_535], peer: "10.0.0.0/8" };
    const many = Array.from(
      { length: 56 },
      (_, i): RuleSpec => ({ protocol: "tcp", ports: 8000 + i, peer: "0.0.0.0/0" }),
    );
    const { ec2, firewall, before } = await start([wide, ...many]);
    await reconcile(firewall(), [blockOf(ONE, ["22/tcp", "3389/tcp"], [idOf(ec2, 22, "10.0.0.0/8")])]);
    const extra = ec2.editAsSomeoneElse((editor) => editor.authorize(GROUP, { ...WEB, ports: 9000 }));
    await reconcile(firewall(), []);
    ec2.editAsSomeoneElse((editor) => editor.revoke(extra));
    expect(groupNow(ec2)).toEqual(before);
  });
});

describe("tags and pages", () => {
  test("of an EC2 that takes only what every service takes, and shows little at once, will do", async () => {
    const { ec2, firewall } = await setSharedStage([RANGE, WEB, { protocol: "-1", peer: "::/0" }], {
      tagCharacters: "every-service",
      largestPage: 1,
    });
    const before = groupNow(ec2);
    const ids = [idOf(ec2, 22, "10.0.0.0/8"), idOf(ec2, 22, "::/0")];
    await reconcile(firewall(), [{ ...blockOf(ONE, ["22/tcp"], ids), note: "prod, (3): ö" }]);
    expect(rulesNow(ec2)).toHaveLength(3);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual(before);
  });
});

describe("what it is not for", () => {
  test("rules of grants", async () => {
    const { firewall } = await start([]);
    await expect(firewall().apply({ ...NO_CHANGES, add: [hole(22, "203.0.113.7/32")] }, always, never)).rejects.toThrow(
      Error,
    );
  });

  test("groups that Latch made, of this installation or of another: what they let in to others is told", async () => {
    const { ec2, cloud } = await setStage();
    await reconcileGrants(openFirewall(cloud, firewallId("eni-0a1")), [hole(22, "203.0.113.7/32")]);
    const group = openFirewall(cloud, groupId(ownGroup(ec2).id));
    const block = blockOf(ONE, ["22/tcp"], []);
    const { blocks, settled, undercut } = await group.observe(never, [block]);
    expect({ blocks, settled }).toEqual({ blocks: [], settled: true });
    expect(undercut.get(block.protection)).toMatchObject([{ sources: ["203.0.113.7/32"] }]);
    await expect(pass(group, [block])).rejects.toMatchObject({
      code: "aws",
      retry: "never",
      message:
        "`latch-acme-eni-0a1` is made by Latch for `eni-0a1`, so nothing is withheld from it: take it off other interfaces",
    });
  });

  test("but a group that only has their tag, or only their name, is somebody else's", async () => {
    const { ec2, firewall, before } = await start([SSH]);
    const tags = { "latch:installation": "acme", "latch:interface": "111122223333/eu-west-1/eni-0a1" };
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, tags));
    await reconcile(firewall(), [blockOf(ONE, ["22/tcp"], [idOf(ec2, 22, "0.0.0.0/0")])]);
    expect(rulesNow(ec2)).toEqual([]);
    await reconcile(firewall(), []);
    expect(groupNow(ec2)).toEqual({ ...before, tags });
  });
});

const openFirewall = (cloud: Cloud, id: FirewallId): Firewall => {
  const firewall = cloud.firewall(id);
  if (firewall === undefined) throw new Error(`no firewall ${id}`);
  return firewall;
};
