/** The form of the configuration file: which names it has and what each may hold. Every scalar arrives as text. */

import { z } from "zod";
import { isZone, parseDuration } from "../access/duration.ts";
import { nearMiss } from "../access/near-miss.ts";
import { parsePort } from "../access/port.ts";
import { ANYWHERE, parseCidr } from "../access/source.ts";
import { cronProblem } from "./cron.ts";
import { createPattern } from "./pattern.ts";

/** Names that one part of the file gives and other parts use. */
export interface KnownNames {
  readonly services: readonly string[];
  readonly networks: readonly string[];
  readonly roles: readonly string[];
}

export type FileContent = z.output<ReturnType<typeof fileSchema>>;

export const fileSchema = (known: KnownNames) => {
  const roles = list(text("a role's name").check(isOneOf("role", known.roles)));
  const allowedSource = text("a network, a prefix, single-address or anywhere").check(
    isSource(known.networks, ["single-address", "anywhere"]),
  );
  const networkPrefix = text("an address prefix").transform((typed, context) => {
    const prefix = parseCidr(typed);
    if (prefix === undefined)
      return fail(context, `${quote(typed)} is not an address prefix; write one like 203.0.113.0/24`);
    if (ANYWHERE.includes(prefix))
      return fail(context, `${quote(typed)} is everything; write \`anywhere\` in a rule's sources instead`);
    return prefix;
  });

  const portRule = map("a port with its maximum, like { maximum: 3h }", {
    maximum: duration,
    sources: list(allowedSource).optional(),
  });

  const rule = map("a rule", {
    name: matched("a name", NAME, "write a name of letters, digits, - and _").optional(),
    match: optional(
      map('what machines it fits, like { names: ["prod-*"] }', {
        names: list(text("a name pattern")).optional(),
        clouds: list(
          z.enum(["azure", "aws"], { error: ({ input }) => `${quote(input)} is not a cloud; write azure or aws` }),
        ).optional(),
        accounts: list(text("an account")).optional(),
        regions: list(text("a region")).optional(),
        tags: optional(named("tags, like { env: prod }", text("a tag's name"), list(text("a tag's value")))),
      }),
    ),
    ports: named(
      "ports with their maximum, like { ssh: { maximum: 3h } }",
      text("a port").check(isPortName(known.services)),
      portRule,
    ).refine((ports) => Object.keys(ports).length > 0, "names no port"),
    sources: list(allowedSource).optional(),
    defaultSource: text("a network, a prefix or anywhere")
      .check(isSource(known.networks, ["anywhere"]))
      .optional(),
    request: roles,
    approve: z.union(
      [
        z.literal("none"),
        map("none, or who, like { by: [leads] }", {
          by: roles,
          needed: positive.default(1),
          within: duration.optional(),
        }),
      ],
      {
        error: ({ input }) =>
          isMap(input)
            ? undefined
            : `${input === undefined || input === "" ? "is missing" : `${quote(input)} can't be used`}; write none, or who, like { by: [leads] }`,
      },
    ),
    configure: roles.optional(),
    protect: oneOf("auto", "by-hand").default("by-hand"),
    drift: oneOf("withhold", "tell").default("tell"),
    justification: optional(
      map("how to justify, like { required: true }", {
        required: z
          .enum(["true", "false"], { error: ({ input }) => `${quote(input)} is neither true nor false` })
          .default("true"),
        pattern: text("a regular expression")
          .transform((source, context) => {
            const pattern = createPattern(source);
            return "problem" in pattern ? fail(context, pattern.problem) : pattern;
          })
          .optional(),
      }),
    ),
    channel: channel.optional(),
  });

  return map("a configuration", {
    installation: matched("a name", INSTALLATION, "write at most 24 of a-z, 0-9 and -, not beginning or ending with -"),
    timezone: text("a time zone")
      .refine(isZone, { error: ({ input }) => `${quote(input)} is not a time zone; write one like Europe/Berlin` })
      .default("UTC"),
    clouds: map("clouds, like { azure: { subscriptions: [...] } }", {
      azure: optional(azure),
      aws: optional(list(awsAccount)),
    }).refine(
      ({ azure: one, aws: other }) => one !== undefined || other !== undefined,
      "names no cloud; write azure, aws or both",
    ),
    services: optional(
      named(
        "services, like { ssh: 22 }",
        matched("a name", SERVICE, "a service's name begins with a letter and has letters, digits, - and _ only"),
        list(
          text("a port").transform(
            (typed, context) =>
              parsePort(typed) ?? fail(context, `${quote(typed)} is not a port; write one like 22 or 53/udp`),
          ),
        ),
      ),
    ),
    networks: optional(
      named(
        "networks, like { office: 203.0.113.0/24 }",
        matched(
          "a name",
          NETWORK,
          "single-address and anywhere have a meaning of their own; else a network's name begins with a letter and has letters, digits, - and _ only",
        ),
        list(networkPrefix),
      ),
    ),
    roles: optional(
      named(
        "roles, like { leads: { users: [U0LEAD1] } }",
        matched("a name", NAME, "write a name of letters, digits, - and _"),
        map("who, like { users: [U0LEAD1], groups: [S0ENG] }", {
          users: list(
            matched("a user", /^[UW][A-Z0-9]+$/u, "write a Slack user's id, which begins with U or W"),
          ).optional(),
          groups: list(
            matched("a group", /^S[A-Z0-9]+$/u, "write a Slack user group's id, which begins with S"),
          ).optional(),
        }),
      ),
    ),
    channel: channel.optional(),
    security: optional(
      map("the security team's place, like { channel: C0SECURITY, roles: [security] }", {
        channel: channel,
        roles: roles.optional(),
        digest: text("a time to come back to, like 0 9 * * 1-5")
          .refine((typed) => cronProblem(typed) === undefined, {
            error: ({ input }) => `${quote(input)} ${cronProblem(String(input))}`,
          })
          .optional(),
      }),
    ),
    rules: list(rule),
  });
};

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;
const SERVICE = /^[a-z][a-z0-9_.-]{0,31}$/iu;
const NETWORK = /^(?!(?:single-address|anywhere)$)[a-z][a-z0-9_.-]{0,63}$/iu;
const INSTALLATION = /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/u;

/** As JSON does, so that spaces and odd characters can be seen; long ones are cut. */
export const quote = (value: unknown): string => {
  if (isMap(value)) return "a map";
  if (Array.isArray(value)) return "a list";
  const shown = String(value);
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown);
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const missingOr =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined || input === "" ? `is missing; write ${what}` : `${quote(input)} is not ${what}`;

const text = (what: string) =>
  z.string({ error: missingOr(what) }).refine((value) => value.trim() !== "", { error: missingOr(what), abort: true });

const matched = (what: string, pattern: RegExp, instead: string) =>
  text(what).refine((value) => pattern.test(value), {
    error: ({ input }) => `${quote(input)} can't be used; ${instead}`,
  });

/** A map with these names and no others. The message of an unknown name is the list of the known ones; `explain` makes words of it. */
const map = <S extends z.core.$ZodLooseShape>(what: string, shape: S) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : missingOr(what)(issue)),
  });

const named = <K extends z.ZodType<string, string>, V extends z.ZodType>(what: string, key: K, value: V) =>
  z.record(key, value, { error: missingOr(what) });

/** A list may be written as its only item. */
const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item, { error: missingOr("a list") }).min(1, "is an empty list"),
  );

/** A heading with nothing under it counts as not there. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

const fail = (context: z.core.ParsePayload, message: string): never => {
  context.issues.push({ code: "custom", message, input: context.value });
  return z.NEVER;
};

const duration = text("a duration, like 3h").transform((typed, context) => {
  const read = parseDuration(typed);
  if (typeof read === "number") return read;
  const { problem, didYouMean } = read.facts;
  if (problem === "bare-number")
    return fail(context, `${quote(typed)} could be minutes or hours; write ${typed.trim()}m or ${typed.trim()}h`);
  if (problem === "zero") return fail(context, `${quote(typed)} is no time at all; write one like 3h`);
  return fail(context, `${quote(typed)} is not a duration; write ${didYouMean ?? "one like 30m, 3h, 1h30m or 1d"}`);
});

const positive = text("a number")
  .refine((typed) => /^[1-9]\d{0,3}$/u.test(typed), {
    error: ({ input }) => `${quote(input)} is not a number from 1 on`,
  })
  .transform(Number);

/** A word of two. */
const oneOf = <A extends string, B extends string>(one: A, other: B) =>
  z.enum([one, other], {
    error: ({ input }) => `${quote(input)} is neither ${one} nor ${other}`,
  });

/** `50000-59999` → both ends included. */
const rangeWithin = (what: string, example: string, lowest: number, highest: number) =>
  text(`${what}, like ${example}`).transform((typed, context) => {
    const [, from = "", to = ""] = /^(\d{1,5})\s*-\s*(\d{1,5})$/u.exec(typed.trim()) ?? [];
    const range = { from: Number(from), to: Number(to) };
    if (from === "" || range.from < lowest || range.to > highest || range.from > range.to)
      return fail(context, `${quote(typed)} is not ${what} within ${lowest}-${highest}; write one like ${example}`);
    return range;
  });

const channel = matched("a channel", /^[CG][A-Z0-9]+$/u, "write a Slack channel's id, which begins with C or G");

/** That a rule of an NSG can have: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview */
const PRIORITIES = { from: 100, to: 4_096 } as const;

const azure = map("Azure, like { subscriptions: [00000000-0000-0000-0000-000000000001] }", {
  subscriptions: list(
    matched(
      "a subscription",
      /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu,
      "write a subscription's id, like 00000000-0000-0000-0000-000000000001",
    ),
  ),
  mappedPorts: rangeWithin("a range of ports", "50000-59999", 1, 65_535).optional(),
  allowPriorities: rangeWithin("a range of priorities", "100-999", PRIORITIES.from, PRIORITIES.to).optional(),
});

const awsAccount = map("an AWS account, like { regions: [eu-west-1] }", {
  regions: list(matched("a region", /^[a-z]{2,}(?:-[a-z]+)+-\d+$/u, "write a region like eu-west-1")),
  roleArn: matched(
    "a role",
    /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/u,
    "write a role's ARN, like arn:aws:iam::111122223333:role/latch",
  ).optional(),
  externalId: text("an external id").optional(),
  quotas: optional(
    map("quotas, like { rulesPerGroup: 60 }", {
      rulesPerGroup: positive.optional(),
      groupsPerInterface: positive.optional(),
    }),
  ),
});

const isOneOf = (what: string, known: readonly string[]) =>
  z.refine<string>((name) => known.includes(name), { error: ({ input }) => unknownName(what, input, known) });

/** ``"led" is not a role; did you mean leads?`` */
export const unknownName = (what: string, name: unknown, known: readonly string[]): string => {
  const guess = nearMiss(String(name), known);
  const instead =
    guess !== undefined
      ? `did you mean ${guess}?`
      : known.length === 0
        ? `the file names no ${what}`
        : `the file has ${known.join(", ")}`;
  return `${quote(name)} is not a ${what}; ${instead}`;
};

const isSource = (networks: readonly string[], words: readonly string[]) =>
  z.refine<string>(
    (typed) => {
      const prefix = parseCidr(typed);
      if (prefix !== undefined) return !ANYWHERE.includes(prefix);
      return words.includes(typed) || networks.some((name) => name.toLowerCase() === typed.toLowerCase());
    },
    {
      error: ({ input }) => {
        const typed = String(input);
        if (parseCidr(typed) !== undefined) return `${quote(typed)} is everything; write \`anywhere\``;
        return /^[\d.:a-f]+(?:\/\d*)?$/iu.test(typed)
          ? `${quote(typed)} is not an address prefix; write one like 203.0.113.0/24`
          : unknownName("network", typed, [...networks, ...words]);
      },
    },
  );

const isPortName = (services: readonly string[]) =>
  z.refine<string>(
    (typed) => parsePort(typed) !== undefined || services.some((name) => name.toLowerCase() === typed.toLowerCase()),
    {
      error: ({ input }) =>
        /^\d/u.test(String(input))
          ? `${quote(input)} is not a port; write one like 22 or 53/udp`
          : unknownName("service", input, services),
    },
  );
