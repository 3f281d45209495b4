import {
  AuthorizeSecurityGroupIngressCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, setupEc2 } from "./ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

const open = (client = it.ec2, options = {}) =>
  client.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: "sg-plain",
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.7/32" }] }],
    }),
    options,
  );
const isOpen = (): boolean =>
  it.server
    .state()
    .groups.get("sg-plain")
    ?.rules.some((rule) => !rule.isEgress) ?? false;
const calls = /^AuthorizeSecurityGroupIngress sg-plain$/u;

describe("told to misbehave, the server", () => {
  test("lies: the answer is right, and nothing has changed", async () => {
    it.server.faults.add({ calls, does: { kind: "lie" }, times: 1 });
    expect((await open()).SecurityGroupRules?.[0]?.CidrIpv4).toBe("203.0.113.7/32");
    expect(isOpen()).toBe(false);
    await open();
    expect(isOpen()).toBe(true);
  });

  test("throttles with RequestLimitExceeded", async () => {
    it.server.faults.add({ calls, does: { kind: "throttle" }, times: 1 });
    const refused = open();
    await expect(refused).rejects.toMatchObject({ name: "RequestLimitExceeded", $metadata: { httpStatusCode: 503 } });
    expect(isOpen()).toBe(false);
  });

  test("drops before doing, or loses the answer after doing", async () => {
    it.server.faults.add({ calls, does: { kind: "drop" }, times: 1 });
    expect(await codeOf(open())).toMatch(/^not from EC2/u);
    expect(isOpen()).toBe(false);
    it.server.faults.add({ calls, does: { kind: "lose-answer" }, times: 1 });
    expect(await codeOf(open())).toMatch(/^not from EC2/u);
    expect(isOpen()).toBe(true);
  });

  test.each([
    ["hang", false],
    ["hang-after", true],
  ] as const)("with %s never answers until the faults are cleared", async (kind, done) => {
    it.server.faults.add({ calls, does: { kind } });
    const asked = codeOf(open());
    await expect.poll(() => it.server.calls().length).toBe(1);
    expect(isOpen()).toBe(done);
    it.server.faults.clear();
    expect(await asked).toMatch(/^not from EC2/u);
  });

  test("delays, then does it", async () => {
    it.server.faults.add({ calls, does: { kind: "delay", ms: 30 } });
    await open();
    expect(isOpen()).toBe(true);
  });

  test("answers what it is told", async () => {
    const body =
      "<Response><Errors><Error><Code>InternalError</Code><Message>oh</Message></Error></Errors><RequestID>r</RequestID></Response>";
    it.server.faults.add({ calls, does: { kind: "answer", status: 500, body } });
    expect(await codeOf(open())).toBe("InternalError");
    expect(isOpen()).toBe(false);
  });
});

describe("throttling", () => {
  test("fifty authorizations at once pass, the next waits a fifth of a second", async () => {
    const one = (i: number) =>
      codeOf(
        it.ec2.send(
          new AuthorizeSecurityGroupIngressCommand({
            GroupId: "sg-plain",
            IpPermissions: [{ IpProtocol: "tcp", FromPort: i, ToPort: i, IpRanges: [{ CidrIp: "203.0.113.7/32" }] }],
          }),
        ),
      );
    const codes = await Promise.all(Array.from({ length: 51 }, (_, i) => one(i)));
    expect(codes.filter((code) => code === "RequestLimitExceeded")).toHaveLength(1);
    it.clock.advance(199);
    expect(await one(100)).toBe("RequestLimitExceeded");
    it.clock.advance(1);
    expect(await one(100)).toBe("none");
    expect(await codeOf(it.ec2.send(new DescribeVpcsCommand({})))).toBe("none");
  });

  test("the SDK's own retries get through when tokens come back", async () => {
    const rules = { size: 1, perSecond: 1 };
    const small = await setupEc2({ throttle: { describe: rules } });
    await small.ec2.send(new DescribeVpcsCommand({}));
    const stop = setInterval(() => small.clock.advance(1_000), 20);
    expect((await small.client({ attempts: 5 }).send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(2);
    clearInterval(stop);
    await small.end();
  });
});

test("stopped it refuses connections; started again it is on the same port and has forgotten nothing", async () => {
  await open();
  await it.server.stop();
  expect(await codeOf(it.ec2.send(new DescribeVpcsCommand({})))).toMatch(/ECONNREFUSED|ECONNRESET|socket hang up/u);
  await it.server.restart();
  expect(await codeOf(open())).toBe("InvalidPermission.Duplicate");
});

test("someone else's edits are seen by callers and told to listeners", async () => {
  let changes = 0;
  const end = it.server.onChange(() => {
    changes += 1;
  });
  it.server.editAsSomeoneElse((editor) =>
    editor.authorize("sg-plain", { protocol: "tcp", ports: 22, peer: "203.0.113.7/32" }),
  );
  expect(changes).toBe(1);
  expect(await codeOf(open())).toBe("InvalidPermission.Duplicate");
  expect(changes).toBe(1);
  await it.ec2.send(
    new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: "eni-web0", Groups: ["sg-web", "sg-app"] }),
  );
  expect(changes).toBe(2);
  end();
});

test("unknown actions and missing parameters are named, and calls are kept with their result", async () => {
  await it.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-id", Values: ["i-web"] }] }));
  expect(it.server.calls()).toMatchObject([
    { name: "DescribeInstances i-web", account: "111122223333", region: "eu-west-1", result: "ok" },
  ]);
  expect(await codeOf(it.ec2.send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1 })))).toBe("InvalidAction");
  expect(await codeOf(it.ec2.send(new DeleteSecurityGroupCommand({})))).toBe("MissingParameter");
});
