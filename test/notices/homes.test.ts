/** Which Homes are drawn again, and when. */

import { describe, expect, test } from "vitest";
import { type DurationMs, HOUR, later, MINUTE, SECOND } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { type DrawnHome, homesConcerned, homesToRefresh, type OpenedHome } from "../../src/notices/homes.ts";
import { DEV, NOW } from "../contracts/samples.ts";

const home = (user: string, drawn?: Partial<DrawnHome>): OpenedHome => ({
  user,
  ...(drawn === undefined ? {} : { drawn: { at: NOW, answers: false, showsAll: false, ...drawn } }),
});
const homes = [
  home(DEV.user, {}),
  home("U0OTHER", {}),
  home("U0LEAD1", { answers: true }),
  home("U0SEC1", { showsAll: true }),
  home("U0NEW"),
];
const event = (kind: string): AuditEvent => ({ kind, requester: DEV }) as unknown as AuditEvent;
const concerned = (kind: string): readonly string[] =>
  homesConcerned(event(kind), homes).map(({ destination }) => destination.replace("home/", ""));

describe("an event", () => {
  test("of a request concerns who asked, who answers, and security", () => {
    expect(concerned("request.submitted")).toEqual([DEV.user, "U0LEAD1", "U0SEC1", "U0NEW"]);
  });
  test("of an access concerns whose it is, and security", () => {
    expect(concerned("grant.opened")).toEqual([DEV.user, "U0SEC1", "U0NEW"]);
  });
  test("of the policy or a lockdown concerns everybody", () => {
    expect(concerned("policy.changed")).toHaveLength(homes.length);
    expect(concerned("lockdown.begun")).toHaveLength(homes.length);
  });
  test("that no Home shows concerns nobody", () => {
    expect(concerned("request.judged")).toEqual([]);
  });
});

describe("times that grow old", () => {
  const isDue = (drawn: Partial<DrawnHome>, afterMs: number): boolean =>
    homesToRefresh([home("U1", drawn)], later(NOW, afterMs as DurationMs)).length === 1;

  test("are drawn each minute near an end, each five where something runs out later, else seldom", () => {
    const near = { nextEndAt: later(NOW, (10 * MINUTE) as DurationMs) };
    const far = { nextEndAt: later(NOW, HOUR) };
    expect([isDue(near, 54 * SECOND), isDue(near, 55 * SECOND)]).toEqual([false, true]);
    expect([isDue(far, 4 * MINUTE), isDue(far, 5 * MINUTE)]).toEqual([false, true]);
    expect([isDue({ showsAll: true }, 4 * MINUTE), isDue({ showsAll: true }, 5 * MINUTE)]).toEqual([false, true]);
    expect([isDue({}, 29 * MINUTE), isDue({}, 30 * MINUTE)]).toEqual([false, true]);
  });

  test("of many Homes only some are drawn at once, the oldest first", () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      home(`U${i}`, { at: later(NOW, (500 - i) as DurationMs), nextEndAt: later(NOW, HOUR) }),
    );
    const due = homesToRefresh(many, later(NOW, (50 * MINUTE) as DurationMs));
    expect(due).toHaveLength(40);
    expect(due[0]?.destination).toBe("home/U499");
  });
});
