import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, folderWith, latch } from "./run-latch.ts";

const FACTS = `
facts:
  people:
    U0DEV1: { groups: S0ENG, entra: 11111111-2222-3333-4444-555555555555 }
    U0LEAD1: { groups: S0ENG, entra: 11111111-2222-3333-4444-555555555555 }
    U0LEAD2: { groups: S0ENG }
`;

describe("policy prove", () => {
  test("proves that nobody approves their own, under any of their accounts, and lists what opens alone by the policy's word", async () => {
    const folder = await folderWith({
      "latch.yaml": await readFile(fixture("before.yaml"), "utf8"),
      "facts.yaml": FACTS,
    });
    const { code, out, err } = await latch(["policy", "prove", "--facts", "facts.yaml"], { cwd: folder });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Proved: nobody/u);
    expect(out).toMatch(/1 rule with approvals, \d+ people, \d+ states/u);
    expect(out).toMatch(
      /Without anybody else, by the policy's own word:\n {2}development: ssh for engineers from anywhere/u,
    );
  });

  test("without facts it says whom it doesn't know", async () => {
    const { code, out, err } = await latch(["policy", "prove", fixture("before.yaml")]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Proved for those the policy names: nobody/u);
    expect(err).toContain("S0ENG and S0CON");
  });

  test("facts with a mistake are no ground for a proof", async () => {
    const folder = await folderWith({ "facts.yaml": FACTS.replace("11111111-2222", "1111-2222") });
    const { code, out, err } = await latch([
      "policy",
      "prove",
      fixture("before.yaml"),
      "--facts",
      join(folder, "facts.yaml"),
    ]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/facts\.yaml:4:\d+ facts\.people\.U0DEV1\.entra: .* is no object id/u);
  });
});
