/** Which Homes were opened lately, in a real Redis. */

import { expect, test } from "vitest";
import { type DurationMs, later, MINUTE } from "../../src/access/time.ts";
import { type DrawnHome, REMEMBERED_FOR } from "../../src/notices/homes.ts";
import { createRedisHomes } from "../../src/redis/homes.ts";
import { NOW } from "../contracts/samples.ts";
import { useRealRedis } from "./real-redis.ts";

const real = useRealRedis();
const setup = () => createRedisHomes(real.redis(), real.freshPrefix());
const drawn: DrawnHome = { at: NOW, answers: true, showsAll: false, nextEndAt: later(NOW, MINUTE) };
const ago = (length: number) => later(NOW, -length as DurationMs);

test("a Home is remembered with what was drawn on it", async () => {
  const homes = setup();
  expect(await homes.since(ago(REMEMBERED_FOR))).toEqual([]);
  await homes.opened("U1", NOW);
  expect(await homes.since(ago(REMEMBERED_FOR))).toEqual([{ user: "U1" }]);
  await homes.drawn("U1", drawn);
  await homes.opened("U1", later(NOW, MINUTE));
  expect(await homes.since(ago(REMEMBERED_FOR))).toEqual([{ user: "U1", drawn }]);
});

test("one that nobody opened lately is forgotten, and nothing of it is kept", async () => {
  const homes = setup();
  await homes.opened("U1", ago(REMEMBERED_FOR));
  await homes.drawn("U1", drawn);
  await homes.opened("U2", later(ago(REMEMBERED_FOR), 1 as DurationMs));
  await homes.drawn("U2", drawn);
  expect(await homes.since(ago(REMEMBERED_FOR))).toEqual([{ user: "U2", drawn }]);
  await homes.opened("U3", NOW);
  expect(await homes.since(ago(2 * REMEMBERED_FOR))).toEqual([{ user: "U2", drawn }, { user: "U3" }]);
  await homes.opened("U1", NOW);
  expect(await homes.since(ago(REMEMBERED_FOR))).toContainEqual({ user: "U1" });
});

test("what is drawn for somebody who opened none is not remembered", async () => {
  const homes = setup();
  await homes.drawn("U1", drawn);
  await homes.opened("U1", NOW);
  expect(await homes.since(ago(1))).toEqual([{ user: "U1" }]);
});
