/** Blocks with our mark whose protection our memory has lost become protections again, so that they stay, and people are told. */

import { type ProtectionId, protectionIdOf } from "../access/identifier.ts";
import { type Machine, type MachineId, type MachineRef, refOf } from "../access/machine.ts";
import { portKey } from "../access/port.ts";
import type { EpochMs } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import type { Firewall, ObservedBlock } from "../cloud/firewall.ts";
import type { Machines } from "../cloud/machines.ts";
import { changeProtection } from "../grants/change.ts";
import type { Ledger } from "../grants/ledger.ts";
import { isOnNow, type Protection, protectionFacts } from "../grants/protection.ts";

export interface AdoptBlocksDeps {
  readonly ledger: Ledger;
  readonly machines: Machines;
  readonly channelFor: (machine: MachineRef) => string;
}

/**
 * Returns the protections of those of the observed blocks that may be planned with: they are known, now if not before. One that is damaged and that
 * nobody remembers is left as it is, because taking it away could open a port.
 */
export const adoptBlocks = async (
  firewall: Firewall,
  blocks: readonly ObservedBlock[],
  known: readonly Protection[],
  now: EpochMs,
  deps: AdoptBlocksDeps,
): Promise<ReadonlySet<ProtectionId>> => {
  const usable = new Set<ProtectionId>();
  for (const observed of blocks) {
    const here = known.some((protection) => protection.id === observed.protection);
    if (here || (await becomeKnown(firewall, observed, now, deps))) usable.add(observed.protection);
  }
  return usable;
};

const becomeKnown = async (
  firewall: Firewall,
  { protection: id, block, note }: ObservedBlock,
  now: EpochMs,
  { ledger, machines, channelFor }: AdoptBlocksDeps,
): Promise<boolean> => {
  const target = { firewall: firewall.id, addresses: block?.addresses ?? [], overrules: [], known: [] };
  const stored = await ledger.protection(id);
  if (stored !== undefined) {
    // Several firewalls hold it, and memory found it on another one first.
    if (isOnNow(stored) && stored.adopted === true && block !== undefined)
      await changeProtection(ledger, id, (current) =>
        isOnNow(current) && !current.targets.some((each) => each.firewall === firewall.id)
          ? { protection: { ...current, targets: [...current.targets, target] }, events: [] }
          : undefined,
      );
    return true;
  }
  if (block === undefined) return false;
  const owner = ownerOf(id, firewall, machines);
  const machine = owner === undefined ? unknownAs(note, firewall) : refOf(owner);
  const adopted: Protection = {
    id,
    version: 1,
    machine,
    services: block.ports.map(portKey),
    ports: block.ports,
    targets: [target],
    channel: channelFor(machine),
    state: { kind: "on", at: now },
    adopted: true,
    seenOn: [firewall.id],
    leaving: [],
    beganAt: now,
    endedAt: undefined,
  };
  const event = auditEvent("protection.adopted", `${id}/${now}`, now, "bot", {
    ...protectionFacts(adopted),
    firewall: firewall.id,
  });
  return ledger.commit({ protection: adopted, events: [event], firewallsDue: [{ firewall: firewall.id, at: now }] });
};

const ownerOf = (id: string, firewall: Firewall, machines: Machines): Machine | undefined =>
  machines.behind(firewall.id).find((machine) => protectionIdOf(machine.id) === id) ??
  machines.all().find((machine) => protectionIdOf(machine.id) === id);

/** The machine is gone, or its cloud wasn't read yet; its name is what people can still recognise. */
const unknownAs = (note: string, firewall: Firewall): MachineRef => {
  const [name = firewall.name] = note.split(":");
  const cloud = firewall.id.startsWith("aws-") ? "aws" : "azure";
  return { cloud, id: name as MachineId, name, account: "" };
};
