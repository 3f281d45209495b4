import { expect, test } from "vitest";
import { nearMiss, nearMisses } from "../../src/access/near-miss.ts";

test.each([
  ["shh", "ssh"],
  ["SSHH", "ssh"],
  ["postgre", "postgres"],
  ["lsit", "list"],
])("%s is a near miss of %s", (typed, known) => {
  expect(nearMiss(typed, ["ssh", "rdp", "postgres", "list"])).toBe(known);
});

test("what is far from everything has none", () => {
  expect(nearMiss("telnet", ["ssh", "rdp"])).toBeUndefined();
  expect(nearMiss("x", ["y"])).toBeUndefined();
  expect(nearMiss("", ["a"])).toBeUndefined();
});

test("only the nearest are offered, each once", () => {
  expect(nearMisses("prod-vm-33", ["prod-vm-4", "prod-vm-3", "prod-vm-3", "dev-vm-3"])).toEqual(["prod-vm-3"]);
  expect(nearMisses("prod-vm-9", ["prod-vm-4", "prod-vm-3", "dev-vm-9"])).toEqual(["prod-vm-3", "prod-vm-4"]);
});
