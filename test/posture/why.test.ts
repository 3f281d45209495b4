import { describe, expect, test } from "vitest";
import { type Cidr, parseCidr } from "../../src/access/source.ts";
import type { Target } from "../../src/cloud/rules.ts";
import { createReachability } from "../../src/posture/reachability.ts";
import { type Finding, why } from "../../src/posture/why.ts";
import {
  aFirewall,
  aGroupRule,
  aNatRule,
  anAwsTarget,
  anNsg,
  aPolicyFirewall,
  aRule,
  aTable,
  aTarget,
  SSH,
} from "./samples.ts";

const say = ({ level, verdict, causes, sources }: Finding): string =>
  [
    level,
    verdict,
    ...causes.map(({ decider, sources: matched, ports }) => {
      const name = "rule" in decider ? decider.rule : decider.kind;
      const priority = "priority" in decider ? `@${decider.priority}` : "";
      return `${name}${priority} ${matched.join("+")}:${ports.join("+")}`;
    }),
    `(${sources.join()})`,
  ].join(" ");

const ask = (target: Target, source: string) =>
  why(createReachability(), target, SSH, parseCidr(source) as Cidr).map(({ door, verdict, decisive, chain }) => ({
    door: `${door.kind} ${door.address}:${door.ports.from}`,
    verdict,
    decisive: decisive.map(say),
    chain: chain.map(say),
  }));

test("the subnet's NSG denies at priority 200, and the interface's would let in", () => {
  const target = aTarget({
    subnetGroup: anNsg(
      "nsg-subnet",
      aRule("no-ssh", 200, { access: "deny", destinationPorts: ["20-25", "80"], sources: ["10.0.0.0/8", "Internet"] }),
      aRule("ssh", 300),
    ),
    interfaceGroup: anNsg("nsg-nic", aRule("all", 1_000, { destinationPorts: ["*"] })),
  });
  expect(ask(target, "203.0.113.7")).toEqual([
    {
      door: "direct 10.0.1.4:22",
      verdict: "deny",
      decisive: ["subnet deny no-ssh@200 Internet:20-25 (203.0.113.7/32)"],
      chain: [
        "subnet deny no-ssh@200 Internet:20-25 (203.0.113.7/32)",
        "interface allow all@1000 *:* (203.0.113.7/32)",
      ],
    },
  ]);
});

test("both levels are named when both let in, and a wide source is cut where the answer changes", () => {
  const target = aTarget({
    subnetGroup: anNsg(
      "s",
      aRule("half", 150, { access: "deny", sources: ["203.0.113.128/25"] }),
      aRule("ssh", 200, { sources: ["203.0.113.0/24"] }),
    ),
    interfaceGroup: anNsg("n", aRule("in", 300, { sources: ["203.0.113.0/25"] })),
  });
  const [answer] = ask(target, "203.0.113.0/24");
  expect(answer?.verdict).toBe("partly");
  expect(answer?.chain).toEqual([
    "subnet allow ssh@200 203.0.113.0/24:22 (203.0.113.0/25)",
    "subnet deny half@150 203.0.113.128/25:22 (203.0.113.128/25)",
    "interface allow in@300 203.0.113.0/25:22 (203.0.113.0/25)",
    "interface deny DenyAllInBound@65500 *:* (203.0.113.128/25)",
  ]);
  expect(ask(target, "203.0.113.7")[0]?.decisive).toEqual([
    "subnet allow ssh@200 203.0.113.0/24:22 (203.0.113.7/32)",
    "interface allow in@300 203.0.113.0/25:22 (203.0.113.7/32)",
  ]);
});

test("what it may hang on is named when a tag's extent is unknown", () => {
  const target = aTarget({ subnetGroup: anNsg("s", aRule("cloud", 150, { sources: ["AzureCloud", "10.0.0.0/8"] })) });
  expect(ask(target, "203.0.113.7")[0]).toMatchObject({
    verdict: "unknown",
    decisive: ["subnet unknown cloud@150 AzureCloud:22 DenyAllInBound@65500 *:* (203.0.113.7/32)"],
  });
});

test("no NSG at all, with and without a public address that is closed without one", () => {
  expect(ask(aTarget({ publicWays: [] }), "203.0.113.7")[0]).toMatchObject({
    verdict: "allow",
    decisive: ["public-address allow no-nsg : (203.0.113.7/32)"],
  });
  expect(ask(aTarget(), "203.0.113.7")[0]).toMatchObject({
    verdict: "deny",
    decisive: ["public-address deny public-address : (203.0.113.7/32)"],
  });
});

describe("behind a firewall", () => {
  const firewall = aFirewall({
    natCollections: [
      { name: "later", priority: 300, rules: [aNatRule("everyone")] },
      {
        name: "first",
        priority: 200,
        rules: [aNatRule("not-you", { sources: ["203.0.113.9"], translatedAddress: "10.0.1.99" })],
      },
    ],
    networkCollections: [
      {
        name: "blocked",
        priority: 100,
        access: "deny",
        rules: [
          {
            name: "bad",
            protocols: ["any"],
            sources: ["203.0.113.128/25"],
            destinations: ["10.0.1.4"],
            destinationPorts: ["22"],
          },
        ],
      },
    ],
  });
  const nsg = anNsg(
    "s",
    aRule("from-firewall", 200, { sources: ["10.0.2.0/26"] }),
    aRule("no", 300, { access: "deny" }),
  );
  const target = aTarget({ publicWays: [], firewalls: [firewall], subnetGroup: nsg });

  test("the machine's NSG sees the firewall's addresses, not the sender's", () => {
    expect(ask(target, "203.0.113.7")).toMatchObject([
      { door: "direct 10.0.1.4:22", verdict: "deny" },
      {
        door: "translated 20.0.0.1:2022",
        verdict: "allow",
        decisive: [
          "translation allow everyone@300 *:2022 (203.0.113.7/32)",
          "subnet allow from-firewall@200 10.0.2.0/26:22 (203.0.113.7/32)",
        ],
      },
      { door: "routed 10.0.1.4:22", verdict: "deny", decisive: ["firewall deny firewall-default : (203.0.113.7/32)"] },
    ]);
  });

  test("a translation above it leads elsewhere", () => {
    expect(ask(target, "203.0.113.9")[1]).toMatchObject({
      verdict: "deny",
      decisive: ["translation deny not-you@200 203.0.113.9:2022 (203.0.113.9/32)"],
    });
  });

  test("a network rule that denies takes the translation's permission away", () => {
    expect(ask(target, "203.0.113.200")[1]).toMatchObject({
      verdict: "deny",
      decisive: ["firewall deny bad@100 203.0.113.128/25:22 (203.0.113.200/32)"],
    });
  });

  test("an NSG that lets only some of the firewall's addresses in is unknown", () => {
    const half = anNsg("s", aRule("half", 200, { sources: ["10.0.2.0/27"] }), aRule("no", 300, { access: "deny" }));
    expect(ask({ ...target, subnetGroup: half }, "203.0.113.7")[1]?.verdict).toBe("unknown");
  });

  test("nobody told the firewall's addresses: unknown", () => {
    const answer = ask({ ...target, firewalls: [{ ...firewall, subnetPrefixes: [] }] }, "203.0.113.7")[1];
    expect(answer).toMatchObject({
      verdict: "unknown",
      decisive: expect.arrayContaining(["subnet unknown firewall-subnet : (203.0.113.7/32)"]),
    });
  });

  test("a translation to a host name may lead here, unless what stands behind it denies anyway", () => {
    const named = aFirewall({
      natCollections: [{ name: "c", priority: 100, rules: [aNatRule("named", { translatedAddress: undefined })] }],
    });
    expect(ask({ ...target, firewalls: [named] }, "203.0.113.7")[1]?.verdict).toBe("unknown");
    const shut = anNsg("s", aRule("no", 100, { access: "deny" }));
    expect(ask({ ...target, firewalls: [named], subnetGroup: shut }, "203.0.113.7")[1]?.verdict).toBe("deny");
  });

  test("a firewall policy is named", () => {
    expect(ask({ ...target, firewalls: [aPolicyFirewall] }, "203.0.113.7")[1]).toMatchObject({
      door: "policy 10.0.1.4:22",
      verdict: "unknown",
      decisive: ["firewall unknown firewall-policy : (203.0.113.7/32)"],
    });
  });
});

test("AWS: every rule that lets in is named, and what of it matched", () => {
  const table = aTable({ named: new Map([["pl-office", ["203.0.113.0/24"]]]) });
  const target = anAwsTarget(
    [
      aGroupRule("sgr-1", "pl-office"),
      aGroupRule("sgr-2", "0.0.0.0/0", { protocol: "-1" }),
      aGroupRule("sgr-3", "198.51.100.0/24"),
    ],
    { table },
  );
  expect(ask(target, "203.0.113.7")[0]).toMatchObject({
    verdict: "allow",
    decisive: ["security-groups allow sgr-1 pl-office:22 sgr-2 0.0.0.0/0:* (203.0.113.7/32)"],
  });
});

test("AWS: no rule lets in", () => {
  expect(ask(anAwsTarget([]), "203.0.113.7")[0]).toMatchObject({
    verdict: "deny",
    decisive: ["security-groups deny no-group-rule : (203.0.113.7/32)"],
  });
});

test("a source of another family has no way", () => {
  expect(ask(aTarget(), "2001:db8:2::7")).toEqual([]);
});
