/** The form of `identities` and `onCall`: who people are outside Slack. */

import { readPrincipal } from "../identity/read-identities.ts";
import { address, fail, list, map, matched, named, optional, quote, text } from "./fields.ts";

/** https://learn.microsoft.com/graph/api/resources/user#properties (`id`) */
const entra = matched(
  "an object id in Entra ID",
  /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/u,
  "write the object id that Entra ID shows, like 11111111-2222-3333-4444-555555555555",
).transform((id) => id.toLowerCase());

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns */
const principal = text("an IAM user or role").transform((typed, context) => {
  const arn = typed.trim();
  const [, partition = "", account = "", role = ""] =
    /^arn:([a-z][a-z-]*):sts::(\d{12}):assumed-role\/([^/\s]+)\/\S+$/u.exec(arn) ?? [];
  if (role !== "")
    return fail(
      context,
      `${quote(arn)} is a session and ends; write the role itself, like arn:${partition}:iam::${account}:role/${role}`,
    );
  if (readPrincipal(arn) === undefined)
    return fail(
      context,
      `${quote(arn)} can't be used; write the ARN of an IAM user or role, like arn:aws:iam::111122223333:user/dev1`,
    );
  return arn;
});

const principals = list(principal).check(({ value, issues }) => {
  const accounts = value.map((arn) => readPrincipal(arn)?.account);
  const twice = accounts.findLastIndex((account, index) => accounts.indexOf(account) !== index);
  if (twice >= 0)
    issues.push({
      code: "custom",
      path: [twice],
      input: value,
      message: `account ${accounts[twice]} is there twice; a person is one user or role of each account`,
    });
});

export const user = matched("a user", /^[UW][A-Z0-9]+$/u, "write a Slack user's id, which begins with U or W");

const profileField = matched(
  "a profile field",
  /^Xf[A-Za-z0-9]+$/u,
  "write the id of a custom field of Slack's profiles, which begins with Xf",
);

const claim = text("a claim, like oid");

const signIn = map("a sign-in, like { issuer: https://…, clientId: …, claims: { entra: oid } }", {
  issuer: address("the issuer's address, which begins with https://"),
  clientId: text("the client id that the issuer gave"),
  claims: map("which claim is which identity, like { entra: oid }", {
    entra: claim.optional(),
    aws: claim.optional(),
  }),
});

export const identities = map("who people are in the clouds, like { people: { U0DEV1: { entra: … } } }", {
  people: optional(
    named(
      "people by Slack id, like { U0DEV1: { entra: … } }",
      user,
      map("who they are elsewhere, like { entra: 11111111-2222-3333-4444-555555555555 }", {
        entra: entra.optional(),
        aws: principals.optional(),
        pagerduty: matched(
          "a PagerDuty user",
          /^[A-Za-z0-9]+$/u,
          "write the id that the user's page in PagerDuty ends with, like PDEV123",
        ).optional(),
        opsgenie: matched("an Opsgenie user", /^\S+$/u, "write the user's id in Opsgenie").optional(),
      }),
    ),
  ),
  profileFields: optional(
    map("custom fields of Slack profiles, like { entra: Xf0ENTRA }", {
      entra: profileField.optional(),
      aws: profileField.optional(),
      manager: profileField.optional(),
    }),
  ),
  signIn: optional(signIn),
  linkByEmailAlthoughItMayChangeHands: optional(
    named(
      "people by e-mail address, like { dev@acme.example: { entra: … } }",
      matched("an e-mail address", /^[^\s@]+@[^\s@]+$/u, "write an e-mail address"),
      map("who they are elsewhere, like { entra: 11111111-2222-3333-4444-555555555555 }", {
        entra: entra.optional(),
        aws: principals.optional(),
      }),
    ),
  ),
});

/** What the services' own documentation names: https://developer.pagerduty.com/docs/service-regions, https://docs.opsgenie.com/docs/api-overview */
export const onCall = map("on-call services, like { pagerduty: {} }", {
  pagerduty: optional(
    map("where PagerDuty is, like { address: https://api.eu.pagerduty.com }", {
      address: address("PagerDuty's address, like https://api.pagerduty.com").optional(),
    }),
  ),
  opsgenie: optional(
    map("where Opsgenie is, like { address: https://api.eu.opsgenie.com }", {
      address: address("Opsgenie's address, like https://api.opsgenie.com").optional(),
    }),
  ),
});
