/** A machine as its cloud has it now: its tags decide who gets what, so nobody is given anything by old ones. */

import type { CloudName, Machine, MachineRef } from "../access/machine.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { between, type DurationMs, type EpochMs, MINUTE } from "../access/time.ts";
import type { Machines } from "../cloud/machines.ts";

/** How old what is known of a cloud may be to decide by it. It is read every minute, so it is older only where it can't be read. */
const OLDEST_INVENTORY = (5 * MINUTE) as DurationMs;

/** Clouds by whose machines nobody is given anything now, with when they were last read; `undefined`: never. */
export const unreadClouds = (
  machines: Pick<Machines, "readings">,
  now: EpochMs,
): readonly { readonly cloud: CloudName; readonly since: EpochMs | undefined }[] =>
  machines
    .readings()
    .filter(({ readAt }) => readAt === undefined || between(readAt, now) > OLDEST_INVENTORY)
    .map(({ cloud, readAt }) => ({ cloud, since: readAt }));

/** Where somebody has access, as it is known now. */
export const knownMachine = (
  { machine }: { readonly machine: MachineRef },
  { machines }: { readonly machines: Pick<Machines, "byId"> },
): Machine | Refusal => machines.byId(machine.id) ?? refuse("machine-unknown", { text: machine.name, didYouMean: [] });

/** `find` is asked again once the cloud was read. */
export const freshMachine = async (
  find: () => Machine | Refusal,
  machines: Pick<Machines, "readWithin">,
): Promise<Machine | Refusal> => {
  const found = find();
  if (isRefusal(found)) return found;
  const { cloud } = found;
  const { isFresh, since } = await machines.readWithin(cloud, OLDEST_INVENTORY);
  if (!isFresh) return refuse("inventory-old", { cloud, since });
  const now = find();
  // The name may be another machine's by now.
  return isRefusal(now) || now.cloud === cloud ? now : freshMachine(find, machines);
};
