/** Reads the flattened form of an EC2 query: `Filter.1.Value.2=x`, `IpPermissions.1.IpRanges.1.CidrIp=…`. */

import { refusal } from "./error.ts";

export interface Params {
  readonly text: (name: string) => string | undefined;
  /** Throws `MissingParameter`. */
  readonly required: (name: string) => string;
  /** Throws `InvalidParameterValue` when it isn't a whole number. */
  readonly whole: (name: string) => number | undefined;
  readonly flag: (name: string) => boolean;
  /** `Name.1`, `Name.2`, … in the order of their numbers. */
  readonly texts: (name: string) => readonly string[];
  /** The members of a list of structures, in the order of their numbers. */
  readonly parts: (name: string) => readonly Params[];
  /** Whether anything below this name was said. */
  readonly has: (name: string) => boolean;
  readonly at: (name: string) => Params;
  readonly entries: () => Readonly<Record<string, string>>;
}

export const readParams = (values: ReadonlyMap<string, string>, prefix = ""): Params => {
  const text = (name: string): string | undefined => values.get(prefix + name);
  const indexes = (name: string): readonly string[] => {
    const start = `${prefix}${name}.`;
    const found = [...values.keys()]
      .filter((key) => key.startsWith(start))
      .map((key) => key.slice(start.length).split(".")[0] ?? "");
    return [...new Set(found)].filter((index) => /^\d+$/u.test(index)).toSorted((a, b) => Number(a) - Number(b));
  };
  return {
    text,
    required: (name) => {
      const value = text(name);
      if (value === undefined || value === "")
        throw refusal("MissingParameter", `The request must contain the parameter ${name}`);
      return value;
    },
    whole: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      if (!/^-?\d{1,9}$/u.test(value)) throw refusal("InvalidParameterValue", `Invalid integer value ${value}`);
      return Number(value);
    },
    flag: (name) => text(name)?.toLowerCase() === "true",
    texts: (name) => indexes(name).map((index) => text(`${name}.${index}`) ?? ""),
    parts: (name) => indexes(name).map((index) => readParams(values, `${prefix}${name}.${index}.`)),
    has: (name) => [...values.keys()].some((key) => key === prefix + name || key.startsWith(`${prefix}${name}.`)),
    at: (name) => readParams(values, `${prefix}${name}.`),
    entries: () => Object.fromEntries(values),
  };
};
