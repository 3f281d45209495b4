import { describe, expect, test } from "vitest";
import { configChanges, needsRestart } from "../../src/config/changes.ts";
import { type Config, parseConfig, showProblem } from "../../src/config.ts";

const FILE = `
installation: acme
timezone: Europe/Berlin
clouds: { azure: { subscriptions: [00000000-0000-0000-0000-000000000001] }, aws: [{ regions: [eu-west-1] }] }
hours: { office: { days: mon-fri, from: "08:00", until: "18:00" } }
networks: { office: [203.0.113.0/24] }
roles:
  engineers: { groups: [S0ENG] }
  leads: { users: [U0LEAD1, U0LEAD2] }
channel: C1
rules:
  - name: production
    match: { names: ["prod-*"] }
    ports: { ssh: { maximum: 3h }, rdp: { maximum: 1h } }
    request: [engineers]
    approve: { by: [engineers] }
  - name: staging
    match: { names: ["staging-*"] }
    ports: { ssh: { maximum: 4h } }
    request: engineers
    approve: { steps: [{ by: leads }, { by: engineers }] }
  - name: development
    ports: { ssh: { maximum: 8h } }
    request: [engineers]
    approve: none
`;

const config = (text: string): Config => {
  const reading = parseConfig(text, "latch.yaml");
  if (reading.kind === "bad") throw new Error(reading.problems.map(showProblem).join("\n"));
  return reading.config;
};
const withChange = (from: string, to: string): string => {
  if (!FILE.includes(from)) throw new Error(`the file has no ${from}`);
  return FILE.replace(from, to);
};
const entryOf = (name: string): string => {
  const [, entry = ""] = new RegExp(`( {2}- name: ${name}\\n(?: {4}.*\\n)*)`, "u").exec(FILE) ?? [];
  return entry;
};

describe("every difference is told in words, by names", () => {
  test.each([
    ["maximum: 3h", "maximum: 4h", ["rule production: ssh maximum 3h → 4h"]],
    [
      "approve: { by: [engineers] }",
      "approve: { by: [engineers, leads] }",
      ["rule production: approve.by leads added"],
    ],
    [
      "approve: { by: [engineers] }",
      "approve: { by: leads }",
      ["rule production: approve.by leads added", "rule production: approve.by engineers removed"],
    ],
    ["approve: { by: [engineers] }", "approve: none", ["rule production: approve by engineers → none"]],
    [
      "{ by: leads }, ",
      "",
      ["rule staging: approve.steps[1].by leads → engineers", "rule staging: approve.steps[2] removed"],
    ],
    ["rdp: { maximum: 1h }", "", ["rule production: rdp removed"]],
    [
      "rdp: { maximum: 1h }",
      "rdp: { maximum: 1h }, winrm: { maximum: 2h, sources: [office] }",
      ["rule production: winrm added: maximum 2h, sources office"],
    ],
    ["    approve: none", "    approve: none\n    recheck: close", ["rule development: recheck close added"]],
    ["U0LEAD2]", "U0LEAD2, U0LEAD3]", ["role leads: U0LEAD3 added"]],
    [
      "leads: { users: [U0LEAD1, U0LEAD2] }",
      "leads: { users: [U0LEAD1, U0LEAD2], groups: S0LEADS }",
      ["role leads: S0LEADS added"],
    ],
    [
      "  engineers: {",
      "  oncall: { onCall: [pagerduty:P1], otherwise: [leads] }\n  engineers: {",
      ["role oncall added: onCall pagerduty:P1, otherwise leads"],
    ],
    ['from: "08:00"', 'from: "09:00"', ["hours office: from 08:00 → 09:00"]],
    ["[203.0.113.0/24]", "[203.0.113.0/24, 10.0.0.0/8]", ["network office: 10.0.0.0/8 added"]],
    ["timezone: Europe/Berlin", "timezone: UTC", ["timezone: Europe/Berlin → UTC"]],
    ["timezone: Europe/Berlin", "", ["timezone: Europe/Berlin removed"]],
    ["regions: [eu-west-1]", "regions: [eu-west-1, us-east-1]", ["clouds.aws[1].regions: us-east-1 added"]],
    [
      "channel: C1",
      "channel: C1\ndeny: [{ name: guests, people: [leads], ports: rdp }]",
      ["deny guests added: people leads, ports rdp"],
    ],
    [
      "channel: C1",
      "channel: C1\nidentities: { people: { U1: { entra: e } }, profileFields: { entra: Xf1 } }",
      ["person U1 added: entra e", "identities added: profileFields (entra Xf1)"],
    ],
    [
      "name: production",
      "name: prod",
      [
        "rule production removed",
        expect.stringMatching(/^rule prod added before staging: match \(names prod-\*\), ports \(ssh \(maximum 3h\)/u),
      ],
    ],
  ])("%s → %s", (from, to, expected) => {
    expect(configChanges(FILE, withChange(from, to))).toEqual(expected);
  });

  test("a rule that comes or goes, and where", () => {
    expect(configChanges(FILE, FILE.replace(entryOf("development"), ""))).toEqual(["rule development removed"]);
    expect(configChanges(FILE.replace(entryOf("development"), ""), FILE)).toEqual([
      "rule development added at the end: ports (ssh (maximum 8h)), request engineers, approve none",
    ]);
  });

  test("the order of rules, because the first that fits decides", () => {
    const swapped = FILE.replace(entryOf("production"), "").replace(
      entryOf("staging"),
      `${entryOf("staging")}${entryOf("production")}`,
    );
    expect(configChanges(FILE, swapped)).toEqual(["rule staging now comes before production"]);
    const toTheEnd = `${FILE.replace(entryOf("production"), "")}${entryOf("production")}`;
    expect(configChanges(FILE, toTheEnd)).toEqual(["rule production now comes last"]);
  });

  test("nothing is told of another way to write the same", () => {
    const otherwise = FILE.replace("request: engineers", "request: [engineers] # who may ask")
      .replace("users: [U0LEAD1, U0LEAD2]", 'users: ["U0LEAD2", U0LEAD1]')
      .replace("channel: C1", "security:\nchannel: C1");
    expect(configChanges(FILE, otherwise)).toEqual([]);
  });

  test("long values are cut, and signs that can't be seen are shown", () => {
    const [change = ""] = configChanges(FILE, withChange('"prod-*"', JSON.stringify(`\u202e${"x".repeat(500)}`)));
    expect(change).toMatch(/^rule production: match\.names \\u\{202e\}x+… added$/u);
    expect(change.length).toBeLessThan(250);
  });

  test("of a text that can't be read everything is new or gone", () => {
    expect(configChanges("", FILE)).toEqual(["everything: there was nothing before that could be read"]);
    expect(configChanges(FILE, "rules: [")).toEqual(["everything: there is nothing now that can be read"]);
  });
});

describe("what only a start of the bot changes", () => {
  test.each([
    ["installation: acme", "installation: other", ["installation"]],
    ["regions: [eu-west-1]", "regions: [us-east-1]", ["clouds.aws"]],
    ["azure: {", "azure: { mappedPorts: 1000-2000,", ["clouds.azure"]],
    ["maximum: 3h", "maximum: 4h", []],
    ["U0LEAD2]", "U0LEAD3]", []],
    ["roles:", "roles:\n  oncall: { onCall: [pagerduty:P1] }", ["onCall"]],
    ["channel: C1", 'channel: C1\nonCall: { opsgenie: { address: "https://api.eu.opsgenie.com" } }', ["onCall"]],
    ["channel: C1", "channel: C1\nsecurity: { channel: C2, digest: 0 9 * * 1-5 }", ["security.digest"]],
    ["channel: C1", "channel: C1\nsecurity: { channel: C2 }", []],
    ["timezone: Europe/Berlin", "timezone: UTC", []],
    [
      "regions: [eu-west-1]",
      "regions: [eu-west-1], azureScope: /subscriptions/00000000-0000-0000-0000-000000000001",
      [],
    ],
  ])("%s → %s", (from, to, expected) => {
    expect(needsRestart(config(FILE), config(withChange(from, to)))).toEqual(expected);
  });
});
