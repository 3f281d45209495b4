import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Service } from "../../src/access/port.ts";
import { isRefusal } from "../../src/access/refusal.ts";
import { portsOf, resolveService, resolveSource, resolveSources } from "../../src/policy/resolve.ts";
import { aPolicy, aRule, office, vpn } from "./example-rule.ts";

const policy = aPolicy();
const keys = (word: string) => {
  const service = resolveService(word, policy);
  return isRefusal(service)
    ? service.facts
    : [service.name, ...service.ports.map(({ port, protocol }) => `${port}/${protocol}`)];
};

describe("ports", () => {
  test.each([
    ["ssh", ["ssh", "22/tcp"]],
    ["SSH", ["ssh", "22/tcp"]],
    ["winrm", ["winrm", "5985/tcp", "5986/tcp"]],
    ["8080", ["8080", "8080/tcp"]],
    ["53/udp", ["53/udp", "53/udp"]],
    ["8443/TCP", ["8443", "8443/tcp"]],
    ["ssh/tcp", ["ssh", "22/tcp"]],
    ["dns/udp", ["DNS/udp", "53/udp"]],
  ])("%s", (word, expected) => {
    expect(keys(word)).toEqual(expected);
  });

  test.each(["0", "65536", "8000-8010", "ssh/udp", "ssh/sctp", "22/tcp/udp", "-1", "telnet", ""])(
    "%s is refused with the services there are",
    (word) => {
      expect(keys(word)).toEqual({ text: word, services: ["ssh", "rdp", "winrm", "DNS"] });
    },
  );

  test("a near miss is offered", () => {
    expect(keys("shh")).toMatchObject({ didYouMean: "ssh" });
    expect(keys("winmr")).toMatchObject({ didYouMean: "winrm" });
  });

  test("of several words each port comes once, by number", () => {
    const services = ["winrm", "ssh", "22", "53/udp", "53"]
      .map((word) => resolveService(word, policy))
      .filter((each) => !isRefusal(each)) as Service[];
    expect(portsOf(services).map(({ port, protocol }) => `${port}/${protocol}`)).toEqual([
      "22/tcp",
      "53/tcp",
      "53/udp",
      "5985/tcp",
      "5986/tcp",
    ]);
  });
});

describe("sources", () => {
  test.each([
    ["203.0.113.7", ["203.0.113.7/32"]],
    ["10.1.2.3/8", ["10.0.0.0/8"]],
    ["2001:DB8::1", ["2001:db8::1/128"]],
    ["OFFICE", office.prefixes],
    ["anywhere", ["0.0.0.0/0", "::/0"]],
    ["0.0.0.0/0", ["0.0.0.0/0"]],
    ["::/0", ["::/0"]],
    ["::ffff:0:0/96", ["0.0.0.0/0"]],
  ])("%s", (word, expected) => {
    expect(resolveSource(word, policy)).toEqual(expected);
  });

  test.each([
    "999.1.1.1",
    "10.0.0.0/33",
    "10.0.0",
    "10.0.0.0/",
    "2001:db8::/129",
    "0x7f.1.1.1",
    "fe80::1%eth0",
    "single-address",
    "",
  ])("%s is refused as malformed", (word) => {
    expect(resolveSource(word, policy)).toMatchObject({
      code: "source-unreadable",
      facts: { text: word, networks: ["office", "vpn"] },
    });
  });

  test.each([
    "127.0.0.1",
    "127.0.0.0/8",
    "224.0.0.1",
    "255.255.255.255",
    "0.0.0.0",
    "::",
    "::1",
    "ff02::1",
    "ffff::1",
    "127.255.255.255",
    "239.255.255.255",
    "::ffff:127.0.0.1",
  ])("%s is refused, because nobody connects from there", (word) => {
    expect(resolveSource(word, policy)).toMatchObject({ code: "source-impossible" });
  });

  test("a near miss is offered", () => {
    expect(resolveSource("ofice", policy)).toMatchObject({ facts: { didYouMean: "office" } });
    expect(resolveSource("anywere", policy)).toMatchObject({ facts: { didYouMean: "anywhere" } });
  });

  test("no words mean the rule's default, and nothing where it has none", () => {
    expect(resolveSources([], aRule(), policy)).toEqual({ sources: vpn.prefixes, refusals: [] });
    expect(resolveSources([], aRule({ defaultSource: undefined }), policy)).toEqual({ sources: [], refusals: [] });
    expect(resolveSources([], undefined, policy)).toEqual({ sources: [], refusals: [] });
  });

  test("several words come together, each prefix once, each mistake told", () => {
    const { sources, refusals } = resolveSources(["vpn", "198.51.100.7", "10.0.0.300", "127.0.0.1"], aRule(), policy);
    expect(sources).toEqual(["198.51.100.7/32"]);
    expect(refusals.map(({ code }) => code)).toEqual(["source-unreadable", "source-impossible"]);
  });

  test("any text is either prefixes or a refusal", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:./]{0,20}$/u)), (word) => {
        const resolved = resolveSource(word, policy);
        if (!isRefusal(resolved)) expect(resolved.length).toBeGreaterThan(0);
      }),
    );
  });
});
