import { connect } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Ec2Editor } from "../../src/sandbox/aws/editor.ts";
import type { RuleSpec } from "../../src/sandbox/aws/world.ts";
import { createAwsGround } from "../../src/sandbox/network/aws-ground.ts";
import { echoes, type Outcome } from "../../src/sandbox/network/client.ts";
import { createNetwork, type Dialling, type Network } from "../../src/sandbox/network/network.ts";
import { type Ec2Setup, setupEc2 } from "./ec2-world.ts";

let cloud: Ec2Setup;
let network: Network;
beforeEach(async () => {
  cloud = await setupEc2();
  network = createNetwork({ grounds: [createAwsGround(cloud.server)] });
});
afterEach(async () => {
  await network.stop();
  await cloud.end();
});

const edit = <T>(change: (editor: Ec2Editor) => T): T => cloud.server.editAsSomeoneElse(change);
const allow = (rule: Partial<RuleSpec> & { peer: string }, group = "sg-web"): string =>
  edit((editor) => editor.authorize(group, { protocol: "tcp", ports: 22, ...rule }));
const ssh = (from: string, more: Partial<Dialling> = {}): Promise<Outcome> =>
  network.connect({ from, machine: "prod-web-1", port: 22, ...more });
const isOpen = async (from: string, more: Partial<Dialling> = {}): Promise<boolean> =>
  (await ssh(from, more)).outcome === "open";
const enter = async (from: string, more: Partial<Dialling> = {}) => {
  const outcome = await ssh(from, more);
  if (outcome.outcome === "refused") throw new Error("refused");
  return outcome.socket;
};

describe("a new connection", () => {
  test("gets through from an allowed address, with a banner, and lines come back", async () => {
    allow({ peer: "203.0.113.7/32" });
    const outcome = await ssh("203.0.113.7");
    expect(outcome).toMatchObject({ outcome: "open", banner: "SSH-2.0-OpenSSH_9.9 prod-web-1\r\n" });
    if (outcome.outcome === "open") expect(await echoes(outcome.socket)).toBe(true);
    expect(network.flows()).toMatchObject([
      { machineId: "i-web", address: "192.0.2.10", port: 22, from: "203.0.113.7" },
    ]);
  });

  test("from any other address is reset without a byte", async () => {
    allow({ peer: "203.0.113.7/32" });
    expect(await ssh("203.0.113.8")).toEqual({ outcome: "refused" });
    expect(network.flows()).toEqual([]);
  });

  test("from a loopback address that is nobody's is reset", async () => {
    allow({ peer: "0.0.0.0/0" });
    const port = await network.door({ machine: "prod-web-1", port: 22 });
    const heard = await new Promise<string>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket
        .on("data", (chunk) => resolve(chunk.toString()))
        .on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    });
    expect(heard).toBe("ECONNRESET");
  });

  test.each<[string, RuleSpec, string, boolean]>([
    ["a range around the port", { protocol: "tcp", ports: [20, 25], peer: "203.0.113.0/24" }, "203.0.113.7", true],
    ["a range beside the port", { protocol: "tcp", ports: [23, 65_535], peer: "203.0.113.0/24" }, "203.0.113.7", false],
    ["all protocols", { protocol: "-1", peer: "203.0.113.0/24" }, "203.0.113.7", true],
    ["another protocol", { protocol: "udp", ports: 22, peer: "203.0.113.0/24" }, "203.0.113.7", false],
    ["a prefix list with the source in it", { protocol: "tcp", ports: 22, peer: "pl-vpn" }, "198.51.100.127", true],
    ["a prefix list without the source", { protocol: "tcp", ports: 22, peer: "pl-vpn" }, "198.51.100.128", false],
    ["a group that the source belongs to", { protocol: "tcp", ports: 22, peer: "sg-app" }, "10.0.1.5", true],
    ["a group that the source doesn't belong to", { protocol: "tcp", ports: 22, peer: "sg-app" }, "10.0.1.4", false],
    ["IPv4 from anywhere, asked over IPv6", { protocol: "tcp", ports: 22, peer: "0.0.0.0/0" }, "2001:db8:1::7", false],
    ["IPv6 from a prefix", { protocol: "tcp", ports: 22, peer: "2001:db8:1::/48" }, "2001:db8:1::7", true],
    ["IPv6 from another prefix", { protocol: "tcp", ports: 22, peer: "2001:db8:1::/48" }, "2001:db8:2::7", false],
  ])("by %s", async (_name, rule, from, open) => {
    allow(rule);
    expect(await isOpen(from)).toBe(open);
  });

  test("is let in by any one of the interface's groups, and each interface has its own", async () => {
    allow({ peer: "203.0.113.7/32" }, "sg-app");
    expect(await isOpen("203.0.113.7")).toBe(false);
    expect(await isOpen("203.0.113.7", { address: "10.0.1.5" })).toBe(true);
    edit((editor) => editor.attach("eni-web0", "sg-app"));
    expect(await isOpen("203.0.113.7")).toBe(true);
  });

  test("to a stopped machine is refused, and a machine can be named by its id", async () => {
    allow({ peer: "0.0.0.0/0" }, "sg-plain");
    const dialling = { from: "203.0.113.7", machine: "i-win", port: 22 };
    expect(await network.connect(dialling)).toEqual({ outcome: "refused" });
    expect(network.explain(dialling)).toEqual({ kind: "closed", because: "the machine isn't running" });
    edit((editor) => editor.setInstanceState("i-win", "running"));
    expect(await network.connect(dialling)).toMatchObject({ outcome: "open" });
  });

  test("to an unknown machine or from no address makes no sense", async () => {
    await expect(ssh("203.0.113.7", { machine: "prod-web-9" })).rejects.toThrow("there is no machine `prod-web-9`");
    await expect(ssh("office")).rejects.toThrow("`office` is not an address");
  });
});

describe("an established connection", () => {
  test("goes on when its narrow rule goes, because it is tracked, and no new one gets in", async () => {
    const rule = allow({ peer: "203.0.113.7/32" });
    const socket = await enter("203.0.113.7");
    edit((editor) => editor.revoke(rule));
    expect(await isOpen("203.0.113.7")).toBe(false);
    expect(await echoes(socket)).toBe(true);
  });

  test.each([
    ["0.0.0.0/0", "203.0.113.7"],
    ["::/0", "2001:db8:1::7"],
  ])("from %s is cut at once when that rule goes, because it isn't tracked", async (peer, from) => {
    const rule = allow({ peer });
    const socket = await enter(from);
    expect(network.explain({ from, machine: "prod-web-1", port: 22 })).toEqual({
      kind: "open",
      because: rule,
      tracked: false,
    });
    edit((editor) => editor.revoke(rule));
    expect(await echoes(socket)).toBe(false);
  });

  test("that isn't tracked goes on while another rule lets it in", async () => {
    const wide = allow({ peer: "0.0.0.0/0" });
    allow({ peer: "203.0.113.7/32" });
    const [inside, outside] = [await enter("203.0.113.7"), await enter("203.0.113.8")];
    edit((editor) => editor.revoke(wide));
    expect(await echoes(inside)).toBe(true);
    expect(await echoes(outside)).toBe(false);
  });

  test("from anywhere is tracked where not everything may go out", async () => {
    edit((editor) => {
      for (const { id, isEgress } of cloud.server.state().groups.get("sg-web")?.rules ?? [])
        if (isEgress) editor.revoke(id);
    });
    const rule = allow({ peer: "0.0.0.0/0" });
    const socket = await enter("203.0.113.7");
    edit((editor) => editor.revoke(rule));
    expect(await echoes(socket)).toBe(true);
  });

  test("that isn't tracked is cut when its answers may no longer go out", async () => {
    allow({ peer: "0.0.0.0/0" });
    const socket = await enter("203.0.113.7");
    edit((editor) => {
      for (const { id, isEgress } of cloud.server.state().groups.get("sg-web")?.rules ?? [])
        if (isEgress) editor.revoke(id);
    });
    expect(await echoes(socket)).toBe(false);
  });

  test("ends with its machine, tracked or not", async () => {
    allow({ peer: "203.0.113.7/32" });
    const socket = await enter("203.0.113.7");
    edit((editor) => editor.setInstanceState("i-web", "stopped"));
    expect(await echoes(socket)).toBe(false);
  });
});
