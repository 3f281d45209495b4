/** JSON as Azure answered it, so that whoever sends it back loses nothing: read without a model, because a model drops what it doesn't know. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const stringAt = (object: JsonObject, key: string): string | undefined => {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
};

/** The values of a singular property and its plural; a rule has one of them, and Azure answers the other one empty or not at all. */
export const eitherAt = (properties: JsonObject, singular: string, plural: string): readonly string[] => {
  const one = stringAt(properties, singular);
  const many = listAt(properties, plural).filter((value): value is string => typeof value === "string");
  return [...(one === undefined || one === "" ? [] : [one]), ...many];
};

export const listAt = (object: JsonObject, key: string): readonly Json[] => {
  const value = object[key];
  return Array.isArray(value) ? value : [];
};

export const objectAt = (object: JsonObject, key: string): JsonObject | undefined => {
  const value = object[key];
  return isObject(value) ? value : undefined;
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const without = (object: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** ARM ignores case in names. */
export const nameKey = (name: string): string => name.toLowerCase();
