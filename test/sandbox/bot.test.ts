/** The sandbox's bot, as a process on this machine. */

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { setStage } from "../scenarios/stage.ts";

test("the bot is reached on 127.0.0.1, and by no other address", { timeout: 60_000 }, async (context) => {
  const { bots } = await setStage(context);
  const { port } = new URL(bots[0].url);
  const answers = async (host: string): Promise<boolean> => {
    const socket = connect({ host, port: Number(port), timeout: 2_000 });
    socket.once("timeout", () => socket.destroy(new Error("nobody answers")));
    const isThere = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    return isThere;
  };
  expect(await answers("127.0.0.1")).toBe(true);
  // Addresses of this machine, too, and open where a server listens on all of them.
  for (const host of ["127.0.0.2", "::1"]) expect(await answers(host), host).toBe(false);
});
