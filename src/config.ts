/** The configuration file: read, checked, and every mistake told with its place and what would be right. */

import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { nearMiss } from "./access/near-miss.ts";
import { build, type Config } from "./config/build.ts";
import { WELL_KNOWN_SERVICES } from "./config/build-services.ts";
import { type Path, type Place, readYaml } from "./config/document.ts";
import { quote } from "./config/fields.ts";
import type { KnownNames } from "./config/known-names.ts";
import { fileSchema } from "./config/schema.ts";
import { subcommands } from "./slack/command.ts";

export type { AwsAccount, AzureAccount, Config, OnCallSettings } from "./config/build.ts";
export type { AuthoritySettings } from "./config/build-authorities.ts";
export {
  readEnvironment,
  readPlaces,
  type SettingProblem,
  type Settings,
  type SettingsReading,
} from "./config/environment.ts";

export interface ConfigProblem extends Place {
  readonly file: string;
  /** Lower case, no full stop. */
  readonly message: string;
}

export type ConfigReading =
  | { readonly kind: "ok"; readonly config: Config }
  | {
      readonly kind: "bad";
      readonly problems: readonly [ConfigProblem, ...ConfigProblem[]];
      /** What the parts say together can't be checked before each of them can be read. Absent: these are all. */
      readonly mayBeMore?: true;
    };

/** ``latch.yaml:31:14 rules[2].ports.ssh.maximum: "3 hours" is not a duration; write 3h`` */
export const showProblem = ({ file, line, column, path, message }: ConfigProblem): string =>
  `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;

/** Never throws: a file that can't be read is a problem like another. */
export const readConfig = async (file: string): Promise<ConfigReading> => {
  try {
    return parseConfig(await readFile(file, "utf8"), file);
  } catch (error) {
    return cannotRead(file, error);
  }
};

/** What reading the file threw, as a problem of it. */
export const cannotRead = (file: string, error: unknown): ConfigReading => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return bad([
    { file, line: 1, column: 1, path: "", message: `cannot read this file: ${READ_ERRORS[code] ?? String(error)}` },
  ]);
};

/** `file` is what the problems call it. Never throws. */
export const parseConfig = (text: string, file: string): ConfigReading => {
  const yaml = readYaml(text);
  if (!("value" in yaml)) return bad(yaml.map((problem) => ({ file, ...problem })));
  if (text.trim() === "" || yaml.value === null || yaml.value === "") {
    return bad([
      {
        file,
        line: 1,
        column: 1,
        path: "",
        message: "the file is empty; `manifests/latch.example.yaml` shows what belongs here",
      },
    ]);
  }

  const problems: ConfigProblem[] = [];
  const complain = (place: Place, message: string): void => {
    problems.push({ file, ...place, message });
  };
  for (const name of Object.keys(partOf(yaml.value, "services"))) {
    if (subcommands.includes(name.toLowerCase()))
      complain(yaml.placeOfKey(["services", name]), `\`/jit ${name}\` has a meaning of its own; choose another name`);
  }

  const read = fileSchema(namesIn(yaml.value)).safeParse(yaml.value);
  if (read.success) {
    const config = build(read.data, (path, message) => complain(withMissing(yaml.placeOf(path), path), message));
    if (problems.length === 0) return { kind: "ok", config };
  } else {
    for (const issue of read.error.issues) explain(issue, yaml, complain);
  }
  const inOrder = bad(problems.toSorted((a, b) => a.line - b.line || a.column - b.column));
  return read.success ? inOrder : { ...inOrder, mayBeMore: true };
};

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "there is none; `LATCH_CONFIG` says where it is",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

const bad = (problems: readonly ConfigProblem[]): Extract<ConfigReading, { kind: "bad" }> => {
  const [first, ...rest] = problems;
  if (first === undefined) throw new Error("a bad configuration without a problem");
  return { kind: "bad", problems: [first, ...rest] };
};

/** Names are collected from whatever is there, so that a mistake in one part doesn't hide those of another. */
const namesIn = (value: unknown): KnownNames => {
  const services = Object.keys(partOf(value, "services"));
  return {
    services: services.length > 0 ? services : Object.keys(WELL_KNOWN_SERVICES),
    networks: Object.keys(partOf(value, "networks")),
    roles: Object.keys(partOf(value, "roles")),
    hours: Object.keys(partOf(value, "hours")),
  };
};

const partOf = (value: unknown, name: string): object => {
  const part: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof part === "object" && part !== null && !Array.isArray(part) ? part : {};
};

interface Places {
  readonly placeOf: (path: Path) => Place;
  readonly placeOfKey: (path: Path) => Place;
}

const explain = (issue: z.core.$ZodIssue, places: Places, complain: (place: Place, message: string) => void): void => {
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = issue.message.split(" ");
      for (const key of issue.keys) {
        const guess = nearMiss(key, known);
        const instead = guess === undefined ? `here go ${known.join(", ")}` : `did you mean ${guess}?`;
        complain(places.placeOfKey([...issue.path, key]), `${quote(key)} is not a setting; ${instead}`);
      }
      return;
    }
    case "invalid_key":
      for (const inner of issue.issues) complain(places.placeOfKey(issue.path), inner.message);
      return;
    case "invalid_union": {
      // The last alternative is the map, and its mistakes are nearer than "neither this nor that".
      const inner = issue.errors.at(-1) ?? [];
      const isInside = inner.some((each) => each.path.length > 0 || each.code === "unrecognized_keys");
      if (!isInside) complain(withMissing(places.placeOf(issue.path), issue.path), issue.message);
      else for (const each of inner) explain({ ...each, path: [...issue.path, ...each.path] }, places, complain);
      return;
    }
    default:
      complain(withMissing(places.placeOf(issue.path), issue.path), issue.message);
  }
};

/** What is missing has no place of its own: the place is that of what it is missing in, the path is its own. */
const withMissing = (place: Place, path: Path): Place => {
  const last = path.at(-1);
  const isThere = typeof last !== "string" || place.path.endsWith(last) || place.path.endsWith(JSON.stringify(last));
  return isThere ? place : { ...place, path: place.path === "" ? last : `${place.path}.${last}` };
};
