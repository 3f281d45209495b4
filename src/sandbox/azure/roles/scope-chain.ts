/** A scope and everything above it, up to the root: what is given there reaches down. */

const GROUPS = "/providers/microsoft.management/managementgroups/";

/** Lower case, the scope itself first, `/` last. `parents`: of subscriptions and management groups by their id, lower case. */
export const chainOf = (scope: string, parents: ReadonlyMap<string, string>): readonly string[] => {
  const segments = scope.toLowerCase().split("/").filter(Boolean);
  const isInSubscription = segments[0] === "subscriptions";
  // Each resource, resource group and subscription is a type and a name more than what it is in; no role is at what lies between.
  const paths = Array.from(
    { length: Math.floor(segments.length / 2) },
    (_, i) => `/${segments.slice(0, segments.length - 2 * i).join("/")}`,
  );
  const top = isInSubscription ? segments[1] : scope.toLowerCase().startsWith(GROUPS) ? segments[3] : undefined;
  const inSubscription = isInSubscription ? paths : top === undefined ? [] : [`${GROUPS}${top}`];
  return [...inSubscription, ...groupsAbove(top, parents), "/"];
};

const groupsAbove = (from: string | undefined, parents: ReadonlyMap<string, string>): readonly string[] => {
  const above = new Set<string>();
  for (let at = parents.get(from ?? ""); at !== undefined && !above.has(at); at = parents.get(at)) above.add(at);
  return [...above].map((name) => `${GROUPS}${name}`);
};
