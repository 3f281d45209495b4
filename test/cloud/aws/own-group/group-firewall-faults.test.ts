import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "../../../../src/access/fault.ts";
import type { DurationMs } from "../../../../src/access/time.ts";
import type { Guard } from "../../../../src/cloud/firewall.ts";
import type { Misbehaviour } from "../../../../src/sandbox/faults.ts";
import { always, groupsNow, held, hole, never, open, out, pass, reconcile, type Stage, setStage } from "../stage.ts";

const SSH = hole(22, "203.0.113.7/32");
const RDP = hole(3389, "203.0.113.7/32");
const LATER = hole(22, "203.0.113.7/32", [held("k7f3q2xd", 90)]);
const SHARED = hole(22, "203.0.113.7/32", [held("k7f3q2xd"), held("z9w8v7t6")]);

const OPENING = [
  "CreateSecurityGroup",
  "RevokeSecurityGroupEgress",
  "AuthorizeSecurityGroupIngress",
  "ModifyNetworkInterfaceAttribute",
];
const CLOSING = ["RevokeSecurityGroupIngress", "ModifyNetworkInterfaceAttribute", "DeleteSecurityGroup"];
const READING = ["DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeSecurityGroupRules"];

const OF_WRITES: readonly Misbehaviour[] = [
  { kind: "throttle" },
  { kind: "drop" },
  { kind: "lose-answer" },
  { kind: "lie" },
  { kind: "hang-after" },
  { kind: "answer", status: 500, body: "" },
];
const OF_READS: readonly Misbehaviour[] = [
  { kind: "throttle" },
  { kind: "hang" },
  { kind: "answer", status: 503, body: "<html>unavailable</html>" },
  { kind: "answer", status: 200, body: "<html>welcome to the airport</html>" },
];

/** Hangs are given up after so long here, instead of the fifteen seconds of every day. */
const HASTY = { answerWithinMs: 1_000 as DurationMs };

const cases = (writes: readonly string[]) => [...meeting(writes, OF_WRITES), ...meeting(READING, OF_READS)];
const meeting = (actions: readonly string[], misbehaviours: readonly Misbehaviour[]) =>
  actions.flatMap((action) => misbehaviours.map((does) => [action, name(does), does] as const));
const name = (does: Misbehaviour): string =>
  does.kind === "answer" ? `answer ${does.status} ${does.body}` : does.kind;

describe("opening", () => {
  test.each(cases(OPENING))("ends open and nothing else when %s meets: %s", async (action, _name, does) => {
    const { ec2, firewall } = await setStage({}, HASTY);
    const before = { export: ec2.export("eni-0a1"), out: out(ec2, "eni-0a1") };
    ec2.faults.add({ calls: new RegExp(`^${action}\\b`, "u"), does, times: 1 });
    await reconcile(firewall("eni-0a1"), [SSH]);
    expect(open(ec2, "eni-0a1")).toEqual(["22/tcp from 203.0.113.7/32", "443/tcp from 0.0.0.0/0"]);
    expect(out(ec2, "eni-0a1")).toEqual(before.out);
    expect(groupsNow(ec2).filter((group) => group.startsWith("latch-"))).toHaveLength(1);

    await reconcile(firewall("eni-0a1"), []);
    expect(ec2.export("eni-0a1")).toEqual(before.export);
  });

  test.each(OPENING.slice(1))("isn't believed when EC2 says yes to %s and does nothing", async (action) => {
    const { ec2, firewall } = await setStage();
    ec2.faults.add({ calls: new RegExp(`^${action}\\b`, "u"), does: { kind: "lie" } });
    const done = await pass(firewall("eni-0a1"), [SSH]).catch(() => false);
    expect(done).toBe(false);
    expect(open(ec2, "eni-0a1")).toEqual(["443/tcp from 0.0.0.0/0"]);
  });

  test("says what isn't permitted, and that trying again won't help", async () => {
    const { ec2, firewall } = await setStage();
    ec2.deny("AKIAOURS", "AuthorizeSecurityGroupIngress");
    await expect(pass(firewall("eni-0a1"), [SSH])).rejects.toThrow(
      new Fault("aws", "cannot add rules to `latch-acme-eni-0a1`: UnauthorizedOperation", { retry: "never" }),
    );
    expect(open(ec2, "eni-0a1")).toEqual(["443/tcp from 0.0.0.0/0"]);
  });
});

describe("closing", () => {
  test.each(cases(CLOSING))("ends as before when %s meets: %s", async (action, _name, does) => {
    const { ec2, firewall } = await setStage({}, HASTY);
    const before = ec2.export("eni-0a1");
    await reconcile(firewall("eni-0a1"), [SSH, RDP]);
    ec2.faults.add({ calls: new RegExp(`^${action}\\b`, "u"), does, times: 1 });
    await reconcile(firewall("eni-0a1"), []);
    expect(ec2.export("eni-0a1")).toEqual(before);
  });

  test("says when EC2 wants fewer calls, and how long it asked us to wait", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.faults.add({ calls: /^RevokeSecurityGroupIngress/u, does: { kind: "throttle", retryAfterSeconds: 7 } });
    await expect(pass(firewall("eni-0a1"), [])).rejects.toMatchObject({
      message: "cannot revoke rules of `latch-acme-eni-0a1`: RequestLimitExceeded",
      retry: "later",
      afterMs: 7_000,
    });
  });

  test("isn't believed when EC2 says yes to the revoking and does nothing", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH, RDP]);
    ec2.faults.add({ calls: /^RevokeSecurityGroupIngress/u, does: { kind: "lie" } });
    expect(await pass(firewall("eni-0a1"), [RDP])).toBe(false);
  });

  test("goes on with the others when somebody removed one of the rules meanwhile, though the group stays", async () => {
    const { ec2, firewall } = await setStage();
    const stays = hole(8080, "198.51.100.0/24");
    await reconcile(firewall("eni-0a1"), [SSH, RDP, stays]);
    const seen = await firewall("eni-0a1").observe(never);
    const theirs = seen.rules.find(({ rule }) => rule?.ports[0] === 22)?.id ?? "";
    let once = true;
    const guard: Guard = async () => {
      if (once) ec2.editAsSomeoneElse((editor) => editor.revoke(theirs));
      once = false;
    };
    expect(await pass(firewall("eni-0a1"), [stays], guard)).toBe(true);
    expect(open(ec2, "eni-0a1")).toEqual(["443/tcp from 0.0.0.0/0", "8080/tcp from 198.51.100.0/24"]);
  });

  test("stops at once when the pass is called off", async () => {
    const { ec2, firewall } = await setStage();
    await reconcile(firewall("eni-0a1"), [SSH]);
    ec2.faults.add({ calls: /^Describe/u, does: { kind: "hang" } });
    const calledOff = new AbortController();
    const looking = firewall("eni-0a1").observe(calledOff.signal);
    calledOff.abort();
    await expect(looking).rejects.toMatchObject({ code: "aws", retry: "later" });
  });
});

describe("dying right before each write", () => {
  const steps = [
    ["opening", [], [SSH]],
    ["opening for two grants", [], [SSH, hole(443, "198.51.100.0/24", [held("z9w8v7t6")])]],
    ["extending", [SSH], [LATER]],
    ["sharing", [SSH], [SHARED]],
    ["sharing no more", [SHARED], [SSH]],
    ["exchanging", [SSH], [RDP]],
    ["closing one of two", [SSH, RDP], [RDP]],
    ["closing", [SSH, RDP], []],
  ] as const;

  test.each(steps)("%s ends as if nobody had died, and leaves nothing behind", async (_name, first, then) => {
    const undisturbed = await after(first, then, always);
    expect(undisturbed.writes).toBeGreaterThan(0);
    for (let death = 1; death <= undisturbed.writes; death += 1) {
      const disturbed = await after(first, then, dyingAt(death));
      expect(disturbed.export, `dying before write ${death}`).toEqual(undisturbed.export);
      expect(disturbed.closed, `dying before write ${death}`).toEqual(undisturbed.closed);
    }
  });

  test.each(steps)(
    "%s changes nothing before the first asking and writes no more often than it asks",
    async (_name, first, then) => {
      const { ec2, firewall } = await setStage();
      await reconcile(firewall("eni-0a1"), first);
      const before = ec2.export("eni-0a1");
      await expect(pass(firewall("eni-0a1"), then, dyingAt(1))).rejects.toBe(DEATH);
      expect(ec2.export("eni-0a1")).toEqual(before);

      const writesSoFar = writesIn(ec2);
      let asked = 0;
      await pass(firewall("eni-0a1"), then, async () => {
        asked += 1;
        expect(writesIn(ec2) - writesSoFar).toBe(asked - 1);
      });
      expect(writesIn(ec2) - writesSoFar).toBe(asked);
    },
  );

  test.each(steps)("%s never lets in anybody who is wanted neither before nor after", async (_name, first, then) => {
    const wanted = new Set(["443/tcp from 0.0.0.0/0"]);
    for (const rule of [...first, ...then]) wanted.add(`${rule.ports[0]}/tcp from ${rule.sources[0]}`);
    const seen: string[] = [];
    await after(first, then, always, ({ ec2 }) => ec2.onChange(() => seen.push(...open(ec2, "eni-0a1"))));
    expect(seen.filter((rule) => !wanted.has(rule))).toEqual([]);
  });

  const after = async (
    first: Parameters<typeof pass>[1],
    then: Parameters<typeof pass>[1],
    guard: Guard,
    watch: (stage: Stage) => void = () => {},
  ) => {
    const stage = await setStage();
    const { ec2, firewall } = stage;
    await reconcile(firewall("eni-0a1"), first);
    watch(stage);
    let writes = 0;
    await pass(firewall("eni-0a1"), then, async () => {
      writes += 1;
      await guard();
    }).catch((error: unknown) => {
      if (error !== DEATH) throw error;
    });
    await reconcile(firewall("eni-0a1"), then);
    const reached = withoutIds(ec2.export("eni-0a1"));
    await reconcile(firewall("eni-0a1"), []);
    return { writes, export: reached, closed: withoutIds(ec2.export("eni-0a1")) };
  };
});

describe("two workers at once", () => {
  test.each([
    ["open", [], [SSH, RDP]],
    ["close", [SSH, RDP], []],
    ["exchange", [SSH], [RDP]],
  ] as const)("who both %s end with what is wanted and nothing beside it", async (_name, first, then) => {
    const { ec2, firewall } = await setStage();
    const before = ec2.export("eni-0a1");
    await reconcile(firewall("eni-0a1"), first);
    await Promise.allSettled([pass(firewall("eni-0a1"), then), pass(firewall("eni-0a1"), then)]);
    await reconcile(firewall("eni-0a1"), then);
    const wanted = then.map((rule) => `${rule.ports[0]}/tcp from ${rule.sources[0]}`);
    expect(open(ec2, "eni-0a1")).toEqual([...wanted, "443/tcp from 0.0.0.0/0"].toSorted());
    await reconcile(firewall("eni-0a1"), []);
    expect(ec2.export("eni-0a1")).toEqual(before);
  });
});

describe("whatever is wanted in turn, and whatever goes wrong on the way", () => {
  test("the groups end as wanted, and as before when nothing is", async () => {
    const stage = await setStage();
    const { ec2, firewall } = stage;
    const before = ec2.export("eni-0a1");
    const grants = ["k7f3q2xd", "z9w8v7t6", "bcdfghjk"];
    const anyHole = fc.record({
      port: fc.constantFrom(22, 3389),
      source: fc.constantFrom("203.0.113.7/32", "198.51.100.0/24", "2001:db8:1::/48"),
      holders: fc
        .subarray(grants, { minLength: 1 })
        .chain((chosen) =>
          fc.tuple(...chosen.map((grant) => fc.integer({ min: 1, max: 9 }).map((end) => held(grant, end)))),
        ),
    });
    const anyDesired = fc
      .uniqueArray(anyHole, { maxLength: 4, selector: ({ port, source }) => `${port} ${source}` })
      .map((holes) => holes.map(({ port, source, holders }) => hole(port, source, holders)));
    const anyTrouble = fc.record({
      at: fc.integer({ min: 0, max: 15 }),
      does: fc.constantFrom<Misbehaviour>(
        { kind: "throttle" },
        { kind: "drop" },
        { kind: "lose-answer" },
        { kind: "lie" },
      ),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyDesired, anyTrouble), { minLength: 1, maxLength: 4 }), async (steps) => {
        for (const [desired, trouble] of steps) {
          let calls = 0;
          // A pattern is asked once for each call, so it can count them.
          const nth = Object.assign(/./u, {
            test: (call: string) => !call.startsWith("CreateSecurityGroup") && calls++ === trouble.at,
          });
          const end = ec2.faults.add({ calls: nth, does: trouble.does });
          await pass(firewall("eni-0a1"), desired).catch(() => false);
          end();
          await reconcile(firewall("eni-0a1"), desired);
          const { rules, settled } = await firewall("eni-0a1").observe(never);
          const shown = rules.map(({ rule, holders }) => ({ ...rule, addresses: undefined, holders }));
          expect(settled).toBe(true);
          expect(shown.toSorted(byText)).toEqual(
            desired
              .map((rule) => ({ ...rule, addresses: undefined, holders: rule.holders.toSorted(byText) }))
              .toSorted(byText),
          );
        }
        await reconcile(firewall("eni-0a1"), []);
        expect(ec2.export("eni-0a1")).toEqual(before);
      }),
      { numRuns: 12 },
    );
  }, 60_000);
});

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const writesIn = (ec2: Stage["ec2"]): number =>
  ec2.calls().filter((call) => !call.action.startsWith("Describe")).length;

const DEATH = new Fault("lease-lost", "another worker has this firewall", { retry: "later" });

const dyingAt = (nth: number): Guard => {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls === nth) throw DEATH;
  };
};

/** A group made anew has a new id. */
const withoutIds = ({ attached, groupsInVpc }: ReturnType<Stage["ec2"]["export"]>) => ({
  attached: attached.map(({ id: _id, ...group }) => group).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  groupsInVpc: groupsInVpc.map((group) => group.name).toSorted(),
});
