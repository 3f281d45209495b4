/** Addresses on this machine: what goes there in the clear is read by nobody else. */

/** `127.0.0.0/8`, `::1` or `localhost`. URL has made `127.1` and the like canonical already. */
export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/u.test(hostname);
