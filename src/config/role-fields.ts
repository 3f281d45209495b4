/** The form of `roles`: people by what they are called in the rules. */

import type { Schedule } from "../access/person.ts";
import { fail, list, map, matched, named, quote, text, trueOrFalse } from "./fields.ts";
import { user } from "./identity-fields.ts";
import { isOneOf, type KnownNames, NAME } from "./known-names.ts";

const schedule = text("a schedule, like pagerduty:PABC123").transform((typed, context): Schedule => {
  const [, service, id = ""] = /^(pagerduty|opsgenie):(\S+)$/u.exec(typed.trim()) ?? [];
  if (service === "pagerduty" || service === "opsgenie") return { service, id };
  return fail(context, `${quote(typed)} is not a schedule; write one like pagerduty:PABC123 or opsgenie:<its id>`);
});

export const roles = (known: KnownNames) =>
  named(
    "roles, like { leads: { users: [U0LEAD1] } }",
    matched("a name", NAME, "write a name of letters, digits, - and _"),
    map("who, like { users: [U0LEAD1], groups: [S0ENG] }", {
      users: list(user).optional(),
      groups: list(
        matched("a group", /^S[A-Z0-9]+$/u, "write a Slack user group's id, which begins with S"),
      ).optional(),
      onCall: list(schedule).optional(),
      otherwise: roleNames(known).optional(),
      managerOfRequester: trueOrFalse.optional(),
    }),
  );

export const roleNames = (known: KnownNames) => list(text("a role's name").check(isOneOf("role", known.roles)));
