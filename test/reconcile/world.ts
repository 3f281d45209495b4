/** Firewalls in maps, memory in maps, a clock that stands: all that a look at a firewall needs, with the words to tell stories of it. */

import { onTestFinished } from "vitest";
import type { GrantId, ProtectionId, RequestId } from "../../src/access/identifier.ts";
import type { CloudName, FirewallId, Machine, MachineId } from "../../src/access/machine.ts";
import { parsePort } from "../../src/access/port.ts";
import type { Cidr } from "../../src/access/source.ts";
import { type Clock, HOUR, later, MINUTE, SECOND } from "../../src/access/time.ts";
import type { AuditEvent, AuditEventKind } from "../../src/audit/event.ts";
import type { Inventory } from "../../src/cloud/inventory.ts";
import { createMachines, type Machines } from "../../src/cloud/machines.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { Ledger } from "../../src/grants/ledger.ts";
import { firewallsBlocked, type Protection } from "../../src/grants/protection.ts";
import { createPass } from "../../src/reconcile/pass.ts";
import { createRememberedGrants, type RememberedGrants } from "../../src/reconcile/remembered-grants.ts";
import { createReport } from "../../src/reconcile/report.ts";
import { createReportProtections, type Drift } from "../../src/reconcile/report-protections.ts";
import { aGrant, aProtection, NOW } from "../contracts/samples.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import {
  addForeign,
  createMemoryFirewall,
  type MemoryFirewall,
  type MemoryFirewallOptions,
  type Operation,
  type Subject,
  type Trouble,
} from "../fakes/memory-firewall.ts";
import { createMemoryLedger, type MemoryLedger } from "../fakes/memory-ledger.ts";
import { createMemoryWakeups, type MemoryWakeups } from "../fakes/memory-wakeups.ts";
import type { Outage } from "../fakes/outage.ts";

/** Rules belong to grants here. */
export const NSG = "azure-nsg:/subscriptions/1/networksecuritygroups/nsg-prod" as FirewallId;
export const SUBNET_NSG = "azure-nsg:/subscriptions/1/networksecuritygroups/nsg-subnet" as FirewallId;
/** Rules are holes here. */
export const GROUPS = "aws-groups:111122223333/eu-west-1/eni-0a1" as FirewallId;

export const ONE = "k7f3q2xd" as GrantId;
export const TWO = "m8g4r3zf" as GrantId;
export const THREE = "n9h5s4zg" as GrantId;
export const END = later(NOW, HOUR);

export const never = new AbortController().signal;

/** A grant of SSH from one address for an hour, on the given firewalls: one NSG if not said. */
export const grantOn = (
  changes: Partial<Grant> = {},
  firewalls: readonly FirewallId[] = [NSG],
  addresses: readonly string[] = ["10.0.0.4"],
): Grant => {
  const id = changes.id ?? ONE;
  return aGrant({
    id,
    requestId: id as string as RequestId,
    expiresAt: END,
    justification: "INC-1 disk full",
    targets: firewalls.map((firewall) => ({ firewall, addresses })),
    ...changes,
  });
};

export const cidrs = (...texts: readonly string[]): readonly Cidr[] => texts as readonly Cidr[];

export const ports = (...texts: readonly string[]): Grant["ports"] =>
  texts.map((text) => {
    const port = parsePort(text);
    if (port === undefined) throw new Error(`no port: ${text}`);
    return port;
  });

export const machineBehind = (firewalls: readonly FirewallId[], changes: Partial<Machine> = {}): Machine => ({
  cloud: "azure",
  id: "/subscriptions/1/vm/prod-vm-3" as MachineId,
  name: "prod-vm-3",
  account: "1",
  region: "westeurope",
  tags: {},
  os: "linux",
  power: "running",
  interfaces: [
    { id: "nic", privateAddresses: ["10.0.0.4", "fd00:db8::4"], publicAddresses: ["52.178.10.13"], firewalls },
  ],
  ...changes,
});

export const machinesOf = (...all: readonly Machine[]): Promise<Machines> => machinesFrom(() => all);

/** Read once already. */
export const machinesFrom = async (read: () => readonly Machine[], clock?: Clock): Promise<Machines> => {
  const inventory = (cloud: CloudName): Inventory => ({
    machines: async () => read().filter((machine) => machine.cloud === cloud),
    marked: async () => [],
  });
  const machines = createMachines(new Map(CLOUD_NAMES.map((cloud) => [cloud, inventory(cloud)])), clock);
  await machines.refresh(never);
  return machines;
};

const CLOUD_NAMES: readonly CloudName[] = ["azure", "aws"];

/** One process of the bot: what it remembers dies with it. */
export interface Worker {
  readonly remembered: RememberedGrants;
  /** One look, whoever has the lease. */
  readonly look: (
    firewall?: FirewallId,
    stillMine?: () => Promise<boolean>,
    signal?: AbortSignal,
  ) => Promise<number | undefined>;
}

export interface World extends Worker {
  readonly clock: ManualClock;
  readonly outage: Outage;
  readonly wakeups: MemoryWakeups;
  /** The queue of requests that time does something to. */
  readonly requests: MemoryWakeups;
  readonly memory: MemoryLedger;
  readonly ledger: Ledger;
  readonly firewall: (id?: FirewallId) => MemoryFirewall;
  /** Another process at the same ledger and the same clouds. */
  readonly worker: () => Worker;
  /** As an approval does. */
  readonly give: (...grants: readonly Grant[]) => Promise<void>;
  readonly revoke: (id?: GrantId) => Promise<void>;
  /** As `/jit protect` does: writes it and wakes its firewalls. */
  readonly protect: (protection: Protection) => Promise<void>;
  /** As `/jit unprotect` does. */
  readonly lift: (id?: ProtectionId) => Promise<void>;
  readonly storedProtection: (id?: ProtectionId) => Promise<Protection>;
  readonly stored: (id?: GrantId) => Promise<Grant>;
  /** `grant.opened k7f3q2xd`, in the order it was appended; all that happened to grants, cloud changes left out. */
  readonly told: () => readonly string[];
  readonly events: <K extends AuditEventKind>(kind: K) => readonly Extract<AuditEvent, { kind: K }>[];
  /** From now on every operation asks this. */
  readonly trouble: (
    next: (operation: Operation, firewall: FirewallId, rule: Subject | undefined) => Trouble | undefined,
  ) => void;
}

export interface WorldOptions {
  readonly firewalls?: readonly (Partial<MemoryFirewallOptions> & { readonly id: FirewallId })[];
  readonly machines?: readonly Machine[];
  /** Told each event as it is appended. */
  readonly hand?: (event: AuditEvent) => Promise<void>;
  /** What the policy says of all machines; `tell` if not said. */
  readonly drift?: Drift;
}

export const createWorld = async (options: WorldOptions = {}): Promise<World> => {
  const clock = createManualClock(NOW);
  const outage: Outage = { away: false };
  const wakeups = createMemoryWakeups({ outage });
  const requests = createMemoryWakeups({ outage });
  const memory = createMemoryLedger({
    firewalls: wakeups,
    requests,
    outage,
    ...(options.hand === undefined ? {} : { hand: options.hand }),
  });
  const { ledger, auditLog } = memory;
  let next: Parameters<World["trouble"]>[0] = () => undefined;

  const firewalls = new Map(
    (options.firewalls ?? [{ id: NSG }, { id: SUBNET_NSG }, { id: GROUPS }]).map((each) => {
      const ruleHolds = each.id.startsWith("aws-") ? "hole" : "grant";
      const firewall = createMemoryFirewall({
        ruleHolds,
        trouble: (operation, rule) => next(operation, each.id, rule),
        ...each,
      });
      addForeign(firewall.state, { id: "AllowWeb", rule: undefined, holders: [] });
      return [each.id, firewall];
    }),
  );
  const foreign = () => [...firewalls.values()].map((each) => each.foreign());
  const before = foreign();
  onTestFinished(() => {
    if (JSON.stringify(foreign()) !== JSON.stringify(before)) throw new Error("something foreign was touched");
  });
  const machines = await machinesOf(...(options.machines ?? [machineBehind([NSG, SUBNET_NSG])]));

  const worker = (): Worker => {
    const remembered = createRememberedGrants();
    const pass = createPass({
      ledger,
      auditLog,
      machines,
      remembered,
      clock,
      openFirewall: (id) => firewalls.get(id),
      homeTeam: () => "T0ACME",
      channelFor: () => "C0SECURITY",
      report: createReport({ ledger, machines, remembered, clock }),
      reportProtections: createReportProtections({ ledger, clock, driftOf: () => options.drift ?? "tell" }),
    });
    return {
      remembered,
      look: (id = NSG, stillMine = async () => true, signal = never) => pass(id, stillMine, signal),
    };
  };

  const stored = async (id = ONE): Promise<Grant> => {
    const grant = await ledger.grant(id);
    if (grant === undefined) throw new Error(`no grant ${id}`);
    return grant;
  };
  const write = async (grant: Grant): Promise<void> => {
    const firewallsDue = grant.targets.map(({ firewall }) => ({ firewall, at: clock.now() }));
    if (!(await ledger.commit({ grant, events: [], firewallsDue }))) throw new Error(`grant ${grant.id} not written`);
  };

  const storedProtection = async (id = aProtection().id): Promise<Protection> => {
    const protection = await ledger.protection(id);
    if (protection === undefined) throw new Error(`no protection ${id}`);
    return protection;
  };
  const protect = async (protection: Protection): Promise<void> => {
    const version = ((await ledger.protection(protection.id))?.version ?? 0) + 1;
    const firewallsDue = firewallsBlocked(protection).map((firewall) => ({ firewall, at: clock.now() }));
    if (!(await ledger.commit({ protection: { ...protection, version }, events: [], firewallsDue })))
      throw new Error(`protection ${protection.id} not written`);
  };

  return {
    protect,
    storedProtection,
    lift: async (id) => {
      const there = await storedProtection(id);
      await protect({ ...there, state: { kind: "off", at: clock.now() }, leaving: firewallsBlocked(there) });
    },
    clock,
    outage,
    wakeups,
    requests,
    memory,
    ledger,
    worker,
    stored,
    ...worker(),
    firewall: (id = NSG) => {
      const found = firewalls.get(id);
      if (found === undefined) throw new Error(`no firewall ${id}`);
      return found;
    },
    give: async (...grants) => {
      for (const grant of grants) await write(grant);
    },
    revoke: async (id = ONE) => {
      const grant = await stored(id);
      await write({
        ...grant,
        version: grant.version + 1,
        revoked: { kind: "closed", at: clock.now(), by: grant.requester },
      });
    },
    told: () => memory.log().flatMap((event) => ("grantId" in event ? [`${event.kind} ${event.grantId}`] : [])),
    events: (kind) =>
      memory.log().filter((event): event is Extract<AuditEvent, { kind: typeof kind }> => event.kind === kind),
    trouble: (decide) => {
      next = decide;
    },
  };
};

export const SSH_HOLE = "22/tcp of 10.0.0.4 from 203.0.113.7/32";
export { later, MINUTE, NOW, SECOND };
