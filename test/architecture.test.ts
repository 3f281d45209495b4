/** The structure holds: ranks of imports, purity, one home for each dependency, names that say something, nothing named that shouldn't be. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

interface Source {
  /** `src/slack/card.ts` */
  readonly path: string;
  readonly text: string;
  /** Specifiers as written, of values and types alike. */
  readonly imports: readonly string[];
}

const filesIn = (folder: string): readonly Source[] =>
  globSync(`${folder}/**/*.ts`, { cwd: ROOT }).map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const imports = [...text.matchAll(/(?<=^|[\s;}(])(?:from|import)\s*\(?\s*"([^"]+)"/gu)].flatMap(
      ([, specifier]) => specifier ?? [],
    );
    return { path, text, imports };
  });

const sources = filesIn("src");
const tests = filesIn("test");

/** The longest prefix that fits decides. The table of ranks in AGENTS.md says the same in words. */
const RANKS: readonly (readonly [prefix: string, rank: number])[] = [
  ["src/access/", 0],
  ["src/policy/", 1],
  ["src/audit/", 1],
  ["src/cloud/", 1],
  ["src/reconcile/wakeups.ts", 1],
  ["src/posture/", 2],
  ["src/grants/", 2],
  ["src/notices/", 3],
  ["src/workflow/", 3],
  ["src/identity/", 3],
  ["src/reconcile/", 3],
  ["src/slack/", 4],
  ["src/http/", 4],
  ["src/redis/", 4],
  ["src/on-call/", 4],
  ["src/cloud/azure/", 4],
  ["src/cloud/aws/", 4],
  ["src/main.ts", 5],
  ["src/run-bot.ts", 5],
  ["src/latch.ts", 5],
  ["src/parts.ts", 5],
  ["src/people.ts", 5],
  ["src/open-clouds.ts", 5],
  ["src/answer-people.ts", 5],
  ["src/make-it-so.ts", 5],
  ["src/watches.ts", 5],
  ["src/show-homes.ts", 5],
  ["src/see-addresses.ts", 5],
  ["src/operator-log.ts", 5],
  ["src/config", 5],
  ["src/cli", 5],
  ["src/sandbox/", 5],
];

const placeOf = (path: string): readonly [prefix: string, rank: number] => {
  const fitting = RANKS.filter(([prefix]) => path.startsWith(prefix)).toSorted((a, b) => b[0].length - a[0].length);
  const place = fitting[0];
  if (place === undefined) throw new Error(`${path} has no rank: give its folder one, here and in AGENTS.md`);
  return place;
};

const targetsOf = ({ path, imports }: Source): readonly string[] =>
  imports.filter((each) => each.startsWith(".")).map((each) => normalize(join(dirname(path), each)));

test("a file imports from its own folder and from lower ranks", () => {
  const wrong = sources.flatMap((source) => {
    const [home, rank] = placeOf(source.path);
    return targetsOf(source)
      .filter((target) => {
        const [there, rankThere] = placeOf(target);
        const bothStart = rank === 5 && rankThere === 5 && !target.startsWith("src/sandbox/");
        return there !== home && rankThere >= rank && !bothStart;
      })
      .map((target) => `${source.path} → ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("nothing but the sandbox itself and tests imports the sandbox", () => {
  const wrong = sources
    .filter(({ path }) => !path.startsWith("src/sandbox/"))
    .flatMap((source) =>
      targetsOf(source)
        .filter((target) => target.startsWith("src/sandbox/"))
        .map((target) => `${source.path} → ${target}`),
    );
  expect(wrong).toEqual([]);
});

test("what `npm start` loads has nothing of the sandbox, of its page or of the tests' tools in it", () => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const loaded = new Set(["src/main.ts"]);
  // A set that grows while it is walked is walked to its end.
  for (const path of loaded) for (const target of targetsOf(byPath.get(path) ?? never(path))) loaded.add(target);
  const packages = [...loaded].flatMap((path) => byPath.get(path)?.imports ?? []);
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(loaded.size).toBeGreaterThan(100);
  expect([...loaded].filter((path) => path.startsWith("src/sandbox/"))).toEqual([]);
  expect(packages.filter((name) => Object.hasOwn(devDependencies, name))).toEqual([]);
});

const never = (path: string): never => {
  throw new Error(`${path} is imported and isn't there`);
};

test("the sandbox judges for itself: it shares with the product the clock, durations and the event types, and nothing that decides", () => {
  const allowed = ["src/access/time.ts", "src/audit/event.ts"];
  // What starts the bot and its memory has to name them.
  const starting = new Map([
    ["src/sandbox/bot-by-clock.ts", ["src/run-bot.ts"]],
    ["src/sandbox/memory.ts", ["src/redis/embedded-server.ts", "src/redis/keys.ts"]],
  ]);
  const wrong = sources
    .filter(({ path }) => path.startsWith("src/sandbox/"))
    .flatMap((source) =>
      targetsOf(source)
        .filter((target) => !target.startsWith("src/sandbox/") && !allowed.includes(target))
        .filter((target) => starting.get(source.path)?.includes(target) !== true)
        .map((target) => `${source.path} → ${target}`),
    );
  expect(wrong).toEqual([]);
});

test("ranks 0 to 3 do no input or output of their own", () => {
  const pure = /^(?:node:(?:crypto|util)|luxon|ipaddr\.js|fastest-levenshtein|node-cron|\.)/u;
  const wrong = sources
    .filter(({ path }) => placeOf(path)[1] <= 3)
    .flatMap(({ path, imports }) => imports.filter((each) => !pure.test(each)).map((each) => `${path} → ${each}`));
  expect(wrong).toEqual([]);
});

test("each dependency has one home", () => {
  const homes: Readonly<Record<string, string>> = {
    "@slack/": "src/slack/",
    ioredis: "src/redis/",
    "@azure/identity": "src/open-clouds.ts",
    "@azure/": "src/cloud/azure/",
    "@aws-sdk/": "src/cloud/aws/",
    "node-cron": "src/reconcile/",
    hono: "src/http/",
    "@hono/": "src/http/",
    "openid-client": "src/http/",
    zod: "src/config",
    yaml: "src/config",
    pino: "src/",
  };
  const wrong = sources
    .filter(({ path }) => !path.startsWith("src/sandbox/"))
    .flatMap(({ path, imports }) =>
      imports
        .filter((each) => {
          const home = Object.entries(homes).filter(([name]) => each.startsWith(name));
          return home.length > 0 && !home.some(([, place]) => path.startsWith(place));
        })
        .map((each) => `${path} → ${each}`),
    );
  expect(wrong).toEqual([]);
});

test("only the entry reads the environment, and only clocks read the time", () => {
  const reading = (pattern: RegExp, allowed: readonly string[]): readonly string[] =>
    sources
      .filter(({ path, text }) => !path.startsWith("src/sandbox/") && !allowed.includes(path) && pattern.test(text))
      .map(({ path }) => path);
  expect(reading(/process\.env/u, ["src/main.ts", "src/cli.ts", "src/redis/server-program.ts"])).toEqual([]);
  expect(reading(/Date\.now\(\)|new Date\(\)/u, ["src/access/time.ts"])).toEqual([]);
});

test("names say something", () => {
  const empty = /(?:^|\/)(?:utils?|helpers?|managers?|services?|common|shared|misc|types|index)(?:[./]|$)/u;
  expect([...sources, ...tests].map(({ path }) => path).filter((path) => empty.test(path))).toEqual([]);
});

test("every source file begins by saying what it is for", () => {
  expect(sources.filter(({ text }) => !text.startsWith("/**")).map(({ path }) => path)).toEqual([]);
});

test("no default exports, no skipped tests, nothing left to do", () => {
  expect(sources.filter(({ text }) => /^export default/mu.test(text)).map(({ path }) => path)).toEqual([]);
  const left = new RegExp(["TO", "DO|FIX", "ME|\\.only\\("].join(""), "u");
  expect([...sources, ...tests].filter(({ text }) => left.test(text)).map(({ path }) => path)).toEqual([]);
});

test("versions are exact, and those of the two Node runtimes agree", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  );
  const all = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/u.test(version))).toEqual([]);
  expect(new Set(Object.values(optionalDependencies)).size).toBe(1);
});

test("imports between files stay inside the repository", () => {
  const outside = [...sources, ...tests].flatMap((source) =>
    targetsOf(source)
      .filter((target) => relative("", target).startsWith(".."))
      .map((target) => `${source.path} → ${target}`),
  );
  expect(outside).toEqual([]);
});
