/** A small world for the tests of the sandbox's EC2, and clients that the real SDK makes. */

import { EC2Client, EC2ServiceException } from "@aws-sdk/client-ec2";

import type { Clock, EpochMs } from "../../src/access/time.ts";
import { createEc2Server, type Ec2Server, type Ec2ServerOptions } from "../../src/sandbox/aws/server.ts";
import type { Ec2World } from "../../src/sandbox/aws/world.ts";

export const ACCOUNT = "111122223333";
export const KEY = { id: "AKIALATCHTEST0000001", secret: "a secret/with+signs" };
export const OTHER_KEY = { id: "AKIALATCHTEST0000002", secret: "another secret" };

export const world: Ec2World = {
  accounts: [
    { id: ACCOUNT, keys: [KEY] },
    { id: "444455556666", keys: [OTHER_KEY] },
  ],
  regions: ["eu-west-1", "us-east-1"],
  vpcs: [
    { id: "vpc-main", account: ACCOUNT, region: "eu-west-1", cidr: "10.0.0.0/16", ipv6Cidr: "2001:db8:a::/56" },
    { id: "vpc-default", account: ACCOUNT, region: "eu-west-1", cidr: "172.31.0.0/16", isDefault: true },
  ],
  subnets: [
    { id: "subnet-a", vpc: "vpc-main", cidr: "10.0.1.0/24", ipv6Cidr: "2001:db8:a:1::/64" },
    { id: "subnet-d", vpc: "vpc-default", cidr: "172.31.0.0/20" },
  ],
  prefixLists: [
    { id: "pl-vpn", account: ACCOUNT, region: "eu-west-1", name: "vpn", maxEntries: 5, cidrs: ["198.51.100.0/25"] },
  ],
  groups: [
    {
      id: "sg-web",
      vpc: "vpc-main",
      name: "web",
      ingress: [
        { protocol: "tcp", ports: 443, peer: "0.0.0.0/0", description: "everyone" },
        { protocol: "tcp", ports: 443, peer: "::/0" },
        { protocol: "tcp", ports: 5432, peer: "sg-app" },
      ],
    },
    {
      id: "sg-app",
      vpc: "vpc-main",
      name: "app",
      ingress: [{ protocol: "-1", peer: "pl-vpn" }],
      tags: { team: "core" },
    },
    { id: "sg-plain", vpc: "vpc-default", name: "plain" },
  ],
  instances: [
    {
      id: "i-web",
      name: "prod-web-1",
      tags: { env: "prod" },
      interfaces: [
        {
          id: "eni-web0",
          subnet: "subnet-a",
          privateIp: "10.0.1.4",
          publicIp: "192.0.2.10",
          ipv6: ["2001:db8:a:1::4"],
          groups: ["sg-web"],
        },
        { id: "eni-web1", subnet: "subnet-a", privateIp: "10.0.1.5", groups: ["sg-app"] },
      ],
    },
    {
      id: "i-win",
      name: "dev-win-1",
      platform: "windows",
      state: "stopped",
      interfaces: [{ id: "eni-win0", subnet: "subnet-d", privateIp: "172.31.0.9", groups: ["sg-plain"] }],
    },
  ],
};

export interface MovingClock extends Clock {
  readonly advance: (ms: number) => void;
}

export const createClock = (): MovingClock => {
  let now = Date.parse("2026-11-23T09:00:00Z");
  return {
    now: () => now as EpochMs,
    advance: (ms) => {
      now += ms;
    },
  };
};

export interface Ec2Setup {
  readonly clock: MovingClock;
  readonly server: Ec2Server;
  /** The real SDK, pointed at the server; it tries only once unless said otherwise. */
  readonly client: (options?: {
    key?: { id: string; secret: string };
    region?: string;
    attempts?: number;
  }) => EC2Client;
  readonly ec2: EC2Client;
  readonly end: () => Promise<void>;
}

export const setupEc2 = async (options: Partial<Ec2ServerOptions> = {}): Promise<Ec2Setup> => {
  const clock = createClock();
  const server = await createEc2Server({ clock, world, ...options });
  const clients: EC2Client[] = [];
  const client: Ec2Setup["client"] = ({ key = KEY, region = "eu-west-1", attempts = 1 } = {}) => {
    const made = new EC2Client({
      endpoint: server.url,
      region,
      credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
      maxAttempts: attempts,
    });
    clients.push(made);
    return made;
  };
  return {
    clock,
    server,
    client,
    ec2: client(),
    end: async () => {
      for (const made of clients) made.destroy();
      await server.stop();
    },
  };
};

/** The code of the error that a call ends with; `none` when it ends well. */
export const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return "none";
  } catch (error) {
    return error instanceof EC2ServiceException ? error.name : `not from EC2: ${String(error)}`;
  }
};
