/** Whether a statement's conditions hold in a context: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */

import { IamError } from "./error.ts";
import { like } from "./pattern.ts";
import { listOf, type Statement } from "./world.ts";

/** By lower-cased key; keys are the same in any case. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** Conditions of one operator and several keys must all hold; of one key's values any. */
export const holds = ({ Condition = {} }: Statement, context: Context): boolean =>
  Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => test(operator, context.get(key.toLowerCase()), listOf(wanted))),
  );

/** Keys that the conditions name and the context hasn't, as they are written there. */
export const missingKeys = ({ Condition = {} }: Statement, context: Context): readonly string[] =>
  Object.values(Condition).flatMap((keys) => Object.keys(keys).filter((key) => !context.has(key.toLowerCase())));

const test = (operator: string, given: readonly string[] | undefined, wanted: readonly string[]): boolean => {
  const [, set, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/u.exec(operator) ?? [];
  if (name === "Null") return wanted.includes(String(given === undefined));
  const compare = OPERATORS[name];
  if (compare === undefined) throw new IamError("PolicyEvaluation", `Unknown condition operator ${operator}`);
  const isNegated = NEGATED.test(name);
  // A key that isn't there fits nothing, so what must not fit holds.
  if (given === undefined) return ifExists !== undefined || isNegated || set === "ForAllValues";
  const one = (value: string): boolean => isNegated !== wanted.some((each) => compare(value, each));
  return set === "ForAllValues" ? given.every(one) : given.some(one);
};

const OPERATORS: Readonly<Record<string, (given: string, wanted: string) => boolean>> = {
  StringEquals: (given, wanted) => given === wanted,
  StringNotEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringNotEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringLike: (given, wanted) => like(wanted, given),
  StringNotLike: (given, wanted) => like(wanted, given),
  ArnLike: (given, wanted) => like(wanted, given),
  ArnEquals: (given, wanted) => like(wanted, given),
  Bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
};

const NEGATED = /^StringNot/u;
