/** Tags as EC2 writes them, and what tags may be. */

import type { Limits } from "./call.ts";
import { refusal } from "./error.ts";
import type { Params } from "./params.ts";
import type { Tags } from "./state.ts";
import type { Xml } from "./xml.ts";

export const tagSetXml = (tags: Tags): Xml => Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Tags given while something is made. Throws when they are said to be for something else. */
export const tagsForNew = (params: Params, resourceType: string, limits: Limits): Tags => {
  const tags: Record<string, string> = {};
  for (const specification of params.parts("TagSpecification")) {
    const type = specification.required("ResourceType");
    if (type !== resourceType) {
      throw refusal("InvalidParameterValue", `'${type}' is not a valid taggable resource type for this operation.`);
    }
    Object.assign(tags, readTags(specification, limits));
  }
  return withinQuota(tags, limits);
};

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
export const readTags = (params: Params, { tagCharacters }: Limits): Tags => {
  const tags: Record<string, string> = {};
  for (const tag of params.parts("Tag")) {
    const key = tag.required("Key");
    const value = tag.text("Value") ?? "";
    refuseReserved(key);
    if (Array.from(key).length > 128) {
      throw refusal(
        "InvalidParameterValue",
        `Value ( ${key} ) for parameter key is invalid. Tag keys cannot exceed 128 characters`,
      );
    }
    if (Array.from(value).length > 256) {
      throw refusal(
        "InvalidParameterValue",
        `Value ( ${value} ) for parameter value is invalid. Tag values cannot exceed 256 characters`,
      );
    }
    for (const text of [key, value]) {
      if (CHARACTERS[tagCharacters].test(text)) continue;
      throw refusal("InvalidParameterValue", `Value ( ${text} ) of a tag has a character that isn't allowed`);
    }
    if (Object.hasOwn(tags, key)) throw refusal("InvalidParameterValue", `Duplicate tag key '${key}' specified.`);
    tags[key] = value;
  }
  return tags;
};

/** EC2 takes any that XML can carry; the narrow set is what the tags of every service may be made of. */
const CHARACTERS = {
  any: /^[^\p{Cc}\p{Cs}]*$/u,
  "every-service": /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u,
} as const;

/** Nobody but AWS makes, changes or deletes tags of these keys. */
export const isReserved = (key: string): boolean => key.toLowerCase().startsWith("aws:");

export const refuseReserved = (key: string): void => {
  if (!isReserved(key)) return;
  throw refusal(
    "InvalidParameterValue",
    `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
  );
};

export const withinQuota = (tags: Tags, { tagsPerResource }: Limits): Tags => {
  if (Object.keys(tags).filter((key) => !isReserved(key)).length <= tagsPerResource) return tags;
  throw refusal("TagLimitExceeded", "You have reached the maximum number of tags for a resource");
};
