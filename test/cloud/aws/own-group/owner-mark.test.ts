import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GrantId, ID_ALPHABET } from "../../../../src/access/identifier.ts";
import { type EpochMs, SECOND } from "../../../../src/access/time.ts";
import { holderTag, markOf, readableNote, readHolders } from "../../../../src/cloud/aws/own-group/owner-mark.ts";
import type { Holder } from "../../../../src/cloud/firewall.ts";

const at = (text: string): EpochMs => Date.parse(text) as EpochMs;
const holder = (grant: string, expiresAt: EpochMs, note = "U0DEV1: INC-1042 disk full"): Holder => ({
  grant: grant as GrantId,
  expiresAt,
  note,
});

const anyGrant = fc
  .array(fc.constantFrom(...ID_ALPHABET), { minLength: 8, maxLength: 8 })
  .map((letters) => letters.join("") as GrantId);
const anyHolder: fc.Arbitrary<Holder> = fc.record({
  grant: anyGrant,
  expiresAt: fc.integer({ min: 0, max: at("9999-12-31T23:59:59Z") }).map((ms) => ms as EpochMs),
  note: fc.oneof(fc.string({ unit: "grapheme", maxLength: 400 }), fc.string({ unit: "binary", maxLength: 400 })),
});

describe("the owner mark of a rule", () => {
  test("names each grant with its own end and what it is for", () => {
    expect(markOf("acme", [holder("k7f3q2xd", at("2026-11-23T16:02:00Z"))])).toEqual([
      { Key: "latch:installation", Value: "acme" },
      { Key: "latch:grant:k7f3q2xd", Value: "until 2026-11-23T16:02:00Z for U0DEV1: INC-1042 disk full" },
    ]);
  });

  test("rounds an end up to the full second, and leaves a full second as it is", () => {
    expect(holderTag(holder("k7f3q2xd", at("2026-11-23T16:02:00.001Z"), "")).Value).toBe("until 2026-11-23T16:02:01Z");
    expect(holderTag(holder("k7f3q2xd", at("2026-11-23T16:02:00.000Z"), "")).Value).toBe("until 2026-11-23T16:02:00Z");
  });

  test("says after reading what it said when written", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyHolder, { selector: (each) => each.grant, maxLength: 49 }), (holders) => {
        const expected = holders
          .map(({ grant, expiresAt, note }) => ({
            grant,
            expiresAt: (Math.ceil(expiresAt / SECOND) * SECOND) as EpochMs,
            note: readableNote(note),
          }))
          .toSorted((a, b) => (a.grant < b.grant ? -1 : 1));
        const read = readHolders(markOf("acme", holders));
        expect(read).toEqual(expected);

        const again = read.flatMap((each) =>
          each.expiresAt === undefined ? [] : [{ ...each, expiresAt: each.expiresAt }],
        );
        expect(readHolders(markOf("acme", again))).toEqual(read);
      }),
    );
  });

  test("fits into a tag, whatever the note is", () => {
    fc.assert(
      fc.property(anyHolder, (each) => {
        const { Key, Value } = holderTag(each);
        expect(Key.length).toBeLessThanOrEqual(128);
        expect(Value.length).toBeLessThanOrEqual(256);
        expect(Value.isWellFormed()).toBe(true);
        expect(Value).toMatch(/^[\p{L}\p{N} +\-=._:/@]*$/u);
      }),
    );
  });

  test.each(["", "until", "until tomorrow", "until 2026-02-30T00:00:00Z", "until 2026-11-23T25:02:00Z", "16:02"])(
    "still names its grant when its value is damaged to %j",
    (Value) => {
      expect(readHolders([{ Key: "latch:grant:k7f3q2xd", Value }])).toEqual([
        expect.objectContaining({ grant: "k7f3q2xd", expiresAt: undefined }),
      ]);
    },
  );

  test("doesn't count the tags of others, nor keys that name no grant", () => {
    const value = "until 2026-11-23T16:02:00Z";
    expect(
      readHolders([
        { Key: "Name", Value: value },
        { Key: "latch:grant:", Value: value },
        { Key: "latch:grant:K7F3Q2XD", Value: value },
        { Key: "their:latch:grant:k7f3q2xd", Value: value },
        {},
      ]),
    ).toEqual([]);
  });
});
