/** Deny rules, and what rules of both kinds say of machines and ports. */

import { type Port, parsePort, type Service } from "../access/port.ts";
import type { Denial, Match } from "../policy/policy.ts";
import type { FileContent } from "./schema.ts";

/** Those of the reference system's ports that have names: known when the file has no `services` of its own. */
export const WELL_KNOWN_SERVICES = { ssh: [22], rdp: [3389], winrm: [5985, 5986] } as const;

/** By lower-case name. */
export const servicesOf = ({ services = {} }: FileContent): ReadonlyMap<string, Service> => {
  if (Object.keys(services).length > 0) {
    return new Map(Object.entries(services).map(([name, ports]) => [name.toLowerCase(), { name, ports }]));
  }
  return new Map(
    Object.entries(WELL_KNOWN_SERVICES).map(([name, ports]) => [
      name,
      { name, ports: ports.map((port) => ({ port, protocol: "tcp" as const })) },
    ]),
  );
};

/** Of a service, or the one that is written. */
export const portsOf = (name: string, services: ReadonlyMap<string, Service>): readonly Port[] => {
  const port = parsePort(name);
  return port !== undefined ? [port] : (services.get(name.toLowerCase())?.ports ?? []);
};

export const matchOf = (content: FileContent["rules"][number]["match"]): Match => ({
  names: content?.names ?? [],
  clouds: content?.clouds ?? [],
  accounts: content?.accounts ?? [],
  regions: content?.regions ?? [],
  systems: content?.systems ?? [],
  tags: new Map(Object.entries(content?.tags ?? {})),
});

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
