/** Connections that people try from the page, kept open until they hang up or the machine does. */

import type { Socket } from "node:net";
import type { Clock } from "../../../access/time.ts";
import { echoes } from "../../network/client.ts";
import type { Network, Target } from "../../network/network.ts";
import type { Attempt } from "./shown.ts";

export interface Connections {
  readonly attempts: () => readonly Attempt[];
  /** Resolves when something came back. Throws when that can't be dialled at all. */
  readonly dial: (dialling: Dialling) => Promise<void>;
  /** Sends a line through an open connection, to see whether it comes back. */
  readonly ask: (id: number) => Promise<void>;
  readonly hangUp: (id: number) => void;
  readonly onChange: (listener: () => void) => () => void;
}

export interface Dialling {
  readonly machineId: string;
  readonly port: number;
  readonly from: string;
  /** What is dialled for it. */
  readonly target: Target;
}

export const createConnections = ({
  network,
  clock,
}: {
  readonly network: Network;
  readonly clock: Clock;
}): Connections => {
  const sockets = new Map<number, Socket>();
  const listeners = new Set<() => void>();
  let attempts: readonly Attempt[] = [];
  let count = 0;

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const change = (id: number, what: Partial<Attempt>): void => {
    attempts = attempts.map((attempt) => (attempt.id === id ? { ...attempt, ...what } : attempt));
    tell();
  };
  const keep = (id: number, socket: Socket): void => {
    sockets.set(id, socket);
    socket.on("close", () => {
      sockets.delete(id);
      change(id, { isConnected: false });
    });
    // A socket that nobody reads from doesn't see that the other side ended it.
    socket.resume();
  };

  return {
    attempts: () => attempts,
    dial: async ({ machineId, port, from, target }) => {
      const { because } = network.explain({ ...target, from });
      count += 1;
      const id = count;
      const begun: Attempt = {
        id,
        at: clock.now(),
        from,
        machineId,
        port,
        outcome: "trying",
        said: "",
        because,
        isConnected: false,
        heardAt: undefined,
      };
      const open = attempts.filter(({ isConnected }) => isConnected);
      attempts = [...attempts.slice(-MOST_ATTEMPTS).filter((each) => !open.includes(each)), ...open, begun].toSorted(
        (a, b) => a.id - b.id,
      );
      tell();
      const outcome = await network.connect({ ...target, from }).catch((error: unknown) => ({
        outcome: "failed" as const,
        said: error instanceof Error ? error.message : String(error),
      }));
      if (outcome.outcome !== "open") {
        change(id, { outcome: outcome.outcome, said: "said" in outcome ? outcome.said : "" });
        return;
      }
      keep(id, outcome.socket);
      change(id, { outcome: "open", said: outcome.banner.trim(), isConnected: true, heardAt: clock.now() });
    },
    ask: async (id) => {
      const socket = sockets.get(id);
      if (socket === undefined) return;
      if (await echoes(socket)) change(id, { heardAt: clock.now() });
      socket.resume();
    },
    hangUp: (id) => void sockets.get(id)?.destroy(),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

const MOST_ATTEMPTS = 40;
