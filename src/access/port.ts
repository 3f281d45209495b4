/** A port on a machine: a number and a protocol. */

export type Protocol = "tcp" | "udp";

/** `{ port: 22, protocol: "tcp" }`. Ports run from 1 to 65535. */
export interface Port {
  readonly port: number;
  readonly protocol: Protocol;
}

/** Where to connect to reach a port that a firewall maps: to `port` of `address`, for `to` of the machine. */
export interface Mapping {
  readonly address: string;
  readonly port: number;
  readonly to: Port;
}

/** A service and the ports it stands for: `{ name: "winrm", ports: [5985/tcp, 5986/tcp] }`. */
export interface Service {
  readonly name: string;
  readonly ports: readonly Port[];
}

/** `22/tcp`: the key of a port in sets, logs and policies. */
export const portKey = ({ port, protocol }: Port): string => `${port}/${protocol}`;

export const samePort = (a: Port, b: Port): boolean => a.port === b.port && a.protocol === b.protocol;

/** For sorting: by number, TCP before UDP. */
export const byPort = (a: Port, b: Port): number => a.port - b.port || (a.protocol < b.protocol ? -1 : 1);

/** Reads `22`, `22/tcp` or `53/udp`; a bare number is TCP. `undefined` when it is none of these. */
export const parsePort = (text: string): Port | undefined => {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/u.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const port = Number(match[1]);
  if (port < 1 || port > 65_535) return undefined;
  return { port, protocol: match[2] === "udp" ? "udp" : "tcp" };
};
