import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GrantId, ID_ALPHABET, type ProtectionId } from "../../../../src/access/identifier.ts";
import type { EpochMs } from "../../../../src/access/time.ts";
import {
  createOwnerMark,
  MAX_DESCRIPTION,
  parseBlockDescription,
  parseDescription,
  printBlockDescription,
  printDescription,
} from "../../../../src/cloud/azure/nsg/owner-mark.ts";

const anId = fc
  .string({ unit: fc.constantFrom(...ID_ALPHABET.split("")), minLength: 8, maxLength: 8 })
  .map((text) => text as GrantId);
const aName = fc.string({ unit: fc.constantFrom(..."abcXYZ0129_.-".split("")), minLength: 1, maxLength: 54 });
const parts = fc.record({
  grant: anId,
  protocol: fc.constantFrom("tcp" as const, "udp" as const),
  family: fc.constantFrom("ipv4" as const, "ipv6" as const),
});
const anEnd = fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59Z") }).map((at) => at as EpochMs);

describe("names", () => {
  test("what is printed is read back, by whatever case, and fits into a rule's name", () => {
    fc.assert(
      fc.property(aName, parts, (installation, said) => {
        const mark = createOwnerMark(installation);
        const name = mark.printName(said);
        expect(name.length).toBeLessThanOrEqual(80);
        expect(mark.parseName(name)).toEqual(said);
        expect(mark.parseName(name.toUpperCase())).toEqual(said);
      }),
    );
  });

  test("no installation recognises the rules of another", () => {
    fc.assert(
      fc.property(aName, aName, parts, (mine, theirs, said) => {
        fc.pre(mine.toLowerCase() !== theirs.toLowerCase());
        expect(createOwnerMark(mine).parseName(createOwnerMark(theirs).printName(said))).toBeUndefined();
      }),
    );
  });

  test("a block's is read back too, and never taken for a grant's", () => {
    fc.assert(
      fc.property(aName, aName, parts, (installation, another, { grant, protocol, family }) => {
        const mark = createOwnerMark(installation);
        const said = { protection: grant as string as ProtectionId, protocol, family };
        const name = mark.printBlockName(said);
        expect(name.length).toBeLessThanOrEqual(80);
        for (const written of [name, name.toUpperCase()]) {
          expect(mark.parseBlockName(written)).toEqual(said);
          expect(mark.isOurs(written)).toBe(true);
          expect(mark.parseName(written)).toBeUndefined();
          expect(createOwnerMark(another).parseName(written)).toBeUndefined();
        }
        const ofGrant = mark.printName({ grant, protocol, family });
        expect(mark.isOurs(ofGrant)).toBe(true);
        expect(mark.parseBlockName(ofGrant)).toBeUndefined();
        expect(createOwnerMark(another).parseBlockName(ofGrant)).toBeUndefined();
        fc.pre(installation.toLowerCase() !== another.toLowerCase());
        expect(createOwnerMark(another).isOurs(name)).toBe(false);
      }),
    );
  });

  test.each([
    "latch-acme-2-k7f3q2xd-tcp-4",
    "latch-acme2-k7f3q2xd-tcp-4",
    "xlatch-acme-k7f3q2xd-tcp-4",
    "latch-acme-k7f3q2xd-tcp-4-copy",
    "latch-acme-k7f3q2xd-tcp-4\n",
    "latch-acme-k7f3q2x-tcp-4",
    "latch-acme-k7f3q2xa-tcp-4",
    "latch-acme-k7f3q2xd-icmp-4",
    "latch-acme-k7f3q2xd-tcp-5",
    "latch-acme-k7f3q2xd",
    "MicrosoftDefenderForCloud-JITRule_-2031_0123456789abcdef0123456789abcdef",
    "SecurityCenter-JITRule_2031_0123456789abcdef0123456789abcdef",
  ])("%j is not ours", (name) => {
    expect(createOwnerMark("acme").parseName(name)).toBeUndefined();
  });

  test("a dot in an installation's name stands for itself", () => {
    expect(createOwnerMark("a.me").parseName("latch-acme-k7f3q2xd-tcp-4")).toBeUndefined();
  });

  test.each(["", "a b", "a/b", "é", "x".repeat(55)])("an installation can't be called %j", (name) => {
    expect(() => createOwnerMark(name)).toThrow("must be 1 to 54");
  });
});

describe("descriptions", () => {
  test("a block's tells what it is for, and its note is read back, however it was damaged", () => {
    expect(printBlockDescription("prod-vm-3: U0SEC1")).toBe("latch keeps closed: prod-vm-3: U0SEC1");
    expect(printBlockDescription("")).toBe("latch keeps closed");
    expect(parseBlockDescription("latch keeps closed")).toBe("");
    expect(parseBlockDescription("do not touch")).toBe("");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (note) => {
        const printed = printBlockDescription(note);
        expect(printed.length).toBeLessThanOrEqual(MAX_DESCRIPTION);
        expect(printBlockDescription(parseBlockDescription(printed))).toBe(printed);
      }),
    );
  });

  test("the end is read back, rounded up to the second, whatever the note is", () => {
    fc.assert(
      fc.property(anEnd, fc.string({ unit: "binary", maxLength: 300 }), (expiresAt, note) => {
        const printed = printDescription({ expiresAt, note });
        const said = parseDescription(printed);
        expect(said?.expiresAt).toBe(Math.ceil(expiresAt / 1_000) * 1_000);
        expect(printed.length).toBeLessThanOrEqual(MAX_DESCRIPTION);
        expect(printed).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        // Written again, it stays as it is.
        if (said !== undefined) expect(printDescription(said)).toBe(printed);
      }),
    );
  });

  test("who, until when and why", () => {
    const expiresAt = Date.parse("2026-11-23T16:01:59.001Z") as EpochMs;
    expect(printDescription({ expiresAt, note: "U0DEV1: INC-1042\r\n\tdisk  full\u0000" })).toBe(
      "latch until 2026-11-23T16:02:00Z for U0DEV1: INC-1042 disk full",
    );
    expect(printDescription({ expiresAt, note: "\n" })).toBe("latch until 2026-11-23T16:02:00Z");
  });

  test("a long note is cut between characters, at 140 and not before", () => {
    const expiresAt = 0 as EpochMs;
    expect(printDescription({ expiresAt, note: "x".repeat(300) })).toHaveLength(140);
    expect(printDescription({ expiresAt, note: `x${"😀".repeat(300)}` })).toHaveLength(140);
    expect(printDescription({ expiresAt, note: "😀".repeat(300) })).toHaveLength(139);
  });

  test.each([
    "",
    "hands off",
    "latch until tomorrow for U0DEV1",
    "latch until 2026-02-30T00:00:00Z for U0DEV1",
    "latch until 2026-11-23T25:00:00Z",
    "latch until 2026-11-23T16:02:00.500Z for U0DEV1",
    "Latch until 2026-11-23T16:02:00Z for U0DEV1",
  ])("%j has no end that can be believed", (text) => {
    expect(parseDescription(text)).toBeUndefined();
  });
});
