import { describe, expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { DurationMs } from "../../src/access/time.ts";
import { NO_CHANGES } from "../../src/cloud/firewall.ts";
import { desiredRules } from "../../src/reconcile/desired.ts";
import type { Operation } from "../fakes/memory-firewall.ts";
import {
  cidrs,
  createWorld,
  END,
  GROUPS,
  grantOn,
  later,
  MINUTE,
  machineBehind,
  NOW,
  NSG,
  never,
  ONE,
  ports,
  SECOND,
  SSH_HOLE,
  SUBNET_NSG,
  THREE,
  TWO,
} from "./world.ts";

const busy = new Fault("azure", "another operation is in progress", { retry: "later" });
const full = new Fault("quota", "no room", { retry: "never" });

describe("the way of one grant", () => {
  test("what was seen open minutes before the rest is looked at again before it is called open", async () => {
    const world = await createWorld();
    await world.give(grantOn({}, [NSG, SUBNET_NSG]));
    await world.look(NSG);
    world.clock.advance(3 * MINUTE);
    for (const id of [...world.firewall(NSG).state.rules.keys()].filter((each) => each !== "AllowWeb"))
      world.firewall(NSG).tamper(id, () => undefined);
    await world.look(SUBNET_NSG);
    expect(world.told()).toEqual([]);
    expect(world.firewall(NSG).open()).toEqual([]);
    await world.look(NSG);
    expect(world.firewall(NSG).open()).toEqual([SSH_HOLE]);
    expect(world.told()).toEqual(["grant.opened k7f3q2xd"]);
  });

  test("a port opens, stays open up to the last millisecond, and closes at its end", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    expect(await world.look()).toBe(END);
    expect(world.firewall().open()).toEqual([SSH_HOLE]);

    world.clock.set(END - 1);
    expect(await world.look()).toBe(END);
    expect(world.firewall().open()).toEqual([SSH_HOLE]);

    world.clock.set(END);
    expect(await world.look()).toBeUndefined();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([`grant.opened ${ONE}`, `grant.ended ${ONE}`]);
    expect(world.events("grant.ended")).toMatchObject([{ cause: "expired", openedAt: NOW, lagMs: 0, stillOpen: [] }]);
  });

  test("looking again, at any time and by anybody, changes and says nothing more", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    const { rules } = world.firewall().state;
    const before = [...rules];
    await world.look();
    await world.worker().look();
    expect([...rules]).toEqual(before);
    world.clock.set(END);
    await world.look();
    await world.look();
    await world.worker().look();
    expect(world.told()).toEqual([`grant.opened ${ONE}`, `grant.ended ${ONE}`]);
  });

  test("what another process ended is forgotten by this one too, when it looks", async () => {
    const world = await createWorld();
    const other = world.worker();
    await world.give(grantOn());
    await world.look();
    await other.look();
    expect(other.remembered.all()).toHaveLength(1);
    world.clock.set(END);
    await world.look();
    await other.look();
    expect([world.remembered.all(), other.remembered.all()]).toEqual([[], []]);
  });

  test("one that begins later is neither open nor over before", async () => {
    const world = await createWorld();
    await world.give(grantOn({ startsAt: later(NOW, MINUTE) }));
    expect(await world.look()).toBe(NOW + MINUTE);
    world.clock.set(NOW + MINUTE - 1);
    expect(await world.look()).toBe(NOW + MINUTE);
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([]);
    world.clock.set(NOW + MINUTE);
    expect(await world.look()).toBe(END);
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
  });

  test("days late it closes at once, and says how late", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.clock.set(END + 3 * 86_400_000);
    await world.worker().look();
    expect(world.firewall().open()).toEqual([]);
    expect(world.events("grant.ended")).toMatchObject([{ lagMs: 3 * 86_400_000 }]);
  });

  test("revoked, it closes before its end", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.clock.advance(MINUTE);
    await world.revoke();
    world.clock.advance(300);
    expect(await world.look()).toBeUndefined();
    expect(world.firewall().open()).toEqual([]);
    expect(world.events("grant.ended")).toMatchObject([{ cause: "revoked", lagMs: 300 }]);
  });

  test("what is closed because it wouldn't be given any more ends with that cause", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    const grant = await world.stored();
    const revoked = { kind: "not-allowed", at: world.clock.now(), code: "not-eligible" } as const;
    await world.memory.ledger.commit({ grant: { ...grant, version: grant.version + 1, revoked }, events: [] });
    await world.look();
    expect(world.firewall().open()).toEqual([]);
    expect(world.events("grant.ended")).toMatchObject([{ cause: "not-allowed" }]);
  });

  test("a machine behind two firewalls is open when both let in, and closed when neither does", async () => {
    const world = await createWorld();
    await world.give(grantOn({}, [NSG, SUBNET_NSG]));
    await world.look(NSG);
    expect(world.told()).toEqual([]);
    await world.look(SUBNET_NSG);
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
    world.clock.set(END);
    await world.look(SUBNET_NSG);
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
    world.clock.advance(700);
    await world.look(NSG);
    expect(world.events("grant.ended")).toMatchObject([{ lagMs: 700 }]);
  });

  test("the requester is told the public addresses of the families let in", async () => {
    const world = await createWorld();
    await world.give(grantOn({}, [NSG], ["10.0.0.4"]));
    await world.look();
    expect(world.events("grant.opened")).toMatchObject([{ addresses: ["52.178.10.13"], tookMs: 0 }]);
  });

  test("or the private ones, where there is no public one of that family", async () => {
    const world = await createWorld();
    await world.give(grantOn({ sources: cidrs("2001:db8:1::/48") }, [NSG], ["fd00:db8::4"]));
    await world.look();
    expect(world.events("grant.opened")).toMatchObject([{ addresses: ["fd00:db8::4"] }]);
  });

  test("a machine that is gone from the inventory opens and closes all the same", async () => {
    const world = await createWorld({ machines: [] });
    await world.give(grantOn());
    await world.look();
    expect(world.events("grant.opened")).toMatchObject([{ addresses: [] }]);
    world.clock.set(END);
    await world.look();
    expect(world.firewall().open()).toEqual([]);
  });
});

describe("two people behind one address", () => {
  test.each([NSG, GROUPS])("the port stays until the last of them ends (%s)", async (firewall) => {
    const world = await createWorld();
    const short = grantOn({ id: ONE, expiresAt: later(NOW, MINUTE) }, [firewall]);
    const long = grantOn({ id: TWO, requester: { team: "T0ACME", user: "U0DEV2" } }, [firewall]);
    await world.give(short, long);
    expect(await world.look(firewall)).toBe(NOW + MINUTE);
    const letIn = () => [...new Set(world.firewall(firewall).open())];
    expect(letIn()).toEqual([SSH_HOLE]);

    world.clock.set(NOW + MINUTE);
    expect(await world.look(firewall)).toBe(END);
    expect(letIn()).toEqual([SSH_HOLE]);
    expect(world.firewall(firewall).holders()).toEqual([TWO]);
    expect(world.events("grant.ended")).toMatchObject([
      { grantId: ONE, stillOpen: [{ requester: { user: "U0DEV2" }, expiresAt: END }] },
    ]);

    world.clock.set(END);
    expect(await world.look(firewall)).toBeUndefined();
    expect(letIn()).toEqual([]);
    expect(world.events("grant.ended").at(-1)).toMatchObject({ grantId: TWO, stillOpen: [] });
  });

  test("who never got in keeps nothing open for anybody", async () => {
    const world = await createWorld();
    await world.give(grantOn({ id: ONE, expiresAt: later(NOW, MINUTE) }), grantOn({ id: TWO }, [SUBNET_NSG]));
    await world.look();
    world.clock.set(NOW + MINUTE);
    await world.look();
    expect(world.events("grant.ended")).toMatchObject([{ grantId: ONE, stillOpen: [] }]);
  });
});

describe("nothing is said before it was read back", () => {
  test("success without effect is no opening", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    world.trouble((operation) => (operation === "add" ? { kind: "lie" } : undefined));
    await expect(world.look()).rejects.toMatchObject({ code: "no-effect", retry: "later" });
    expect(world.told()).toEqual([]);
    world.trouble(() => undefined);
    await world.look();
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });

  test("a rule that is there and has no effect yet is no opening", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    world.trouble((operation) => (operation === "add" ? { kind: "half" } : undefined));
    await expect(world.look()).rejects.toMatchObject({ code: "no-effect" });
    expect([world.told(), world.firewall().open()]).toEqual([[], []]);
    await world.look();
    expect([world.told(), world.firewall().open()]).toEqual([[`grant.opened ${ONE}`], [SSH_HOLE]]);
  });

  test("success without effect is no closing", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.clock.set(END);
    world.trouble((operation) => (operation === "remove" ? { kind: "lie" } : undefined));
    await expect(world.look()).rejects.toMatchObject({ code: "no-effect" });
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
    world.trouble(() => undefined);
    world.clock.advance(250);
    await world.look();
    expect(world.events("grant.ended")).toMatchObject([{ lagMs: 250 }]);
  });

  test("a rule that is gone while the cloud still works on it is no closing", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.clock.set(END);
    world.trouble((operation) => (operation === "remove" ? { kind: "half" } : undefined));
    await expect(world.look()).rejects.toMatchObject({ code: "no-effect" });
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
    world.clock.advance(250);
    await world.look();
    expect(world.events("grant.ended")).toMatchObject([{ lagMs: 250 }]);
  });

  test("a write whose answer was lost is found done at the next look", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    world.trouble((operation) => (operation === "add" ? { kind: "lose-answer", fault: busy } : undefined));
    await expect(world.look()).rejects.toBe(busy);
    expect(world.told()).toEqual([]);
    await world.look();
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
    expect(world.firewall().holders()).toEqual([ONE]);
  });

  test("one of several rules missing is no opening", async () => {
    const world = await createWorld();
    await world.give(grantOn({ ports: ports("22", "443") }, [GROUPS]));
    let count = 0;
    world.trouble((operation) => {
      if (operation === "add") count += 1;
      return operation === "add" && count === 2 ? { kind: "lie" } : undefined;
    });
    await expect(world.look(GROUPS)).rejects.toMatchObject({ code: "no-effect" });
    expect(world.told()).toEqual([]);
    await world.look(GROUPS);
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });

  test("a hole that another grant opened is not yet open for one whose mark isn't on it", async () => {
    const world = await createWorld();
    await world.give(grantOn({ id: ONE }, [GROUPS]));
    await world.look(GROUPS);
    await world.give(grantOn({ id: TWO }, [GROUPS]));
    world.trouble((operation) => (operation === "restamp" ? { kind: "lie" } : undefined));
    await expect(world.look(GROUPS)).rejects.toMatchObject({ code: "no-effect" });
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });
});

describe("closing goes first", () => {
  const opened = async (room = 5) => {
    const operations: Operation[] = [];
    const world = await createWorld({ firewalls: [{ id: NSG, room }] });
    await world.give(grantOn({ id: ONE, expiresAt: later(NOW, MINUTE) }));
    await world.look();
    world.clock.set(NOW + MINUTE);
    await world.give(grantOn({ id: TWO }));
    world.trouble((operation) => {
      operations.push(operation);
      return undefined;
    });
    return { world, operations };
  };

  test("so that what ends makes room for what begins", async () => {
    const { world, operations } = await opened(1);
    await world.look();
    expect(world.firewall().holders()).toEqual([TWO]);
    expect(operations).toEqual(["observe", "remove", "add", "observe"]);
  });

  test("and nothing about an opening holds it up, neither in the cloud nor in what is told", async () => {
    const { world } = await opened();
    world.trouble((operation) => (operation === "add" ? { kind: "refuse", fault: busy } : undefined));
    for (const _ of [1, 2]) await expect(world.look()).rejects.toBe(busy);
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([`grant.opened ${ONE}`, `grant.ended ${ONE}`]);
  });

  test("nor does an opening that the cloud will never take", async () => {
    const { world } = await opened();
    world.trouble((operation) => (operation === "add" ? { kind: "refuse", fault: full } : undefined));
    await expect(world.look()).rejects.toMatchObject({ retry: "later" });
    await world.look();
    expect(world.told()).toEqual([
      `grant.opened ${ONE}`,
      `grant.failed ${TWO}`,
      `grant.ended ${ONE}`,
      `grant.ended ${TWO}`,
    ]);
  });
});

describe("before every write", () => {
  test("time that changed what is desired stops it, and the next look has it right", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    world.trouble((operation) => {
      // Looking takes until the grant is over.
      if (operation === "observe") world.clock.set(END);
      return undefined;
    });
    await world.look();
    expect([world.firewall().open(), world.told()]).toEqual([[], [`grant.ended ${ONE}`]]);

    const slow = await createWorld();
    await slow.give(grantOn({ id: ONE, expiresAt: later(NOW, MINUTE) }), grantOn({ id: TWO, ports: ports("443") }));
    slow.trouble((operation) => {
      if (operation === "add") slow.clock.set(NOW + MINUTE);
      return undefined;
    });
    await expect(slow.look()).rejects.toMatchObject({ code: "lease-lost" });
    expect(slow.firewall().state.rules.size).toBe(2);
    await slow.look();
    expect(slow.firewall().holders()).toEqual([TWO]);
    expect(slow.told()).toEqual([`grant.ended ${ONE}`, `grant.opened ${TWO}`]);
  });

  test("a revocation stops it", async () => {
    const world = await createWorld();
    await world.give(grantOn({ id: ONE }), grantOn({ id: TWO, ports: ports("443") }));
    const stillMine = async () => {
      if ((await world.stored(TWO)).revoked === undefined) await world.revoke(TWO);
      return true;
    };
    await expect(world.look(NSG, stillMine)).rejects.toMatchObject({ code: "lease-lost" });
    expect(world.firewall().holders()).toEqual([]);
  });

  test("a worker that lost its lease writes nothing any more", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await expect(world.look(NSG, async () => false)).rejects.toMatchObject({ code: "lease-lost", retry: "later" });
    expect(world.firewall().holders()).toEqual([]);
    await world.look();
    world.clock.set(END);
    await expect(world.look(NSG, async () => false)).rejects.toMatchObject({ code: "lease-lost" });
    expect(world.firewall().holders()).toEqual([ONE]);
  });

  test("memory that went away meanwhile stops it", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    const stillMine = async () => {
      world.outage.away = true;
      return true;
    };
    await expect(world.look(NSG, stillMine)).rejects.toMatchObject({ code: "redis" });
    expect(world.firewall().holders()).toEqual([]);
  });

  test("a quiet look asks nobody and writes nothing", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    expect(await world.look(NSG, async () => false)).toBe(END);
  });
});

describe("a grant that ends while a look is under way", () => {
  test("is looked at again at once", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    let looks = 0;
    world.trouble((operation) => {
      if (operation === "observe") looks += 1;
      return undefined;
    });
    // The look begins a millisecond before the end, and its last word comes after it.
    world.clock.set(END - 1);
    await world.give(grantOn({ id: TWO, expiresAt: later(END, MINUTE) }));
    world.trouble((operation) => {
      looks += operation === "observe" ? 1 : 0;
      if (operation === "observe" && looks === 2) world.clock.set(END + 400);
      return undefined;
    });
    expect(await world.look()).toBe(END);
    expect(world.told()).not.toContain(`grant.ended ${ONE}`);
    await world.look();
    expect(world.told()).toContain(`grant.ended ${ONE}`);
  });
});

describe("an opening that the cloud will never take", () => {
  test("is told with its reason, and ends", async () => {
    const world = await createWorld({ firewalls: [{ id: NSG, room: 0 }, { id: SUBNET_NSG }] });
    await world.give(grantOn({}, [NSG, SUBNET_NSG]));
    await world.look(SUBNET_NSG);
    await expect(world.look(NSG)).rejects.toMatchObject({ retry: "later" });
    expect(world.events("grant.failed")).toMatchObject([{ grantId: ONE, problem: "no room for 1 more" }]);
    const due = await world.wakeups.take(world.clock.now(), 10, MINUTE);
    expect(due.map(({ id }) => id).toSorted()).toEqual([NSG, SUBNET_NSG].toSorted());
    // What was asked about it lapses with it.
    expect(await world.requests.nextAt()).toBe(world.clock.now());
    await world.look(NSG);
    await world.look(SUBNET_NSG);
    expect(world.firewall(SUBNET_NSG).open()).toEqual([]);
    expect(world.told()).toEqual([`grant.failed ${ONE}`, `grant.ended ${ONE}`]);
    expect(world.events("grant.ended")).toMatchObject([{ cause: "failed", openedAt: undefined }]);
  });

  test.each([NSG, GROUPS])("doesn't take others with it (%s)", async (firewall) => {
    const world = await createWorld({ firewalls: [{ id: firewall, room: 2 }] });
    await world.give(
      grantOn({ id: ONE, ports: ports("22") }, [firewall]),
      grantOn({ id: TWO, ports: ports("443") }, [firewall]),
      grantOn({ id: THREE, ports: ports("8080") }, [firewall]),
    );
    await expect(world.look(firewall)).rejects.toMatchObject({ code: "lease-lost" });
    await world.look(firewall);
    expect(world.firewall(firewall).holders().toSorted()).toEqual([ONE, TWO]);
    expect(world.told()).toEqual([
      `grant.failed ${THREE}`,
      `grant.opened ${ONE}`,
      `grant.opened ${TWO}`,
      `grant.ended ${THREE}`,
    ]);
  });

  test("one that may work later keeps waiting and is told nothing of", async () => {
    const world = await createWorld();
    await world.give(grantOn({ id: ONE }), grantOn({ id: TWO, ports: ports("443") }));
    const slow = new Fault("azure", "throttled", { retry: "later", afterMs: 30_000 as DurationMs });
    world.trouble((operation) => (operation === "add" ? { kind: "refuse", fault: slow } : undefined));
    await expect(world.look()).rejects.toBe(slow);
    expect(world.told()).toEqual([]);
    world.trouble(() => undefined);
    await world.look();
    expect(world.told()).toEqual([`grant.opened ${ONE}`, `grant.opened ${TWO}`]);
  });

  test("and is failed one by one also when the cloud names no single one", async () => {
    const world = await createWorld();
    await world.give(grantOn({ id: ONE }), grantOn({ id: TWO, ports: ports("443") }));
    world.trouble((operation) => (operation === "add" ? { kind: "refuse", fault: full } : undefined));
    await expect(world.look()).rejects.toMatchObject({ code: "lease-lost" });
    await expect(world.look()).rejects.toMatchObject({ code: "no-effect" });
    await world.look();
    expect(world.events("grant.failed").map(({ grantId }) => grantId)).toEqual([ONE, TWO]);
    expect(world.events("grant.ended").map(({ grantId }) => grantId)).toEqual([ONE, TWO]);
  });
});

describe("drift", () => {
  test("what somebody removed comes back, what they damaged is made anew, what they extended is cut back", async () => {
    const world = await createWorld();
    await world.give(grantOn({}, [NSG]));
    const damages = [
      () => undefined,
      (rule: object) => ({ ...rule, rule: undefined }),
      (rule: { holders: readonly object[] }) => ({
        ...rule,
        holders: [{ grant: ONE, expiresAt: later(END, MINUTE), note: "" }],
      }),
      (rule: { holders: readonly object[] }) => ({
        ...rule,
        holders: [{ grant: ONE, expiresAt: undefined, note: "" }],
      }),
    ] as const;
    await world.look();
    for (const damage of damages) {
      const [id = ""] = [...world.firewall().state.rules]
        .filter(([, { owner }]) => owner === "acme")
        .map(([each]) => each);
      world.firewall().tamper(id, damage as Parameters<ReturnType<typeof world.firewall>["tamper"]>[1]);
      await world.look();
      expect(world.firewall().open()).toEqual([SSH_HOLE]);
      expect((await world.firewall().observe(new AbortController().signal)).rules[0]?.holders).toMatchObject([
        { grant: ONE, expiresAt: END },
      ]);
    }
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });

  test("every change of a cloud is in the audit log, with whose it was", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.clock.set(END);
    await world.look();
    expect(world.events("firewall.changed")).toMatchObject([
      { firewall: NSG, added: ["rule-1"], removed: [], grants: [ONE] },
      { firewall: NSG, added: [], removed: ["rule-1"], grants: [ONE] },
    ]);
  });
});

test("a firewall that no configured cloud has is a fault that may pass", async () => {
  const world = await createWorld({ firewalls: [], machines: [machineBehind([])] });
  await expect(world.look(NSG)).rejects.toMatchObject({ code: "not-found", retry: "later" });
});

test("a cloud that doesn't answer is given up with the signal", async () => {
  const world = await createWorld();
  await world.give(grantOn());
  world.trouble((operation) => (operation === "add" ? { kind: "hang" } : undefined));
  await expect(world.look(NSG, async () => true, AbortSignal.timeout(20))).rejects.toMatchObject({ retry: "later" });
  expect(world.told()).toEqual([]);
});

describe("an opening that got no answer, of a grant that was revoked since,", () => {
  const givenUp = async () => {
    const world = await createWorld();
    await world.give(grantOn());
    world.trouble((operation) => (operation === "add" ? { kind: "hang" } : undefined));
    await expect(world.look(NSG, async () => true, AbortSignal.timeout(20))).rejects.toMatchObject({ retry: "later" });
    world.trouble(() => undefined);
    await world.revoke();
    return world;
  };

  test("is taken back within a second when it takes effect late", async () => {
    const world = await givenUp();
    expect(await world.look()).toBe(NOW + SECOND);
    const [rule] = desiredRules([grantOn()], world.firewall(), NOW);
    if (rule === undefined) throw new Error("no rule");
    await world.firewall().apply({ ...NO_CHANGES, add: [rule] }, async () => {}, never);
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    world.clock.advance(SECOND);
    await world.look();
    expect(world.firewall().open()).toEqual([]);
  });

  test("is looked for also after another one opened", async () => {
    const world = await givenUp();
    await world.give(grantOn({ id: TWO }));
    expect(await world.look()).toBe(NOW + SECOND);
    expect(world.firewall().open()).toHaveLength(1);
  });

  test("is looked for each second for two minutes, and not for longer", async () => {
    const world = await givenUp();
    for (const after of [0, MINUTE, 2 * MINUTE - 1]) {
      world.clock.set(NOW + after);
      expect(await world.look()).toBe(NOW + after + SECOND);
    }
    world.clock.set(NOW + 2 * MINUTE);
    expect(await world.look()).toBeUndefined();
  });
});
