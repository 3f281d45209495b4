/** The form of the configuration file: which names it has and what each may hold. Every scalar arrives as text. */

import type { z } from "zod";
import { parsePort } from "../access/port.ts";
import { ANYWHERE, parseCidr } from "../access/source.ts";
import { authorities } from "./authority-fields.ts";
import { clouds } from "./cloud-fields.ts";
import { cronProblem } from "./cron.ts";
import { fail, list, map, matched, named, optional, quote, text } from "./fields.ts";
import { identities, onCall } from "./identity-fields.ts";
import type { KnownNames } from "./known-names.ts";
import { roleNames, roles } from "./role-fields.ts";
import { channel, denials, rules } from "./rule-fields.ts";
import { freezes, hours, timezone } from "./time-fields.ts";

export type FileContent = z.output<ReturnType<typeof fileSchema>>;

export const fileSchema = (known: KnownNames) =>
  map("a configuration", {
    installation: matched("a name", INSTALLATION, "write at most 24 of a-z, 0-9 and -, not beginning or ending with -"),
    timezone: timezone.default("UTC"),
    clouds,
    identities: optional(identities),
    onCall: optional(onCall),
    authorities: optional(authorities),
    services: optional(services),
    networks: optional(networks),
    hours: optional(hours),
    freezes: optional(freezes(known)),
    roles: optional(roles(known)),
    channel: channel.optional(),
    security: optional(
      map("the security team's place, like { channel: C0SECURITY, roles: [security] }", {
        channel,
        roles: roleNames(known).optional(),
        audit: roleNames(known).optional(),
        digest: text("a time to come back to, like 0 9 * * 1-5")
          .refine((typed) => cronProblem(typed) === undefined, {
            error: ({ input }) => `${quote(input)} ${cronProblem(String(input))}`,
          })
          .optional(),
      }),
    ),
    deny: optional(denials(known)),
    rules: rules(known),
  });

const SERVICE = /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/u;
const NETWORK = /^(?!(?:single-address|anywhere|me)$)[a-z][a-z0-9_.-]{0,63}$/iu;
const INSTALLATION = /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/u;

const services = named(
  "services, like { ssh: 22 }",
  matched("a name", SERVICE, "a service's name begins with a letter and has letters, digits, - and _ only"),
  list(
    text("a port").transform(
      (typed, context) =>
        parsePort(typed) ?? fail(context, `${quote(typed)} is not a port; write one like 22 or 53/udp`),
    ),
  ),
);

const networks = named(
  "networks, like { office: 203.0.113.0/24 }",
  matched(
    "a name",
    NETWORK,
    "single-address, anywhere and me have a meaning of their own; else a network's name begins with a letter and has letters, digits, - and _ only",
  ),
  list(
    text("an address prefix").transform((typed, context) => {
      const prefix = parseCidr(typed);
      if (prefix === undefined)
        return fail(context, `${quote(typed)} is not an address prefix; write one like 203.0.113.0/24`);
      if (ANYWHERE.includes(prefix))
        return fail(context, `${quote(typed)} is everything; write \`anywhere\` in a rule's sources instead`);
      return prefix;
    }),
  ),
);
