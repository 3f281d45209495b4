/** The pieces that the form of the configuration file is made of; each says what would be right. Every scalar arrives as text. */

import { z } from "zod";
import { isLoopback } from "../access/loopback.ts";
import type { Path } from "./document.ts";

/** Tells a mistake of the file, and where. */
export type Complain = (path: Path, message: string) => void;

/** As JSON does, so that spaces and odd characters can be seen; long ones are cut. */
export const quote = (value: unknown): string => {
  if (isMap(value)) return "a map";
  if (Array.isArray(value)) return "a list";
  const shown = String(value);
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown);
};

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const missingOr =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined || input === "" ? `is missing; write ${what}` : `${quote(input)} is not ${what}`;

export const text = (what: string) =>
  z
    .string({ error: missingOr(what) })
    .meta({ description: what })
    .refine((value) => value.trim() !== "", { error: missingOr(what), abort: true });

/** What people are shown among other things. */
export const shortText = (what: string, longest: number) =>
  text(what).max(longest, { error: `is longer than ${longest} characters` });

export const matched = (what: string, pattern: RegExp, instead: string) => {
  const field = text(what).refine((value) => pattern.test(value), {
    error: ({ input }) => `${quote(input)} can't be used; ${instead}`,
  });
  // A JSON Schema's pattern has no flags but `u`: https://json-schema.org/understanding-json-schema/reference/regular_expressions
  return pattern.ignoreCase ? field : field.meta({ description: what, pattern: pattern.source });
};

/** A map with these names and no others. The message of an unknown name is the list of the known ones; `explain` makes words of it. */
export const map = <S extends z.core.$ZodLooseShape>(what: string, shape: S) =>
  z
    .strictObject(shape, {
      error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : missingOr(what)(issue)),
    })
    .meta({ description: what });

/** A map whose names the file gives. */
export const named = <K extends z.ZodType<string, string>, V extends z.ZodType>(what: string, key: K, value: V) =>
  z.record(key, value, { error: missingOr(what) }).meta({ description: what });

/** A list may be written as its only item. */
export const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item, { error: missingOr("a list") }).min(1, "is an empty list"),
  );

/** A heading with nothing under it counts as not there. */
export const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

export const fail = (context: z.core.ParsePayload, message: string): never => {
  context.issues.push({ code: "custom", message, input: context.value });
  return z.NEVER;
};

/** A word of two. */
export const oneOf = <A extends string, B extends string>(one: A, other: B) =>
  z.enum([one, other], {
    error: ({ input }) => `${quote(input)} is neither ${one} nor ${other}`,
  });

export const trueOrFalse = oneOf("true", "false");

/** An address of a service; the path is part of it. Over plain http only on this machine. */
export const address = (what: string) =>
  text(what).transform((typed, context) => {
    const url = URL.canParse(typed.trim()) ? new URL(typed.trim()) : undefined;
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
    if (url === undefined || !isSafe || url.username !== "" || url.search !== "" || url.hash !== "")
      return fail(context, `${quote(typed)} is not ${what}`);
    return typed.trim().replace(/\/+$/u, "");
  });
