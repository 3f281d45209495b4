import type { Socket } from "node:net";

import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Ec2Editor } from "../../../src/sandbox/aws/editor.ts";
import { createEc2Server, type Ec2Server } from "../../../src/sandbox/aws/server.ts";
import { createAwsGround, cutWithout } from "../../../src/sandbox/network/aws-ground.ts";
import { echoes } from "../../../src/sandbox/network/client.ts";
import { createNetwork, type Network } from "../../../src/sandbox/network/network.ts";
import { ADDRESSES, ec2World } from "../../../src/sandbox/world.ts";
import { createClock } from "../ec2-world.ts";
import { type Colleague, createColleague } from "./colleague.ts";

const SHARED = "sg-0appshared";
/** In no rule but those from anywhere. */
const STRANGER = ADDRESSES.stranger;
/** In the prefix list. */
const OFFICE = ADDRESSES.office;
/** In 198.51.100.0/24. */
const VPN = ADDRESSES.vpn;

let server: Ec2Server;
let network: Network;
let colleague: Colleague;
beforeEach(async () => {
  server = await createEc2Server({ clock: createClock(), world: ec2World });
  network = createNetwork({ grounds: [createAwsGround(server)] });
  colleague = createColleague(server);
});
afterEach(async () => {
  colleague.leave();
  await network.stop();
  await server.stop();
});

const isOpen = async (from: string, machine = "prod-app-1", port = 22): Promise<boolean> =>
  (await network.connect({ from, machine, port })).outcome === "open";

const enter = async (from: string, machine = "prod-app-1", port = 22): Promise<Socket> => {
  const outcome = await network.connect({ from, machine, port });
  if (outcome.outcome === "refused") throw new Error(`refused from ${from}`);
  return outcome.socket;
};

const ingress = async (): Promise<readonly SecurityGroupRule[]> => {
  const { SecurityGroupRules } = await colleague.ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [SHARED] }] }),
  );
  return (SecurityGroupRules ?? []).filter(({ IsEgress }) => IsEgress !== true);
};

const idOf = (rules: readonly SecurityGroupRule[], is: (rule: SecurityGroupRule) => boolean): string => {
  const id = rules.find(is)?.SecurityGroupRuleId;
  if (id === undefined) throw new Error("no such rule");
  return id;
};
const sshFrom = (cidr: string) => (rule: SecurityGroupRule) =>
  rule.FromPort === 22 && (rule.CidrIpv4 === cidr || rule.CidrIpv6 === cidr);

describe("the sandbox's machines that share a group", () => {
  test("are found by it", async () => {
    const { NetworkInterfaces } = await colleague.ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: [SHARED] }] }),
    );
    expect(NetworkInterfaces?.map(({ Attachment }) => Attachment?.InstanceId)).toEqual(["i-0prodapp1", "i-0prodapp2"]);
  });

  test("close together, for each source as its last rule goes", async () => {
    const reach = async () =>
      Promise.all(
        [STRANGER, OFFICE, VPN, ADDRESSES.officeV6].map(
          async (from) => `${await isOpen(from)} ${await isOpen(from, "prod-app-2")}`,
        ),
      );
    const [both, none] = ["true true", "false false"];
    expect(await reach()).toEqual([both, both, both, both]);

    const rules = await ingress();
    await colleague.revoke(SHARED, idOf(rules, sshFrom("0.0.0.0/0")), idOf(rules, sshFrom("::/0")));
    expect(await reach()).toEqual([none, both, both, none]);

    const ofList = idOf(rules, ({ PrefixListId }) => PrefixListId !== undefined);
    await colleague.revoke(SHARED, ofList);
    expect(await reach()).toEqual([none, none, both, none]);

    const range = idOf(rules, ({ FromPort, ToPort }) => FromPort === 20 && ToPort === 25);
    await colleague.revoke(SHARED, range);
    expect(await reach()).toEqual([none, none, none, none]);
    expect(await isOpen(STRANGER, "prod-app-1", 443)).toBe(true);
  });

  test("the list's entries decide, as they are now", async () => {
    const rules = await ingress();
    await colleague.revoke(SHARED, idOf(rules, sshFrom("0.0.0.0/0")));
    server.editAsSomeoneElse((editor) => editor.setPrefixListEntries("pl-0offices", [`${STRANGER}/32`]));
    expect([await isOpen(OFFICE), await isOpen(STRANGER)]).toEqual([false, true]);
  });

  test("every protocol from inside reaches the machine that is wide open, and nobody else does", async () => {
    expect(await isOpen("10.1.1.11", "dev-wide-1", 8080)).toBe(true);
    expect(await isOpen(VPN, "dev-wide-1")).toBe(false);
  });

  test("a group as a source lets in the machines that have it, by their private addresses, while they have it", async () => {
    await colleague.authorize("sg-0inside", {
      IpProtocol: "tcp",
      FromPort: 22,
      ToPort: 22,
      UserIdGroupPairs: [{ GroupId: SHARED }],
    });
    expect(await isOpen("10.1.1.13", "dev-box-1")).toBe(true);
    expect(await isOpen("10.1.1.11", "dev-box-1")).toBe(false);
    await colleague.attach("eni-0prodapp113", "sg-0web");
    await colleague.detach("eni-0prodapp113", SHARED);
    expect(await isOpen("10.1.1.13", "dev-box-1")).toBe(false);
    expect(await isOpen("10.1.1.14", "dev-box-1")).toBe(true);
    await colleague.terminate("i-0prodapp2");
    expect(await isOpen("10.1.1.14", "dev-box-1")).toBe(false);
  });
});

describe("live connections when a rule goes", () => {
  test("are cut exactly where it was told before", async () => {
    const rules = await ingress();
    const wide = idOf(rules, sshFrom("0.0.0.0/0"));
    const range = idOf(rules, ({ FromPort, ToPort }) => FromPort === 20 && ToPort === 25);
    const sockets = {
      stranger: await enter(STRANGER),
      strangerElsewhere: await enter(STRANGER, "prod-app-2"),
      office: await enter(OFFICE),
      vpn: await enter(VPN),
      vpnOnMail: await enter(VPN, "prod-app-1", 25),
      web: await enter(STRANGER, "prod-app-1", 443),
    };
    expect(network.flows().filter(({ tracked }) => tracked)).toMatchObject([{ port: 25, from: VPN, because: range }]);

    const told = cutWithout(server.state(), network.flows(), [wide, range]);
    expect(told.map(({ machineId, port, from }) => `${from} ${machineId} ${port}`).toSorted()).toEqual([
      `${STRANGER} i-0prodapp1 22`,
      `${STRANGER} i-0prodapp2 22`,
      `${VPN} i-0prodapp1 22`,
    ]);
    await colleague.revoke(SHARED, wide, range);
    const alive = await Promise.all(
      Object.entries(sockets).map(async ([name, socket]) => [name, await echoes(socket)] as const),
    );
    expect(alive.flatMap(([name, lives]) => (lives ? name : []))).toEqual(["office", "vpnOnMail", "web"]);
  });

  test("from a narrow rule live on, and one that another rule takes over lives on too", async () => {
    const rules = await ingress();
    const wide = idOf(rules, sshFrom("0.0.0.0/0"));
    const range = idOf(rules, ({ FromPort, ToPort }) => FromPort === 20 && ToPort === 25);
    const socket = await enter(VPN);
    expect(cutWithout(server.state(), network.flows(), [wide])).toEqual([]);
    await colleague.revoke(SHARED, wide);
    expect(cutWithout(server.state(), network.flows(), [range])).toEqual([]);
    await colleague.revoke(SHARED, range);
    expect(await isOpen(VPN)).toBe(false);
    expect(await echoes(socket)).toBe(true);
  });

  test("end with a machine that is terminated", async () => {
    const socket = await enter(VPN);
    await colleague.terminate("i-0prodapp1");
    expect(await echoes(socket)).toBe(false);
    expect(await isOpen(VPN)).toBe(false);
  });
});

const changeSsh = async (change: Parameters<Ec2Editor["changeRule"]>[1]): Promise<void> => {
  const id = idOf(await ingress(), sshFrom("0.0.0.0/0"));
  server.editAsSomeoneElse((editor) => editor.changeRule(id, change));
};

describe("the export of all groups", () => {
  test("is equal again when rules were revoked and put back in another order, with descriptions and tags", async () => {
    const before = server.exportAccount();
    const rules = await ingress();
    await colleague.revoke(SHARED, ...rules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? ""));
    expect(server.exportAccount()).not.toEqual(before);
    for (const rule of rules.toReversed()) {
      const Description = rule.Description === undefined ? {} : { Description: rule.Description };
      const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, Tags = [] } = rule;
      if (IpProtocol === undefined || FromPort === undefined || ToPort === undefined) throw new Error("a strange rule");
      await colleague.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: SHARED,
          IpPermissions: [
            {
              IpProtocol,
              FromPort,
              ToPort,
              ...(CidrIpv4 === undefined ? {} : { IpRanges: [{ CidrIp: CidrIpv4, ...Description }] }),
              ...(CidrIpv6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6, ...Description }] }),
              ...(PrefixListId === undefined ? {} : { PrefixListIds: [{ PrefixListId, ...Description }] }),
            },
          ],
          ...(Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "security-group-rule", Tags }] }),
        }),
      );
    }
    expect((await ingress()).map((rule) => rule.SecurityGroupRuleId)).not.toEqual(
      rules.map((rule) => rule.SecurityGroupRuleId),
    );
    expect(server.exportAccount()).toEqual(before);
    expect(JSON.stringify(server.exportAccount())).toBe(JSON.stringify(before));
  });

  test.each<[string, () => Promise<unknown>]>([
    ["a rule's description", () => changeSsh({ description: "other" })],
    ["a rule's tags", () => changeSsh({ tags: {} })],
    ["who has the group", () => colleague.attach("eni-0devwide133", SHARED)],
  ])("differs by %s", async (_name, change) => {
    const before = server.exportAccount();
    await change();
    expect(server.exportAccount()).not.toEqual(before);
  });
});
