import { describe, expect, test } from "vitest";
import type { GrantId } from "../../../../src/access/identifier.ts";
import type { FirewallId } from "../../../../src/access/machine.ts";
import { type EpochMs, HOUR, later } from "../../../../src/access/time.ts";
import type { IngressRule } from "../../../../src/cloud/firewall.ts";
import type { SecurityRule, WrittenRule } from "../../../../src/sandbox/azure/world.ts";
import {
  aRule,
  aWorld,
  cidr,
  customerRules,
  END,
  firewallOf,
  free,
  grantNumber,
  NSG,
  never,
  nothing,
  reconcile,
  type Setup,
  setup,
} from "../small-world.ts";

const rulesOf = ({ azure }: Setup): readonly SecurityRule[] => azure.export(NSG).securityRules;
const ruleCalled = (world: Setup, name: string): SecurityRule | undefined =>
  rulesOf(world).find((rule) => rule.name === name);
const ours = (world: Setup): readonly string[] =>
  rulesOf(world).flatMap(({ name }) => (name.startsWith("latch-acme-") ? [name] : []));
const writes = ({ azure }: Setup): readonly string[] =>
  azure.calls.flatMap(({ method, path }) => (method === "GET" ? [] : [`${method} ${path.split("/").at(-1)}`]));
const NAME = "latch-acme-k7f3q2xd-tcp-4";
const empty = { rules: [], blocks: [], undercut: new Map(), settled: true };
const many = (count: number): readonly IngressRule[] =>
  Array.from({ length: count }, (_, i) => aRule(grantNumber(i), { sources: [cidr(`203.0.113.${i}`)] }));

describe("opening and closing", () => {
  test("one rule, told to the administrator, and afterwards everything is as it was", async () => {
    const world = await setup();
    const before = world.azure.export(NSG);
    await reconcile(world.nsg, [aRule()]);

    expect(ruleCalled(world, NAME)?.properties).toMatchObject({
      description: "latch until 2026-11-23T16:02:00Z for U0DEV1: INC-1042 disk full",
      protocol: "Tcp",
      access: "Allow",
      direction: "Inbound",
      priority: 101,
      sourceAddressPrefix: "203.0.113.7/32",
      destinationAddressPrefix: "10.0.1.4",
      destinationPortRange: "22",
    });
    const { holders, ...hole } = aRule();
    expect(await world.nsg.observe(never)).toEqual({ ...empty, rules: [{ id: NAME, rule: hole, holders }] });

    await reconcile(world.nsg, []);
    expect(world.azure.export(NSG)).toEqual(before);
    expect(await world.nsg.observe(never)).toEqual(empty);
  });

  test("a second pass finds nothing to do", async () => {
    const world = await setup();
    const desired = [
      aRule(),
      aRule("bcdfghjk" as GrantId, { ports: [22, 3389], sources: [cidr("198.51.100.0/24"), cidr("203.0.113.7")] }),
    ];
    await reconcile(world.nsg, desired);
    const count = writes(world).length;
    await reconcile(world.nsg, desired);
    expect(writes(world)).toHaveLength(count);
  });

  test("IPv6 has a rule of its own", async () => {
    const world = await setup();
    const six = aRule(undefined, {
      addresses: ["fd00:db8::4"],
      sources: [cidr("2001:DB8:1:0:0::/48")],
      ports: [53],
      protocol: "udp",
    });
    await reconcile(world.nsg, [aRule(), six]);
    expect(ours(world)).toEqual([NAME, "latch-acme-k7f3q2xd-udp-6"]);
    expect((await world.nsg.observe(never)).rules.map(({ rule }) => rule?.sources)).toEqual([
      ["203.0.113.7/32"],
      ["2001:db8:1::/48"],
    ]);
    await reconcile(world.nsg, [aRule()]);
    expect(ours(world)).toEqual([NAME]);
  });

  test("a longer end is written into the rule where it stands, which lets people in meanwhile", async () => {
    const world = await setup();
    await reconcile(world.nsg, [aRule()]);
    const holders = [{ grant: "k7f3q2xd" as GrantId, expiresAt: later(END, HOUR), note: "U0DEV1: more" }];
    let shut = false;
    world.azure.onChange(() => {
      shut ||= !ours(world).includes(NAME);
    });
    await reconcile(world.nsg, [aRule(undefined, { holders })]);
    expect(shut).toBe(false);
    expect(ruleCalled(world, NAME)?.properties).toMatchObject({
      priority: 101,
      description: "latch until 2026-11-23T17:02:00Z for U0DEV1: more",
    });
  });

  test("closing goes before opening", async () => {
    const world = await setup();
    await reconcile(world.nsg, [aRule()]);
    await reconcile(world.nsg, [aRule("bcdfghjk" as GrantId)]);
    expect(writes(world)).toEqual([`PUT ${NAME}`, `DELETE ${NAME}`, "PUT latch-acme-bcdfghjk-tcp-4"]);
  });
});

describe("many at once", () => {
  test("are one write each way, closing first, and leave what is the customer's as it was", async () => {
    const world = await setup();
    const before = world.azure.export(NSG);
    await reconcile(world.nsg, many(20));
    expect(ours(world)).toHaveLength(20);
    expect(writes(world)).toEqual(["PUT nsg-prod-web"]);

    await reconcile(world.nsg, many(40).slice(20));
    expect(writes(world)).toHaveLength(3);
    expect(ours(world)).toHaveLength(20);

    await reconcile(world.nsg, []);
    expect(writes(world)).toHaveLength(4);
    expect(world.azure.export(NSG)).toEqual(before);
    expect(world.azure.calls.flatMap(({ method, ifMatch }) => (method === "PUT" ? [ifMatch] : []))).not.toContain(
      undefined,
    );
  });

  test("five are still five writes", async () => {
    const world = await setup();
    await reconcile(world.nsg, many(5));
    expect(writes(world)).toHaveLength(5);
  });

  test("an edit that came in between makes it fail without effect, and the next pass keeps both", async () => {
    const world = await setup();
    const theirs = {
      ...customerRules[0],
      name: "JustNow",
      properties: { ...customerRules[0]?.properties, priority: 103 },
    };
    let edited = false;
    const editOnce = async (): Promise<void> => {
      if (edited) return;
      edited = true;
      world.azure.editAsSomeoneElse(NSG, (rules) => [...rules, theirs as SecurityRule]);
    };
    await expect(reconcile(world.nsg, many(6), editOnce)).rejects.toMatchObject({
      code: "azure",
      retry: "later",
      message: "cannot write 6 rules of `nsg-prod-web` at once: 412 PreconditionFailed",
    });
    expect(ours(world)).toEqual([]);
    await reconcile(world.nsg, many(6));
    expect(ours(world)).toHaveLength(6);
    expect(ruleCalled(world, "JustNow")?.properties.priority).toBe(103);
  });

  test("a role that may write rules but not groups gets them one by one", async () => {
    const world = await setup();
    const body = JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } });
    world.faults.add({ calls: /^PUT .*\/nsg-prod-web$/u, does: { kind: "answer", status: 403, body } });
    await reconcile(world.nsg, many(7));
    expect(ours(world)).toHaveLength(7);
    await reconcile(world.nsg, []);
    expect(ours(world)).toEqual([]);
  });
});

describe("what others do", () => {
  test("their edits at the same time are untouched, and a priority they took is not taken from them", async () => {
    const world = await setup();
    const theirs = {
      ...customerRules[0],
      name: "Theirs",
      properties: { ...customerRules[0]?.properties, priority: 101 },
    };
    const once = async (): Promise<void> => {
      if (ruleCalled(world, "Theirs") === undefined) {
        world.azure.editAsSomeoneElse(NSG, (rules) => [...rules, theirs as SecurityRule]);
      }
    };
    await expect(reconcile(world.nsg, [aRule()], once)).rejects.toMatchObject({
      retry: "later",
      message: `cannot write rule \`${NAME}\` of \`nsg-prod-web\`: 400 SecurityRuleConflict`,
    });
    await reconcile(world.nsg, [aRule()]);
    expect(ruleCalled(world, "Theirs")?.properties.priority).toBe(101);
    expect(ruleCalled(world, NAME)?.properties.priority).toBe(103);
  });

  test("two installations side by side see and touch only their own", async () => {
    const world = await setup();
    const other = firewallOf(world.another({ installation: "acme-2" }));
    await reconcile(world.nsg, [aRule()]);
    await reconcile(other, [aRule("bcdfghjk" as GrantId)]);
    await reconcile(world.nsg, []);
    expect((await world.nsg.observe(never)).rules).toEqual([]);
    expect((await other.observe(never)).rules.map(({ id }) => id)).toEqual(["latch-acme-2-bcdfghjk-tcp-4"]);
  });

  test("names near ours are neither seen nor removed, even when a plan asks for it", async () => {
    const near = [
      "latch-acme-2-k7f3q2xd-tcp-4",
      "latch-acme-k7f3q2xd-tcp-4-copy",
      "latch-acme",
      "latch-acme-k7f3q2xa-tcp-4",
    ];
    const rules = near.map((name, i) => ({
      name,
      properties: { ...(customerRules[0] as SecurityRule).properties, priority: 200 + i },
    }));
    const world = await setup({ world: aWorld([...customerRules, ...rules]) });
    expect((await world.nsg.observe(never)).rules).toEqual([]);
    const remove = [...near, "AllowWeb"].map((id) => ({ id, rule: undefined, holders: [] }));
    await world.nsg.apply({ ...nothing, remove }, free, never);
    expect(rulesOf(world)).toHaveLength(customerRules.length + near.length);
    expect(writes(world)).toEqual([]);
  });

  test("our rule with an edited description is still ours, with no end to believe", async () => {
    const world = await setup();
    await reconcile(world.nsg, [aRule()]);
    world.azure.editAsSomeoneElse(NSG, (rules) =>
      rules.map((rule) =>
        rule.name === NAME ? { ...rule, properties: { ...rule.properties, description: "keep this!" } } : rule,
      ),
    );
    const { rules } = await world.nsg.observe(never);
    expect(rules.map(({ holders }) => holders)).toEqual([[{ grant: "k7f3q2xd", expiresAt: undefined, note: "" }]]);
    await reconcile(world.nsg, [aRule()]);
    expect(ruleCalled(world, NAME)?.properties.description).toContain("2026-11-23T16:02:00Z");
  });

  test.each<[string, Partial<SecurityRule["properties"]>]>([
    ["opened to everyone", { sourceAddressPrefix: "*" }],
    ["turned into a deny", { access: "Deny" }],
    ["turned outbound", { direction: "Outbound" }],
    ["moved out of our band", { priority: 3_000 }],
  ])("our rule %s by somebody is replaced", async (_name, edit) => {
    const world = await setup();
    await reconcile(world.nsg, [aRule()]);
    const asItWas = world.azure.export(NSG);
    world.azure.editAsSomeoneElse(NSG, (rules) =>
      rules.map((rule) => (rule.name === NAME ? { ...rule, properties: { ...rule.properties, ...edit } } : rule)),
    );
    expect((await world.nsg.observe(never)).rules.map(({ id, rule }) => ({ id, rule }))).toEqual([
      { id: NAME, rule: undefined },
    ]);
    await reconcile(world.nsg, [aRule()]);
    expect(world.azure.export(NSG)).toEqual(asItWas);
  });

  test("a rule that somebody deleted already counts as closed", async () => {
    const world = await setup();
    const [rule] = [{ id: NAME, rule: undefined, holders: [] }];
    await world.nsg.apply({ ...nothing, remove: [rule] }, free, never);
    expect(rulesOf(world)).toHaveLength(customerRules.length);
  });

  test("a rule that came into being under the name we were to give is not overwritten", async () => {
    const world = await setup();
    await reconcile(world.nsg, [aRule()]);
    const other = aRule(undefined, { ports: [3389] });
    await expect(world.nsg.apply({ ...nothing, add: [other] }, free, never)).rejects.toMatchObject({ retry: "later" });
    expect(ruleCalled(world, NAME)?.properties.destinationPortRange).toBe("22");
  });
});

describe("no room", () => {
  test("a full band is told before anything is added, but after what was to be closed", async () => {
    const world = await setup({}, { allowPriorities: { from: 100, to: 103 } });
    await reconcile(world.nsg, [aRule(grantNumber(1))]);
    const failing = reconcile(world.nsg, [aRule(grantNumber(2)), aRule(grantNumber(3)), aRule(grantNumber(4))]);
    await expect(failing).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: "no room for 3 more in `nsg-prod-web`: every priority from 100 to 103 is taken",
    });
    expect(rulesOf(world)).toHaveLength(customerRules.length);
    await reconcile(world.nsg, [aRule(grantNumber(2)), aRule(grantNumber(3))]);
    expect(ours(world)).toHaveLength(2);
  });

  test("before a rule that denies everything at the first priority, which is named, and nothing is added", async () => {
    const denyAll: WrittenRule = {
      name: "DenyAll",
      properties: {
        protocol: "*",
        access: "Deny",
        direction: "Inbound",
        priority: 100,
        sourcePortRange: "*",
        sourceAddressPrefix: "*",
        destinationAddressPrefix: "*",
        destinationPortRange: "*",
      },
    };
    const world = await setup({ world: aWorld([denyAll]) });
    const before = world.azure.export(NSG);
    await expect(reconcile(world.nsg, [aRule()])).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: expect.stringContaining("rule `DenyAll` denies it at priority 100"),
    });
    expect(world.azure.export(NSG)).toEqual(before);
    expect(writes(world)).toEqual([]);
  });

  test("a full band doesn't keep a rule from being prolonged", async () => {
    const world = await setup({}, { allowPriorities: { from: 101, to: 101 } });
    await reconcile(world.nsg, [aRule()]);
    const longer = aRule(undefined, {
      holders: [{ grant: "k7f3q2xd" as GrantId, expiresAt: later(END, HOUR), note: "" }],
    });
    await expect(reconcile(world.nsg, [longer, aRule(grantNumber(1))])).rejects.toMatchObject({ code: "quota" });
    expect(ruleCalled(world, NAME)?.properties.description).toBe("latch until 2026-11-23T17:02:00Z");
  });
});

describe("a group that is gone", () => {
  const goneId = `azure-nsg:${NSG.toLowerCase()}-gone` as FirewallId;
  test("holds nothing, has nothing to close, and can't be opened", async () => {
    const world = await setup();
    const gone = firewallOf(world.cloud, goneId);
    expect(await gone.observe(never)).toEqual(empty);
    await gone.apply({ ...nothing, remove: [{ id: NAME, rule: undefined, holders: [] }] }, free, never);
    await expect(gone.apply({ ...nothing, add: [aRule()] }, free, never)).rejects.toMatchObject({
      code: "not-found",
      retry: "never",
    });
  });

  test("an unknown subscription isn't taken for one whose groups are gone", async () => {
    const world = await setup();
    const id = goneId.replace("000000000001", "000000000009") as FirewallId;
    await expect(firewallOf(world.cloud, id).observe(never)).rejects.toMatchObject({ code: "azure" });
  });

  test.each([
    "aws-groups:1/eu-west-1/eni-0a1",
    "azure-nsg:",
    "azure-nsg:/subscriptions/a",
    `azure-nsg:${NSG}/securityRules/x`,
  ])("%s is no group of ours", async (id) => {
    const world = await setup();
    expect(world.cloud.firewall(id as FirewallId)).toBeUndefined();
  });
});

test("dying after any write and coming again reaches the same end", async () => {
  const first = many(8).slice(0, 3);
  const restamped = first.slice(0, 2).map((rule) => ({
    ...rule,
    holders: rule.holders.map((holder) => ({ ...holder, expiresAt: (END + 1) as EpochMs })),
  }));
  for (const desired of [[...restamped, ...many(5).slice(3)], many(20).slice(7), []]) {
    for (let survived = 0; survived < 4; survived += 1) {
      // eslint-disable-next-line no-await-in-loop
      const world = await setup();
      await reconcile(world.nsg, first);
      let left = survived;
      const dying = async (): Promise<void> => {
        if (left === 0) throw new Error("killed");
        left -= 1;
      };
      await reconcile(world.nsg, desired, dying).catch((error: unknown) =>
        expect(error).toMatchObject({ message: "killed" }),
      );
      await reconcile(world.nsg, desired);
      expect(ours(world)).toHaveLength(desired.length);
      expect(rulesOf(world)).toHaveLength(desired.length + customerRules.length);
      await reconcile(world.nsg, []);
      expect(rulesOf(world)).toHaveLength(customerRules.length);
    }
  }
});
