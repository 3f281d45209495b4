import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "../../../../src/access/fault.ts";
import type { Block, Guard } from "../../../../src/cloud/firewall.ts";
import type { RuleSpec } from "../../../../src/sandbox/aws/world.ts";
import type { Misbehaviour } from "../../../../src/sandbox/faults.ts";
import { always, never } from "../stage.ts";
import {
  blockOf,
  GROUP,
  groupNow,
  idOf,
  pass,
  reconcile,
  rulesNow,
  type SharedStage,
  setSharedStage,
} from "./shared-stage.ts";

const RULES: readonly RuleSpec[] = [
  { protocol: "tcp", ports: 443, peer: "0.0.0.0/0", description: "public" },
  { protocol: "tcp", ports: [20, 25], peer: "10.0.0.0/8", description: "old, things", tags: { Owner: "ops" } },
  { protocol: "tcp", ports: 22, peer: "0.0.0.0/0" },
  { protocol: "-1", peer: "pl-0a1", description: "office" },
  { protocol: "tcp", ports: [0, 65_535], peer: "sg-0a1" },
];

type Names = readonly ("one" | "two")[];
const STEPS: readonly (readonly [string, Names, Names])[] = [
  ["blocking", [], ["one"]],
  ["blocking for two", [], ["one", "two"]],
  ["blocking for another", ["one"], ["one", "two"]],
  ["exchanging", ["one"], ["two"]],
  ["unblocking one of two", ["one", "two"], ["two"]],
  ["unblocking", ["one"], []],
  ["unblocking both", ["one", "two"], []],
];
const LOSSES = ["nothing", "memory", "tags"] as const;

describe.each(LOSSES)("dying right before each write, and losing %s then", (loss) => {
  test.each(STEPS)(
    "%s ends as if nobody had died",
    async (_name, first, then) => {
      const calm = await after(first, then, always, "nothing");
      expect(calm.writes).toBeGreaterThan(2);
      expect(calm.end).toEqual(calm.before);
      for (let death = 1; death <= calm.writes; death += 1) {
        const result = await after(first, then, dyingAt(death), loss);
        expect(result.reached, `dying before write ${death}`).toEqual(calm.reached);
        expect(result.end, `dying before write ${death}`).toEqual(calm.before);
        expect(result.said, `dying before write ${death}`).toEqual([]);
        expect(result.cutOff, `dying before write ${death}`).toEqual([]);
      }
    },
    60_000,
  );

  const after = async (first: Names, then: Names, guard: Guard, lose: (typeof LOSSES)[number]) => {
    const stage = await setSharedStage(RULES);
    const { ec2, firewall } = stage;
    const before = groupNow(ec2);
    const ids = idsNow(stage);
    const blocks = {
      one: blockOf("k7f3q2xd", ["22/tcp"], ids),
      two: blockOf("m8g4r3zf", ["24/tcp"], ids, ["10.0.1.7"]),
    };
    const desired = (names: Names) => names.map((name) => blocks[name]);
    const said = [...(await reconcile(firewall(), desired(first)))];
    const cutOff = watchOpenPorts(stage);
    let writes = 0;
    await pass(firewall(), desired(then), async () => {
      writes += 1;
      await guard();
    }).catch((error: unknown) => {
      if (error !== DEATH) throw error;
    });
    forget(stage, lose);
    said.push(...(await reconcile(firewall(), desired(then))));
    const reached = groupNow(ec2)?.ingress;
    said.push(...(await reconcile(firewall(), [])));
    return { before, reached, end: groupNow(ec2), writes, said: said.filter(isChange), cutOff };
  };
});

/** How one dies of every write there is, in a fresh process each time. */
const WAYS = ["right after every write", "right after every write to EC2", "right before every write to EC2"] as const;

describe.each(WAYS)("dying %s", (way) => {
  test.each(STEPS)("%s gets further each time, and does nothing twice", async (_name, first, then) => {
    const calm = await passes(first, then, undefined);
    const result = await passes(first, then, way);
    expect(result.reached).toEqual(calm.reached);
    expect(result.end).toEqual(calm.end);
    expect(result.said).toEqual([]);
    expect(result.cutOff).toEqual([]);
    expect(result.writes).toHaveLength(calm.writes.length);
    expect(result.deaths).toBeGreaterThan(2);
    // Memory also follows what is seen in the group, so there may be a write to it more.
    expect(result.deaths).toBeLessThanOrEqual(calm.asked + 1);
  });

  const passes = async (first: Names, then: Names, killed: (typeof WAYS)[number] | undefined) => {
    const stage = await setSharedStage(RULES);
    const { ec2, firewall } = stage;
    const ids = idsNow(stage);
    const blocks = {
      one: blockOf("k7f3q2xd", ["22/tcp"], ids),
      two: blockOf("m8g4r3zf", ["24/tcp"], ids, ["10.0.1.7"]),
    };
    const desired = (names: Names) => names.map((name) => blocks[name]);
    const said = [...(await reconcile(firewall(), desired(first)))];
    const cutOff = watchOpenPorts(stage);
    const { writes, end, life } = dyingOften(stage, killed);
    let deaths = 0;
    let asked = 0;
    for (let isDone = false; !isDone; ) {
      const guard = life();
      const result = await pass(firewall(), desired(then), async () => {
        asked += 1;
        await guard();
      }).catch(() => undefined);
      if (result === undefined) deaths += 1;
      said.push(...(result?.said ?? []));
      isDone = result?.done === true;
      if (deaths > 40) throw new Error(`dies in vain:\n${writes.join("\n")}`);
    }
    end();
    const reached = groupNow(ec2)?.ingress;
    said.push(...(await reconcile(firewall(), [])));
    return { reached, end: groupNow(ec2), writes, asked, deaths, said: said.filter(isChange), cutOff };
  };

  /** `writes`: those to EC2 that had an effect. */
  const dyingOften = ({ ec2 }: SharedStage, killed: (typeof WAYS)[number] | undefined) => {
    const writes: string[] = [];
    let met = -1;
    const end = ec2.faults.add({
      calls: /^(?!Describe)[A-Z]/u,
      does: (call) => {
        const isBefore = killed === "right before every write to EC2" && met !== writes.length;
        met = writes.length;
        if (isBefore) return { kind: "drop" };
        writes.push(call);
        return killed === "right after every write to EC2" ? { kind: "lose-answer" } : undefined;
      },
    });
    const life = (): Guard => (killed === "right after every write" ? dyingAt(2) : always);
    return { writes, end, life };
  };
});

describe("dying", () => {
  test("while unblocking, before each write, and blocking again, withholds what was put back under another id", async () => {
    for (let death = 1; death <= 7; death += 1) {
      const stage = await setSharedStage(RULES);
      const { ec2, firewall } = stage;
      const before = groupNow(ec2);
      const block = blockOf("k7f3q2xd", ["22/tcp"], idsNow(stage));
      await reconcile(firewall(), [block]);
      const blocked = groupNow(ec2)?.ingress;
      await pass(firewall(), [], dyingAt(death)).catch(() => undefined);
      await reconcile(firewall(), [block]);
      expect(groupNow(ec2)?.ingress, `dying before write ${death}`).toEqual(blocked);
      expect((await firewall().observe(never, [block])).undercut.get(block.protection)).toEqual([]);
      await reconcile(firewall(), []);
      expect(groupNow(ec2), `dying before write ${death}`).toEqual(before);
    }
  });

  test("before a rule was taken out is noticed, and mended without being told which", async () => {
    const { ec2, firewall } = await setSharedStage([{ protocol: "tcp", ports: 22, peer: "0.0.0.0/0" }]);
    const block = blockOf("k7f3q2xd", ["22/tcp"], [idOf(ec2, 22, "0.0.0.0/0")]);
    await pass(firewall(), [block], dyingAt(3)).catch(() => undefined);
    expect(rulesNow(ec2)).toHaveLength(1);
    const adopted = { ...block, overrules: [] };
    expect(await firewall().observe(never, [adopted])).toMatchObject({ settled: false });
    await reconcile(firewall(), [adopted]);
    expect(rulesNow(ec2)).toEqual([]);
  });

  test.each(["blocked", "unblocked"])(
    "before a rule was taken out, which is edited then and %s, keeps the edit",
    async (then) => {
      const stage = await setSharedStage(RULES);
      const { ec2, firewall } = stage;
      const id = idOf(ec2, 20, "10.0.0.0/8");
      const block = blockOf("k7f3q2xd", ["22/tcp"], [id]);
      // Memory, the tags and the parts are written by then.
      await pass(firewall(), [block], dyingAt(4)).catch(() => undefined);
      ec2.editAsSomeoneElse((editor) => editor.changeRule(id, { toPort: 21 }));
      if (then === "blocked") await reconcile(firewall(), [block]);
      await reconcile(firewall(), []);
      const there = ec2
        .state()
        .groups.get(GROUP)
        ?.rules.filter(({ peer }) => "cidr" in peer && peer.cidr === "10.0.0.0/8");
      expect(there).toMatchObject([
        { id, fromPort: 20, toPort: 21, description: "old, things", tags: { Owner: "ops" } },
      ]);
      expect(groupNow(ec2)?.tags).toEqual({});
    },
  );
});

describe("whatever is blocked in turn, and whatever goes wrong on the way", () => {
  test("no withheld port is covered once it is settled, and in the end the group is as it was", async () => {
    await fc.assert(
      fc.asyncProperty(anyRules, fc.array(anyStep, { minLength: 1, maxLength: 5 }), async (rules, steps) => {
        const stage = await setSharedStage(rules);
        const { ec2, firewall } = stage;
        const before = groupNow(ec2);
        const overruled = new Set<string>();
        for (const [n, { blocks, death, editAt, trouble, loss }] of steps.entries()) {
          const asked = blocks.map(({ protection, ports }) => blockOf(protection, ports, []));
          const seen = await firewall().observe(never, asked);
          for (const { id } of [...seen.undercut.values()].flat()) overruled.add(id);
          const desired = asked.map((block) => ({ ...block, overrules: [...overruled].toSorted() }));

          let calls = 0;
          // A pattern is asked once for each call, so it can count them.
          const nth = Object.assign(/./u, { test: () => calls++ === trouble.at });
          const end = ec2.faults.add({ calls: nth, does: trouble.does });
          const theirs: RuleSpec = { protocol: "tcp", ports: 8080 + n, peer: "192.0.2.0/24" };
          const edit = () => ec2.editAsSomeoneElse((editor) => editor.authorize(GROUP, theirs));
          await pass(firewall(), desired, dyingAt(death, editAt, edit)).catch(() => undefined);
          end();
          forget(stage, loss);
          await reconcile(firewall(), desired);
          const now = await firewall().observe(never, desired);
          expect(now.settled).toBe(true);
          expect([...now.undercut.values()].flat()).toEqual([]);
          expect(openOf(stage, desired)).toEqual([]);
        }
        await reconcile(firewall(), []);
        const now = groupNow(ec2);
        expect({ ...now, ingress: now?.ingress.filter(({ fromPort }) => fromPort < 8080) }).toEqual(before);
        expect(stage.texts.size).toBe(0);
        await ec2.stop();
      }),
      { numRuns: Number(process.env.RUNS ?? 40), examples: tagsThatWereNeverWritten },
    );
  }, 240_000);

  /** EC2 says that it wrote tags and didn't, the process dies, and memory is lost. */
  const calm = { death: 1, editAt: 1, trouble: { at: 0, does: { kind: "throttle" } }, loss: "nothing" } as const;
  const lying = { death: 4, editAt: 1, trouble: { at: 4, does: { kind: "lie" } }, loss: "memory" } as const;
  const one = [{ protection: "k7f3q2xd" as const, ports: ["22/udp"] }];
  const two = [{ protection: "bcdfghjk" as const, ports: ["22/udp"] }];
  const all: RuleSpec[] = [{ protocol: "-1", peer: "10.0.0.0/8" }];
  const tagsThatWereNeverWritten: [RuleSpec[], (typeof anyStep extends fc.Arbitrary<infer Step> ? Step : never)[]][] = [
    [
      all,
      [
        { blocks: one, ...lying },
        { blocks: [], ...calm },
      ],
    ],
    [
      all,
      [
        { blocks: one, ...calm },
        { blocks: two, ...lying },
        { blocks: [], ...calm },
      ],
    ],
  ];

  const anyRules = fc
    .uniqueArray(
      fc.record({
        reach: fc.oneof(
          fc.constant({ protocol: "-1" }),
          fc.record({
            protocol: fc.constantFrom("tcp", "udp"),
            ports: fc
              .tuple(fc.integer({ min: 18, max: 26 }), fc.integer({ min: 0, max: 6 }))
              .map(([from, more]) => [from, from + more] as const),
          }),
        ),
        peer: fc.constantFrom("10.0.0.0/8", "0.0.0.0/0", "::/0", "pl-0a1", "sg-0a1", "sg-0c1"),
        more: fc.constantFrom<Partial<RuleSpec>>(
          {},
          { description: "office, #1 (old)" },
          { description: "a:b=c", tags: { Owner: "ops & web" } },
          { tags: { "team/ä": "x y", b: "" } },
        ),
      }),
      { maxLength: 8, selector: ({ reach, peer }) => JSON.stringify([reach, peer]) },
    )
    .map((rules) => rules.map(({ reach, peer, more }): RuleSpec => ({ ...reach, peer, ...more })));

  const anyStep = fc.record({
    blocks: fc.uniqueArray(
      fc.record({
        protection: fc.constantFrom("k7f3q2xd", "m8g4r3zf", "bcdfghjk"),
        ports: fc.subarray(["20/tcp", "22/tcp", "23/tcp", "22/udp"], { minLength: 1 }),
      }),
      { maxLength: 2, selector: ({ protection }) => protection },
    ),
    death: fc.integer({ min: 1, max: 10 }),
    editAt: fc.integer({ min: 1, max: 10 }),
    trouble: fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      does: fc.constantFrom<Misbehaviour>(
        { kind: "throttle" },
        { kind: "drop" },
        { kind: "lose-answer" },
        { kind: "lie" },
      ),
    }),
    loss: fc.constantFrom("nothing", "memory", "tags"),
  });
});

/** One for all protocols stays withheld as a whole for the other machine. */
const isChange = (said: string): boolean => !said.startsWith("`everything from pl-0a1` in shared stays withheld");

const idsNow = ({ ec2 }: SharedStage): readonly string[] =>
  (ec2.state().groups.get(GROUP)?.rules ?? []).flatMap(({ id, isEgress }) => (isEgress ? [] : [id]));

/** What is covered though a block keeps it closed. */
const openOf = ({ ec2 }: SharedStage, blocks: readonly Block[]): readonly string[] =>
  (groupNow(ec2)?.ingress ?? []).flatMap((rule) =>
    blocks
      .flatMap(({ ports }) => ports)
      .filter(
        ({ port, protocol }) =>
          (rule.protocol === "-1" || rule.protocol === protocol) &&
          (rule.protocol === "-1" || (rule.fromPort <= port && port <= rule.toPort)),
      )
      .map(({ port, protocol }) => `${port}/${protocol} from ${rule.peer}`),
  );

/** Ports nobody blocks that somebody was cut off, at any moment from now on. */
const watchOpenPorts = ({ ec2 }: SharedStage): readonly string[] => {
  const cutOff: string[] = [];
  ec2.onChange(() => {
    const rules = groupNow(ec2)?.ingress ?? [];
    for (const peer of ["10.0.0.0/8", "sg-0a1"]) {
      for (const port of [20, 21, 23, 25]) {
        const isOpen = rules.some((rule) => rule.peer === peer && rule.fromPort <= port && port <= rule.toPort);
        if (!isOpen) cutOff.push(`${port} from ${peer}`);
      }
    }
  });
  return cutOff;
};

const forget = ({ ec2, texts }: SharedStage, what: (typeof LOSSES)[number]): void => {
  if (what === "memory") texts.clear();
  if (what === "tags") ec2.editAsSomeoneElse((editor) => editor.setGroupTags(GROUP, {}));
};

const DEATH = new Fault("lease-lost", "another worker has this firewall", { retry: "later" });

const dyingAt = (nth: number, editAt = 0, edit: () => unknown = () => undefined): Guard => {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls === editAt) edit();
    if (calls === nth) throw DEATH;
  };
};
