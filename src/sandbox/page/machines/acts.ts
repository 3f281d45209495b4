/** What a person does at the machines: dial a port, say something through a connection, hang up. */

import type { Sandbox } from "../../sandbox.ts";
import { type Json, textOf } from "../../slack/json.ts";
import type { Connections } from "./connections.ts";
import { targetOf } from "./machines-part.ts";

/** `{ kind: "dial", machine: "i-0a1", port: 22, from: "198.51.100.7" }`, `{ kind: "hang-up", id: 3 }`. Throws when it can't be done. */
export const actAtMachines = async (
  what: Json,
  { network, azure, connections }: Pick<Sandbox, "network" | "azure"> & { readonly connections: Connections },
): Promise<void> => {
  switch (what.kind) {
    case "dial": {
      const machine = network.machines().find(({ id }) => id === what.machine);
      const port = Number(what.port);
      if (machine === undefined) throw new Error(`there is no machine \`${String(what.machine)}\``);
      if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${String(what.port)} is not a port`);
      const from = (textOf(what.from) ?? "").trim();
      return connections.dial({ machineId: machine.id, port, from, target: targetOf({ azure }, machine, port) });
    }
    case "ask":
      return connections.ask(Number(what.id));
    case "hang-up":
      return connections.hangUp(Number(what.id));
    default:
      throw new Error(`nobody can do \`${String(what.kind)}\` at a machine`);
  }
};
