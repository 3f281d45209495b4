import { expect, test } from "vitest";
import { readRange } from "../../src/posture/address.ts";
import { cidrsOf, everything, subtract, union } from "../../src/posture/address-set.ts";
import { wordsOf } from "../../src/posture/exposure.ts";
import { isWorse, postureOf, worstFirst } from "../../src/posture/posture.ts";
import { createReachability } from "../../src/posture/reachability.ts";
import {
  aFirewall,
  aGroupRule,
  aNatRule,
  anAwsTarget,
  anNsg,
  aRule,
  aTable,
  aTarget,
  inAws,
  inAzure,
} from "./samples.ts";

const setOf = (...prefixes: readonly string[]) => union(prefixes.flatMap((prefix) => readRange(prefix) ?? []));

test("sources in few words", () => {
  const but = (prefix: string) => wordsOf(subtract(everything("ipv4"), setOf(prefix), "ipv4"), "ipv4");
  expect(wordsOf([], "ipv4")).toEqual({ kind: "nobody" });
  expect(wordsOf(everything("ipv4"), "ipv4")).toEqual({ kind: "anywhere" });
  expect(wordsOf(setOf("::/0"), "ipv6")).toEqual({ kind: "anywhere" });
  expect(wordsOf(setOf("2000::/3"), "ipv6")).toEqual({ kind: "anywhere" });
  expect(but("203.0.113.0/24")).toEqual({ kind: "anywhere-but", except: ["203.0.113.0/24"] });
  // Nobody on the internet is missing.
  expect(but("10.0.0.0/8")).toEqual({ kind: "anywhere" });
  expect(wordsOf(setOf("203.0.113.0/25", "203.0.113.128/25", "198.51.100.7"), "ipv4")).toEqual({
    kind: "from",
    prefixes: ["198.51.100.7/32", "203.0.113.0/24"],
  });
  expect(wordsOf(setOf("0.0.0.0/1"), "ipv4")).toMatchObject({ kind: "from" });
});

test("worst first: what is open before what is called unhealthy", () => {
  const ssh = (source: string) => anNsg(source, aRule("ssh", 200, { sources: [source] }));
  const machines = [
    inAzure(
      [aTarget({ subnetGroup: anNsg("closed", aRule("no", 100, { access: "deny", destinationPorts: ["*"] })) })],
      { name: "nobody" },
    ),
    inAzure([aTarget({ subnetGroup: ssh("*") })], { name: "anyone" }),
    inAzure([aTarget({ subnetGroup: ssh("203.0.113.7") })], { name: "strangers" }),
    inAzure([aTarget({ subnetGroup: ssh("*"), publicWays: [] })], { name: "inside, unhealthy" }),
    inAzure([aTarget()], { name: "inside, not applicable" }),
    inAzure([aTarget({ subnetGroup: ssh("AzureCloud") })], { name: "unknown" }),
    inAzure([aTarget({ subnetGroup: anNsg("wide", aRule("all", 200, { destinationPorts: ["*"] })) })], {
      name: "anyone, at four ports",
    }),
    inAws([anAwsTarget([aGroupRule("a", "0.0.0.0/1"), aGroupRule("b", "128.0.0.0/1")])], { name: "anyone, healthy" }),
  ];
  const reachability = createReachability();
  const names = machines
    .map((machine) => postureOf(reachability, machine))
    .toSorted(worstFirst)
    .map(({ machine }) => machine.name);
  expect(names).toEqual([
    "anyone, at four ports",
    "anyone",
    "anyone, healthy",
    "strangers",
    "unknown",
    "inside, unhealthy",
    "inside, not applicable",
    "nobody",
  ]);
});

test("worse is more open, or as open and called worse", () => {
  const posture = (...rules: Parameters<typeof aGroupRule>[]) =>
    postureOf(createReachability(), inAws([anAwsTarget(rules.map((rule) => aGroupRule(...rule)))]));
  const [closed, some, halves, anyone] = [
    posture(),
    posture(["a", "203.0.113.0/24"]),
    posture(["a", "0.0.0.0/1"], ["b", "128.0.0.0/1"]),
    posture(["a", "0.0.0.0/0"]),
  ];
  const order = [closed, some, halves, anyone];
  for (const [i, before] of order.entries()) {
    for (const [j, now] of order.entries()) expect(isWorse(now, before)).toBe(j > i);
  }
});

test("who reaches which door of which port", () => {
  const nsg = anNsg("web", aRule("office", 200, { sources: ["203.0.113.0/24"] }));
  const posture = postureOf(createReachability(), inAzure([aTarget({ subnetGroup: nsg })]));
  expect(posture.ports.map(({ port, openness }) => [port.port, openness])).toEqual([
    [22, "strangers"],
    [3389, "inside"],
    [5985, "inside"],
    [5986, "inside"],
  ]);
  const [door] = posture.ports[0]?.doors ?? [];
  expect(door?.door).toEqual({
    kind: "direct",
    address: "10.0.1.4",
    ports: { from: 22, to: 22 },
    family: "ipv4",
    firewall: undefined,
  });
  expect(door && cidrsOf(door.reaching, "ipv4")).toEqual(["10.0.0.0/16", "168.63.129.16/32", "203.0.113.0/24"]);
});

test("a load balancer brings strangers to the ports only that it sends on", () => {
  const ports = [{ protocol: "tcp", from: 22, to: 22 }] as const;
  const way = { kind: "load-balancer", address: "20.0.0.7", sku: "standard", ports } as const;
  const nsg = anNsg("all", aRule("all", 200, { destinationPorts: ["*"] }));
  const posture = postureOf(createReachability(), inAzure([aTarget({ subnetGroup: nsg, publicWays: [way] })]));
  expect(posture.ports.map(({ port, openness }) => [port.port, openness])).toEqual([
    [22, "anyone"],
    [3389, "inside"],
    [5985, "inside"],
    [5986, "inside"],
  ]);
});

test("a default route makes strangers doubtful, and leaves the firewall's translations sure", () => {
  const nsg = anNsg(
    "web",
    aRule("no internet", 200, { sources: ["Internet"], access: "deny" }),
    aRule("ssh", 300, { sources: ["*"] }),
  );
  const target = aTarget({
    subnetGroup: nsg,
    firewalls: [aFirewall({ natCollections: [{ name: "nat", priority: 200, rules: [aNatRule("ssh")] }] })],
    table: aTable({ virtualNetwork: ["10.0.0.0/16", "default route"] }),
  });
  const [direct, translated] = postureOf(createReachability(), inAzure([target])).ports[0]?.doors ?? [];
  expect(direct).toMatchObject({ door: { kind: "direct" }, openness: "unknown" });
  expect(translated).toMatchObject({ door: { kind: "translated" }, openness: "anyone" });
});
