import { expect, test } from "vitest";
import type { GrantId } from "../../../src/access/identifier.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { type DurationMs, later, MINUTE } from "../../../src/access/time.ts";
import { createVisiting, type VisitDeps } from "../../../src/workflow/my-address/visit.ts";
import { DEV, NOW } from "../../contracts/samples.ts";
import { createManualClock } from "../../fakes/manual-clock.ts";

test("who presses is judged by what is known of them after that, and not by what a look at the page found", async () => {
  const world = { isMember: true, known: true };
  const offer = {
    person: DEV,
    name: "dev",
    until: later(NOW, (10 * MINUTE) as DurationMs),
    wanted: { kind: "move", grant: "k7f3q2xd" as GrantId, services: ["ssh"], machine: "prod-vm-3" },
  };
  const deps = {
    clock: createManualClock(NOW),
    newId: () => "k2222222",
    auditLog: { append: async () => undefined },
    secrets: { isOurs: () => true },
    addresses: {
      offered: async () => offer,
      claim: async () => true,
      isUsed: async () => false,
      use: async () => true,
      giveBack: async () => undefined,
    },
    startAnew: () => {
      world.known = world.isMember;
    },
    move: async () => ({ refusals: [world.known ? "let in" : "not any more"] }),
  } as unknown as VisitDeps;
  const { look, use } = createVisiting(deps);
  expect(await look("token", "browser")).toMatchObject({ kind: "open" });
  world.isMember = false;
  const used = await use("token", "browser", ["203.0.113.7/32" as Cidr], false);
  expect(used).toMatchObject({ kind: "used", outcome: { refusals: ["not any more"] } });
});
