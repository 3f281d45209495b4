/** One TCP port of one machine: a real listener on loopback that only lets in what the cloud's rules allow. */

import { createServer, type Socket } from "node:net";

import { closed, type Flow, type Ground, type LiveFlow, type Machine, type Verdict } from "./ground.ts";
import { close, listen } from "./listening.ts";

export interface DoorDeps {
  readonly ground: Ground;
  readonly machine: Machine;
  readonly address: string;
  readonly port: number;
  /** The simulated source behind a loopback address; `undefined` for one that is nobody's. */
  readonly sourceOf: (loopback: string) => string | undefined;
}

export interface Door {
  /** On 127.0.0.1. */
  readonly listensOn: number;
  /** Cuts the connections that the cloud no longer carries. */
  readonly review: () => void;
  /** Those inside now. */
  readonly flows: () => readonly LiveFlow[];
  readonly close: () => Promise<void>;
}

export const openDoor = async ({ ground, machine, address, port, sourceOf }: DoorDeps): Promise<Door> => {
  const inside = new Map<Socket, { flow: Flow; verdict: Verdict & { kind: "open" } }>();

  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const from = sourceOf(socket.remoteAddress ?? "");
    const flow: Flow = { machineId: machine.id, address, port, from: from ?? "", fromPort: socket.remotePort ?? 0 };
    const verdict = from === undefined ? closed("nobody's address") : ground.admit(flow);
    if (verdict.kind === "closed") {
      socket.resetAndDestroy();
      return;
    }
    inside.set(socket, { flow, verdict });
    socket.on("close", () => inside.delete(socket));
    const reached = verdict.reaches ?? { machine, port };
    socket.write(bannerOf(reached.machine, reached.port));
    socket.pipe(socket);
  });

  const listensOn = await listen(server, 0);
  return {
    listensOn,
    review: () => {
      for (const [socket, { flow, verdict }] of inside) {
        const now = ground.keep(flow, verdict);
        if (now.kind === "open") inside.set(socket, { flow, verdict: now });
        else socket.resetAndDestroy();
      }
    },
    flows: () => [...inside.values()].map(({ flow, verdict: { because, tracked } }) => ({ ...flow, because, tracked })),
    close: () => {
      for (const socket of inside.keys()) socket.destroy();
      return close(server);
    },
  };
};

/** The first line that a client sees. RDP and WinRM don't speak first in reality; here every open port says whose it is. */
const bannerOf = ({ name, platform }: Machine, port: number): string => {
  switch (port) {
    case 22:
      return `SSH-2.0-OpenSSH_${platform === "windows" ? "for_Windows_9.5" : "9.9"} ${name}\r\n`;
    case 3389:
      return `RDP ready on ${name}\r\n`;
    case 5985:
    case 5986:
      return `Microsoft-HTTPAPI/2.0 WinRM ${name}\r\n`;
    case 5432:
      return `PostgreSQL 17.2 ${name}\r\n`;
    default:
      return `${name} listens on ${String(port)}\r\n`;
  }
};
