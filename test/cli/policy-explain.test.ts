import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, latch } from "./run-latch.ts";

const POLICY = `
installation: acme
timezone: Europe/Berlin
clouds: { azure: { subscriptions: [00000000-0000-0000-0000-000000000001] } }
channel: C0ACCESS
networks: { vpn: 198.51.100.7/32 }
hours: { office: { days: mon-fri, from: "08:00", until: "18:00" } }
deny: [{ name: guests of others, people: contractors, match: { tags: { env: prod } }, because: "not on production" }]
roles:
  engineers: { groups: [S0ENG], users: [U0DEV1] }
  contractors: { groups: [S0CON] }
  leads: { users: [U0LEAD1, U0LEAD2] }
  oncall: { onCall: [pagerduty:PSCHED1], otherwise: [leads] }
  weekends: { onCall: [pagerduty:PSCHED1, opsgenie:team-1], otherwise: [leads] }
rules:
  - name: databases
    match: { names: "prod-*", tags: { kind: db } }
    ports: { ssh: { maximum: 1h } }
    request: leads
    approve: none
  - name: production
    match: { names: "prod-*" }
    ports: { ssh: { maximum: 3h }, rdp: { maximum: 1h } }
    sources: [vpn, single-address]
    request: engineers
    hours: office
    authorities: azure-roles
    justification: { pattern: "^INC" }
    approve: { by: oncall, within: 30m }
    breakGlass: { by: leads, maximum: 1h, tell: leads }
`;

const FACTS = `
facts:
  people:
    U0DEV1: { name: dev, groups: S0ENG }
    U0CON1: { name: con, groups: [S0ENG, S0CON] }
    U0LEAD1: { name: lead }
  machines:
    prod-1: { cloud: azure, account: sub-1, region: westeurope, os: linux, tags: { env: prod } }
    other-1: { cloud: aws }
  authorities: { azure-roles: { U0DEV1: yes, U0CON1: no, U0LEAD2: { approve: yes } } }
`;

const explain = async (...words: readonly string[]) => {
  const folder = await folderWith({ "latch.yaml": POLICY, "facts.yaml": FACTS });
  return latch(["policy", "explain", ...words, "--facts", join(folder, "facts.yaml")], { cwd: folder });
};

const MONDAY = ["--at", "2026-11-23 10:00"];

describe("policy explain", () => {
  test("tells which rule decides and why not another, roles and through what, each check, and who could approve", async () => {
    const { code, out, err } = await explain("@dev", "prod-1", "ssh", "for", "2h", "from", "vpn", ...MONDAY);
    expect([code, err]).toEqual([0, ""]);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      "U0DEV1 (@dev) asks for ssh to prod-1 for 2 hours from 198.51.100.7, Mon 23 Nov 2026 10:00 Europe/Berlin",
      "with a justification that will do",
      "",
      "Machine prod-1: azure, sub-1, westeurope, linux, env=prod",
      "The rule production decides: the first that fits.",
      "databases doesn't fit: it has no tag kind",
      "",
      "Roles of U0DEV1 (@dev):",
      "engineers: named in the policy and user group S0ENG",
      "not contractors, leads, oncall or weekends",
      "",
      "Checks:",
      "yes  the deny rule guests of others doesn't fit: it's for contractors",
      "yes  may ask: as engineers",
      "yes  port: ssh is offered",
      "yes  length: 3 hours at most",
      "yes  source: vpn or single-address may be let in",
      "yes  justification: one is needed, one that matches ^INC",
      "yes  hours: within office",
      "yes  approvers: there are enough",
      "yes  azure-roles",
      "",
      "Decision: needs-approval within 30 minutes",
      "step 1, 1 of oncall: U0LEAD2 (not U0LEAD1 (@lead), to whom azure-roles said no; pagerduty:PSCHED1 doesn't say who is on call)",
      "break-glass is for leads, 1 hour at most: not for them",
    ]);
  });

  test("tells every no, those of the clouds too", async () => {
    const { out } = await explain(
      "@dev",
      "prod-1",
      "rdp",
      "3h",
      "from",
      "192.0.2.0/24",
      "because",
      "boredom",
      "--at",
      "2026-11-22 10:00",
    );
    expect(out).toContain("no   length: RDP to prod-1 is for 1 hour at most.");
    expect(out).toMatch(/no {3}source: 192\.0\.2\.0\/24 is wider than/u);
    expect(out).toMatch(/no {3}justification: .*\^INC/u);
    expect(out).toMatch(/no {3}hours: /u);
    expect(out).toContain(
      "Decision: deny (duration-too-long, source-not-allowed, justification-mismatch, outside-hours)",
    );
  });

  test("a deny rule comes before everything else, and break-glass doesn't go past it", async () => {
    for (const more of [[], ["--break-glass"]]) {
      const { out } = await explain("U0CON1", "prod-1", "ssh", ...MONDAY, ...more);
      expect(out).toContain("no   the deny rule guests of others fits: not on production");
      expect(out).toContain("no   azure-roles: ");
      expect(out).toContain("Decision: deny (denied-by-policy, authority-no)");
    }
  });

  test("of a machine that no rule covers it tells why none does", async () => {
    const { code, out } = await explain("U0DEV1", "other-1", "ssh", ...MONDAY);
    expect(code).toBe(0);
    expect(out).toContain("production doesn't fit: its name is other-1, not prod-*");
    expect(out).toContain("Decision: deny (machine-not-offered)");
  });

  test("break-glass is explained as such, with whom it skips", async () => {
    const { out } = await explain("@lead", "prod-1", "ssh", ...MONDAY, "--break-glass");
    expect(out).toContain("yes  may ask: as leads");
    expect(out).toContain("yes  length: 1 hour at most");
    expect(out).toContain("no   azure-roles: ");
    expect(out).toContain("skips step 1, 1 of oncall: U0LEAD2");
  });

  test("roles are told with the schedules that others stand in for", async () => {
    const { out } = await explain("@lead", "prod-1", "ssh", ...MONDAY);
    expect(out).toContain("oncall: pagerduty:PSCHED1 doesn't say who is on call, so leads stand in");
    expect(out).toContain(
      "weekends: pagerduty:PSCHED1 and opsgenie:team-1 don't say who is on call, so leads stand in",
    );
  });

  describe("what isn't looked at", () => {
    const DECEMBER = ["--at", "2026-12-23 10:00"];
    const checks = async (policy: string, ...more: readonly string[]): Promise<readonly string[]> => {
      const gone = `
facts:
  people: { U0DEV1: { name: dev }, U0LEAD1: { standing: deactivated } }
  machines: { prod-1: { cloud: azure } }
`;
      const folder = await folderWith({ "latch.yaml": policy, "facts.yaml": gone });
      const args = ["policy", "explain", "@dev", "prod-1", "ssh", "from", "vpn", "--facts", "facts.yaml", ...more];
      const { out, err } = await latch(args, { cwd: folder });
      expect(err).toBe("");
      return out.split("\n").filter((line) => /^ {2}(?:yes|no) +(?:hours|freezes|limits|approvers):/u.test(line));
    };
    const frozen = `
installation: acme
clouds: { azure: { subscriptions: [00000000-0000-0000-0000-000000000001] } }
channel: C0ACCESS
hours: { office: { days: mon-sun, from: "08:00", until: "18:00" } }
freezes: { name: end of the year, from: 2026-12-20 00:00, until: 2027-01-04 00:00 }
roles: { engineers: { users: [U0DEV1] }, leads: { users: [U0LEAD1] } }
networks: { vpn: 198.51.100.7/32 }
rules:
  - name: production
    ports: { ssh: { maximum: 3h } }
    sources: vpn
    request: engineers
    hours: office
    limits: { perPerson: 1 }
    approve: { by: leads }
    breakGlass: { by: engineers, maximum: 1h }
`;

    test("break-glass goes past hours, freezes, limits and approvers, and none of them is said to be fine", async () => {
      expect(await checks(frozen, "--break-glass", ...DECEMBER)).toEqual(
        ["hours", "freezes", "limits", "approvers"].map((name) => `  yes  ${name}: don't count for break-glass`),
      );
      expect(await checks(frozen, ...DECEMBER)).toEqual([
        "  yes  hours: within office",
        expect.stringMatching(/^ {2}no {3}freezes: /u),
        expect.stringMatching(/^ {2}yes {2}limits: 1 at once/u),
        expect.stringMatching(/^ {2}no {3}approvers: /u),
      ]);
    });

    test("at an hour when nobody has to approve it isn't said that somebody could", async () => {
      const automatic = frozen.replace("{ by: leads }", "{ by: leads, automatic: office }");
      expect(await checks(automatic, ...MONDAY)).toContain("  yes  approvers: nobody has to approve at this hour");
      expect(await checks(automatic, "--at", "2026-11-23 20:00")).toContainEqual(
        expect.stringMatching(/^ {2}no {3}approvers: /u),
      );
      const none = frozen.replace("{ by: leads }", "none").replace(/ +breakGlass.*\n/u, "");
      expect(await checks(none, ...MONDAY)).toContain("  yes  approvers: nobody has to approve");
    });
  });

  test("unknown names are told with what may be meant", async () => {
    expect(await explain("@dvv", "prod-1", "ssh")).toMatchObject({
      code: 2,
      err: expect.stringContaining("did you mean @dev?"),
    });
    expect(await explain("@dev", "prod-2", "ssh")).toMatchObject({ code: 1, err: expect.stringContaining("`prod-1`") });
    expect(await explain("@dev", "prod-1", "shs")).toMatchObject({ code: 1, err: expect.stringContaining("`ssh`") });
    expect(await explain("@dev", "prod-1", "ssh", "fro", "vpn")).toMatchObject({
      code: 2,
      err: expect.stringContaining("`from`"),
    });
  });

  test("without facts it says what it needs to ask the world", async () => {
    const folder = await folderWith({ "latch.yaml": POLICY });
    const { code, out, err } = await latch(["policy", "explain", "U0DEV1", "prod-1", "ssh"], { cwd: folder });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("--facts");
    expect(err).toContain("SLACK_BOT_TOKEN is missing");
  });
});
