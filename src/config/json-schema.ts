/** The form of the configuration file for editors: a JSON Schema, made of the form that the file is read by. */

import { z } from "zod";
import { isMap } from "./fields.ts";
import { fileSchema } from "./schema.ts";

/**
 * Editors read YAML as numbers, booleans and nothing where we read text, and a list may be written as its only item: both are let through here. What
 * names have to be there, and what values say together, only `policy check` knows.
 *
 * `npm run schema` writes it anew.
 */
export const configSchema = (): object => {
  const { $schema, ...whole } = z.toJSONSchema(fileSchema(UNKNOWN_NAMES), {
    // The draft that editors know best: https://github.com/redhat-developer/yaml-language-server#clients
    target: "draft-7",
    io: "input",
    // What comes after the form, as a look at the calendar, is no part of it.
    unrepresentable: "any",
    override: ({ jsonSchema }) => loosen(jsonSchema),
  });
  const form = keywordsOf(whole);
  const definitions = repeatedIn(form);
  const references = new Map([...definitions].map(([name, schema]) => [JSON.stringify(schema), name]));
  return {
    $schema,
    title: "Configuration of Latch",
    ...childrenOf(form, (child) => refer(child, references)),
    definitions: Object.fromEntries(
      [...definitions].map(([name, schema]) => [name, childrenOf(schema, (child) => refer(child, references))]),
    ),
  };
};

const UNKNOWN_NAMES = { services: [], networks: [], roles: [], hours: [] } as const;

const SCALAR = ["string", "number", "boolean"] as const;

/** Changes it in place, as zod wants it done. */
const loosen = (schema: z.core.JSONSchema.BaseSchema): void => {
  if (schema.enum !== undefined || schema.const !== undefined) {
    delete schema.type;
    if (schema.enum?.includes("true") === true) schema.enum.push(true, false);
  } else if (schema.type === "string") {
    Object.assign(schema, { type: SCALAR });
  } else if (schema.type === "array") {
    const { items, minItems } = schema;
    for (const key of Object.keys(schema)) delete schema[key];
    Object.assign(schema, { anyOf: [{ type: "array", items, minItems }, items] });
  }
};

type Schema = Readonly<Record<string, unknown>>;

/** Of the JSON only, without what zod keeps beside it. */
const keywordsOf = (schema: object): Schema => JSON.parse(JSON.stringify(schema));

/** Maps that are there more than once, by name: written once they make the file a third as long. */
const repeatedIn = (form: Schema): ReadonlyMap<string, Schema> => {
  const seen = new Map<string, { readonly schema: Schema; times: number }>();
  const count = (schema: Schema): Schema => {
    if (isMap(schema["properties"])) {
      const found = seen.get(JSON.stringify(schema)) ?? { schema, times: 0 };
      found.times += 1;
      seen.set(JSON.stringify(schema), found);
    }
    return childrenOf(schema, count);
  };
  count(form);
  const repeated = [...seen.values()].filter(({ times }) => times > 1).map(({ schema }) => schema);
  const named = new Map(repeated.map((schema) => [nameOf(schema), schema]));
  if (named.size < repeated.length) throw new Error("two forms of the configuration file are described alike");
  return named;
};

/** `a rule` → `a-rule` */
const nameOf = ({ description }: Schema): string =>
  String(description)
    .replace(/, like .*$/u, "")
    .replaceAll(/[^a-zA-Z]+/gu, "-");

const refer = (schema: Schema, references: ReadonlyMap<string, string>): Schema => {
  const name = references.get(JSON.stringify(schema));
  return name === undefined
    ? childrenOf(schema, (child) => refer(child, references))
    : { $ref: `#/definitions/${name}` };
};

const childrenOf = (schema: Schema, change: (child: Schema) => Schema): Schema =>
  Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "properties" && isMap(value))
        return [key, Object.fromEntries(Object.entries(value).map(([name, child]) => [name, ofChild(child, change)]))];
      if (key === "anyOf" && Array.isArray(value)) return [key, value.map((child) => ofChild(child, change))];
      return [key, ["items", "additionalProperties"].includes(key) ? ofChild(value, change) : value];
    }),
  );

const ofChild = (child: unknown, change: (child: Schema) => Schema): unknown => (isMap(child) ? change(child) : child);
