/** Starts and ends a listener on loopback. */

import { Server as HttpServer } from "node:http";
import type { Server } from "node:net";

/** Listens on 127.0.0.1; port 0 means any. Returns the port; rejects when it is taken. */
export const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("not listening on a port"));
      else resolve(address.port);
    });
  });

/** Resolves when nothing listens any more. Connections of an HTTP server are cut; others must be ended by whoever keeps them. */
export const close = (server: Server): Promise<void> => {
  if (!server.listening) return Promise.resolve();
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (server instanceof HttpServer) server.closeAllConnections();
  return closed;
};
