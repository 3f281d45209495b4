/** The write that protects: from then on every pass of its firewalls keeps the ports closed. */

import { type ProtectionId, protectionIdOf } from "../../access/identifier.ts";
import { type Machine, refOf } from "../../access/machine.ts";
import type { Person } from "../../access/person.ts";
import { portKey, type Service } from "../../access/port.ts";
import { isRefusal } from "../../access/refusal.ts";
import { auditEvent } from "../../audit/event.ts";
import { putProtection } from "../../grants/change.ts";
import type { Ledger } from "../../grants/ledger.ts";
import {
  type BlockTarget,
  firewallsBlocked,
  isLive,
  isOnNow,
  type Protection,
  protectionFacts,
  sameTargets,
} from "../../grants/protection.ts";
import type { Policy } from "../../policy/policy.ts";
import { portsOf, resolveService } from "../../policy/resolve.ts";
import type { WorkflowDeps } from "../deps.ts";

export interface Wish {
  readonly machine: Machine;
  readonly services: readonly Service[];
  readonly targets: readonly BlockTarget[];
  readonly channel: string;
  /** Absent: a rule of the policy. */
  readonly by: Person | undefined;
}

export const currentProtection = (ledger: Ledger, machine: Machine): Promise<Protection | undefined> =>
  ledger.protection(protectionIdOf(machine.id));

/**
 * What is named, and what is kept closed already: naming other ports never opens one. Who wants fewer takes the protection off first.
 */
export const withKept = (
  named: readonly Service[],
  current: Protection | undefined,
  policy: Policy,
): readonly Service[] => {
  if (current === undefined || !isOnNow(current)) return named;
  const kept = keysOf(current.ports);
  const before = current.services
    .map((name) => resolveService(name, policy))
    .filter((service): service is Service => !isRefusal(service))
    .filter((service) => service.ports.every((port) => kept.has(portKey(port))));
  const services = [...new Map([...before, ...named].map((service) => [service.name, service])).values()];
  const covered = keysOf(portsOf(services));
  const rest = current.ports.filter((port) => !covered.has(portKey(port)));
  return [...services, ...rest.map((port) => ({ name: portKey(port), ports: [port] }))];
};

/** Whether nothing would change. What is overruled may only have grown since. */
export const isSoAlready = (wish: Wish, current: Protection): boolean =>
  isOnNow(current) &&
  keysOf(portsOf(wish.services)).isSubsetOf(keysOf(current.ports)) &&
  sameTargets(current.targets, wish.targets) &&
  wish.targets.every(({ firewall, overrules }) => {
    const there = current.targets.find((target) => target.firewall === firewall)?.overrules ?? [];
    return overrules.every((id) => there.includes(id));
  });

/** Returns it as stored: with what somebody else may have had kept closed meanwhile. */
export const storeProtection = async (
  wish: Wish,
  { ledger, clock }: Pick<WorkflowDeps, "ledger" | "clock">,
): Promise<Protection> => {
  const id = protectionIdOf(wish.machine.id);
  let already: Protection | undefined;
  const stored = await putProtection(ledger, id, (before) => {
    already = before !== undefined && isSoAlready(wish, before) ? before : undefined;
    if (already !== undefined) return undefined;
    const at = clock.now();
    const protection = { ...fresh(id, wish, before), state: stateAt(at, wish.by) };
    return {
      protection,
      events: [auditEvent("protection.set", `${id}/${at}`, at, wish.by ?? "bot", protectionFacts(protection))],
      firewallsDue: firewallsBlocked(protection).map((firewall) => ({ firewall, at })),
    };
  });
  const protection = stored ?? already;
  if (protection === undefined) throw new Error("neither written nor there");
  return protection;
};

const stateAt = (at: Protection["state"]["at"], by: Person | undefined): Protection["state"] => ({
  kind: "on",
  at,
  ...(by === undefined ? {} : { by }),
});

const fresh = (
  id: ProtectionId,
  { machine, services, targets, channel }: Wish,
  before: Protection | undefined,
): Omit<Protection, "version" | "state"> => {
  const here = new Set(targets.map((target) => target.firewall));
  const there = before !== undefined && isOnNow(before) ? before : undefined;
  const more = (there?.ports ?? []).filter((port) => !keysOf(portsOf(services)).has(portKey(port)));
  return {
    id,
    machine: refOf(machine),
    services: [...services.map((service) => service.name), ...more.map(portKey)],
    ports: [...portsOf(services), ...more],
    targets: targets.map((target) => {
      const overrules = there?.targets.find(({ firewall }) => firewall === target.firewall)?.overrules ?? [];
      return { ...target, overrules: [...new Set([...target.overrules, ...overrules])] };
    }),
    channel,
    seenOn: [],
    leaving: before === undefined || !isLive(before) ? [] : firewallsBlocked(before).filter((each) => !here.has(each)),
    beganAt: undefined,
    endedAt: undefined,
  };
};

const keysOf = (ports: Protection["ports"]): ReadonlySet<string> => new Set(ports.map(portKey));
