/** The write that protects: from then on every pass of its firewalls keeps the ports closed. */

import { type ProtectionId, protectionIdOf } from "../access/identifier.ts";
import { type Machine, refOf } from "../access/machine.ts";
import type { Person } from "../access/person.ts";
import { portKey, type Service } from "../access/port.ts";
import { auditEvent } from "../audit/event.ts";
import { putProtection } from "../grants/change.ts";
import type { Ledger } from "../grants/ledger.ts";
import {
  type BlockTarget,
  firewallsBlocked,
  isLive,
  isOnNow,
  type Protection,
  protectionFacts,
  sameTargets,
} from "../grants/protection.ts";
import { portsOf } from "../policy/resolve.ts";
import type { WorkflowDeps } from "./deps.ts";

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

/** Whether nothing would change. What is overruled may only have grown since. */
export const isSoAlready = (wish: Wish, current: Protection): boolean =>
  isOnNow(current) &&
  keysOf(current.ports).symmetricDifference(keysOf(portsOf(wish.services))).size === 0 &&
  sameTargets(current.targets, wish.targets) &&
  wish.targets.every(({ firewall, overrules }) => {
    const there = current.targets.find((target) => target.firewall === firewall)?.overrules ?? [];
    return overrules.every((id) => there.includes(id));
  });

/** Exactly the ports named: others that it kept closed before are let go. Returns it as stored. */
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
  return {
    id,
    machine: refOf(machine),
    services: services.map((service) => service.name),
    ports: portsOf(services),
    targets,
    channel,
    seenOn: [],
    leaving: before === undefined || !isLive(before) ? [] : firewallsBlocked(before).filter((each) => !here.has(each)),
    beganAt: undefined,
    endedAt: undefined,
  };
};

const keysOf = (ports: Protection["ports"]): ReadonlySet<string> => new Set(ports.map(portKey));
