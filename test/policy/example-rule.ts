/** A policy and a question that is answered yes, for tests to change in one place. */

import type { Cidr } from "../../src/access/source.ts";
import { type DurationMs, type EpochMs, HOUR, MINUTE } from "../../src/access/time.ts";
import type { Match, Network, Policy, PortRule, Role, Rule } from "../../src/policy/policy.ts";
import type { Question } from "../../src/policy/question.ts";
import { NO_MEMBERSHIPS } from "../../src/policy/roles.ts";

export const c = (text: string): Cidr => text as Cidr;

export const hours = (count: number): DurationMs => (count * HOUR) as DurationMs;

export const office: Network = { name: "office", prefixes: [c("203.0.113.0/24"), c("2001:db8:1::/48")] };
export const vpn: Network = { name: "vpn", prefixes: [c("198.51.100.7/32")] };

export const SSH: PortRule = {
  name: "ssh",
  ports: [{ port: 22, protocol: "tcp" }],
  maximumMs: hours(3),
  sources: undefined,
};
export const RDP: PortRule = {
  name: "rdp",
  ports: [{ port: 3389, protocol: "tcp" }],
  maximumMs: hours(1),
  sources: [{ kind: "network", network: vpn }],
};

export const everyMachine: Match = { names: [], clouds: [], accounts: [], regions: [], os: [], tags: new Map() };

export const aRole = (given: Pick<Role, "name"> & Partial<Role>): Role => ({
  users: [],
  groups: [],
  schedules: [],
  manager: false,
  otherwise: [],
  ...given,
});

export const aRule = (changes: Partial<Rule> = {}): Rule => ({
  name: "production",
  match: everyMachine,
  ports: [SSH, RDP],
  sources: [{ kind: "network", network: office }, { kind: "network", network: vpn }, { kind: "single-address" }],
  defaultSource: vpn.prefixes,
  request: ["engineers"],
  approve: {
    kind: "by",
    steps: [{ roles: ["leads"], needed: 1 }],
    withinMs: (30 * MINUTE) as DurationMs,
    automatic: [],
  },
  configure: [],
  protect: "by-hand",
  drift: "tell",
  justification: { required: true, pattern: /^(INC|CHG)-[0-9]+/u },
  channel: "C0ACCESS",
  authorities: [],
  hours: [],
  limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined },
  breakGlass: undefined,
  recheck: "tell",
  ...changes,
});

export const aPolicy = (...rules: readonly Rule[]): Policy => ({
  services: new Map([
    ["ssh", { name: "ssh", ports: [{ port: 22, protocol: "tcp" }] }],
    ["rdp", { name: "rdp", ports: [{ port: 3389, protocol: "tcp" }] }],
    [
      "winrm",
      {
        name: "winrm",
        ports: [
          { port: 5985, protocol: "tcp" },
          { port: 5986, protocol: "tcp" },
        ],
      },
    ],
    [
      "dns",
      {
        name: "DNS",
        ports: [
          { port: 53, protocol: "tcp" },
          { port: 53, protocol: "udp" },
        ],
      },
    ],
  ]),
  networks: new Map([
    ["office", office],
    ["vpn", vpn],
  ]),
  roles: new Map([
    ["engineers", aRole({ name: "engineers", users: ["U0DEV1"], groups: ["S0ENG"] })],
    ["leads", aRole({ name: "leads", users: ["U0LEAD1", "U0LEAD2"], groups: [] })],
    ["seniors", aRole({ name: "seniors", users: ["U0LEAD1"], groups: ["S0SENIOR"] })],
  ]),
  rules,
  denials: [],
  freezes: [],
});

export const aQuestion = (changes: Partial<Question> = {}): Question => ({
  at: 1_800_000_000_000 as EpochMs,
  requester: "U0DEV1",
  roles: new Set(["engineers"]),
  machine: {
    name: "prod-vm-3",
    cloud: "azure",
    account: "1",
    region: "westeurope",
    os: "linux",
    tags: { env: "prod" },
  },
  rule: aRule(),
  services: [{ name: "ssh", ports: [{ port: 22, protocol: "tcp" }] }],
  sources: [c("203.0.113.7/32")],
  durationMs: hours(2),
  justification: "INC-1042 disk full",
  breakGlass: false,
  usage: { ofPerson: 0, onMachine: 0, asksAt: [] },
  memberships: NO_MEMBERSHIPS,
  approvers: new Map([["leads", new Set(["U0LEAD1", "U0LEAD2"])]]),
  ...changes,
});
