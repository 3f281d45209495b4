import { describe, expect, test } from "vitest";
import type { Port } from "../../../src/access/port.ts";
import { connectionHelp } from "../../../src/slack/ending/connection-help.ts";

const tcp = (port: number): Port => ({ port, protocol: "tcp" });
const FOUR = "52.178.10.4";
const SIX = "2001:db8:acce::11";

describe("how to connect", () => {
  test.each([
    [tcp(22), FOUR, "linux", "`52.178.10.4`, port 22: `ssh you@52.178.10.4`"],
    [tcp(22), SIX, "linux", "`2001:db8:acce::11`, port 22: `ssh you@2001:db8:acce::11`"],
    [
      tcp(22),
      FOUR,
      "windows",
      "`52.178.10.4`, port 22: `ssh you@52.178.10.4` (with your Windows account; one of a domain: `ssh domain\\you@52.178.10.4`)",
    ],
    [
      tcp(3389),
      FOUR,
      "windows",
      "`52.178.10.4`, port 3389: `mstsc /v:52.178.10.4` (not on Windows: `52.178.10.4:3389` in any client for Remote Desktop)",
    ],
    [
      tcp(3389),
      SIX,
      "windows",
      "`2001:db8:acce::11`, port 3389: `mstsc /v:[2001:db8:acce::11]` (not on Windows: `[2001:db8:acce::11]:3389` in any client for Remote Desktop)",
    ],
    [
      tcp(5985),
      FOUR,
      "windows",
      "`52.178.10.4`, port 5985: `Enter-PSSession -ComputerName 52.178.10.4 -Port 5985 -Credential you`",
    ],
    [
      tcp(5986),
      SIX,
      "windows",
      "`2001:db8:acce::11`, port 5986: `Enter-PSSession -ComputerName [2001:db8:acce::11] -Port 5986 -UseSSL -Credential you`",
    ],
    [tcp(8080), SIX, "unknown", "`[2001:db8:acce::11]:8080`"],
    [{ port: 53, protocol: "udp" }, FOUR, "linux", "`52.178.10.4:53/udp`"],
  ] as const)("to %o at %s of %s", (port, address, os, line) => {
    expect(connectionHelp({ ports: [port], addresses: [address], os })).toEqual([line]);
  });

  test("is by the mapped port where a firewall translates it, and by no other", () => {
    const mapping = { address: "20.50.1.10", port: 50_022, to: tcp(22) };
    const reachable = {
      ports: [tcp(22), tcp(8080)],
      addresses: ["10.0.4.41"],
      mappings: [mapping],
      os: "linux",
    } as const;
    expect(connectionHelp(reachable)).toEqual([
      "`20.50.1.10`, port 50022 (for port 22): `ssh -p 50022 you@20.50.1.10`",
      "`10.0.4.41:8080`",
    ]);
  });

  test("says how many ways there are beside those that it shows", () => {
    const ports = Array.from({ length: 25 }, (_, i) => tcp(8_000 + i));
    const shown = connectionHelp({ ports, addresses: [FOUR] });
    expect(shown).toHaveLength(11);
    expect(shown.at(-1)).toBe("And 15 more.");
  });
});
