import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../src/access/time.ts";
import { type Config, parseConfig, readConfig, readEnvironment, showProblem } from "../src/config.ts";

const EXAMPLE = new URL("../manifests/latch.example.yaml", import.meta.url).pathname;
const example = readFileSync(EXAMPLE, "utf8");

const problems = (text: string): readonly string[] => {
  const reading = parseConfig(text, "latch.yaml");
  return reading.kind === "bad" ? reading.problems.map(showProblem) : [];
};
const config = (text: string): Config => {
  const reading = parseConfig(text, "latch.yaml");
  if (reading.kind === "bad") throw new Error(reading.problems.map(showProblem).join("\n"));
  return reading.config;
};
/** The example with one thing in it replaced, which has to be there. */
const withChange = (from: string, to: string): string => {
  if (!example.includes(from)) throw new Error(`the example has no ${from}`);
  return example.replace(from, to);
};
/** Where an editor finds the first `part` of it: line and column, from 1. */
const placeIn = (text: string, part: string): string => {
  const before = text.slice(0, text.indexOf(part)).split("\n");
  return `latch.yaml:${before.length}:${(before.at(-1) ?? "").length + 1}`;
};
/** Without places, which other tests look at. */
const mistakes = (text: string): readonly string[] => problems(text).map((problem) => problem.replace(/^\S+ /u, ""));

const SMALLEST = `
installation: acme
clouds: { azure: { subscriptions: 00000000-0000-0000-0000-000000000001 } }
roles: { all: { users: U1 } }
channel: C1
rules: { request: all, approve: none, ports: { ssh: { maximum: 1h } } }
`;

describe("the example", () => {
  test("is read, with everything in it", async () => {
    const reading = await readConfig(EXAMPLE);
    if (reading.kind === "bad") throw new Error(reading.problems.map(showProblem).join("\n"));
    expect(reading.config).toMatchObject({
      installation: "acme",
      timezone: "Europe/Berlin",
      azure: {
        subscriptions: ["00000000-0000-0000-0000-000000000001"],
        mappedPorts: { from: 50_000, to: 59_999 },
        allowPriorities: { from: 100, to: 999 },
      },
      aws: [{ regions: ["eu-west-1"] }],
      security: { channel: "C0SECURITY", roles: ["security"], audit: [], digest: "0 9 * * 1-5" },
    });
    const [production, staging, development] = reading.config.policy.rules;
    expect(production).toMatchObject({
      name: "production",
      match: { names: ["prod-*"], clouds: ["azure", "aws"], tags: new Map([["env", ["prod"]]]) },
      ports: [
        { name: "ssh", ports: [{ port: 22, protocol: "tcp" }], maximumMs: 3 * HOUR, sources: undefined },
        { name: "rdp", maximumMs: HOUR, sources: [{ kind: "network", network: { name: "vpn" } }] },
      ],
      sources: [{ kind: "network" }, { kind: "network" }, { kind: "single-address" }],
      defaultSource: ["198.51.100.7/32"],
      request: ["engineers"],
      approve: { kind: "by", steps: [{ roles: ["leads"], needed: 1 }], withinMs: 30 * MINUTE },
      configure: ["security"],
      protect: "by-hand",
      drift: "tell",
      justification: { required: true },
      channel: "C0ACCESS",
      breakGlass: { by: ["engineers"], maximumMs: HOUR, tell: { roles: ["security"], channels: ["C0SECURITY"] } },
      recheck: "tell",
    });
    expect(staging).toMatchObject({
      approve: {
        steps: [
          { roles: ["leads"], needed: 1 },
          { roles: ["security"], needed: 1 },
        ],
        automatic: [{ name: "office", days: [1, 2, 3, 4, 5], from: 480, until: 1080, zone: "Europe/Berlin" }],
        withinMs: 30 * MINUTE,
      },
    });
    expect(development).toMatchObject({
      approve: { kind: "none" },
      sources: [{ kind: "anywhere" }],
      defaultSource: undefined,
      justification: { required: false },
    });
    expect(reading.config.policy.roles.get("engineers")).toMatchObject({
      name: "engineers",
      users: ["U0DEV1"],
      groups: ["S0ENG"],
    });
  });

  test("what is commented out is of the right form too", () => {
    const uncommented = example.replace(/^( *)# (?!yaml-language-server)( *(?:- )?(?:\{ )?[a-zA-Z0-9-]+: )/gmu, "$1$2");
    const [scope = ""] = /azureScope: \S+/u.exec(uncommented) ?? [];
    // With roles asked about, each account has to say where it is connected.
    const text = uncommented.replace("externalId: acme", `externalId: acme\n      ${scope}`);
    const { aws, identities, authorities, onCall, policy, security } = config(text);
    expect(aws).toMatchObject([
      { azureScope: expect.stringMatching(/^\/subscriptions\/.*securityconnectors\/acme$/u) },
      {
        roleArn: "arn:aws:iam::111122223333:role/latch",
        externalId: "acme",
        quotas: { rulesPerGroup: 60, groupsPerInterface: 5 },
      },
    ]);
    expect(identities).toMatchObject({
      people: new Map([
        ["U0DEV1", expect.objectContaining({ entra: "11111111-2222-3333-4444-555555555555" })],
        ["U0LEAD9", expect.objectContaining({ pagerduty: "PLEAD1" })],
      ]),
      profileFields: { entra: "Xf0ENTRA", aws: "Xf0AWS", manager: "Xf0MANAGER" },
      signIn: { claims: { entra: "oid" } },
      byEmail: new Map([["dev@acme.example", { aws: ["arn:aws:iam::111122223333:user/dev1"] }]]),
    });
    expect(authorities.awsIam.actions.request).toEqual(["ec2:StartInstances"]);
    expect(security?.audit).toEqual(["auditors"]);
    expect(onCall.pagerduty).toEqual({ address: "https://api.eu.pagerduty.com" });
    expect(policy.freezes).toMatchObject([{ name: "year's end", except: ["security"] }]);
    expect(policy.roles.get("oncall")).toMatchObject({ schedules: [{ service: "pagerduty" }], otherwise: ["leads"] });
    expect(policy.roles.get("manager")).toMatchObject({ manager: true });
    expect(policy.rules[0]).toMatchObject({
      authorities: ["azure-roles"],
      hours: [{ name: "office" }],
      limits: { perPerson: 2, perMachine: 3, asksPerHour: 10 },
    });
  });
});

describe("what may be left out and how", () => {
  test("the smallest file: single names for lists, a rule without name and match, well-known services", () => {
    const { timezone, policy, security, aws, azure } = config(SMALLEST);
    expect(azure).toMatchObject({ mappedPorts: { from: 50_000, to: 59_999 }, allowPriorities: { from: 100, to: 999 } });
    expect({ timezone, security, aws }).toEqual({ timezone: "UTC", security: undefined, aws: [] });
    expect(policy.rules).toMatchObject([
      { name: "rule 1", sources: [{ kind: "single-address" }], justification: { required: false }, channel: "C1" },
    ]);
    expect(policy.services.get("winrm")?.ports).toHaveLength(2);
  });

  test("`needed` is 1 and `within` 30 minutes", () => {
    expect(config(SMALLEST.replace("approve: none", "approve: { by: all }")).policy.rules[0]?.approve).toEqual({
      kind: "by",
      steps: [{ roles: ["all"], needed: 1 }],
      automatic: [],
      withinMs: 30 * MINUTE,
    });
  });

  test("a justification block means that one is needed, unless it says otherwise", () => {
    const required = (block: string) =>
      config(SMALLEST.replace("approve: none", `approve: none, justification: ${block}`)).policy.rules[0]?.justification
        .required;
    expect(required('{ pattern: "^INC" }')).toBe(true);
    expect(required('{ required: false, pattern: "^INC" }')).toBe(false);
  });

  test("a rule's channel goes before the file's", () => {
    expect(config(SMALLEST.replace("approve: none", "approve: none, channel: C2")).policy.rules[0]?.channel).toBe("C2");
    expect(
      config(SMALLEST.replace("channel: C1", "").replace("approve: none", "approve: none, channel: C2")).policy.rules[0]
        ?.channel,
    ).toBe("C2");
  });

  test("ports by number and protocol", () => {
    const { policy } = config(
      SMALLEST.replace(
        "ssh: { maximum: 1h }",
        "8080: { maximum: 1d }, 53/udp: { maximum: PT90M, sources: [10.0.0.0/8] }",
      ),
    );
    expect(policy.rules[0]?.ports).toMatchObject([
      { name: "8080", ports: [{ port: 8080, protocol: "tcp" }], maximumMs: 24 * HOUR },
      {
        name: "53/udp",
        ports: [{ port: 53, protocol: "udp" }],
        maximumMs: 90 * MINUTE,
        sources: [{ kind: "prefix", prefix: "10.0.0.0/8" }],
      },
    ]);
  });

  test("an account id keeps its zeros and a tag its spelling", () => {
    const { policy } = config(
      SMALLEST.replace(
        "approve: none",
        "approve: none, match: { accounts: 012345678901, tags: { live: yes, version: 1.10 } }",
      ),
    );
    expect(policy.rules[0]?.match).toMatchObject({
      accounts: ["012345678901"],
      tags: new Map([
        ["live", ["yes"]],
        ["version", ["1.10"]],
      ]),
    });
  });

  test("anchors, aliases and merged maps", () => {
    const text = example
      .replace('match: { names: ["dev-*"] }', 'match: { names: ["dev-*"] }\n    <<: *shared')
      .replace("    request: [engineers]\n    approve: none", "    approve: none")
      .replace("rules: ", "x: &shared { request: [engineers] }\nrules: ");
    // A place for anchors has no name of its own: they go where they are first used.
    expect(mistakes(text)).toEqual([expect.stringContaining('"x" is not a setting')]);
    expect(
      config(
        SMALLEST.replace(
          "roles: { all: { users: U1 } }",
          "roles: { all: &all { users: U1 }, same: *all, more: { <<: *all, groups: S1 } }",
        ),
      ).policy.roles.get("more"),
    ).toMatchObject({ name: "more", users: ["U1"], groups: ["S1"] });
  });

  test("a heading with nothing under it counts as not there", () => {
    expect(config(`${SMALLEST}security:\nnetworks:\n`).security).toBeUndefined();
  });
});

describe("every mistake is told with its place", () => {
  test("as an editor can jump to it", () => {
    const text = withChange("ssh: { maximum: 3h }", "ssh: { maximum: 3 hours }");
    const [line = 0, column] = placeIn(text, "3 hours").match(/\d+/gu)?.map(Number) ?? [];
    expect([text.split("\n")[line - 1], column]).toEqual([
      expect.stringMatching(/^ {6}ssh: \{ maximum: 3 hours \}/u),
      23,
    ]);
    expect(problems(text)).toEqual([
      `${placeIn(text, "3 hours")} rules[0].ports.ssh.maximum: "3 hours" is not a duration; write 3h`,
    ]);
  });

  test("all of them at once, in the order of the file", () => {
    const text = withChange("ssh: { maximum: 3h }", "ssh: { maximum: 30 }")
      .replace("channel: C0ACCESS", "chanel: C0ACCESS")
      .replace("request: [engineers]", "request: [engineer]")
      .replace("[office, vpn", "[ofice, vpn");
    expect(problems(text)).toEqual([
      `${placeIn(text, "chanel:")} chanel: "chanel" is not a setting; did you mean channel?`,
      `${placeIn(text, "30 }")} rules[0].ports.ssh.maximum: "30" could be minutes or hours; write 30m or 30h`,
      `${placeIn(text, "ofice")} rules[0].sources[0]: "ofice" is not a network; did you mean office?`,
      `${placeIn(text, "engineer]")} rules[0].request[0]: "engineer" is not a role; did you mean engineers?`,
    ]);
  });

  test.each([
    [
      "installation: acme",
      "installation: Acme",
      'installation: "Acme" can\'t be used; write at most 24 of a-z, 0-9 and -, not beginning or ending with -',
    ],
    [
      "installation: acme",
      "installation: a-name-of-twenty-five-char",
      'installation: "a-name-of-twenty-five-char" can\'t be used; write at most 24 of a-z, 0-9 and -, not beginning or ending with -',
    ],
    ["installation: acme", "", "installation: is missing; write a name"],
    ["Europe/Berlin", "Berlin", 'timezone: "Berlin" is not a time zone; write one like Europe/Berlin'],
    [
      "subscriptions: [0",
      "subscriptions: [x",
      "clouds.azure.subscriptions[0]: \"x0000000-0000-0000-0000-000000000001\" can't be used; write a subscription's id, like 00000000-0000-0000-0000-000000000001",
    ],
    [
      "regions: [eu-west-1]",
      "regions: [Ireland]",
      'clouds.aws[0].regions[0]: "Ireland" can\'t be used; write a region like eu-west-1',
    ],
    ["ssh: 22,", "ssh: 222222,", 'services.ssh: "222222" is not a port; write one like 22 or 53/udp'],
    ["ssh: 22,", "ssh: 22, list: 23,", "services.list: `/jit list` has a meaning of its own; choose another name"],
    ["ssh: 22,", "ssh: 22, SSH: 23,", "services.SSH: this name is there twice; case makes no difference"],
    [
      "ssh: 22,",
      "8ssh: 22, ssh: 22,",
      "services.8ssh: \"8ssh\" can't be used; a service's name begins with a letter and has letters, digits, - and _ only",
    ],
    [
      "198.51.100.7/32",
      "198.51.100.700",
      'networks.vpn[0]: "198.51.100.700" is not an address prefix; write one like 203.0.113.0/24',
    ],
    [
      "198.51.100.7/32",
      "0.0.0.0/0",
      'networks.vpn[0]: "0.0.0.0/0" is everything; write `anywhere` in a rule\'s sources instead',
    ],
    ["vpn: [", "anywhere: [", 'networks.anywhere: "anywhere" can\'t be used'],
    ["vpn: [", "Me: [", 'networks.Me: "Me" can\'t be used'],
    [
      "U0LEAD1",
      "lead1",
      "roles.leads.users[0]: \"lead1\" can't be used; write a Slack user's id, which begins with U or W",
    ],
    [
      "S0ENG",
      "eng",
      "roles.engineers.groups[0]: \"eng\" can't be used; write a Slack user group's id, which begins with S",
    ],
    [
      "C0SECURITY",
      '"#security"',
      "security.channel: \"#security\" can't be used; write a Slack channel's id, which begins with C or G",
    ],
    ["roles: [security]", "roles: [securty]", 'security.roles[0]: "securty" is not a role; did you mean security?'],
    ["clouds: [azure, aws]", "clouds: [gcp]", 'rules[0].match.clouds[0]: "gcp" is not a cloud; write azure or aws'],
    ["ssh: { maximum: 3h }", "shh: { maximum: 3h }", 'rules[0].ports.shh: "shh" is not a service; did you mean ssh?'],
    ["ssh: { maximum: 3h }", "ssh: { }", "rules[0].ports.ssh.maximum: is missing; write a duration, like 3h"],
    [
      "ssh: { maximum: 3h }",
      "ssh: 3h",
      'rules[0].ports.ssh: "3h" is not a port with its maximum, like { maximum: 3h }',
    ],
    [
      "ssh: { maximum: 3h }",
      "ssh: { maximum: 3h }\n      22/tcp: { maximum: 1h }",
      'rules[0].ports.22/tcp: port 22/tcp is offered by "ssh" already',
    ],
    ["single-address]  ", "0.0.0.0/0]  ", 'rules[0].sources[2]: "0.0.0.0/0" is everything; write `anywhere`'],
    [
      "single-address]  ",
      "10.0.0.0/33]  ",
      'rules[0].sources[2]: "10.0.0.0/33" is not an address prefix; write one like 203.0.113.0/24',
    ],
    [
      "defaultSource: vpn",
      "defaultSource: single-address",
      'rules[0].defaultSource: "single-address" is not a network',
    ],
    [
      "defaultSource: vpn",
      "defaultSource: anywhere",
      'rules[0].defaultSource: "anywhere" is not among the rule\'s sources',
    ],
    ["approve: none", "aprove: none", "rules[2].approve: is missing; write none, or who, like { by: [leads] }"],
    [
      "approve: none",
      "approve: nobody",
      'rules[2].approve: "nobody" can\'t be used; write none, or who, like { by: [leads] }',
    ],
    ["approve: none", "approve: { by: lead }", 'rules[2].approve.by: "lead" is not a role; did you mean leads?'],
    ["needed: 1", "needed: 3", "rules[0].approve.needed: 3 approvals can't be had: leads are 2 people"],
    ["needed: 1", "needed: 0", 'rules[0].approve.needed: "0" is not a number from 1 on'],
    ["needed: 1", "need: 1", 'rules[0].approve.need: "need" is not a setting; did you mean needed?'],
    ["configure: [security]", "configure: []", "rules[0].configure: is an empty list"],
    ["protect: by-hand", "protect: yes", 'rules[0].protect: "yes" is neither auto nor by-hand'],
    ["drift: tell", "drift: fix", 'rules[0].drift: "fix" is neither withhold nor tell'],
    [
      "50000-59999",
      "59999-50000",
      'clouds.azure.mappedPorts: "59999-50000" is not a range of ports within 1-65535; write one like 50000-59999',
    ],
    [
      "50000-59999",
      "50000",
      'clouds.azure.mappedPorts: "50000" is not a range of ports within 1-65535; write one like 50000-59999',
    ],
    [
      "50000-59999",
      "0-65536",
      'clouds.azure.mappedPorts: "0-65536" is not a range of ports within 1-65535; write one like 50000-59999',
    ],
    [
      "100-999",
      "99-999",
      'clouds.azure.allowPriorities: "99-999" is not a range of priorities within 100-4096; write one like 100-999',
    ],
    [
      "100-999",
      "100-4097",
      'clouds.azure.allowPriorities: "100-4097" is not a range of priorities within 100-4096; write one like 100-999',
    ],
    [
      "0 9 * * 1-5",
      "0 9 * *",
      'security.digest: "0 9 * *" has 4 fields and not five; write minute, hour, day, month and weekday, like 0 9 * * 1-5',
    ],
    [
      "0 9 * * 1-5",
      "0 24 * * 1-5",
      'security.digest: "0 24 * * 1-5" has "24" as its hour; write *, or numbers from 0 to 23 like 0, 0-23 or */2',
    ],
    [
      "0 9 * * 1-5",
      "0 9 * * mon",
      'security.digest: "0 9 * * mon" has "mon" as its weekday; write *, or numbers from 0 to 7 like 0, 0-7 or */2',
    ],
    [
      "0 9 * * 1-5",
      "0 9 31 2,4-6/2 *",
      'security.digest: "0 9 31 2,4-6/2 *" never comes: no month of "2,4-6/2" has a day "31"',
    ],
    ["required: true", "required: yes", 'rules[0].justification.required: "yes" is neither true nor false'],
    [
      '"^(INC|CHG)-[0-9]+"',
      '"^(INC"',
      'rules[0].justification.pattern: "^(INC" is not a regular expression: unterminated group',
    ],
    ["name: development", "name: production", 'rules[2].name: another rule is called "production" too'],
    ["channel: C0ACCESS", "", "rules[0].channel: is missing; name a channel here or at the top of the file"],
  ])("%s → %s", (from, to, expected) => {
    expect(mistakes(withChange(from, to))).toContainEqual(expect.stringContaining(expected));
  });

  test.each([
    ["", "latch.yaml:1:1 the file is empty; `manifests/latch.example.yaml` shows what belongs here"],
    ["# nothing\n", "latch.yaml:1:1 the file is empty; `manifests/latch.example.yaml` shows what belongs here"],
    ["installation: a\ninstallation: b\n", "latch.yaml:2:1 this name is there twice"],
    [
      "a: [b",
      "latch.yaml:1:6 not YAML: flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["- a", "latch.yaml:1:1 a list is not a configuration"],
    ["hello", 'latch.yaml:1:1 "hello" is not a configuration'],
    ["a: 1\n---\nb: 2\n", "latch.yaml:2:1 only one document is read; remove what follows `---`"],
    ["a: *b", "latch.yaml:1:4 not YAML: unresolved alias (the anchor must be set before the alias): b"],
  ])("%j", (text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });

  test("a file that can't be read is a problem and no crash", async () => {
    expect(await readConfig("/nowhere/latch.yaml")).toEqual({
      kind: "bad",
      problems: [
        {
          file: "/nowhere/latch.yaml",
          line: 1,
          column: 1,
          path: "",
          message: "cannot read this file: there is none; `LATCH_CONFIG` says where it is",
        },
      ],
    });
    expect(await readConfig("/")).toMatchObject({
      kind: "bad",
      problems: [{ message: "cannot read this file: it is a folder" }],
    });
  });

  test("no text makes it throw, and a bad one is never taken for a good one without rules", () => {
    const lines = example.split("\n");
    const damaged = fc
      .tuple(
        fc.integer({ min: 0, max: lines.length - 1 }),
        fc.oneof(
          fc.string(),
          fc.constantFrom("", "rules:", "  - a: {", "<<: *x", "? [a]", "__proto__: {}", "a: &a [*a]"),
        ),
      )
      .map(([at, line]) => lines.with(at, line).join("\n"));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string()), (text) => {
        const reading = parseConfig(text, "latch.yaml");
        if (reading.kind === "ok") expect(reading.config.policy.rules.length).toBeGreaterThan(0);
        else for (const { line, column } of reading.problems) expect(Math.min(line, column)).toBeGreaterThan(0);
      }),
      { numRuns: 120 },
    );
  });
});

test("a pattern that takes exponential time says no and doesn't stop the bot", () => {
  const pattern = config(withChange('"^(INC|CHG)-[0-9]+"', '"^(a+)+$"')).policy.rules[0]?.justification.pattern;
  expect(pattern?.test("aaaa")).toBe(true);
  const before = performance.now();
  expect(pattern?.test(`${"a".repeat(900)}!`)).toBe(false);
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(pattern?.test("aaaa")).toBe(true);
});

describe("the environment", () => {
  const SLACK = { SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s3cret" };
  const bad = (env: Record<string, string>): readonly string[] => {
    const reading = readEnvironment(env);
    return reading.kind === "bad" ? reading.problems.map(({ variable, message }) => `${variable} ${message}`) : [];
  };

  test("with Slack's two secrets everything else has a default; an empty variable is none", () => {
    expect(readEnvironment({ ...SLACK, REDIS_URL: "", PORT: " " })).toEqual({
      kind: "ok",
      settings: {
        configFile: "latch.yaml",
        dataFolder: ".latch",
        redisUrl: undefined,
        port: 3000,
        publicUrl: undefined,
        publicUrlIpv4: undefined,
        publicUrlIpv6: undefined,
        trustedProxies: [],
        slack: { botToken: "xoxb-1", apiUrl: undefined, receive: { kind: "http", signingSecret: "s3cret" } },
        azure: { armEndpoint: undefined, armToken: undefined },
        openIdClientSecret: undefined,
        onCallTokens: {},
      },
    });
  });

  test("all of it", () => {
    const reading = readEnvironment({
      SLACK_BOT_TOKEN: "xoxb-1",
      SLACK_APP_TOKEN: "xapp-1",
      SLACK_API_URL: "http://127.0.0.1:4000/api",
      LATCH_CONFIG: "/etc/latch.yaml",
      LATCH_DATA: "/var/lib/latch",
      REDIS_URL: "redis+sentinel://a:26379,b:26379/main",
      PORT: "0",
      LATCH_PUBLIC_URL: "https://latch.example.com/",
      LATCH_PUBLIC_URL_IPV4: "https://4.latch.example.com/",
      LATCH_PUBLIC_URL_IPV6: "https://6.latch.example.com",
      LATCH_TRUSTED_PROXIES: "10.0.0.4, 2001:db8::/48,,10.1.2.3/24 ",
      AZURE_ARM_ENDPOINT: "http://127.0.0.1:5000/",
      AZURE_ARM_TOKEN: "t",
      LATCH_OIDC_CLIENT_SECRET: "o",
      LATCH_PAGERDUTY_TOKEN: "p",
      LATCH_OPSGENIE_TOKEN: "g",
    });
    expect(reading).toEqual({
      kind: "ok",
      settings: {
        configFile: "/etc/latch.yaml",
        dataFolder: "/var/lib/latch",
        redisUrl: "redis+sentinel://a:26379,b:26379/main",
        port: 0,
        publicUrl: "https://latch.example.com",
        publicUrlIpv4: "https://4.latch.example.com",
        publicUrlIpv6: "https://6.latch.example.com",
        trustedProxies: ["10.0.0.4/32", "2001:db8::/48", "10.1.2.0/24"],
        slack: {
          botToken: "xoxb-1",
          apiUrl: "http://127.0.0.1:4000/api/",
          receive: { kind: "socket", appToken: "xapp-1" },
        },
        azure: { armEndpoint: "http://127.0.0.1:5000", armToken: "t" },
        openIdClientSecret: "o",
        onCallTokens: { pagerduty: "p", opsgenie: "g" },
      },
    });
  });

  test.each(["proxy.internal", "10.0.0.4 10.0.0.5", "10.0.0.4, *", "0.0.0.0/0", "::/0"])(
    "trusted proxies are addresses, and not everybody: %s",
    (text) => {
      expect(bad({ ...SLACK, LATCH_TRUSTED_PROXIES: text })).toMatchObject([
        expect.stringMatching(/^LATCH_TRUSTED_PROXIES has ".*", which is not an address or a prefix of proxies/u),
      ]);
    },
  );

  test("names for one family alone are of no use without the page that asks them", () => {
    expect(bad({ ...SLACK, LATCH_PUBLIC_URL_IPV4: "https://4.example.com" })).toEqual([
      "LATCH_PUBLIC_URL is missing; the addresses for IPv4 and IPv6 alone are asked by its page",
    ]);
  });

  test("all problems are told at once, and no secret's value", () => {
    const told = bad({
      SLACK_BOT_TOKEN: "xapp-hidden",
      REDIS_URL: "http://:hidden@host",
      PORT: "65536",
      SLACK_API_URL: "slack",
      LATCH_PUBLIC_URL: "ftp://x",
      AZURE_ARM_ENDPOINT: "http://arm.example",
      AZURE_ARM_TOKEN: "hidden",
    });
    expect(told.map((line) => line.split(" ")[0])).toEqual([
      "SLACK_BOT_TOKEN",
      "SLACK_SIGNING_SECRET",
      "REDIS_URL",
      "PORT",
      "SLACK_API_URL",
      "LATCH_PUBLIC_URL",
      "AZURE_ARM_ENDPOINT",
      "AZURE_ARM_TOKEN",
    ]);
    expect(told.join()).not.toContain("hidden");
  });

  test.each(["http://127.0.0.1:1", "http://127.9.9.9", "https://localhost:1", "http://[::1]:1"])(
    "a fixed Azure token goes with %s",
    (AZURE_ARM_ENDPOINT) => {
      expect(bad({ ...SLACK, AZURE_ARM_ENDPOINT, AZURE_ARM_TOKEN: "t" })).toEqual([]);
    },
  );

  test.each([
    "https://management.azure.com",
    "https://127.0.0.1.example.com",
    "https://127.0.0.1@example.com",
    "https://10.0.0.1",
    "https://0.0.0.0",
  ])("a fixed Azure token is refused for %s", (AZURE_ARM_ENDPOINT) => {
    expect(bad({ ...SLACK, AZURE_ARM_ENDPOINT, AZURE_ARM_TOKEN: "t" })).toEqual([
      expect.stringContaining("AZURE_ARM_TOKEN"),
    ]);
  });

  test("a fixed Azure token is refused without an endpoint", () => {
    expect(bad({ ...SLACK, AZURE_ARM_TOKEN: "t" })).toEqual([expect.stringContaining("AZURE_ARM_TOKEN")]);
  });
});
