/** Describes managed prefix lists and tells their entries. */

import { type Action, findMine, myPrefixLists, pickByIds } from "./call.ts";
import { refusal } from "./error.ts";
import { filtered, page } from "./filter.ts";
import { tagSetXml } from "./tag-set.ts";

const PAGE = { least: 1, most: 100 };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeManagedPrefixLists.html */
export const describeManagedPrefixLists: Action = (call) => {
  const ids = call.params.texts("PrefixListId");
  const found = filtered(call, pickByIds(myPrefixLists(call), ids, "pl"), {
    "owner-id": ({ account }) => [account],
    "prefix-list-id": ({ id }) => [id],
    "prefix-list-name": ({ name }) => [name],
  });
  const { items, nextToken } = page(call, found, ({ id }) => id, false, PAGE);
  return {
    prefixListSet: items.map((list) => {
      const isAmazons = list.account === "AWS";
      return {
        prefixListId: list.id,
        prefixListName: list.name,
        prefixListArn: `arn:aws:ec2:${call.region}:${isAmazons ? "aws" : list.account}:prefix-list/${list.id}`,
        addressFamily: list.family,
        state: list.versions.length === 1 ? "create-complete" : "modify-complete",
        // Amazon's own have neither a size nor versions: https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
        maxEntries: isAmazons ? undefined : list.maxEntries,
        version: isAmazons ? undefined : list.versions.length,
        ownerId: list.account,
        tagSet: tagSetXml(list.tags),
      };
    }),
    nextToken,
  };
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html */
export const getManagedPrefixListEntries: Action = (call) => {
  const { params } = call;
  const list = findMine(myPrefixLists(call), params.required("PrefixListId"), "pl");
  const version = params.whole("TargetVersion") ?? list.versions.length;
  const cidrs = list.versions[version - 1];
  if (cidrs === undefined) {
    throw refusal("InvalidParameterValue", `The prefix list '${list.id}' has no version ${String(version)}`);
  }
  const { items, nextToken } = page(call, cidrs, (cidr) => cidr, false, PAGE);
  return { entrySet: items.map((cidr) => ({ cidr, description: list.descriptions[cidr] })), nextToken };
};
