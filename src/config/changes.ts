/** What is different between two configurations, in words for people. */

import { isDeepStrictEqual } from "node:util";
import type { Config } from "./build.ts";
import { differences, summaryOf } from "./differences.ts";
import { readYaml } from "./document.ts";
import { isMap } from "./fields.ts";

/**
 * A sentence for each difference between two texts of the file, by the names of its parts: `rule production: ssh maximum 3h → 4h`. Nothing where only
 * the writing differs. Both are taken as they are written: what is left out and what is written with its default are two things.
 */
export const configChanges = (before: string, after: string): readonly string[] => {
  const [old, next] = [contentOf(before), contentOf(after)];
  if (old === undefined && next === undefined) return [];
  if (old === undefined) return ["everything: there was nothing before that could be read"];
  if (next === undefined) return ["everything: there is nothing now that can be read"];
  const parts = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  return parts.flatMap((part) => {
    const what = NAMED[part];
    if (what !== undefined) return inMap(what, old[part], next[part]);
    const inList = LISTED[part];
    if (inList !== undefined) return inNamedList(inList, old[part], next[part]);
    if (part === "identities") return inIdentities(old[part], next[part]);
    return inPart(part, old[part], next[part]);
  });
};

/** Parts of which a change counts only after the bot is started again, in words. */
export const needsRestart = (before: Config, after: Config): readonly string[] =>
  FIXED.filter(({ of }) => !isDeepStrictEqual(of(before), of(after))).map(({ what }) => what);

const FIXED: readonly { readonly what: string; readonly of: (config: Config) => unknown }[] = [
  { what: "installation", of: ({ installation }) => installation },
  { what: "clouds.azure", of: ({ azure }) => azure },
  { what: "clouds.aws", of: ({ aws }) => aws.map((account) => ({ ...account, azureScope: undefined })) },
  { what: "onCall", of: ({ onCall }) => onCall },
  { what: "security.digest", of: ({ security, timezone }) => security?.digest && [security.digest, timezone] },
];

/** Maps whose names the file gives. */
const NAMED: Readonly<Record<string, string>> = {
  services: "service",
  networks: "network",
  roles: "role",
  hours: "hours",
};

const LISTED: Readonly<Record<string, string>> = { rules: "rule", deny: "deny", freezes: "freeze" };

const contentOf = (text: string): Readonly<Record<string, unknown>> | undefined => {
  const yaml = readYaml(text);
  return "value" in yaml && isMap(yaml.value) ? yaml.value : undefined;
};

/** `security.channel: C1 → C2`, `onCall.pagerduty removed` */
const inPart = (part: string, before: unknown, after: unknown): readonly string[] =>
  differences(part, before, after).map(({ path, change }) =>
    /^(?:added:|removed$)/u.test(change) ? `${path} ${change}` : `${path}: ${change}`,
  );

const inMap = (what: string, before: unknown, after: unknown): readonly string[] =>
  inNamed(
    what,
    new Map(Object.entries(isMap(before) ? before : {})),
    new Map(Object.entries(isMap(after) ? after : {})),
  );

const inIdentities = (before: unknown, after: unknown): readonly string[] => {
  const split = (value: unknown) => {
    const { people, linkByEmailAlthoughItMayChangeHands: byEmail, ...rest } = isMap(value) ? value : {};
    return { people, byEmail, rest };
  };
  const [old, next] = [split(before), split(after)];
  return [
    ...inMap("person", old.people, next.people),
    ...inMap("e-mail", old.byEmail, next.byEmail),
    ...inPart("identities", old.rest, next.rest),
  ];
};

const inNamed = (
  what: string,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  where: (name: string) => string = () => "",
): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const subject = subjectOf(what, name);
    if (!after.has(name)) return [`${subject} removed`];
    if (!before.has(name)) return [`${subject} added${where(name)}: ${summaryOf(after.get(name))}`];
    return differences("", before.get(name), after.get(name)).map(
      ({ path, change }) => `${subject}: ${[wordsOf(what, path), change].filter((part) => part !== "").join(" ")}`,
    );
  });

/** `rule production`, and `rule 2` of one without a name. */
const subjectOf = (what: string, name: string): string => (name.startsWith(`${what} `) ? name : `${what} ${name}`);

/** `ports.ssh.maximum` → `ssh maximum`; whether somebody is in a role as a user or with a group shows by the id. */
const wordsOf = (what: string, path: string): string => {
  if (what === "role") return path.replace(/^(?:users|groups)$/u, "");
  return path.startsWith("ports.") ? path.slice("ports.".length).replaceAll(".", " ") : path;
};

const inNamedList = (what: string, before: unknown, after: unknown): readonly string[] => {
  const [old, next] = [byName(what, before), byName(what, after)];
  if (what !== "rule") return inNamed(what, old, next);
  const order = [...next.keys()];
  const comesBefore = (name: string): string | undefined => order[order.indexOf(name) + 1];
  const where = (name: string): string => {
    const following = comesBefore(name);
    return following === undefined ? " at the end" : ` before ${following}`;
  };
  const moved = movedOf(
    [...old.keys()].filter((name) => next.has(name)),
    order.filter((name) => old.has(name)),
  );
  return [
    ...inNamed(what, old, next, where),
    ...moved.map((name) => {
      const following = comesBefore(name);
      return `${subjectOf(what, name)} now comes ${following === undefined ? "last" : `before ${following}`}`;
    }),
  ];
};

const byName = (what: string, value: unknown): ReadonlyMap<string, unknown> => {
  const entries: readonly unknown[] = Array.isArray(value) ? value : isMap(value) ? [value] : [];
  return new Map(
    entries
      .filter(isMap)
      .map(({ name, ...entry }, index) => [
        typeof name === "string" && name !== "" ? name : `${what} ${index + 1}`,
        entry,
      ]),
  );
};

/** The fewest that have to be moved to make the one order of the other: all but those of a longest rising sequence. */
const movedOf = (before: readonly string[], after: readonly string[]): readonly string[] => {
  const places = after.map((name) => before.indexOf(name));
  let best: readonly number[] = [];
  const endingAt: (readonly number[])[] = [];
  for (const [index, place] of places.entries()) {
    const longest = endingAt
      .slice(0, index)
      .filter((sequence) => (places[sequence.at(-1) ?? 0] ?? 0) < place)
      .reduce<readonly number[]>((one, other) => (other.length >= one.length ? other : one), []);
    const sequence = [...longest, index];
    endingAt.push(sequence);
    if (sequence.length >= best.length) best = sequence;
  }
  return after.filter((_, index) => !best.includes(index));
};
