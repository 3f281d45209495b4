/** An IAM with some people, and the authority pointed at it. */

import { onTestFinished } from "vitest";
import type { Machine, MachineId } from "../../../../src/access/machine.ts";
import { type AwsIamDeps, createAwsIam } from "../../../../src/cloud/aws/iam/aws-iam.ts";
import type { Authority, AuthorityAnswer, AuthorityQuestion } from "../../../../src/policy/authority.ts";
import { createIamServer, type IamServer, type IamServerOptions } from "../../../../src/sandbox/aws/iam/server.ts";
import type { IamWorld, PolicyDocument, Statement } from "../../../../src/sandbox/aws/iam/world.ts";

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";
export const DEV = `arn:aws:iam::${ACCOUNT}:user/dev1`;
export const OPS = `arn:aws:iam::${ACCOUNT}:group/ops`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/teams/oncall`;
export const START = "ec2:StartInstances";
export const STOP = "ec2:StopInstances";
export const INSTANCE = `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-0a1`;

export const WORLD: IamWorld = {
  accounts: [
    { id: ACCOUNT, keys: [{ id: "AKIAOURS", secret: "ours" }] },
    { id: OTHER, keys: [{ id: "AKIATHEIRS", secret: "theirs" }] },
  ],
  users: [
    { account: ACCOUNT, name: "dev1" },
    { account: OTHER, name: "dev1" },
  ],
  groups: [{ account: ACCOUNT, name: "ops" }],
  roles: [{ account: ACCOUNT, name: "oncall", path: "/teams/" }],
};

export const OURS = { accessKeyId: "AKIAOURS", secretAccessKey: "ours" };
export const THEIRS = { accessKeyId: "AKIATHEIRS", secretAccessKey: "theirs" };

export const machine: Machine = {
  cloud: "aws",
  id: "i-0a1" as MachineId,
  name: "prod-vm-3",
  account: ACCOUNT,
  region: "eu-west-1",
  tags: { Name: "prod-vm-3", env: "prod", empty: "" },
  os: "linux",
  power: "running",
  interfaces: [],
};

export const policy = (...Statement: readonly Statement[]): PolicyDocument => ({ Version: "2012-10-17", Statement });

export const allow = (Action: string | readonly string[], more: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...more,
});

export const deny = (Action: string | readonly string[], more: Partial<Statement> = {}): Statement => ({
  ...allow(Action, more),
  Effect: "Deny",
});

export interface Stage {
  readonly iam: IamServer;
  readonly authorityOf: (deps?: Partial<AwsIamDeps>) => Authority;
  readonly ask: (question?: Partial<AuthorityQuestion>, signal?: AbortSignal) => Promise<AuthorityAnswer>;
}

/** Stops when the test is over. */
export const setStage = async (
  options: Partial<IamServerOptions> = {},
  deps: Partial<AwsIamDeps> = {},
): Promise<Stage> => {
  const iam = await createIamServer({ world: WORLD, ...options });
  onTestFinished(() => iam.stop());
  const authorityOf = (more: Partial<AwsIamDeps> = {}): Authority =>
    createAwsIam({
      accounts: [{ regions: ["eu-west-1"] }],
      actions: { request: [START, STOP], approve: [], configure: [START], read: ["ec2:DescribeInstances"] },
      endpoint: iam.url,
      credentials: OURS,
      ...deps,
      ...more,
    });
  const authority = authorityOf();
  return {
    iam,
    authorityOf,
    ask: (question = {}, signal = AbortSignal.timeout(3_000)) =>
      authority.ask(
        { activity: "request", machine, identities: { entra: undefined, aws: [DEV] }, ...question },
        signal,
      ),
  };
};
