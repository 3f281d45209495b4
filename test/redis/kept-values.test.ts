/** What is kept whole in Redis: how machines stood, and what was taken out of firewalls. */

import { expect, test } from "vitest";
import type { FirewallId, MachineId } from "../../src/access/machine.ts";
import { createPostureMemory } from "../../src/redis/posture-memory.ts";
import { createWithheldMemory } from "../../src/redis/withheld.ts";
import { NOW } from "../contracts/samples.ts";
import { useRealRedis } from "./real-redis.ts";

const real = useRealRedis();

test("how machines stood is read as it was written, and written over whole", async () => {
  const memory = createPostureMemory(real.redis(), real.freshPrefix());
  expect(await memory.read()).toEqual(new Map());
  const seen = { openness: "anyone", category: "unhealthy", since: NOW } as const;
  await memory.write(new Map([["vm-1" as MachineId, seen]]));
  expect(await memory.read()).toEqual(new Map([["vm-1", seen]]));
  await memory.write(new Map([["vm-2" as MachineId, seen]]));
  expect([...(await memory.read()).keys()]).toEqual(["vm-2"]);
});

test("what was taken out of a firewall is remembered for that one until it is forgotten", async () => {
  const memory = createWithheldMemory(real.redis(), real.freshPrefix());
  const [one, two] = ["aws-group:1/eu-west-1/sg-1", "aws-group:1/eu-west-1/sg-2"] as FirewallId[];
  if (one === undefined || two === undefined) throw new Error("two ids");
  await memory.remember(one, '{"größe":"\\n"}');
  expect([await memory.read(one), await memory.read(two)]).toEqual(['{"größe":"\\n"}', undefined]);
  await memory.remember(one, undefined);
  expect(await memory.read(one)).toBeUndefined();
});
