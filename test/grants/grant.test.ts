import { describe, expect, test } from "vitest";
import type { MachineId } from "../../src/access/machine.ts";
import type { EpochMs } from "../../src/access/time.ts";
import { endOf, isActive, sharesPort } from "../../src/grants/grant.ts";
import { aGrant, DEV, NOW } from "../contracts/samples.ts";

const END = aGrant().expiresAt;
const at = (instant: number): EpochMs => instant as EpochMs;
const closed = (instant: number) => aGrant({ revoked: { kind: "closed", at: at(instant), by: DEV } });

describe("a grant", () => {
  test.each([
    [NOW - 1, false],
    [NOW, true],
    [END - 1, true],
    [END, false],
  ])("at %i counts: %s", (instant, counts) => {
    expect(isActive(aGrant(), at(instant))).toBe(counts);
  });

  test("counts no more once it is revoked", () => {
    expect(isActive(closed(NOW), NOW)).toBe(false);
    expect(isActive(closed(NOW + 5), at(NOW + 1))).toBe(false);
  });

  test("ends at its time, or when it was revoked if that was earlier", () => {
    expect(endOf(aGrant())).toBe(END);
    expect(endOf(closed(NOW + 1))).toBe(NOW + 1);
    expect(endOf(closed(END + 1))).toBe(END);
  });

  test("shares a port with another on the same machine and in the same protocol only", () => {
    const ssh = aGrant({
      ports: [
        { port: 22, protocol: "tcp" },
        { port: 53, protocol: "udp" },
      ],
    });
    expect(sharesPort(ssh, aGrant({ ports: [{ port: 53, protocol: "udp" }] }))).toBe(true);
    expect(sharesPort(ssh, aGrant({ ports: [{ port: 53, protocol: "tcp" }] }))).toBe(false);
    expect(sharesPort(ssh, aGrant({ machine: { ...ssh.machine, id: "other" as MachineId } }))).toBe(false);
  });
});
