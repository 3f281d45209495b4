/** Deny rules. */

import type { Denial } from "../policy/policy.ts";
import { matchOf } from "./build-match.ts";
import { portsOf, servicesOf } from "./build-services.ts";
import type { FileContent } from "./schema.ts";

export const denialsOf = (content: FileContent): readonly Denial[] => {
  const services = servicesOf(content);
  return (content.deny ?? []).map(({ name, people = [], match, ports = [], because = "" }, index) => ({
    name: name ?? `deny ${index + 1}`,
    people,
    match: matchOf(match),
    ports: ports.flatMap((each) => portsOf(each, services)),
    because,
  }));
};
