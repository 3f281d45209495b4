import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { example, fixture, folderWith, latch } from "./run-latch.ts";

describe("how it is used", () => {
  test("help is on stdout, and wrong use on stderr with exit code 2", async () => {
    const help = await latch(["policy", "--help"]);
    expect([help.code, help.err]).toEqual([0, ""]);
    const names = ["check", "explain", "test", "diff", "prove", "schema"];
    for (const name of names) expect(help.out).toContain(`  ${name} `);
    for (const own of await Promise.all(names.map((name) => latch(["policy", name, "--help"])))) {
      expect([own.code, own.err]).toEqual([0, ""]);
      expect(own.out).toMatch(/^latch policy \w+/u);
    }
    expect(await latch([])).toMatchObject({ code: 2, out: "" });
    expect(await latch(["policy"])).toMatchObject({ code: 2, out: "" });
  });

  test.each([
    [["policy", "chek"], "did you mean `check`?"],
    [["polcy"], "did you mean `policy`?"],
    [["policy", "diff", "a.yaml", "b.yaml", "--dyas", "3"], "did you mean `--days`?"],
    [["policy", "diff", "a.yaml"], "diff <old> <new>"],
    [["policy", "check", "a.yaml", "b.yaml"], "check [file]"],
    [["policy", "diff", "a.yaml", "b.yaml", "--days", "many"], "`--days` is a number of days"],
    [["policy", "diff", "a.yaml", "b.yaml", "--log"], "argument missing"],
  ])("%j is wrong use, and what would be right is said", async (args, hint) => {
    const { code, out, err } = await latch(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(hint);
  });
});

describe("policy check", () => {
  test("says in a few lines what a good policy says, and what opens without anybody else", async () => {
    const { code, out, err } = await latch(["policy", "check", fixture("before.yaml")]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("2 rules, 4 roles");
    expect(out).toContain(
      "production: ssh (3 hours) and rdp (1 hour) for engineers or contractors, approved by 1 of leads",
    );
    expect(out).toMatch(
      /Without anybody else, by the policy's own word:\n {2}development: ssh for engineers from anywhere/u,
    );
    expect(out).toContain("the role `security` is used nowhere");
  });

  test("tells every mistake with line and column", async () => {
    const text = await readFile(fixture("before.yaml"), "utf8");
    const folder = await folderWith({
      "latch.yaml": text.replace("maximum: 3h", "maximum: 3 hours").replace("by: leads", "by: lead"),
    });
    const file = join(folder, "latch.yaml");
    const { code, out, err } = await latch(["policy", "check"], { env: { LATCH_CONFIG: file } });
    expect([code, out]).toEqual([1, ""]);
    expect(err.trim().split("\n")).toEqual([
      expect.stringMatching(/latch\.yaml:15:30 rules\[0\]\.ports\.ssh\.maximum: "3 hours" .* write 3h$/u),
      expect.stringMatching(/latch\.yaml:18:20 rules\[0\]\.approve\.by.*: "lead" .* did you mean leads\?$/u),
      "When these are mended, what the parts say together is checked too, and there may be more.",
    ]);
  });

  test("a file that isn't there is a mistake, not a crash", async () => {
    const { code, out, err } = await latch(["policy", "check", "/nowhere/latch.yaml"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^\/nowhere\/latch\.yaml:1:1 cannot read this file/u);
  });

  test("tells what is hardly meant: rules never reached, roles without people, freezes that are over", async () => {
    const rule = (name: string, match: string) =>
      `  - { name: ${name}, match: ${match}, ports: { ssh: { maximum: 1h } }, sources: anywhere, request: a, approve: none }`;
    const folder = await folderWith({
      "latch.yaml": [
        "installation: acme",
        "clouds: { aws: [{ regions: [eu-west-1] }] }",
        "channel: C0ACCESS",
        "roles: { a: { users: [U0A] }, empty: {} }",
        "freezes: [{ name: long ago, from: 2020-01-01 00:00, until: 2020-01-02 00:00 }]",
        "rules:",
        rule("first", '{ names: "a-*", tags: { env: [prod, test] } }'),
        rule("second", '{ names: ["a-b-*", a-c], clouds: aws, tags: { ENV: prod, team: web } }'),
        rule("other-tag", '{ names: "a-*", tags: { env: dev } }'),
        rule("wider", '{ names: "*", tags: { env: prod } }'),
        rule("one-letter", '{ names: "x-?" }'),
        rule("many-letters", '{ names: "x-*" }'),
        rule("all", "{}"),
        rule("late", "{ clouds: azure }"),
      ].join("\n"),
    });
    const { code, out } = await latch(["policy", "check", join(folder, "latch.yaml")]);
    expect(code).toBe(0);
    const warnings = out.slice(out.indexOf("Worth a second look")).trim().split("\n").slice(1);
    expect(warnings.map((line) => line.trim())).toEqual([
      "nobody holds the role `empty`",
      "the role `empty` is used nowhere",
      "the rule `second` is never reached: `first` before it fits every machine that it fits",
      "the rule `late` is never reached: `all` before it fits every machine that it fits",
      "the freeze `long ago` is over since 2020-01-02T00:00:00Z",
    ]);
  });
});

test("policy schema prints the schema that is in the manifests", async () => {
  const { code, out } = await latch(["policy", "schema"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(JSON.parse(await readFile(example("latch.schema.json"), "utf8")));
});
