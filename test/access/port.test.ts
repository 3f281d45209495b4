import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Protocol, parsePort, portKey, samePort } from "../../src/access/port.ts";

describe("a port", () => {
  test.each([
    ["22", { port: 22, protocol: "tcp" }],
    [" 22/TCP ", { port: 22, protocol: "tcp" }],
    ["53/udp", { port: 53, protocol: "udp" }],
    ["1", { port: 1, protocol: "tcp" }],
    ["65535", { port: 65_535, protocol: "tcp" }],
    ["00022", { port: 22, protocol: "tcp" }],
  ])("%j is read", (text, port) => {
    expect(parsePort(text)).toEqual(port);
  });

  test.each(["0", "65536", "000022", "", "ssh", "22/", "22/icmp", "-1", "22-23", "2 2", "22,23", "٢٢", "22/tcp/udp"])(
    "%j is none",
    (text) => {
      expect(parsePort(text)).toBeUndefined();
    },
  );

  test("printed is read as what it was", () => {
    const port = fc.record({
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom<Protocol>("tcp", "udp"),
    });
    fc.assert(
      fc.property(port, (each) => {
        expect(parsePort(portKey(each))).toEqual(each);
      }),
    );
  });

  test("is another in another protocol", () => {
    expect(samePort({ port: 53, protocol: "tcp" }, { port: 53, protocol: "udp" })).toBe(false);
    expect(samePort({ port: 53, protocol: "tcp" }, { port: 53, protocol: "tcp" })).toBe(true);
  });
});
