/** Reads texts of the configuration file for tests. */

import { type Config, parseConfig, showProblem } from "../../src/config.ts";

export const config = (text: string): Config => {
  const reading = parseConfig(text, "latch.yaml");
  if (reading.kind === "bad") throw new Error(reading.problems.map(showProblem).join("\n"));
  return reading.config;
};

/** Each with its place: `latch.yaml:3:1 …` */
export const problems = (text: string): readonly string[] => {
  const reading = parseConfig(text, "latch.yaml");
  return reading.kind === "bad" ? reading.problems.map(showProblem) : [];
};

/** Without places. */
export const mistakes = (text: string): readonly string[] =>
  problems(text).map((problem) => problem.replace(/^\S+ /u, ""));

/** A file with one rule; `top` and `rule` are lines to add at the top and to the rule. */
export const file = ({ top = "", rule = "", approve = "none", match = "{ clouds: [aws] }" } = {}): string => `
installation: acme
clouds: { azure: { subscriptions: 00000000-0000-0000-0000-000000000001 }, aws: [{ regions: [eu-west-1] }] }
roles:
  engineers: { groups: [S0ENG] }
  leads: { users: [U0LEAD1, U0LEAD2] }
  security: { users: [U0SEC1, U0LEAD2] }
  oncall: { onCall: [pagerduty:PSCHED1], otherwise: [leads] }
  manager: { managerOfRequester: true }
identities: { profileFields: { manager: Xf0MANAGER } }
channel: C1
hours: { office: { days: mon-fri, from: "08:00", until: "18:00" } }
${top}
rules:
  - name: machines
    match: ${match}
    ports: { ssh: { maximum: 1h } }
    request: [engineers]
    approve: ${approve}
${rule
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
`;
