/** What every implementation of `Firewall` must do with blocks. */

import { describe, expect, test } from "vitest";

import type { GrantId, ProtectionId } from "../../src/access/identifier.ts";
import type { Port } from "../../src/access/port.ts";
import type { Cidr } from "../../src/access/source.ts";
import { type EpochMs, SECOND } from "../../src/access/time.ts";
import {
  type Block,
  type Firewall,
  type ForeignAllow,
  type Guard,
  type IngressRule,
  NO_CHANGES,
  type Observed,
} from "../../src/cloud/firewall.ts";
import { isDone, plan, planBlocks } from "../../src/reconcile/plan.ts";
import { NOW } from "./samples.ts";

export interface BlockSetup {
  /** Holds nothing of ours, and foreign rules that needn't have anything to do with blocks. */
  readonly firewall: Firewall;
  /** The same, as another installation sees it. Absent where two can't block at the same place. */
  readonly others?: Firewall;
  /** All private addresses of one machine behind it, sorted; of one family or both. */
  readonly addresses: readonly string[];
  /** Somebody else lets one address in to one port of this machine. Returns the id by which the firewall tells it. */
  readonly allow: (port: Port, source: Cidr) => string;
  /** Somebody else takes it away again. */
  readonly disallow: (id: string) => void;
  /**
   * All that is in the cloud and isn't of `firewall`'s installation, in a form to compare; what is withheld isn't there. Named ids say nothing:
   * what was taken away and put back may have another one.
   */
  readonly foreign: () => unknown;
  /** Whether a stranger from this single address gets past the firewall to the port, at each of the machine's addresses of that family. */
  readonly letsIn: (port: Port, source: Cidr) => boolean;
  /** Somebody edits what there is of our block so that it keeps nothing closed. Absent where a block is only the absence of rules. */
  readonly damage?: () => void;
  /** Grants open at the same firewall. Absent: elsewhere. */
  readonly grantsHere?: boolean;
}

const ONE = "bcdfghjk" as ProtectionId;
const TWO = "cdfghjkm" as ProtectionId;
const SSH: Port = { port: 22, protocol: "tcp" };
const RDP: Port = { port: 3389, protocol: "tcp" };
const DNS: Port = { port: 53, protocol: "udp" };
const STRANGER = "198.51.100.9/32" as Cidr;
const REQUESTER = "203.0.113.7/32" as Cidr;
const never = new AbortController().signal;
const always: Guard = async () => undefined;

/** `make` gives a fresh one. */
export const blockContract = (make: () => Promise<BlockSetup>): void => {
  // Some clouds take their time for each change.
  describe("block contract", { timeout: 60_000 }, () => {
    const setUp = async () => {
      const setup = await make();
      const { firewall } = setup;
      const block = (changes: Partial<Block> = {}): Block => ({
        protection: ONE,
        addresses: setup.addresses,
        ports: [SSH],
        overrules: [],
        note: "prod-vm-3: U0SEC1",
        ...changes,
      });
      const grant: IngressRule = {
        addresses: setup.addresses.filter((address) => !address.includes(":")),
        protocol: "tcp",
        ports: [22],
        sources: [REQUESTER],
        holders: [{ grant: "k7f3q2xd" as GrantId, expiresAt: (NOW + 3_600 * SECOND) as EpochMs, note: "U0DEV1" }],
      };
      /** Looks, plans and applies until all is as desired. */
      const reach = async (
        blocks: readonly Block[],
        rules: readonly IngressRule[] = [],
        of: Firewall = firewall,
        guard: Guard = always,
      ): Promise<Observed> => {
        for (let tries = 0; tries < 5; tries += 1) {
          const before = await of.observe(never, blocks);
          const changes = { ...plan(rules, before.rules, of.ruleHolds), ...planBlocks(blocks, before) };
          if (isDone(changes, before)) return before;
          await of.apply(changes, guard, never);
        }
        throw new Error("not as desired after five passes");
      };
      const undercut = async (asked: Block): Promise<readonly ForeignAllow[]> =>
        (await firewall.observe(never, [asked])).undercut.get(asked.protection) ?? [];
      return { ...setup, block, grant, reach, undercut };
    };
    const shown = ({ protection, addresses, ports }: Block) => ({
      protection,
      block: { addresses, ports },
      note: expect.any(String) as string,
    });
    const ids = (allows: readonly ForeignAllow[]): readonly string[] => allows.map(({ id }) => id);

    test("has none at first", async () => {
      const { firewall } = await setUp();
      expect(await firewall.observe(never)).toMatchObject({ blocks: [], undercut: new Map() });
    });

    test("shows a block as it was asked for, again and again, and isn't a rule that lets anybody in", async () => {
      const { firewall, block, reach } = await setUp();
      const asked = block({ ports: [SSH, DNS, RDP] });
      const there = await reach([asked]);
      expect(there.blocks).toEqual([shown(asked)]);
      expect(there.rules).toEqual([]);
      expect(await firewall.observe(never, [asked])).toEqual(there);
      expect((await firewall.observe(never)).blocks).toEqual(there.blocks);
    });

    test("is as it was before once the block is taken away, with what others had there", async () => {
      const { block, reach, allow, foreign } = await setUp();
      const id = allow(SSH, STRANGER);
      const before = foreign();
      await reach([block({ ports: [SSH, RDP] })]);
      await reach([block({ ports: [SSH, RDP], overrules: [id] })]);
      expect((await reach([])).blocks).toEqual([]);
      expect(foreign()).toEqual(before);
    });

    test("an allow that was there first keeps priority, which is told before and after", async () => {
      const { block, reach, allow, letsIn, undercut } = await setUp();
      const id = allow(SSH, STRANGER);
      const asked = block();
      expect(ids(await undercut(asked))).toContain(id);
      const after = (await reach([asked])).undercut.get(ONE) ?? [];
      expect(ids(after)).toContain(id);
      expect(after.find((one) => one.id === id)).toMatchObject({
        name: expect.any(String),
        protocol: expect.stringMatching(/^(?:tcp|any)$/u),
        ports: ["22"],
      });
      expect(letsIn(SSH, STRANGER)).toBe(true);
    });

    test("an allow for another port isn't told of", async () => {
      const { block, allow, undercut } = await setUp();
      const id = allow(RDP, STRANGER);
      expect(ids(await undercut(block()))).not.toContain(id);
      expect(ids(await undercut(block({ ports: [RDP] })))).toContain(id);
    });

    test("an allow that is overruled lets nobody in while the block is there, and does again afterwards", async () => {
      const { block, reach, allow, letsIn, undercut } = await setUp();
      const id = allow(SSH, STRANGER);
      expect(letsIn(SSH, STRANGER)).toBe(true);
      const asked = block({ overrules: ids(await undercut(block())) });
      expect(asked.overrules).toContain(id);
      expect((await reach([asked])).undercut.get(ONE)).toEqual([]);
      expect(letsIn(SSH, STRANGER)).toBe(false);
      await reach([]);
      expect(letsIn(SSH, STRANGER)).toBe(true);
    });

    test("an allow can be overruled later, and there is no moment without the block", async () => {
      const { block, reach, allow, letsIn, undercut } = await setUp();
      const [first] = [allow(SSH, STRANGER)];
      const others = ids(await undercut(block())).filter((id) => id !== first);
      await reach([block({ overrules: others })]);
      expect(letsIn(SSH, STRANGER)).toBe(true);
      const guard: Guard = async () => {
        expect(letsIn(SSH, "198.51.100.10/32" as Cidr)).toBe(false);
      };
      await reach([block({ overrules: [...others, first].toSorted() })], [], undefined, guard);
      expect(letsIn(SSH, STRANGER)).toBe(false);
    });

    test("an id that isn't there any more means nothing", async () => {
      const { block, reach, allow, disallow, foreign } = await setUp();
      const before = foreign();
      const id = allow(SSH, STRANGER);
      disallow(id);
      await reach([block({ overrules: [id] })]);
      expect(foreign()).toEqual(before);
    });

    test("gets another port, loses one and changes its note in place: what stays was closed all the time", async () => {
      const { block, reach, allow, letsIn, undercut } = await setUp();
      allow(SSH, STRANGER);
      const overrules = ids(await undercut(block({ ports: [SSH, DNS, RDP] })));
      await reach([block({ overrules })]);
      const guard: Guard = async () => {
        expect(letsIn(SSH, STRANGER)).toBe(false);
      };
      for (const ports of [[SSH, DNS, RDP], [SSH, DNS], [SSH]]) {
        const asked = block({ ports, overrules, note: `prod-vm-3: U0SEC${ports.length}` });
        expect((await reach([asked], [], undefined, guard)).blocks).toEqual([shown(asked)]);
        expect(letsIn(SSH, STRANGER)).toBe(false);
      }
    });

    test("asked for twice, it is there once", async () => {
      const { firewall, block, reach, foreign } = await setUp();
      const before = foreign();
      await firewall.apply({ ...NO_CHANGES, block: [block()] }, always, never);
      await firewall.apply({ ...NO_CHANGES, block: [block()] }, always, never);
      expect((await reach([block()])).blocks).toEqual([shown(block())]);
      await reach([]);
      expect(foreign()).toEqual(before);
    });

    test("taken away twice, it is gone", async () => {
      const { firewall, block, reach, foreign } = await setUp();
      const before = foreign();
      const { blocks } = await reach([block()]);
      await firewall.apply({ ...NO_CHANGES, unblock: blocks }, always, never);
      await firewall.apply({ ...NO_CHANGES, unblock: blocks }, always, never);
      expect((await firewall.observe(never)).blocks).toEqual([]);
      expect(foreign()).toEqual(before);
    });

    test("a damaged one is seen, and mended", async () => {
      const { firewall, block, reach, damage, letsIn } = await setUp();
      if (damage === undefined) return;
      await reach([block()]);
      damage();
      expect((await firewall.observe(never, [block()])).blocks).toEqual([
        { protection: ONE, block: undefined, note: expect.any(String) as string },
      ]);
      expect((await reach([block()])).blocks).toEqual([shown(block())]);
      expect(letsIn(SSH, STRANGER)).toBe(false);
    });

    test("a grant is let in through a block, whichever came first, and however the block moves", async () => {
      const { block, grant, reach, allow, letsIn, undercut, grantsHere, foreign } = await setUp();
      if (grantsHere !== true) return;
      const id = allow(SSH, STRANGER);
      const before = foreign();
      const overrules = ids(await undercut(block()));
      for (const steps of [
        [{ blocks: [block()] }, { blocks: [block()], rules: [grant] }],
        [
          { blocks: [], rules: [grant] },
          { blocks: [block()], rules: [grant] },
        ],
      ]) {
        for (const { blocks, rules = [] } of steps) await reach(blocks, rules);
        expect(letsIn(SSH, REQUESTER)).toBe(true);
        await reach([block({ overrules })], [grant]);
        expect(overrules).toContain(id);
        expect([letsIn(SSH, REQUESTER), letsIn(SSH, STRANGER)]).toEqual([true, false]);
        await reach([block({ overrules })]);
        expect([letsIn(SSH, REQUESTER), letsIn(SSH, STRANGER)]).toEqual([false, false]);
        await reach([block({ overrules })], [grant]);
        expect([letsIn(SSH, REQUESTER), letsIn(SSH, STRANGER)]).toEqual([true, false]);
        await reach([]);
        expect(foreign()).toEqual(before);
      }
    });

    test("two installations side by side see and touch only their own", async () => {
      const { firewall, block, reach, others } = await setUp();
      if (others === undefined) return;
      const theirs = block({ protection: TWO, ports: [RDP] });
      const { blocks } = await reach([theirs], [], others);
      await reach([block()]);
      expect((await others.observe(never)).blocks).toEqual(blocks);
      await firewall.apply({ ...NO_CHANGES, unblock: blocks }, always, never);
      await reach([]);
      expect((await others.observe(never)).blocks).toEqual([shown(theirs)]);
      expect((await reach([], [], others)).blocks).toEqual([]);
    });

    test("killed before any write, and come again: the same end, and closed all the time in between", async () => {
      for (let allowed = 0; allowed < 40; allowed += 1) {
        const { block, grant, reach, allow, foreign, letsIn, undercut, grantsHere } = await setUp();
        allow(SSH, STRANGER);
        allow(RDP, STRANGER);
        const before = foreign();
        const overrules = ids(await undercut(block({ ports: [SSH, DNS, RDP] })));
        const rules = grantsHere === true ? [grant] : [];
        const steps: readonly { readonly blocks: readonly Block[]; readonly rules: readonly IngressRule[] }[] = [
          { blocks: [block({ overrules })], rules: [] },
          { blocks: [block({ overrules, ports: [SSH, DNS, RDP] })], rules },
          { blocks: [block({ overrules, ports: [SSH, RDP] })], rules: [] },
          { blocks: [], rules: [] },
        ];
        let left = allowed;
        let [killed, staysClosed] = [false, false];
        const dying: Guard = async () => {
          if (staysClosed) expect(letsIn(SSH, STRANGER)).toBe(false);
          if (left === 0 && !killed) {
            killed = true;
            throw new Error("killed");
          }
          left -= 1;
        };
        for (const [index, step] of steps.entries()) {
          staysClosed = index > 0 && step.blocks.length > 0;
          await reach(step.blocks, step.rules, undefined, dying).catch((error: unknown) =>
            expect(error).toMatchObject({ message: "killed" }),
          );
          if (staysClosed) expect(letsIn(SSH, STRANGER)).toBe(false);
          const { blocks } = await reach(step.blocks, step.rules);
          expect(blocks).toEqual(step.blocks.map(shown));
          expect(letsIn(SSH, STRANGER)).toBe(step.blocks.length === 0);
        }
        expect(foreign()).toEqual(before);
        if (!killed) return;
      }
      throw new Error("more than forty writes for four steps");
    });

    test("a guard that says no leaves everything as it was", async () => {
      const { firewall, block, reach, foreign } = await setUp();
      const before = foreign();
      const no = new Error("lease lost");
      const refuse: Guard = () => Promise.reject(no);
      await expect(firewall.apply({ ...NO_CHANGES, block: [block()] }, refuse, never)).rejects.toBe(no);
      expect((await firewall.observe(never)).blocks).toEqual([]);
      expect(foreign()).toEqual(before);
      const there = await reach([block()]);
      await expect(firewall.apply({ ...NO_CHANGES, unblock: there.blocks }, refuse, never)).rejects.toBe(no);
      expect(await firewall.observe(never, [block()])).toEqual(there);
    });
  });
};
