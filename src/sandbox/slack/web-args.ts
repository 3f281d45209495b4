/** The arguments of a Web API call, from a form, JSON, several parts or the address. */

import { isObject, type Json, parseJson, textOf } from "./json.ts";

export interface Args {
  /** Numbers and booleans become their text, as they are in a form. */
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
  readonly number: (name: string) => number | undefined;
  /** A structure, sent as such or as JSON in a text. `unreadable`: it was sent and is neither. */
  readonly structure: (name: string) => { readonly value: unknown } | "unreadable" | undefined;
  readonly all: Json;
}

export const readArgs = async (
  request: Request,
): Promise<Args | "invalid_json" | "json_not_object" | "invalid_post_type"> => {
  const fromAddress = Object.fromEntries(new URL(request.url).searchParams);
  if (request.method !== "POST") return argsOf(fromAddress);
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") {
    const body = await request.text();
    const parsed = body === "" ? {} : parseJson(body);
    if (parsed === undefined) return "invalid_json";
    return isObject(parsed) ? argsOf({ ...fromAddress, ...parsed }) : "json_not_object";
  }
  if (type === "application/x-www-form-urlencoded" || type === "")
    return argsOf({ ...fromAddress, ...Object.fromEntries(new URLSearchParams(await request.text())) });
  if (type === "multipart/form-data")
    return argsOf({ ...fromAddress, ...Object.fromEntries(await request.formData()) });
  return "invalid_post_type";
};

export const argsOf = (all: Json): Args => {
  const text = (name: string): string | undefined => {
    const value = all[name];
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    return textOf(value);
  };
  return {
    all,
    text,
    flag: (name) => ["true", "1"].includes(text(name) ?? ""),
    number: (name) => {
      const value = text(name);
      return value === undefined || value === "" || !Number.isFinite(Number(value)) ? undefined : Number(value);
    },
    structure: (name) => {
      const value = all[name];
      if (value === undefined || value === null || value === "") return undefined;
      if (typeof value !== "string") return { value };
      const parsed = parseJson(value);
      return parsed === undefined ? "unreadable" : { value: parsed };
    },
  };
};
