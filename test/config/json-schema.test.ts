import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configSchema } from "../../src/config/json-schema.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";

const MANIFESTS = new URL("../../manifests/", import.meta.url);
const example = readFileSync(new URL("latch.example.yaml", MANIFESTS), "utf8");
const written: unknown = JSON.parse(readFileSync(new URL("latch.schema.json", MANIFESTS), "utf8"));

type Schema = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectAt = (schema: Schema, key: string): Schema => {
  const value = schema[key];
  return isObject(value) ? value : {};
};

const KNOWN = new Set(
  "$ref $schema title description definitions default type enum const pattern anyOf properties required additionalProperties propertyNames items minItems maxLength".split(
    " ",
  ),
);
const typeOf = (value: unknown): string =>
  Array.isArray(value) ? "array" : value === null ? "null" : isObject(value) ? "object" : typeof value;

/** Where a value isn't as a schema says it, by JSON Schema's own words; only for those that ours uses. https://json-schema.org/draft-07/json-schema-validation */
const wrong = (value: unknown, schema: Schema, root: Schema, at = ""): readonly string[] => {
  const strange = Object.keys(schema).filter((key) => !KNOWN.has(key));
  if (strange.length > 0) throw new Error(`this test doesn't know ${strange.join(", ")}`);
  if (typeof schema["$ref"] === "string") {
    const name = schema["$ref"].replace("#/definitions/", "");
    const target = objectAt(root, "definitions")[name];
    if (!isObject(target)) throw new Error(`there is no ${name}`);
    return wrong(value, target, root, at);
  }
  const found: string[] = [];
  const { type, enum: words, const: only, pattern, anyOf, required, items } = schema;
  if (type !== undefined && ![type].flat().includes(typeOf(value))) found.push(`${at}: ${typeOf(value)}`);
  if (Array.isArray(words) && !words.includes(value)) found.push(`${at}: ${String(value)}`);
  if (only !== undefined && only !== value) found.push(`${at}: not ${JSON.stringify(only)}`);
  if (typeof pattern === "string" && typeof value === "string" && !new RegExp(pattern, "u").test(value))
    found.push(`${at}: ${value}`);
  if (typeof value === "string" && value.length > Number(schema["maxLength"] ?? value.length))
    found.push(`${at}: too long`);
  if (Array.isArray(anyOf) && anyOf.every((each) => wrong(value, each, root, at).length > 0))
    found.push(`${at}: none fits`);
  if (isObject(value)) {
    const properties = objectAt(schema, "properties");
    for (const name of [required].flat())
      if (typeof name === "string" && !(name in value)) found.push(`${at}: no ${name}`);
    for (const [name, each] of Object.entries(value)) {
      const other = schema["additionalProperties"];
      const own = properties[name] ?? other;
      if (own === false) found.push(`${at}.${name}: no such name`);
      if (isObject(own)) found.push(...wrong(each, own, root, `${at}.${name}`));
      if (isObject(schema["propertyNames"]))
        found.push(...wrong(name, schema["propertyNames"], root, `${at} (${name})`));
    }
  }
  if (Array.isArray(value)) {
    if (value.length < Number(schema["minItems"] ?? 0)) found.push(`${at}: empty`);
    if (isObject(items))
      for (const [i, each] of value.entries()) found.push(...wrong(each, items, root, `${at}[${i}]`));
  }
  return found;
};
/** As an editor reads YAML: numbers are numbers. */
const problems = (text: string): readonly string[] => {
  const schema = configSchema();
  if (!isObject(schema)) throw new Error("the schema is no map");
  return wrong(parse(text, { merge: true }), schema, schema);
};
const withChange = (from: string, to: string): string => {
  if (!example.includes(from)) throw new Error(`the example has no ${from}`);
  return example.replace(from, to);
};

test("the file for editors is up to date: `npm run schema`", () => {
  expect(written).toEqual(configSchema());
});

test("the example names it, and is as it says", () => {
  expect(example.split("\n")[0]).toBe("# yaml-language-server: $schema=latch.schema.json");
  expect(problems(example)).toEqual([]);
});

test("so is what is commented out in the example", () => {
  const text = example.replace(/^( *)# (?!yaml-language-server)( *(?:- )?(?:\{ )?[a-zA-Z0-9-]+: )/gmu, "$1$2");
  expect(problems(text)).toEqual([]);
});

test("and the sandbox's configuration", () => {
  expect(problems(sandboxConfig)).toEqual([]);
});

describe("names, numbers and booleans are let through as one writes them", () => {
  test.each([
    ["needed: 1", 'needed: "1"'],
    ["required: true", 'required: "true"'],
    ["request: [engineers]", "request: engineers"],
    ["approve: { by: [leads], needed: 1, within: 30m }", "approve: none"],
    ["    subscriptions: [", "    # [\n    subscriptions: ["],
  ])("%s → %s", (from, to) => {
    expect(problems(withChange(from, to))).toEqual([]);
  });
});

describe("what an editor underlines", () => {
  test.each([
    ["channel: C0ACCESS", "chanel: C0ACCESS", ".chanel"],
    ["channel: C0ACCESS", "channel: '#access'", ".channel"],
    ["installation: acme", "installation: Acme!", ".installation"],
    ["recheck: tell", "recheck: shut", ".rules"],
    ["drift: tell", "drift: 3", ".rules"],
    ["U0DEV1: {", "dev1: {", ".identities.people"],
    ["entra: 1111", "entra: x1111", ".identities.people.U0DEV1.entra"],
    ['days: mon-fri, from: "08:00"', "days: mon-fri", ".hours.office: no from"],
    ["maximum: 8h", "sources: anywhere", ".rules"],
  ])("%s → %s", (from, to, expected) => {
    expect(problems(withChange(from, to))).toEqual([expect.stringContaining(expected)]);
  });
});
