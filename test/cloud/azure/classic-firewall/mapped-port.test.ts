import { expect, test } from "vitest";
import type { ClassicCollection } from "../../../../src/cloud/azure/classic-firewall/classic-document.ts";
import {
  checkMappedPorts,
  createPortFinder,
  translatedCount,
} from "../../../../src/cloud/azure/classic-firewall/mapped-port.ts";

const RANGE = { from: 50_000, to: 50_002 };

const taking = (
  destinationPorts: readonly string[],
  more: Record<string, readonly string[]> = {},
): ClassicCollection => ({
  name: "others",
  priority: 100,
  action: "dnat",
  rules: [{ name: "r", raw: { protocols: ["TCP"], destinationAddresses: ["20.50.0.10"], destinationPorts, ...more } }],
});

test.each([
  [0, 10],
  [10, 65_536],
  [11, 10],
  [1.5, 10],
])("a range from %d to %d is none", (from, to) => {
  expect(() => checkMappedPorts({ from, to })).toThrow(`mapped ports ${from}-${to} must lie within 1-65535`);
  expect(checkMappedPorts({ from: 1, to: 65_535 })).toEqual({ from: 1, to: 65_535 });
});

test.each([
  ["a single port", taking(["50000"]), 50_001],
  ["a range", taking(["49000-50001"]), 50_002],
  ["all of them", taking(["*"]), undefined],
  ["something unreadable", taking(["many"]), undefined],
  ["any address", taking(["50000"], { destinationAddresses: ["*"] }), 50_001],
  ["another protocol", taking(["50000"], { protocols: ["UDP"] }), 50_000],
  ["another address", taking(["50000"], { destinationAddresses: ["20.50.0.11"] }), 50_000],
])("what others have taken isn't free: %s", (_, others, port) => {
  expect(createPortFinder(["20.50.0.10"], [others], RANGE).take("tcp")?.port).toBe(port);
});

test("each port is given once, and kept by whom it had while nobody else has it", () => {
  const finder = createPortFinder(["20.50.0.10"], [taking(["50001"])], RANGE);
  expect(finder.keep("tcp", { address: "20.50.0.10", port: 50_001 })).toBeUndefined();
  expect(finder.keep("tcp", { address: "20.50.0.99", port: 50_000 })).toBeUndefined();
  expect(finder.keep("tcp", { address: "20.50.0.10", port: 50_000 })?.port).toBe(50_000);
  expect(finder.keep("tcp", { address: "20.50.0.10", port: 50_000 })).toBeUndefined();
  expect(finder.take("tcp")?.port).toBe(50_002);
  expect(finder.take("tcp")).toBeUndefined();
  expect(finder.take("udp")?.port).toBe(50_000);
});

test("a rule counts once for each address, port and protocol that it answers at", () => {
  expect(translatedCount(taking(["1", "2"], { protocols: ["TCP", "UDP"] }).rules)).toBe(4);
  expect(translatedCount([])).toBe(0);
});
