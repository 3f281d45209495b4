/** Small checks that say what is wrong in Slack's own sentences, with a pointer to the place. */

import { isObject, type Json } from "../json.ts";

/** `must be less than 3001 characters [json-pointer:/blocks/0/text/text]` */
export type Problem = string;

/** Returns the problems of a value that stands at a place such as `/blocks/0`. */
export type Check = (value: unknown, at: string) => readonly Problem[];

export const problem = (what: string, at: string): Problem => `${what} [json-pointer:${at}]`;

export const text =
  ({ min = 0, max }: { readonly min?: number; readonly max?: number } = {}): Check =>
  (value, at) => {
    if (typeof value !== "string") return [problem("must provide a string", at)];
    if (value.length < min) return [problem(`must be more than ${min - 1} characters`, at)];
    if (max !== undefined && value.length > max) return [problem(`must be less than ${max + 1} characters`, at)];
    return [];
  };

export const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, at) =>
    allowed.includes(value) ? [] : [problem(`must be one of: ${allowed.join(", ")}`, at)];

export const matching =
  (pattern: RegExp, what: string): Check =>
  (value, at) =>
    typeof value === "string" && pattern.test(value) ? [] : [problem(`must be a valid ${what}`, at)];

export const flag: Check = (value, at) => (typeof value === "boolean" ? [] : [problem("must provide a boolean", at)]);

export const whole =
  (min: number, max: number): Check =>
  (value, at) => {
    if (typeof value !== "number" || !Number.isInteger(value)) return [problem("must provide an integer", at)];
    if (value < min) return [problem(`must be greater than ${min - 1}`, at)];
    return value > max ? [problem(`must be less than ${max + 1}`, at)] : [];
  };

export const list =
  (item: Check, { min = 0, max }: { readonly min?: number; readonly max?: number } = {}): Check =>
  (value, at) => {
    if (!Array.isArray(value)) return [problem("must provide an array", at)];
    if (value.length < min) return [problem(`no fewer than ${min} items allowed`, at)];
    if (max !== undefined && value.length > max) return [problem(`no more than ${max} items allowed`, at)];
    return value.flatMap((child, index) => item(child, `${at}/${index}`));
  };

export type Fields = Readonly<Record<string, Check>>;

/** Slack refuses what it doesn't know: `invalid additional property: colour`. `type` is always known. */
export const object =
  (required: Fields, optional: Fields = {}): Check =>
  (value, at) => {
    if (!isObject(value)) return [problem("must provide an object", at)];
    const known = { ...optional, ...required };
    return [
      ...Object.keys(required)
        .filter((key) => value[key] === undefined)
        .map((key) => problem(`missing required field: ${key}`, at)),
      ...Object.keys(value)
        .filter((key) => key !== "type" && !Object.hasOwn(known, key))
        .map((key) => problem(`invalid additional property: ${key}`, at)),
      ...Object.entries(known).flatMap(([key, check]) =>
        value[key] === undefined ? [] : check(value[key], `${at}/${key}`),
      ),
    ];
  };

/** By the object's `type`; where others are wrong: `unsupported type: blink`. */
export const byType =
  (checks: Fields): Check =>
  (value, at) => {
    if (!isObject(value)) return [problem("must provide an object", at)];
    const { type } = value;
    if (type === undefined) return [problem("missing required field: type", at)];
    const check = typeof type === "string" && Object.hasOwn(checks, type) ? checks[type] : undefined;
    return check === undefined
      ? [problem(`unsupported type: ${typeof type === "string" ? type : typeof type}`, `${at}/type`)]
      : check(value, at);
  };

export const also =
  (check: Check, more: (value: Json, at: string) => readonly Problem[]): Check =>
  (value, at) => [...check(value, at), ...(isObject(value) ? more(value, at) : [])];

/** Slack first names the whole that fits none of its schemas, then the part that is wrong. */
export const schema =
  (check: Check): Check =>
  (value, at) => {
    const found = check(value, at);
    return found.length === 0 ? [] : [problem("failed to match all allowed schemas", at), ...found];
  };
