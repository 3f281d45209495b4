/** Describes what surrounds the instances: regions, networks, the account's attributes, everything's tags. */

import {
  type Action,
  myGroups,
  myInstances,
  myInterfaces,
  myPrefixLists,
  mySubnets,
  myVpcs,
  pickByIds,
} from "./call.ts";
import { refusal } from "./error.ts";
import { filtered, filteredBy, page } from "./filter.ts";
import type { Tags } from "./state.ts";
import { tagSetXml } from "./tag-set.ts";

export const describeRegions: Action = (call) => {
  const asked = call.params.texts("RegionName");
  const unknown = asked.find((name) => !call.limits.regions.includes(name));
  if (unknown !== undefined) throw refusal("InvalidParameterValue", `Invalid region name: '${unknown}'`);
  const found = filteredBy(call, asked.length > 0 ? asked : call.limits.regions, {
    "region-name": (name) => [name],
    endpoint: (name) => [`ec2.${name}.amazonaws.com`],
    "opt-in-status": () => ["opt-in-not-required"],
  });
  return {
    regionInfo: found.map((regionName) => ({
      regionName,
      regionEndpoint: `ec2.${regionName}.amazonaws.com`,
      optInStatus: "opt-in-not-required",
    })),
  };
};

export const describeVpcs: Action = (call) => {
  const ids = call.params.texts("VpcId");
  const found = filtered(call, pickByIds(myVpcs(call), ids, "vpc"), {
    "vpc-id": ({ id }) => [id],
    cidr: ({ cidr }) => [cidr],
    "is-default": ({ isDefault }) => [String(isDefault)],
    isDefault: ({ isDefault }) => [String(isDefault)],
    "owner-id": ({ account }) => [account],
    state: () => ["available"],
  });
  const { items, nextToken } = page(call, found, ({ id }) => id);
  return {
    vpcSet: items.map((vpc) => ({
      vpcId: vpc.id,
      ownerId: vpc.account,
      state: "available",
      cidrBlock: vpc.cidr,
      cidrBlockAssociationSet: [
        {
          cidrBlock: vpc.cidr,
          associationId: vpc.id.replace(/^vpc-/u, "vpc-cidr-assoc-"),
          cidrBlockState: { state: "associated" },
        },
      ],
      ipv6CidrBlockAssociationSet: ipv6Blocks(vpc.ipv6Cidr, vpc.id.replace(/^vpc-/u, "vpc-cidr-assoc-6")),
      dhcpOptionsId: "default",
      instanceTenancy: "default",
      isDefault: vpc.isDefault,
      tagSet: tagSetXml(vpc.tags),
    })),
    nextToken,
  };
};

export const describeSubnets: Action = (call) => {
  const ids = call.params.texts("SubnetId");
  const mine = mySubnets(call);
  const found = filtered(call, pickByIds(mine, ids, "subnet"), {
    "subnet-id": ({ id }) => [id],
    "vpc-id": ({ vpcId }) => [vpcId],
    "cidr-block": ({ cidr }) => [cidr],
    "owner-id": () => [call.account],
    state: () => ["available"],
  });
  const { items, nextToken } = page(call, found, ({ id }) => id);
  return {
    subnetSet: items.map((subnet) => ({
      subnetId: subnet.id,
      vpcId: subnet.vpcId,
      ownerId: call.account,
      state: "available",
      cidrBlock: subnet.cidr,
      ipv6CidrBlockAssociationSet: ipv6Blocks(subnet.ipv6Cidr, subnet.id.replace(/^subnet-/u, "subnet-cidr-assoc-")),
      availableIpAddressCount: 200,
      availabilityZone: `${call.region}a`,
      defaultForAz: call.state.vpcs.get(subnet.vpcId)?.isDefault ?? false,
      mapPublicIpOnLaunch: false,
      assignIpv6AddressOnCreation: false,
      tagSet: tagSetXml(subnet.tags),
    })),
    nextToken,
  };
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html */
export const describeAccountAttributes: Action = (call) => {
  const attributes: Readonly<Record<string, string>> = {
    "supported-platforms": "VPC",
    "default-vpc": myVpcs(call).find(({ isDefault }) => isDefault)?.id ?? "none",
    "max-instances": "20",
    "vpc-max-security-groups-per-interface": String(call.limits.groupsPerInterface),
    "max-elastic-ips": "5",
    "vpc-max-elastic-ips": "5",
  };
  const asked = call.params.texts("AttributeName");
  const unknown = asked.find((name) => !Object.hasOwn(attributes, name));
  if (unknown !== undefined) throw refusal("InvalidParameterValue", `Invalid attribute name: '${unknown}'`);
  return {
    accountAttributeSet: Object.entries(attributes)
      .filter(([name]) => asked.length === 0 || asked.includes(name))
      .map(([attributeName, attributeValue]) => ({ attributeName, attributeValueSet: [{ attributeValue }] })),
  };
};

export const describeTags: Action = (call) => {
  const groups = myGroups(call);
  const all = [
    ...tagsOf("instance", myInstances(call)),
    ...tagsOf("network-interface", myInterfaces(call)),
    ...tagsOf("prefix-list", myPrefixLists(call)),
    ...tagsOf("security-group", groups),
    ...tagsOf(
      "security-group-rule",
      groups.flatMap(({ rules }) => rules),
    ),
    ...tagsOf("subnet", mySubnets(call)),
    ...tagsOf("vpc", myVpcs(call)),
  ];
  const found = filteredBy(
    call,
    all,
    {
      key: ({ key }) => [key],
      value: ({ value }) => [value],
      "resource-id": ({ resourceId }) => [resourceId],
      "resource-type": ({ resourceType }) => [resourceType],
    },
    ({ key, value }) => ({ [key]: value }),
  );
  const { items, nextToken } = page(call, found, ({ resourceId, key }) => `${resourceId} ${key}`);
  return { tagSet: items, nextToken };
};

const tagsOf = (resourceType: string, items: readonly { readonly id: string; readonly tags: Tags }[]) =>
  items.flatMap(({ id, tags }) =>
    Object.entries(tags).map(([key, value]) => ({ resourceId: id, resourceType, key, value })),
  );

const ipv6Blocks = (ipv6CidrBlock: string | undefined, associationId: string) =>
  ipv6CidrBlock === undefined
    ? undefined
    : [{ ipv6CidrBlock, associationId, ipv6CidrBlockState: { state: "associated" } }];
