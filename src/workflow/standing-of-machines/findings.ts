/** What stands before one machine's ports now, read freshly from its cloud. */

import type { Machine } from "../../access/machine.ts";
import type { Port } from "../../access/port.ts";
import type { Cidr } from "../../access/source.ts";
import { createReachability } from "../../posture/reachability.ts";
import { type DoorFindings, why } from "../../posture/why.ts";
import type { PostureDeps } from "./posture-reading.ts";

/** What stands between one source and one port, on every way to every address of the source's family. */
export interface PortFindings {
  readonly port: Port;
  readonly source: Cidr;
  readonly doors: readonly Way[];
}

export interface Way extends DoorFindings {
  /** The machine has no public address, so nobody comes this way from outside, whatever the rules say. */
  readonly onlyInside: boolean;
}

/** Reads what stands before one machine, freshly. `undefined`: it isn't there any more. */
export const findingsOf = async (
  machine: Machine,
  ports: readonly Port[],
  sources: readonly Cidr[],
  { readRules }: Pick<PostureDeps, "readRules">,
): Promise<readonly PortFindings[] | undefined> => {
  const rules = (await readRules([machine], AbortSignal.timeout(LONGEST_READING))).get(machine.id);
  if (rules === undefined) return undefined;
  const reachability = createReachability();
  return ports.flatMap((port) =>
    sources.map((source) => ({
      port,
      source,
      doors: rules.targets.flatMap((target) =>
        why(reachability, target, port, source).map((found) => ({
          ...found,
          onlyInside: target.publicWays.length === 0 && (found.door.kind === "direct" || found.door.kind === "routed"),
        })),
      ),
    })),
  );
};

const LONGEST_READING = 60_000;
