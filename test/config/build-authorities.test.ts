import { describe, expect, test } from "vitest";
import { SECOND } from "../../src/access/time.ts";
import { config, file, mistakes, problems } from "./reading.ts";

const IAM =
  "authorities: { aws-iam: { actions: { request: [ec2:StartInstances], approve: ec2:StartInstances, configure: ec2:ModifyInstanceAttribute, read: ec2:DescribeInstances } } }";
const SCOPE =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Security/securityConnectors/Acme";

describe("who has a say", () => {
  test("left out, Azure's actions are those of its own just-in-time access, and approving needs reading", () => {
    const { timeoutMs, azureRoles, awsIam } = config(file()).authorities;
    expect(timeoutMs).toBe(4 * SECOND);
    expect(azureRoles.actions.request).toContain(
      "Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action",
    );
    expect(azureRoles.actions.approve).toEqual(azureRoles.actions.read);
    expect(awsIam.actions).toEqual({ request: [], approve: [], configure: [], read: [] });
  });

  test("what the file says goes before", () => {
    const top = `authorities:
  timeout: 2.5s
  azure-roles: { actions: { read: [Microsoft.Compute/virtualMachines/read], request: ["Microsoft.Compute/*/read"] } }`;
    const { timeoutMs, azureRoles } = config(file({ top })).authorities;
    expect(timeoutMs).toBe(2_500);
    expect(azureRoles.actions).toMatchObject({
      request: ["Microsoft.Compute/*/read"],
      approve: ["Microsoft.Compute/virtualMachines/read"],
      read: ["Microsoft.Compute/virtualMachines/read"],
    });
    expect(azureRoles.actions.configure).toContain("Microsoft.Compute/virtualMachines/write");
  });

  test("policy may be named and always counts, and nobody counts twice", () => {
    const text = file({ top: IAM, rule: "authorities: [policy, aws-iam, aws-iam]" });
    expect(config(text).policy.rules[0]?.authorities).toEqual(["aws-iam"]);
  });

  test.each([
    [
      "authorities: { timeout: 5s }",
      'authorities.timeout: "5s" is too long, because people wait meanwhile; write 4s or less',
    ],
    ["authorities: { timeout: 4001ms }", '"4001ms" is too long'],
    ["authorities: { timeout: 0s }", 'authorities.timeout: "0s" is not some seconds; write one like 4s'],
    ["authorities: { timeout: 4 }", 'authorities.timeout: "4" is not some seconds; write one like 4s'],
    ["authorities: { azure: {} }", '"azure" is not a setting'],
    [
      "authorities: { azure-roles: { actions: { request: [read] } } }",
      'authorities.azure-roles.actions.request[0]: "read" can\'t be used; write an action of Azure, like Microsoft.Compute/virtualMachines/read',
    ],
    [
      "authorities: { azure-roles: { actions: { start: [Microsoft.Compute/virtualMachines/read] } } }",
      '"start" is not a setting',
    ],
    [
      'authorities: { aws-iam: { actions: { request: ["ec2:*"] } } }',
      'authorities.aws-iam.actions.request[0]: "ec2:*" can\'t be used; write an action of AWS without *, like ec2:StartInstances',
    ],
  ])("%s → %s", (top, expected) => {
    expect(mistakes(file({ top }))).toEqual([expect.stringContaining(expected)]);
  });
});

describe("a rule names only who can have a say over its machines", () => {
  const AWS_ONLY =
    "aws-iam has a say over machines in AWS only; write match: { clouds: [aws] }, and another rule for the rest";

  test.each(["{ names: [prod] }", "{ clouds: [aws, azure] }", "{ clouds: azure }"])(
    "aws-iam and match: %s",
    (match) => {
      expect(mistakes(file({ top: IAM, match, rule: "authorities: aws-iam" }))).toEqual([
        `rules[0].authorities: ${AWS_ONLY}`,
      ]);
    },
  );

  test.each([
    ["none", "", "request, read"],
    ["{ by: leads }", "", "request, approve, read"],
    ["none", "configure: [leads]", "request, configure, read"],
  ])("aws-iam without actions, approve: %s %s → needs them for %s", (approve, rule, needed) => {
    expect(mistakes(file({ approve, rule: `authorities: [aws-iam]\n${rule}` }))).toEqual([
      `authorities: aws-iam needs actions to ask about for ${needed}; write them like aws-iam: { actions: { request: [ec2:StartInstances] } }`,
    ]);
  });

  test("and with some, for the rest, where they belong", () => {
    const top = "authorities: { aws-iam: { actions: { request: [ec2:StartInstances] } } }";
    expect(problems(file({ top, rule: "authorities: [aws-iam]" }))).toEqual([
      "latch.yaml:13:36 authorities.aws-iam.actions: aws-iam needs actions to ask about for read; write them like aws-iam: { actions: { request: [ec2:StartInstances] } }",
    ]);
  });

  test("azure-roles over machines in AWS: only those that are connected to Azure", () => {
    const unconnected = file({ match: "{ names: [prod] }", rule: "authorities: [azure-roles]" });
    expect(mistakes(unconnected)).toEqual([
      "rules[0].authorities: azure-roles has a say over machines in AWS only where they are connected to Azure; give clouds.aws[0] its azureScope, or write match: { clouds: [azure] }",
    ]);
    const connected = config(
      unconnected.replace("regions: [eu-west-1]", `regions: [eu-west-1], azureScope: "${SCOPE}"`),
    );
    expect(connected.aws[0]?.azureScope).toBe(SCOPE.toLowerCase());
    expect(mistakes(file({ match: "{ clouds: azure }", rule: "authorities: [azure-roles]" }))).toEqual([]);
  });

  test("a scope is a path in Azure", () => {
    expect(mistakes(file().replace("regions: [eu-west-1]", "regions: [eu-west-1], azureScope: acme"))).toEqual([
      expect.stringContaining(
        'clouds.aws[0].azureScope: "acme" can\'t be used; write where the account is connected to Azure, like /subscriptions/',
      ),
    ]);
  });
});
