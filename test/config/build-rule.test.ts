import { describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { config, file, mistakes, problems } from "./reading.ts";

describe("a rule's new parts are read", () => {
  test("limits, hours, break-glass and what happens when somebody may no longer", () => {
    const text = file({
      rule: `hours: office
limits: { perPerson: 2, asksPerHour: 10 }
breakGlass: { by: engineers, maximum: 90m, tell: [security, C0SECURITY, oncall] }
recheck: close`,
    });
    expect(config(text).policy.rules[0]).toMatchObject({
      hours: [{ name: "office" }],
      limits: { perPerson: 2, perMachine: undefined, asksPerHour: 10 },
      breakGlass: {
        by: ["engineers"],
        maximumMs: 90 * MINUTE,
        tell: { roles: ["security", "oncall"], channels: ["C0SECURITY"] },
      },
      recheck: "close",
    });
  });

  test("left out, nothing of it counts", () => {
    expect(config(file()).policy).toMatchObject({
      rules: [
        {
          authorities: [],
          hours: [],
          limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined },
          breakGlass: undefined,
          recheck: "tell",
        },
      ],
      denials: [],
      freezes: [],
    });
  });

  test("which operating systems it is for", () => {
    expect(config(file({ match: "{ os: [linux, unknown] }" })).policy.rules[0]?.match.os).toEqual(["linux", "unknown"]);
  });

  test("several steps, and when nobody has to approve", () => {
    const approve = "{ steps: [{ by: leads, needed: 2 }, { by: [engineers, oncall] }], within: 1h, automatic: office }";
    expect(config(file({ approve })).policy.rules[0]?.approve).toMatchObject({
      kind: "by",
      steps: [
        { roles: ["leads"], needed: 2 },
        { roles: ["engineers", "oncall"], needed: 1 },
      ],
      automatic: [{ name: "office" }],
      withinMs: HOUR,
    });
  });

  test("a deny rule's name and reason may be as long as people can be shown", () => {
    const [denial] = config(file({ top: `deny: { name: ${"n".repeat(100)}, because: ${"w".repeat(500)} }` })).policy
      .denials;
    expect([denial?.name.length, denial?.because.length]).toEqual([100, 500]);
  });

  test("deny rules, by service and by port", () => {
    const top =
      "deny:\n  - { people: engineers, match: { os: windows }, ports: [winrm, 53/udp], because: no }\n  - { name: ssh, ports: ssh }";
    expect(config(file({ top })).policy.denials).toEqual([
      {
        name: "deny 1",
        people: ["engineers"],
        match: expect.objectContaining({ os: ["windows"], names: [] }),
        ports: [
          { port: 5985, protocol: "tcp" },
          { port: 5986, protocol: "tcp" },
          { port: 53, protocol: "udp" },
        ],
        because: "no",
      },
      { name: "ssh", people: [], match: expect.anything(), ports: [{ port: 22, protocol: "tcp" }], because: "" },
    ]);
  });
});

describe("every mistake in them is told", () => {
  test("with its place", () => {
    expect(problems(file({ rule: "recheck: shut\nlimits: { perPerson: 0 }" }))).toEqual([
      'latch.yaml:20:14 rules[0].recheck: "shut" is neither tell nor close',
      'latch.yaml:21:26 rules[0].limits.perPerson: "0" is not a number from 1 on',
    ]);
  });

  test.each([
    ["limits: {}", "rules[0].limits: limits nothing; write perPerson, perMachine or asksPerHour"],
    ["limits: { perPersons: 2 }", '"perPersons" is not a setting; did you mean perPerson?'],
    ["breakGlass: { by: [engineers] }", "rules[0].breakGlass.maximum: is missing; write a duration, like 3h"],
    ["breakGlass: { maximum: 1h }", "rules[0].breakGlass.by: is missing"],
    [
      "breakGlass: { by: [engineer], maximum: 1h }",
      'rules[0].breakGlass.by[0]: "engineer" is not a role; did you mean engineers?',
    ],
    [
      "breakGlass: { by: [manager], maximum: 1h }",
      'rules[0].breakGlass.by[0]: "manager" is the manager of whoever asks, so it can only approve; name another role here',
    ],
    [
      'breakGlass: { by: [engineers], maximum: 1h, tell: ["#sec"] }',
      'rules[0].breakGlass.tell[0]: "#sec" is not a role; the file has engineers, leads, security, oncall, manager; a channel is written by its id',
    ],
    ["configure: [manager]", 'rules[0].configure[0]: "manager" is the manager of whoever asks'],
    [
      "authorities: [policy, azure]",
      'rules[0].authorities[1]: "azure" has no say; write policy, azure-roles or aws-iam',
    ],
    ["hours: []", "rules[0].hours: is an empty list"],
  ])("%s → %s", (rule, expected) => {
    expect(mistakes(file({ rule }))).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ["{ os: [mac] }", 'rules[0].match.os[0]: "mac" is not an operating system; write linux, windows or unknown'],
  ])("match: %s → %s", (match, expected) => {
    expect(mistakes(file({ match }))).toEqual([expect.stringContaining(expected)]);
  });

  test("somebody's manager can't ask", () => {
    expect(mistakes(file().replace("request: [engineers]", "request: [engineers, manager]"))).toEqual([
      'rules[0].request[1]: "manager" is the manager of whoever asks, so it can only approve; name another role here',
    ]);
  });

  test.each([
    [
      "{ within: 30m }",
      "rules[0].approve.by: is missing; write who approves, like by: [leads], or several steps, like steps: [{ by: [leads] }, { by: [security] }]",
    ],
    [
      "{ automatic: [office] }",
      "rules[0].approve.by: is missing; automatic says when nobody has to approve, so name who does otherwise, like by: [leads]",
    ],
    ["{ by: [leads], steps: [{ by: [engineers] }] }", "rules[0].approve.steps: is there beside by; write one of them"],
    [
      "{ steps: [{ by: [engineers] }], needed: 2 }",
      "rules[0].approve.needed: belongs into each step, like steps: [{ by: [leads], needed: 2 }]",
    ],
    ["{ steps: [] }", "rules[0].approve.steps: is an empty list"],
    ["{ steps: [{ needed: 1 }] }", "rules[0].approve.steps[0].by: is missing; write a list"],
    [
      "{ by: [leads], automatic: [night] }",
      'rules[0].approve.automatic[0]: "night" is not a set of hours; the file has office',
    ],
    [
      `{ steps: [${Array.from({ length: 7 }, () => "{ by: engineers }").join(", ")}] }`,
      "rules[0].approve.steps: are more than 6 steps",
    ],
  ])("approve: %s → %s", (approve, expected) => {
    expect(mistakes(file({ approve }))).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ["deny: { people: [engineer] }", 'deny.people[0]: "engineer" is not a role'],
    ["deny: [{ ports: [shh] }]", 'deny[0].ports[0]: "shh" is not a service; did you mean ssh?'],
    ["deny: [{ people: [manager] }]", 'deny[0].people[0]: "manager" is the manager of whoever asks'],
    [
      "deny: [{ people: [oncall] }]",
      'deny[0].people[0]: "oncall" hangs on a schedule, and while that doesn\'t answer nobody would be denied; name a role of users and groups',
    ],
    [`deny: [{ because: ${"w".repeat(501)} }]`, "deny[0].because: is longer than 500 characters"],
    [`deny: [{ name: ${"n".repeat(101)} }]`, "deny[0].name: is longer than 100 characters"],
    [
      `freezes: { name: ${"n".repeat(101)}, from: 2026-12-20 18:00, until: 2026-12-21 18:00 }`,
      "freezes.name: is longer than 100 characters",
    ],
    ["deny: [{ name: a }, { name: a }]", 'deny[1].name: another deny rule is called "a" too'],
    ["security: { channel: C2, roles: [manager] }", 'security.roles[0]: "manager" is the manager of whoever asks'],
  ])("%s → %s", (top, expected) => {
    expect(mistakes(file({ top }))).toEqual([expect.stringContaining(expected)]);
  });
});

describe("approvals that can't be had", () => {
  test.each([
    ["{ by: leads, needed: 3 }", "rules[0].approve.needed: 3 approvals can't be had: leads are 2 people"],
    [
      "{ steps: { by: leads, needed: 3 } }",
      "rules[0].approve.steps.needed: 3 approvals can't be had: leads are 2 people",
    ],
    [
      "{ steps: [{ by: leads }, { by: leads, needed: 3 }] }",
      "rules[0].approve.steps[1].needed: 3 approvals can't be had: leads are 2 people",
    ],
    // U0LEAD2 is in both: three people, and four are needed.
    [
      "{ steps: [{ by: leads, needed: 2 }, { by: security, needed: 2 }] }",
      "rules[0].approve.steps[1].needed: 4 approvals of steps 1 and 2 together can't be had: leads, security are 3 people, and nobody counts in two steps",
    ],
    [
      "{ steps: [{ by: leads }, { by: engineers }, { by: leads, needed: 2 }] }",
      "rules[0].approve.steps[2].needed: 3 approvals of steps 1 and 3 together can't be had: leads are 2 people, and nobody counts in two steps",
    ],
  ])("%s → %s", (approve, expected) => {
    expect(mistakes(file({ approve }))).toEqual([expected]);
  });

  test.each([
    "{ steps: [{ by: leads, needed: 2 }, { by: security }] }",
    "{ by: [leads, engineers], needed: 9 }",
    "{ by: [oncall], needed: 3 }",
    "{ by: [leads, manager], needed: 3 }",
    "{ steps: [{ by: leads }, { by: leads }] }",
  ])("%s is possible, or only shows when somebody asks", (approve) => {
    expect(mistakes(file({ approve }))).toEqual([]);
  });
});

describe("roles", () => {
  const withRole = (role: string): string => file().replace("  oncall: {", `  night: ${role}\n  oncall: {`);

  test("by schedule, and by whose manager they are", () => {
    const { roles } = config(withRole("{ onCall: [opsgenie:4513b7ea-3b91, pagerduty:P2], users: U1 }")).policy;
    expect(roles.get("night")).toEqual({
      name: "night",
      users: ["U1"],
      groups: [],
      schedules: [
        { service: "opsgenie", id: "4513b7ea-3b91" },
        { service: "pagerduty", id: "P2" },
      ],
      manager: false,
      otherwise: [],
    });
    expect(roles.get("manager")?.manager).toBe(true);
    expect(roles.get("oncall")?.otherwise).toEqual(["leads"]);
  });

  test.each([
    [
      "{ onCall: [P1] }",
      'roles.night.onCall[0]: "P1" is not a schedule; write one like pagerduty:PABC123 or opsgenie:<its id>',
    ],
    ["{ onCall: ['victorops:1'] }", '"victorops:1" is not a schedule'],
    [
      "{ users: U1, otherwise: [leads] }",
      "roles.night.otherwise: is for who answers while a schedule doesn't say who is on call",
    ],
    [
      "{ onCall: 'pagerduty:P1', otherwise: [lead] }",
      'roles.night.otherwise[0]: "lead" is not a role; did you mean leads?',
    ],
    [
      "{ onCall: 'pagerduty:P1', otherwise: [leads, oncall] }",
      'roles.night.otherwise[1]: "oncall" hangs on a schedule itself, which may not answer either; name a role of users and groups',
    ],
    ["{ onCall: 'pagerduty:P1', otherwise: [night] }", '"night" hangs on a schedule itself'],
    ["{ managerOfRequester: yes }", 'roles.night.managerOfRequester: "yes" is neither true nor false'],
  ])("%s → %s", (role, expected) => {
    expect(mistakes(withRole(role))).toEqual([expect.stringContaining(expected)]);
  });

  test("somebody's manager has to be told by something", () => {
    expect(mistakes(file().replace("identities: { profileFields: { manager: Xf0MANAGER } }", ""))).toEqual([
      "roles.manager.managerOfRequester: nothing tells who that is; name the field of Slack's profiles in identities.profileFields.manager",
    ]);
  });
});
