import { describe, expect, test } from "vitest";
import { readIdentities } from "../../src/identity/read-identities.ts";
import { config, file, mistakes, problems } from "./reading.ts";

const ENTRA = "11111111-2222-3333-4444-AAAAAAAAAAAA";
const withIdentities = (written: string): string =>
  file().replace(
    "identities: { profileFields: { manager: Xf0MANAGER } }",
    `identities: { profileFields: { manager: Xf0MANAGER }, ${written} }`,
  );
const signIn = (written: string): string =>
  withIdentities(`signIn: { issuer: "https://login.acme.example/t/v2.0/", clientId: c, ${written} }`);

describe("who people are elsewhere", () => {
  test("by Slack id", () => {
    const text = withIdentities(
      `people: { U1: { entra: ${ENTRA}, aws: "arn:aws:iam::111122223333:user/team/dev1", pagerduty: PDEV1, opsgenie: 4513b7ea }, W2: { aws: ["arn:aws:iam::111122223333:role/dev", "arn:aws-cn:iam::222233334444:user/x"] } }`,
    );
    expect(config(text).identities.people).toEqual(
      new Map([
        [
          "U1",
          {
            entra: ENTRA.toLowerCase(),
            aws: ["arn:aws:iam::111122223333:user/team/dev1"],
            pagerduty: "PDEV1",
            opsgenie: "4513b7ea",
          },
        ],
        ["W2", { aws: ["arn:aws:iam::111122223333:role/dev", "arn:aws-cn:iam::222233334444:user/x"] }],
      ]),
    );
  });

  test("two accounts of one human are no mistake", () => {
    const text = withIdentities(`people: { U1: { entra: ${ENTRA} }, U2: { entra: ${ENTRA} } }`);
    expect(config(text).identities.people.size).toBe(2);
  });

  test("by a sign-in", () => {
    expect(config(signIn("claims: { entra: oid }")).identities.signIn).toEqual({
      issuer: "https://login.acme.example/t/v2.0",
      clientId: "c",
      claims: { entra: "oid" },
    });
  });

  test("by e-mail, in any case", () => {
    const text = withIdentities(`linkByEmailAlthoughItMayChangeHands: { Dev@Acme.example: { entra: ${ENTRA} } }`);
    expect(config(text).identities.byEmail).toEqual(
      new Map([["dev@acme.example", { entra: ENTRA.toLowerCase(), aws: [] }]]),
    );
  });

  test("left out, nobody is linked", () => {
    const text = file()
      .replace("identities: { profileFields: { manager: Xf0MANAGER } }", "")
      .replace("  manager: { managerOfRequester: true }\n", "");
    expect(config(text).identities).toEqual({
      people: new Map(),
      profileFields: {},
      signIn: undefined,
      byEmail: new Map(),
    });
  });

  test.each([
    [
      "people: { dev1: { aws: x } }",
      "identities.people.dev1: \"dev1\" can't be used; write a Slack user's id, which begins with U or W",
    ],
    [
      "people: { U1: { entra: dev@acme.example } }",
      'identities.people.U1.entra: "dev@acme.example" can\'t be used; write the object id that Entra ID shows, like 11111111-2222-3333-4444-555555555555',
    ],
    [
      "people: { U1: { aws: dev1 } }",
      'identities.people.U1.aws: "dev1" can\'t be used; write the ARN of an IAM user or role, like arn:aws:iam::111122223333:user/dev1',
    ],
    [
      'people: { U1: { aws: "arn:aws:iam::111122223333:root" } }',
      "can't be used; write the ARN of an IAM user or role",
    ],
    [
      'people: { U1: { aws: "arn:aws:iam::111122223333:user/div$a" } }',
      "can't be used; write the ARN of an IAM user or role",
    ],
    [
      'people: { U1: { aws: "arn:aws:iam::111122223333:user/*" } }',
      "can't be used; write the ARN of an IAM user or role",
    ],
    [
      'people: { U1: { aws: "arn:aws:sts::111122223333:assumed-role/dev/session" } }',
      '"arn:aws:sts::111122223333:assumed-role/dev/session" is a session and ends; write the role itself, like arn:aws:iam::111122223333:role/dev',
    ],
    [
      'people: { U1: { aws: ["arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:role/b"] } }',
      "identities.people.U1.aws[1]: account 111122223333 is there twice; a person is one user or role of each account",
    ],
    ["people: { U1: { email: x } }", '"email" is not a setting; here go entra, aws, pagerduty, opsgenie'],
    ["linkByEmail: {}", '"linkByEmail" is not a setting'],
    [
      `linkByEmailAlthoughItMayChangeHands: { dev: { entra: ${ENTRA} } }`,
      '"dev" can\'t be used; write an e-mail address',
    ],
    [
      `linkByEmailAlthoughItMayChangeHands: { a@b.c: { entra: ${ENTRA} }, A@b.c: { entra: ${ENTRA} } }`,
      "this address is there twice; case makes no difference",
    ],
    [
      "signIn: { issuer: 'https://a.example', clientId: c }",
      "identities.signIn.claims: is missing; write which claim is which identity, like { entra: oid }",
    ],
    [
      "signIn: { issuer: 'https://a.example', clientId: c, claims: {} }",
      "identities.signIn.claims: names no claim; write which claim is which identity, like { entra: oid }",
    ],
    [
      "signIn: { issuer: 'http://a.example', clientId: c, claims: { entra: oid } }",
      'identities.signIn.issuer: "http://a.example" is not the issuer\'s address, which begins with https://',
    ],
    ["signIn: { issuer: 'https://u:p@a.example', clientId: c, claims: { entra: oid } }", "is not the issuer's address"],
    [
      "signIn: { issuer: 'https://a.example', claims: { entra: oid } }",
      "identities.signIn.clientId: is missing; write the client id that the issuer gave",
    ],
  ])("%s → %s", (written, expected) => {
    expect(mistakes(withIdentities(written))).toEqual([expect.stringContaining(expected)]);
  });

  test("an ARN is one that links somebody, whatever its path holds", () => {
    const arn = "arn:aws:iam::111122223333:user/div$a/dev1";
    const { aws = [] } = config(withIdentities(`people: { U1: { aws: "${arn}" } }`)).identities.people.get("U1") ?? {};
    expect(readIdentities({ aws }).aws).toEqual([arn]);
  });

  test("a profile field by its id", () => {
    expect(problems(file().replace("Xf0MANAGER", "Manager"))).toEqual([
      "latch.yaml:10:41 identities.profileFields.manager: \"Manager\" can't be used; write the id of a custom field of Slack's profiles, which begins with Xf",
    ]);
  });

  test("over plain http only on this machine", () => {
    const text = withIdentities("signIn: { issuer: 'http://127.0.0.1:4444', clientId: c, claims: { aws: arn } }");
    expect(config(text).identities.signIn?.issuer).toBe("http://127.0.0.1:4444");
  });
});

describe("on-call services", () => {
  test("are there when a role names a schedule of theirs", () => {
    expect(config(file()).onCall).toEqual({
      pagerduty: { address: "https://api.pagerduty.com" },
      opsgenie: undefined,
    });
  });

  test("or when the file says where they are", () => {
    const top = 'onCall: { pagerduty: { address: "https://api.eu.pagerduty.com/" }, opsgenie: {} }';
    expect(config(file({ top })).onCall).toEqual({
      pagerduty: { address: "https://api.eu.pagerduty.com" },
      opsgenie: { address: "https://api.opsgenie.com" },
    });
  });

  test("and not over plain http elsewhere", () => {
    expect(mistakes(file({ top: 'onCall: { opsgenie: { address: "http://api.opsgenie.com" } }' }))).toEqual([
      'onCall.opsgenie.address: "http://api.opsgenie.com" is not Opsgenie\'s address, like https://api.opsgenie.com',
    ]);
  });
});
