/** The form of `rules` and `deny`: who may what. */

import { z } from "zod";
import { AUTHORITIES } from "../access/authority.ts";
import { duration, positive } from "./amounts.ts";
import {
  fail,
  isMap,
  list,
  map,
  matched,
  named,
  oneOf,
  optional,
  quote,
  shortText,
  text,
  trueOrFalse,
} from "./fields.ts";
import { isOneOf, type KnownNames, LONGEST_NAME, NAME, portName, sourceName, unknownName } from "./known-names.ts";
import { match } from "./match-fields.ts";
import { createPattern } from "./pattern.ts";
import { roleNames } from "./role-fields.ts";

const CHANNEL = /^[CG][A-Z0-9]+$/u;

export const channel = matched("a channel", CHANNEL, "write a Slack channel's id, which begins with C or G");

export const rules = (known: KnownNames) => {
  const roles = roleNames(known);
  const allowedSources = list(
    sourceName("a network, a prefix, single-address or anywhere", known.networks, ["single-address", "anywhere"]),
  );
  const hours = list(text("a name under hours").check(isOneOf("set of hours", known.hours)));
  return list(
    map("a rule", {
      name: matched("a name", NAME, "write a name of letters, digits, - and _").optional(),
      match: optional(match),
      ports: named(
        "ports with their maximum, like { ssh: { maximum: 3h } }",
        portName(known.services),
        map("a port with its maximum, like { maximum: 3h }", {
          maximum: duration,
          sources: allowedSources.optional(),
        }),
      ).refine((ports) => Object.keys(ports).length > 0, "names no port"),
      sources: allowedSources.optional(),
      defaultSource: sourceName("a network, a prefix or anywhere", known.networks, ["anywhere"]).optional(),
      request: roles,
      approve: approve(known, hours),
      configure: roles.optional(),
      protect: oneOf("auto", "by-hand").default("by-hand"),
      drift: oneOf("withhold", "tell").default("tell"),
      justification: optional(justification),
      channel: channel.optional(),
      authorities: list(authority).optional(),
      hours: hours.optional(),
      limits: optional(limits),
      breakGlass: optional(breakGlass(known)),
      recheck: oneOf("tell", "close").default("tell"),
    }),
  );
};

export const denials = (known: KnownNames) =>
  list(
    map("whom and what, like { people: [contractors], ports: [rdp] }", {
      name: shortText("a name", LONGEST_NAME).optional(),
      people: roleNames(known).optional(),
      match: optional(match),
      ports: list(portName(known.services)).optional(),
      because: shortText("a reason", LONGEST_REASON).optional(),
    }),
  );

/** Everyone whom the rule keeps out reads it. */
const LONGEST_REASON = 500;

/** Enough for any table of signatures, and few enough that every way of filling them can be looked at. */
const MOST_STEPS = 6;

const approve = <H extends z.ZodType>(known: KnownNames, hours: H) => {
  const roles = roleNames(known);
  const step = map("a step, like { by: [leads], needed: 1 }", { by: roles, needed: positive.default(1) });
  return z.union(
    [
      z.literal("none"),
      map("none, or who, like { by: [leads] }", {
        by: roles.optional(),
        needed: positive.optional(),
        steps: list(step)
          .refine((steps) => steps.length <= MOST_STEPS, `are more than ${MOST_STEPS} steps`)
          .optional(),
        within: duration.optional(),
        automatic: hours.optional(),
      }),
    ],
    {
      error: ({ input }) =>
        isMap(input)
          ? undefined
          : `${input === undefined || input === "" ? "is missing" : `${quote(input)} can't be used`}; write none, or who, like { by: [leads] }`,
    },
  );
};

const justification = map("how to justify, like { required: true }", {
  required: trueOrFalse.default("true"),
  pattern: text("a regular expression")
    .transform((source, context) => {
      const pattern = createPattern(source);
      return "problem" in pattern ? fail(context, pattern.problem) : pattern;
    })
    .optional(),
});

const WITH_A_SAY = ["policy", ...AUTHORITIES] as const;

const authority = z.enum(WITH_A_SAY, {
  error: ({ input }) => `${quote(input)} has no say; write ${WITH_A_SAY.join(", ").replace(/, ([^,]*)$/u, " or $1")}`,
});

const limits = map("limits, like { perPerson: 2 }", {
  perPerson: positive.optional(),
  perMachine: positive.optional(),
  asksPerHour: positive.optional(),
});

const breakGlass = (known: KnownNames) =>
  map("who may go past approvals, like { by: [engineers], maximum: 1h }", {
    by: roleNames(known),
    maximum: duration,
    tell: list(
      text("a role's name or a channel").refine((name) => known.roles.includes(name) || CHANNEL.test(name), {
        error: ({ input }) => `${unknownName("role", input, known.roles)}; a channel is written by its id`,
      }),
    ).optional(),
  });
