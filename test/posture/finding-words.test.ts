import { describe, expect, test } from "vitest";
import type { Cidr } from "../../src/access/source.ts";
import { type AddressSet, everything } from "../../src/posture/address-set.ts";
import type { Openness, PortExposure } from "../../src/posture/exposure.ts";
import { findingWords } from "../../src/posture/finding-words.ts";
import { reachableWords } from "../../src/posture/reachable-words.ts";
import type { Finding } from "../../src/posture/why.ts";

const nsgRule = (rule: string, priority: number, access: "allow" | "deny") => ({
  decider: {
    kind: "nsg-rule",
    level: "subnet",
    group: "nsg-web",
    rule,
    priority,
    access,
    sources: [],
    ports: [],
  } as const,
  sources: [],
  ports: [],
});

const finding = (verdict: Finding["verdict"], ...causes: Finding["causes"]): Finding => ({
  level: "subnet",
  sources: ["0.0.0.0/0" as Cidr],
  verdict,
  causes,
});

describe("what decides, in words", () => {
  test("a rule that blocks is said once, however many findings name it", () => {
    const deny = finding("deny", nsgRule("DenyAll", 200, "deny"));
    expect(findingWords([deny, deny])).toEqual(["rule DenyAll (priority 200) of the subnet's NSG nsg-web blocks it"]);
  });

  test("why nobody can say what happens is said once, of the rule that it hangs on", () => {
    const hanging = finding(
      "unknown",
      nsgRule("BlockPartners", 150, "deny"),
      nsgRule("latch-acme-k7f3q2xd", 200, "allow"),
    );
    expect(findingWords([hanging], (name) => `*${name}*`)).toEqual([
      "rule *BlockPartners* (priority 150) of the subnet's NSG *nsg-web* may block it: nobody can say which addresses its names stand for",
      "Latch's rule *latch-acme-k7f3q2xd* (priority 200) of the subnet's NSG *nsg-web* may let it in",
    ]);
  });
});

test("from where ports are reached begins with the most open one, whatever its number", () => {
  const exposed = (port: number, openness: Openness, reaching: AddressSet): PortExposure => ({
    port: { port, protocol: "tcp" },
    openness,
    doors: [
      {
        door: {
          kind: "direct",
          family: "ipv4",
          address: "10.0.1.4",
          ports: { from: port, to: port },
          firewall: undefined,
        },
        reaching,
        unknown: [],
        openness,
      },
    ],
  });
  const inside: AddressSet = [{ first: 0x0a_00_00_00n, last: 0x0a_ff_ff_ffn }];
  expect(
    reachableWords([
      exposed(22, "inside", inside),
      exposed(443, "nobody", []),
      exposed(3389, "anyone", everything("ipv4")),
    ]),
  ).toEqual(["3389 from anywhere", "22 from 10.0.0.0/8"]);
});
