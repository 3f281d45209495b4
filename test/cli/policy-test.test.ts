import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { example, folderWith, latch } from "./run-latch.ts";

/** The example policy with the example cases beside it, the cases changed. */
const withCases = async (change: (cases: string) => string): Promise<string> =>
  folderWith({
    "latch.yaml": await readFile(example("latch.example.yaml"), "utf8"),
    "latch.cases.yaml": change(await readFile(example("policy.cases.example.yaml"), "utf8")),
  });

describe("policy test", () => {
  test("the example cases are what the example policy says, and are found beside it", async () => {
    const folder = await withCases((cases) => cases);
    const { code, out, err } = await latch(["policy", "test"], { cwd: folder });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^\d+ cases, all as expected\n$/u);
    expect((await latch(["policy", "test", join(folder, "latch.cases.yaml")])).code).toBe(0);
  });

  test("a case that fails is printed with its line, what was expected and what came instead", async () => {
    const folder = await withCases((cases) =>
      cases
        .replace("expect: allow", "expect: deny")
        .replace("needed: 1 }", "needed: 2 }")
        .replace("[duration-too-long, ", "[")
        .replace("approvers: U0LEAD2", "approvers: [U0LEAD1, U0LEAD2]")
        .replace("rule: production", "rule: development"),
    );
    const { code, out } = await latch(["policy", "test"], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toMatch(/latch\.cases\.yaml:\d+: a lead has to approve production/u);
    expect(out).toContain("  expected rule development\n  got      rule production\n");
    expect(out).toContain("  expected steps 2 of leads\n  got      steps 1 of leads\n");
    expect(out).toContain("  expected approvers U0LEAD1, U0LEAD2\n  got      approvers U0LEAD2\n");
    expect(out).toContain(
      "  got      because duration-too-long, justification-mismatch, source-not-allowed\n  too long (duration-too-long): RDP to prod-vm-3",
    );
    expect(out).toContain("  expected deny\n  got      allow\n");
    expect(out).toMatch(/\d+ cases, 4 not as expected\n$/u);
  });

  test("a slip in a machine's or a service's name doesn't pass for a no of the policy", async () => {
    const folder = await withCases((cases) =>
      cases
        .replace("what: ssh lab-1 1h from office", "what: ssh lab-2 1h from office")
        .replace(/\n {4}because: machine-not-offered/u, ""),
    );
    const { code, out } = await latch(["policy", "test"], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toContain("it names what isn't there");
    expect(out).toContain("Did you mean `lab-1`?");
  });

  test("all mistakes in the file are told, each with its place", async () => {
    const mistakes = [
      [
        "groups: [S0ENG], timezone",
        "groups: [S0END], timezone",
        'the policy names no user group "S0END"; did you mean S0ENG?',
      ],
      ["standing: guest", "standing: gest", '"gest" is not a standing; did you mean guest?'],
      ["lab-1: { cloud: aws }", "lab-1: { cluod: aws }", '"cluod" has no meaning here; did you mean cloud?'],
      ["rule: production", "rule: producton", '"producton" is not a rule of the policy; did you mean production?'],
      ["by: [leads]", "by: [leeds]", '"leeds" is not a role of the policy; did you mean leads?'],
      ["because: person-standing", "because: person-standin", "did you mean person-standing?"],
      ["expect: allow", "expect: alow", "did you mean allow?"],
      ['who: "@temp"', 'who: "@tenp"', 'nobody is called "@tenp"; did you mean @temp?'],
      ["at: 2026-11-24 03:00", "at: 2026-03-29 02:30", "the clocks of Europe/Berlin skip 2026-03-29 02:30"],
      ["what: ssh lab-1 1h from office", "what: list", "`/jit list` asks for no access"],
      ["at: 2026-11-23 10:00", "at: tomorrow", '"tomorrow" is not a time; write one like 2026-11-23 10:00'],
    ] as const;
    const folder = await withCases((cases) =>
      mistakes.reduce((text, [right, wrong]) => text.replace(right, wrong), cases),
    );
    const { code, out, err } = await latch(["policy", "test"], { cwd: folder });
    expect([code, out]).toEqual([1, ""]);
    const lines = err.trim().split("\n");
    for (const [, , told] of mistakes) expect(lines.filter((line) => line.includes(told))).toHaveLength(1);
    for (const line of lines) expect(line).toMatch(/^latch\.cases\.yaml:[1-9]\d*:[1-9]\d* /u);
  });

  test("a case without a time needs one for all", async () => {
    const folder = await withCases((cases) => cases.replace(/^at: .*$/mu, ""));
    const { code, err } = await latch(["policy", "test"], { cwd: folder });
    expect([code, err]).toEqual([1, expect.stringContaining("at is missing")]);
  });

  test("facts decide: authorities, on-call schedules, managers, identities and usage", async () => {
    const folder = await folderWith({
      "latch.yaml": `
installation: acme
timezone: Europe/Berlin
clouds: { azure: { subscriptions: [00000000-0000-0000-0000-000000000001] } }
channel: C0ACCESS
roles:
  engineers: { groups: [S0ENG] }
  leads: { users: [U0LEAD1, U0LEAD2] }
  oncall: { onCall: [pagerduty:PSCHED1], otherwise: [leads] }
  manager: { managerOfRequester: true }
identities: { profileFields: { manager: Xf0MANAGER } }
freezes: [{ name: fair, from: 2026-12-20 18:00, until: 2026-12-21 18:00 }]
rules:
  - name: production
    match: { names: "prod-*" }
    ports: { ssh: { maximum: 3h } }
    sources: anywhere
    request: engineers
    authorities: azure-roles
    limits: { perPerson: 2, asksPerHour: 5 }
    approve: { steps: [{ by: oncall }, { by: manager }], within: 30m }
    breakGlass: { by: engineers, maximum: 1h, tell: leads }
`,
      "latch.cases.yaml": `
at: 2026-11-23 10:00
facts:
  people:
    U0DEV1: { name: dev, groups: S0ENG, manager: U0LEAD1 }
    U0DEV2: { groups: S0ENG, manager: U0LEAD1, entra: 11111111-2222-3333-4444-555555555555 }
    U0DEV3: { groups: S0ENG }
    U0TWIN: { entra: 11111111-2222-3333-4444-555555555555 }
  onCall: { pagerduty:PSCHED1: [U0LEAD2, U0TWIN] }
  machines: { prod-1: { cloud: azure } }
  authorities: { azure-roles: { U0DEV1: yes, U0DEV2: yes, U0DEV3: { approve: yes },
    U0LEAD1: { approve: yes }, U0LEAD2: { approve: yes }, U0TWIN: yes } }
cases:
  - { who: "@dev", what: ssh prod-1 1h from anywhere, expect: needs-approval, approvers: [U0LEAD1, U0LEAD2, U0TWIN],
      steps: [{ by: oncall }, { by: manager }] }
  - { name: nobody approves under another account, who: U0DEV2, what: ssh prod-1 1h from anywhere, expect: needs-approval, approvers: [U0LEAD1, U0LEAD2] }
  - { who: U0DEV3, what: ssh prod-1 1h from anywhere, expect: deny, because: [authority-no, no-approver] }
  - { who: U0DEV1, what: ssh prod-1 1h from anywhere, usage: { person: 1, asks: 4 }, expect: needs-approval }
  - { who: U0DEV1, what: ssh prod-1 1h from anywhere, usage: { person: 2, asks: 5 }, expect: deny, because: [too-many-at-once, asked-too-often] }
  - { who: U0DEV1, what: ssh prod-1 1h from anywhere, at: 2026-12-20 17:00, expect: needs-approval }
  - { who: U0DEV1, what: ssh prod-1 1h from anywhere, at: 2026-12-20 17:01, expect: deny, because: frozen }
  - { who: U0DEV1, what: break-glass ssh prod-1 1h from anywhere because it burns, at: 2026-12-20 17:01, expect: break-glass }
  - { who: U0DEV3, what: break-glass ssh prod-1 1h from anywhere because it burns, expect: deny, because: authority-no }
`,
    });
    const { code, out, err } = await latch(["policy", "test"], { cwd: folder });
    expect([err, out, code]).toEqual(["", "9 cases, all as expected\n", 0]);
  });
});
