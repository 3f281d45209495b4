/** Run by `embedded-server.test.ts` as a process of its own: starts the embedded server, says so, and stays until it is killed. */

import { startEmbeddedRedis } from "../../src/redis/embedded-server.ts";

const [folder = ""] = process.argv.slice(2);
const { url } = await startEmbeddedRedis({ folder, log: { info: () => {}, warn: () => {} } });
process.stdout.write(`${url}\n`);
