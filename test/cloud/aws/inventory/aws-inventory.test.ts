import { describe, expect, test } from "vitest";
import type { FirewallId } from "../../../../src/access/machine.ts";
import { createAwsCloud } from "../../../../src/cloud/aws/aws-cloud.ts";
import type { Cloud, Firewall } from "../../../../src/cloud/firewall.ts";
import {
  ACCOUNT,
  firewallId,
  groupId,
  hole,
  memoryOf,
  never,
  OURS,
  open,
  ownGroup,
  pass,
  REGION,
  reconcile,
  setStage,
  THEIRS,
} from "../stage.ts";
import { blockOf, reconcile as reconcileBlocks } from "../withholding/shared-stage.ts";

const SSH = hole(22, "203.0.113.7/32");

describe("the inventory", () => {
  test("has each machine with its interfaces, addresses and groups, and no terminated one", async () => {
    const { cloud } = await setStage();
    const machines = await cloud.inventory.machines(never);
    expect(machines.map(({ name }) => name).toSorted()).toEqual(["i-0a2", "prod-vm-3"]);
    expect(machines.find(({ name }) => name === "prod-vm-3")).toEqual({
      cloud: "aws",
      id: "i-0a1",
      name: "prod-vm-3",
      account: "111122223333",
      region: "eu-west-1",
      tags: { Name: "prod-vm-3", env: "prod" },
      os: "linux",
      power: "running",
      interfaces: [
        {
          id: "eni-0a1",
          privateAddresses: ["10.0.1.4", "2001:db8:5:1::4"],
          publicAddresses: ["198.51.100.4"],
          firewalls: [firewallId("eni-0a1")],
          blockedAt: [groupId("sg-0a1")],
        },
        {
          id: "eni-0a2",
          privateAddresses: ["10.0.1.5", "10.0.1.6"],
          publicAddresses: [],
          firewalls: [firewallId("eni-0a2")],
          blockedAt: [groupId("sg-0a1"), groupId("sg-0a2")],
        },
      ],
    });
    expect(machines.find(({ name }) => name === "i-0a2")).toMatchObject({ os: "windows", power: "stopped", tags: {} });
  });

  test("is the same whether it comes in one page or in many", async () => {
    const whole = await setStage();
    const paged = await setStage({ largestPage: 1 });
    expect(await paged.cloud.inventory.machines(never)).toEqual(await whole.cloud.inventory.machines(never));
  });

  test("spans all configured regions, and is a fault when one of them can't be read", async () => {
    const { ec2, cloudOf } = await setStage();
    const { inventory } = cloudOf({ accounts: [{ regions: [REGION, "us-east-1"] }] });
    const names = async () => (await inventory.machines(never)).map(({ name }) => name).toSorted();
    expect(await names()).toEqual(["far-vm", "i-0a2", "prod-vm-3"]);
    ec2.faults.add({ calls: /^DescribeInstances/u, does: { kind: "throttle" }, times: 1 });
    await expect(names()).rejects.toMatchObject({ code: "aws", retry: "later" });
  });

  test("knows which interfaces carry our mark, also where the machine is gone, and none of another installation's", async () => {
    const { ec2, cloud, cloudOf, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    await reconcile(firewall("eni-0a3"), [SSH]);
    await reconcile(firewall("eni-0a2", "acme-eu"), [SSH]);
    ec2.editAsSomeoneElse((editor) => {
      editor.removeInstance("i-0a2");
      editor.createGroup("vpc-0a1", "not-named-so", "", { "latch:installation": "acme" });
      editor.createGroup("vpc-0a1", "latch-acme-eni-0a9", "", {});
    });
    expect((await cloud.inventory.marked(never)).toSorted()).toEqual([firewallId("eni-0a1"), firewallId("eni-0a3")]);
    expect(await cloudOf({ installation: "acme-eu" }).inventory.marked(never)).toEqual([firewallId("eni-0a2")]);
  });

  test("knows an interface by its group's name when somebody took the tag that names it", async () => {
    const { ec2, cloud, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.editAsSomeoneElse((editor) => {
      for (const { id, name } of ec2.state().groups.values()) {
        if (name === "latch-acme-eni-0a1") editor.setGroupTags(id, { "latch:installation": "acme" });
      }
    });
    expect(await cloud.inventory.marked(never)).toEqual([firewallId("eni-0a1")]);
  });
});

describe("groups of somebody else's", () => {
  const block = blockOf("k7f3q2xd", ["22/tcp"], []);
  const shared = (cloud: Cloud, group = "sg-0a2", account = ACCOUNT): Firewall => {
    const firewall = cloud.firewall(`aws-group:${account}/${REGION}/${group}` as FirewallId);
    if (firewall === undefined) throw new Error("no firewall");
    return firewall;
  };

  test("are where machines are protected, but no group that any Latch made for that interface", async () => {
    const { ec2, cloud, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    await reconcile(firewall("eni-0a1", "acme-eu"), [SSH]);
    const blockedAt = async (eni: string) =>
      (await cloud.inventory.machines(never)).flatMap(({ interfaces }) => interfaces).find(({ id }) => id === eni)
        ?.blockedAt;
    expect(await blockedAt("eni-0a1")).toEqual([groupId("sg-0a1")]);

    // One that only has the tag, one that has only the name, and one that we made for another interface.
    const ours = ownGroup(ec2).id;
    ec2.editAsSomeoneElse((editor) => {
      editor.setGroupTags("sg-0a3", { "latch:installation": "acme" });
      const named = editor.createGroup("vpc-0a1", "latch-acme-eni-0a2", "", {});
      for (const group of ["sg-0a3", named, ours]) editor.attach("eni-0a2", group);
    });
    const named = ownGroup(ec2, "eni-0a2").id;
    expect(await blockedAt("eni-0a2")).toEqual(["sg-0a1", "sg-0a2", "sg-0a3", named, ours].toSorted().map(groupId));
    expect(await blockedAt("eni-0a1")).toEqual([groupId("sg-0a1")]);
  });

  test("are known by our tags, whichever of them are left, and not by those of another installation", async () => {
    const { ec2, cloud, cloudOf } = await setStage();
    await reconcileBlocks(shared(cloud), [block]);
    await reconcileBlocks(shared(cloudOf({ installation: "acme-eu" }), "sg-0a3"), [block]);
    expect(await cloud.inventory.marked(never)).toEqual([groupId("sg-0a2")]);
    const tags = ec2.state().groups.get("sg-0a2")?.tags ?? {};
    for (const key of Object.keys(tags)) {
      ec2.editAsSomeoneElse((editor) => editor.setGroupTags("sg-0a2", { [key]: tags[key] ?? "" }));
      expect(await cloud.inventory.marked(never)).toEqual([groupId("sg-0a2")]);
    }
    // As whoever makes a group like another one does.
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags("sg-0a2", tags));
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags("sg-0a4", tags));
    expect(await cloud.inventory.marked(never)).toEqual([groupId("sg-0a2")]);
    ec2.editAsSomeoneElse((editor) => editor.setGroupTags("sg-0a4", {}));
    await reconcileBlocks(shared(cloud), []);
    expect(await cloud.inventory.marked(never)).toEqual([]);
    expect(ec2.state().groups.get("sg-0a2")?.tags).toEqual({});
  });

  test("have no firewall where their account isn't configured", async () => {
    const { cloud, cloudOf } = await setStage();
    await cloud.inventory.machines(never);
    const id = `aws-group:444455556666/${REGION}/sg-0c1` as FirewallId;
    expect(cloud.firewall(id)).toBeUndefined();
    expect(cloud.firewall(`aws-group:${ACCOUNT}/${REGION}/eni-0a1` as FirewallId)).toBeUndefined();
    expect(cloudOf({ accounts: [] }).firewall(groupId("sg-0a1"))).toBeUndefined();
  });
});

describe("accounts", () => {
  const role = { roleArn: "arn:aws:iam::444455556666:role/latch", externalId: "x1", regions: [REGION] };

  test("of a role are read and changed as that role, and the bot's own as itself", async () => {
    const asked: unknown[] = [];
    const { ec2, cloudOf } = await setStage();
    const cloud = cloudOf({
      accounts: [role, { regions: [REGION] }],
      assumeRole: (wanted) => {
        asked.push(wanted);
        return THEIRS;
      },
    });
    expect(asked).toEqual([{ roleArn: role.roleArn, externalId: "x1", region: REGION }]);

    const theirs = cloud.firewall(`aws-groups:444455556666/${REGION}/eni-0c1` as FirewallId);
    const ours = cloud.firewall(firewallId("eni-0a1"));
    if (theirs === undefined || ours === undefined) throw new Error("no firewall");
    expect([await pass(theirs, [SSH]), await pass(ours, [SSH])]).toEqual([true, true]);
    expect(open(ec2, "eni-0c1")).toEqual(["22/tcp from 203.0.113.7/32"]);
    expect((await cloud.inventory.marked(never)).toSorted()).toEqual([ours.id, theirs.id].toSorted());
    expect((await cloud.inventory.machines(never)).map(({ account }) => account)).toContain("444455556666");
  });

  test("of a role can't be configured without a way to assume it", () => {
    expect(() =>
      createAwsCloud({ installation: "acme", accounts: [role], withheld: memoryOf(new Map()), secret: "ours" }),
    ).toThrow(role.roleArn);
  });

  test("that aren't configured, regions that aren't, and other clouds have no firewall here", async () => {
    const { cloudOf } = await setStage();
    const { firewall } = cloudOf({ accounts: [{ ...role }], assumeRole: () => THEIRS });
    expect(firewall(firewallId("eni-0a1"))).toBeUndefined();
    expect(firewall("aws-groups:444455556666/eu-north-1/eni-0c1" as FirewallId)).toBeUndefined();
    expect(firewall("azure-nsg:/subscriptions/1/nsg" as FirewallId)).toBeUndefined();
  });

  test("that aren't configured have none behind the bot's own credentials either, once it is known whose those are", async () => {
    const { cloud } = await setStage();
    await cloud.inventory.machines(never);
    expect(cloud.firewall(`aws-groups:444455556666/${REGION}/eni-0c1` as FirewallId)).toBeUndefined();
    expect(cloud.firewall(firewallId("eni-0a1"))).toBeDefined();
  });

  test("whose keys EC2 doesn't take are a fault", async () => {
    const { cloudOf } = await setStage();
    const { inventory } = cloudOf({ credentials: { ...OURS, secretAccessKey: "wrong" } });
    await expect(inventory.machines(never)).rejects.toMatchObject({ code: "aws", retry: "never" });
  });
});
