/** The other side of a door: a connection from a simulated source address, and what comes of it. */

import { connect, type Socket } from "node:net";

export type Outcome =
  | { readonly outcome: "open"; readonly banner: string; readonly socket: Socket }
  | { readonly outcome: "refused" };

/** Long enough for a busy machine; a door answers at once, with a banner or a reset. */
const PATIENCE_MS = 10_000;

/** Dials a port of 127.0.0.1 from another loopback address, and waits for the first line or the end. */
export const dial = (port: number, localAddress: string): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    let heard = "";
    const patience = setTimeout(
      () => socket.destroy(new Error(`nothing heard from port ${String(port)}`)),
      PATIENCE_MS,
    );
    const over = (error?: NodeJS.ErrnoException): void => {
      clearTimeout(patience);
      if (error !== undefined && error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
      else resolve({ outcome: "refused" });
    };
    const hear = (chunk: Buffer): void => {
      heard += chunk.toString();
      if (!heard.includes("\n")) return;
      clearTimeout(patience);
      socket.off("data", hear).off("error", over).off("close", ended);
      socket.on("error", () => socket.destroy());
      socket.pause();
      resolve({ outcome: "open", banner: heard, socket });
    };
    const ended = (): void => over();
    socket.on("data", hear).on("error", over).on("close", ended);
  });

/** Sends a line through an open connection: whether it comes back, or the connection was cut. */
export const echoes = (socket: Socket, line = "still there?"): Promise<boolean> =>
  new Promise((resolve) => {
    if (socket.destroyed) return resolve(false);
    let heard = "";
    const end = (alive: boolean): void => {
      socket.off("data", hear).off("close", cut);
      socket.pause();
      resolve(alive);
    };
    const hear = (chunk: Buffer): void => {
      heard += chunk.toString();
      if (heard.includes(`${line}\n`)) end(true);
    };
    const cut = (): void => end(false);
    socket.on("data", hear).on("close", cut).resume();
    socket.write(`${line}\n`);
    return undefined;
  });
