import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Elsewhere } from "../../src/access/person.ts";
import { combine, isNobody, outranking, readIdentities, showIdentities } from "../../src/identity/read-identities.ts";

const OID = "11111111-2222-3333-4444-555555555555";
const OTHER = OID.replace("5", "6");
const DEV = "arn:aws:iam::111122223333:user/dev1";
const ROLE = "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_dev_0a1b";

describe("in Entra ID", () => {
  test.each([OID, OID.toUpperCase().replaceAll("1", "A").replaceAll("A", "1"), ` ${OID}\n`])(
    "%s is somebody",
    (entra) => {
      expect(readIdentities({ entra }).entra).toBe(OID);
    },
  );

  test.each([
    "",
    "dev@acme.example",
    OID.slice(1),
    `${OID}0`,
    `{${OID}}`,
    `${OID} ${OID}`,
    OID.replaceAll("-", ""),
    OID.replace("5", "g"),
    42,
    null,
    undefined,
    [OID],
  ])("%s is nobody", (entra) => {
    expect(readIdentities({ entra })).toEqual({ entra: undefined, aws: [] });
  });
});

describe("in AWS", () => {
  test.each([
    DEV,
    ROLE,
    "arn:aws-us-gov:iam::111122223333:user/a/b+c=d,e.f@g_h-i",
    "arn:aws-cn:iam::111122223333:role/x",
    "arn:aws:iam::111122223333:user/div$a/(1,2)/dev1",
  ])("%s is somebody", (arn) => {
    expect(readIdentities({ aws: arn }).aws).toEqual([arn]);
    expect(readIdentities({ aws: [arn] }).aws).toEqual([arn]);
  });

  test.each([
    "",
    "dev1",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:group/devs",
    "arn:aws:iam::111122223333:user/",
    "arn:aws:iam::111122223333:user/*",
    "arn:aws:iam::111122223333:user/*/dev1",
    "arn:aws:iam::111122223333:user/a?/dev1",
    "arn:aws:iam::111122223333:user/div$a",
    "arn:aws:iam::1111222233:user/dev1",
    "arn:aws:sts::111122223333:assumed-role/dev/session",
    "arn:aws:iam::*:user/dev1",
    "ARN:AWS:IAM::111122223333:USER/dev1",
    "xarn:aws:iam::111122223333:user/dev1",
    42,
    null,
  ])("%s is nobody", (aws) => {
    expect(readIdentities({ aws }).aws).toEqual([]);
  });

  test("several may stand in one text, and of one account the first counts", () => {
    expect(readIdentities({ aws: `${DEV}, ${ROLE}\n${DEV.replace("dev1", "dev2")} nonsense` }).aws).toEqual([
      DEV,
      ROLE,
    ]);
  });
});

test("the first who says counts, for Entra ID and for each account by itself", () => {
  const other = DEV.replace("dev1", "other");
  expect(
    combine([
      { entra: undefined, aws: [DEV] },
      { entra: OID, aws: [other] },
      { entra: "22222222-2222-3333-4444-555555555555", aws: [ROLE] },
    ]),
  ).toEqual({ entra: OID, aws: [DEV, ROLE] });
  expect(combine([])).toEqual({ entra: undefined, aws: [] });
});

test("however many say something, nobody is two in one place, and nobody is made up", () => {
  const arn = fc.tuple(fc.constantFrom("111122223333", "444455556666", "777788889999"), fc.constantFrom("a", "b", "c"));
  const said = fc.record({
    entra: fc.constantFrom(undefined, OID, OID.replace("5", "6")),
    aws: fc.array(arn.map(([account, name]) => `arn:aws:iam::${account}:user/${name}`)),
  });
  fc.assert(
    fc.property(fc.array(said), (all: readonly Elsewhere[]) => {
      const { entra, aws } = combine(all);
      const accounts = aws.map((each) => each.split(":")[4]);
      expect(new Set(accounts).size).toBe(aws.length);
      for (const each of aws) expect(all.some((one) => one.aws.includes(each))).toBe(true);
      if (entra !== undefined) expect(all.some((one) => one.entra === entra)).toBe(true);
      expect(entra === undefined).toBe(all.every((one) => one.entra === undefined));
      expect(combine([{ entra, aws }, ...all])).toEqual({ entra, aws });
    }),
  );
});

test("nobody is nobody, and somebody is shown by what they are", () => {
  expect(isNobody({ entra: undefined, aws: [] })).toBe(true);
  expect(isNobody({ entra: undefined, aws: [DEV] })).toBe(false);
  expect(showIdentities({ entra: OID, aws: [DEV, ROLE] })).toBe(`${OID}, ${DEV}, ${ROLE}`);
});

test.each([
  ["nothing else", { entra: OID, aws: [DEV, ROLE] }, undefined],
  ["another there", { entra: OTHER, aws: [DEV] }, { entra: OTHER, aws: [] }],
  ["another of one account", { entra: OID, aws: [`${DEV}-2`, ROLE] }, { entra: undefined, aws: [`${DEV}-2`] }],
  ["more than was said", { entra: OID, aws: [DEV, ROLE, "arn:aws:iam::777788889999:user/dev"] }, undefined],
])("who counts before what was said: %s", (_, counts, expected) => {
  expect(outranking({ entra: OID, aws: [DEV, ROLE] }, counts)).toEqual(expected);
});
