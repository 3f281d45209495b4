/** Services, and the ports that their names stand for. */

import { type Port, parsePort, type Service } from "../access/port.ts";
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
