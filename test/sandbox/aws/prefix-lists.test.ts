import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DescribeManagedPrefixListsCommand,
  GetManagedPrefixListEntriesCommand,
  type IpPermission,
  paginateDescribeManagedPrefixLists,
  paginateGetManagedPrefixListEntries,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { PrefixListSpec } from "../../../src/sandbox/aws/world.ts";
import { ACCOUNT, codeOf, type Ec2Setup, OTHER_KEY, setupEc2, world } from "../ec2-world.ts";

const list = (id: string, spec: Partial<PrefixListSpec> = {}): PrefixListSpec => ({
  id,
  account: ACCOUNT,
  region: "eu-west-1",
  name: id.slice("pl-".length),
  maxEntries: 10,
  cidrs: [],
  ...spec,
});

const many = Array.from({ length: 130 }, (_, i) => `198.18.${i}.0/24`);

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2({
    world: {
      ...world,
      prefixLists: [
        list("pl-vpn", {
          maxEntries: 5,
          cidrs: ["198.51.100.0/25", "203.0.113.0/24"],
          descriptions: { "198.51.100.0/25": "gateway" },
          tags: { team: "net" },
        }),
        list("pl-six", { maxEntries: 40, cidrs: ["2001:db8:7::/48"] }),
        list("pl-many", { maxEntries: 200, cidrs: many }),
        list("pl-half", { maxEntries: 30 }),
        list("pl-s3", { account: "AWS", name: "com.amazonaws.eu-west-1.s3", maxEntries: 1, cidrs: ["3.5.64.0/21"] }),
        list("pl-theirs", { account: "444455556666" }),
        list("pl-far", { region: "us-east-1" }),
      ],
    },
  });
});
afterEach(() => it.end());

const described = async (command: DescribeManagedPrefixListsCommand) => (await it.ec2.send(command)).PrefixLists ?? [];
const idsOf = (lists: readonly { PrefixListId?: string | undefined }[]) =>
  lists.map(({ PrefixListId }) => PrefixListId);

describe("prefix lists", () => {
  test("are the account's own in this region, and Amazon's, which show neither size nor version", async () => {
    const lists = await described(new DescribeManagedPrefixListsCommand({}));
    expect(idsOf(lists)).toEqual(["pl-half", "pl-many", "pl-s3", "pl-six", "pl-vpn"]);
    expect(lists.at(-1)).toMatchObject({
      PrefixListName: "vpn",
      AddressFamily: "IPv4",
      MaxEntries: 5,
      Version: 1,
      OwnerId: ACCOUNT,
      State: "create-complete",
      PrefixListArn: `arn:aws:ec2:eu-west-1:${ACCOUNT}:prefix-list/pl-vpn`,
      Tags: [{ Key: "team", Value: "net" }],
    });
    expect(lists.find(({ PrefixListId }) => PrefixListId === "pl-six")?.AddressFamily).toBe("IPv6");
    const amazons = lists.find(({ OwnerId }) => OwnerId === "AWS");
    expect([amazons?.MaxEntries, amazons?.Version]).toEqual([undefined, undefined]);
  });

  test.each([
    [{ Name: "prefix-list-name", Values: ["com.amazonaws.*"] }, ["pl-s3"]],
    [{ Name: "prefix-list-id", Values: ["pl-vpn", "pl-six"] }, ["pl-six", "pl-vpn"]],
    [{ Name: "owner-id", Values: ["AWS"] }, ["pl-s3"]],
  ])("filtered by %j are %j", async (filter, ids) => {
    expect(idsOf(await described(new DescribeManagedPrefixListsCommand({ Filters: [filter] })))).toEqual(ids);
  });

  test("come in pages of one to a hundred", async () => {
    const ids: (string | undefined)[] = [];
    for await (const page of paginateDescribeManagedPrefixLists({ client: it.ec2, pageSize: 2 }, {})) {
      expect(page.PrefixLists?.length).toBeLessThanOrEqual(2);
      ids.push(...idsOf(page.PrefixLists ?? []));
    }
    expect(ids).toHaveLength(5);
    const ask = (MaxResults: number) => codeOf(it.ec2.send(new DescribeManagedPrefixListsCommand({ MaxResults })));
    expect([await ask(0), await ask(1), await ask(100), await ask(101)]).toEqual([
      "InvalidParameterValue",
      "none",
      "none",
      "InvalidParameterValue",
    ]);
  });

  test("of another account or region aren't there", async () => {
    for (const id of ["pl-theirs", "pl-far", "pl-gone"]) {
      const asked = new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] });
      expect(await codeOf(it.ec2.send(asked))).toBe("InvalidPrefixListID.NotFound");
    }
    const theirs = await it.client({ key: OTHER_KEY }).send(new DescribeManagedPrefixListsCommand({}));
    expect(idsOf(theirs.PrefixLists ?? [])).toEqual(["pl-s3", "pl-theirs"]);
  });

  test("can be tagged, but for Amazon's", async () => {
    const tag = (id: string) =>
      it.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "a", Value: "b" }] }));
    await tag("pl-vpn");
    expect(it.server.state().prefixLists.get("pl-vpn")?.tags).toEqual({ team: "net", a: "b" });
    expect(await codeOf(tag("pl-s3"))).toBe("InvalidPrefixListID.NotFound");
  });
});

const entriesOf = async (PrefixListId: string, TargetVersion?: number) => {
  const version = TargetVersion === undefined ? {} : { TargetVersion };
  const { Entries } = await it.ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId, ...version }));
  return (Entries ?? []).map(({ Cidr, Description }) => [Cidr, Description]);
};

describe("entries", () => {
  test("come with their descriptions, a hundred at most in one answer", async () => {
    expect(await entriesOf("pl-vpn")).toEqual([
      ["198.51.100.0/25", "gateway"],
      ["203.0.113.0/24", undefined],
    ]);
    const sizes: number[] = [];
    const cidrs = new Set<string>();
    for await (const { Entries = [] } of paginateGetManagedPrefixListEntries(
      { client: it.ec2 },
      { PrefixListId: "pl-many" },
    )) {
      sizes.push(Entries.length);
      for (const { Cidr = "" } of Entries) cidrs.add(Cidr);
    }
    expect(sizes).toEqual([100, 30]);
    expect(cidrs).toEqual(new Set(many));
  });

  test("of an earlier version can still be read after a change", async () => {
    it.server.editAsSomeoneElse((editor) => editor.setPrefixListEntries("pl-vpn", ["192.0.2.0/24"]));
    expect(await entriesOf("pl-vpn")).toEqual([["192.0.2.0/24", undefined]]);
    expect(await entriesOf("pl-vpn", 1)).toHaveLength(2);
    expect(await codeOf(entriesOf("pl-vpn", 3))).toBe("InvalidParameterValue");
    const [vpn] = await described(new DescribeManagedPrefixListsCommand({ PrefixListIds: ["pl-vpn"] }));
    expect(vpn).toMatchObject({ Version: 2, State: "modify-complete" });
  });

  test("of a list that isn't there are refused", async () => {
    expect(await codeOf(entriesOf("pl-gone"))).toBe("InvalidPrefixListID.NotFound");
    expect(await codeOf(entriesOf("sg-web"))).toBe("InvalidPrefixListID.Malformed");
  });
});

describe("a rule that names a list", () => {
  const tcp = (port: number, sources: Partial<IpPermission>): IpPermission => ({
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    ...sources,
  });
  const from = (id: string, port = 22): IpPermission => tcp(port, { PrefixListIds: [{ PrefixListId: id }] });
  const four = (count: number): IpPermission =>
    tcp(22, { IpRanges: Array.from({ length: count }, (_, i) => ({ CidrIp: `198.18.0.${i}/32` })) });
  const six = (count: number): IpPermission =>
    tcp(22, { Ipv6Ranges: Array.from({ length: count }, (_, i) => ({ CidrIpv6: `2001:db8::${i}/128` })) });
  const authorize = (...IpPermissions: IpPermission[]) =>
    codeOf(it.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: "sg-plain", IpPermissions })));
  const FULL = "RulesPerSecurityGroupLimitExceeded";

  test("weighs what the list may hold, not what it holds", async () => {
    expect(await authorize(from("pl-half"), four(31))).toBe(FULL);
    expect(it.server.state().groups.get("sg-plain")?.rules).toHaveLength(1);
    expect(await authorize(from("pl-half"), four(30))).toBe("none");
    expect(await authorize(from("pl-s3"))).toBe(FULL);
  });

  test("weighs in its own family only", async () => {
    expect(await authorize(from("pl-six"), four(60))).toBe("none");
    expect(await authorize(six(21))).toBe(FULL);
    expect(await authorize(six(20))).toBe("none");
  });

  test("weighs again for every port, and what is larger than the quota never fits", async () => {
    expect(await authorize(from("pl-half"), from("pl-half", 23))).toBe("none");
    expect(await authorize(from("pl-half", 24))).toBe(FULL);
    expect(await authorize(from("pl-many"))).toBe(FULL);
  });
});
