/** Which resources a path names, and what is common to asking for them. */

import { type ArmAnswer, resourceNotFound } from "./arm-errors.ts";
import { groupNameOf, subscriptionOf } from "./resource-identifiers.ts";
import { bare } from "./write-preconditions.ts";

export interface Place {
  readonly subscription: string;
  /** Absent: the whole subscription. */
  readonly group: string | undefined;
  /** `microsoft.network/networksecuritygroups`, and as asked. */
  readonly type: string;
  readonly askedType: string;
  readonly name: string | undefined;
  readonly child: string | undefined;
  readonly childName: string | undefined;
  /** The id of the resource, or of its parent, without the child. */
  readonly id: string;
}

export const readPlace = (subscription: string, rest: readonly string[]): Place | undefined => {
  const inGroup = rest[0]?.toLowerCase() === "resourcegroups";
  const [providers, namespace = "", type = "", name, child, childName, ...more] = inGroup ? rest.slice(2) : rest;
  if (providers?.toLowerCase() !== "providers" || type === "" || more.length > 0) return undefined;
  const group = inGroup ? rest[1] : undefined;
  if (group === undefined && name !== undefined) return undefined;
  const askedType = `${namespace}/${type}`;
  const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/${askedType}/${name}`;
  return {
    subscription,
    group,
    type: askedType.toLowerCase(),
    askedType,
    name,
    child: child?.toLowerCase(),
    childName,
    id,
  };
};

/** Those of the subscription, or of the resource group, that was asked for. */
export const within = <T extends { readonly id: string }>(
  { subscription, group }: Place,
  all: readonly T[],
): readonly T[] =>
  all.filter(
    ({ id }) =>
      subscriptionOf(id).toLowerCase() === subscription.toLowerCase() &&
      (group === undefined || groupNameOf(id).toLowerCase() === group.toLowerCase()),
  );

export const notFound = ({ askedType, name = "", group = "" }: Place): ArmAnswer =>
  resourceNotFound(askedType, name, group);

/** Nothing new for who has it already. */
export const withEtag = (
  etag: string,
  { ifNoneMatch }: { readonly ifNoneMatch: string | undefined },
  body: unknown,
): ArmAnswer =>
  ifNoneMatch !== undefined && bare(ifNoneMatch) === bare(etag)
    ? { status: 304, headers: { etag } }
    : { status: 200, body, headers: { etag } };
