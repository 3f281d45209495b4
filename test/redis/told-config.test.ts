/** Which configuration was told last, in a real Redis. */

import { expect, test } from "vitest";
import { type AuditEvent, auditEvent } from "../../src/audit/event.ts";
import { createToldConfig } from "../../src/redis/told-config.ts";
import { NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { useRealRedis } from "./real-redis.ts";

const real = useRealRedis();
const event = (id: string): AuditEvent =>
  auditEvent("policy.refused", id, NOW, "bot", { problems: [], more: 0, counts: true, channels: [] });

const setup = () => {
  const appended: string[] = [];
  const prefix = real.freshPrefix();
  const deps = { clock: createManualClock(NOW), onAppended: ({ id }: AuditEvent) => void appended.push(id) };
  const replica = () => createToldConfig(real.redis(), prefix, deps);
  return { appended, replica };
};

test("each change is told, also back to what was told before; the same twice is told once", async () => {
  const { appended, replica } = setup();
  const told = replica();
  for (const [at, state] of ["a", "b", "b", "a", "b"].entries()) await told.tell(state, () => event(String(at)));
  expect(appended).toEqual(["0", "1", "3", "4"].map((id) => `policy.refused/${id}`));
});

test("of replicas that see the same change at once, one tells it", async () => {
  const { appended, replica } = setup();
  await replica().tell("a", () => undefined);
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      replica().tell("b", (before) => (before === "a" ? event(String(at)) : undefined)),
    ),
  );
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(appended).toHaveLength(1);
});
