import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, setupEc2 } from "../ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

describe("instances at run time", () => {
  test("stop, start and terminate; a terminated one's interfaces are gone and its state stays", async () => {
    const stateOf = async () => {
      const { Reservations } = await it.ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-web"] }));
      return Reservations?.[0]?.Instances?.[0];
    };
    await it.ec2.send(new StopInstancesCommand({ InstanceIds: ["i-web"] }));
    expect((await stateOf())?.State?.Name).toBe("stopped");
    await it.ec2.send(new StartInstancesCommand({ InstanceIds: ["i-web"] }));
    expect((await stateOf())?.State?.Name).toBe("running");
    const ending = await it.ec2.send(new TerminateInstancesCommand({ InstanceIds: ["i-web"] }));
    expect(ending.TerminatingInstances).toMatchObject([
      { InstanceId: "i-web", PreviousState: { Name: "running" }, CurrentState: { Name: "shutting-down" } },
    ]);
    expect(await stateOf()).toMatchObject({ State: { Name: "terminated" }, NetworkInterfaces: [] });
    const left = await it.ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: ["sg-web", "sg-app"] }] }),
    );
    expect(left.NetworkInterfaces).toEqual([]);
    expect(await codeOf(it.ec2.send(new StartInstancesCommand({ InstanceIds: ["i-web"] })))).toBe(
      "IncorrectInstanceState",
    );
  });

  test("appear while others are there already", async () => {
    it.server.editAsSomeoneElse((editor) =>
      editor.addInstance({
        id: "i-new",
        name: "prod-web-2",
        interfaces: [{ id: "eni-new", subnet: "subnet-a", privateIp: "10.0.1.9", groups: ["sg-web"] }],
      }),
    );
    const { NetworkInterfaces } = await it.ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: ["sg-web"] }] }),
    );
    expect(NetworkInterfaces?.map(({ Attachment }) => Attachment?.InstanceId)).toEqual(["i-new", "i-web"]);
  });
});
