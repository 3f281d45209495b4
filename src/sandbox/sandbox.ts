/** Everything the bot needs, on this machine: a Slack workspace, an Azure, an AWS, a PagerDuty, an OpenID provider, a network, and the bot itself. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../access/time.ts";
import { createIamServer, type IamServer } from "./aws/iam/server.ts";
import { createEc2Server, type Ec2Server } from "./aws/server.ts";
import type { Ec2World } from "./aws/world.ts";
import type { AfterFailure } from "./azure/azure-firewalls.ts";
import type { FirewallUpdate } from "./azure/firewall-durations.ts";
import { type AzureServer, createAzureServer } from "./azure/server.ts";
import type { AzureWorld } from "./azure/world.ts";
import { type Bot, createBot } from "./bot.ts";
import { type DefaultRoles, giveDefaultRoles } from "./default-roles.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createFront, type Front } from "./front.ts";
import type { MovableClock } from "./movable-clock.ts";
import { createAwsGround } from "./network/aws-ground.ts";
import { createAzureGround } from "./network/azure-ground.ts";
import { createNetwork, type Network } from "./network/network.ts";
import { createPagerDuty, type PagerDutyServer } from "./on-call/pagerduty.ts";
import { createOpenIdServer, type OpenIdServer } from "./openid/server.ts";
import { createSlackServer, type SlackServer } from "./slack/server.ts";
import type { SlackWorld } from "./slack/world.ts";
import {
  ADDRESSES,
  AWS_KEY,
  azureWorld,
  ec2World,
  iamWorld,
  OPENID_ACCOUNTS,
  OPENID_CLIENT,
  OPENID_ISSUER,
  PAGERDUTY_ADDRESS,
  PAGERDUTY_TOKEN,
  SHIFTS,
  sandboxConfig,
  slackWorld,
} from "./world.ts";

export interface SandboxOptions {
  /** Redis for the bot; without it each bot runs its embedded one. */
  readonly redisUrl?: string;
  /** The bots' configuration file; the sandbox's own policy without it. */
  readonly config?: string;
  /** How long Azure takes for a write; 300 ms, so that one sees it. */
  readonly operationMs?: number;
  /** How long Azure takes for a write of an Azure Firewall; 4 s, so that one isn't bored. `{ ms: THREE_TO_FIVE_MINUTES, by: "clock" }` is as it is. */
  readonly firewallUpdate?: FirewallUpdate;
  /** What Azure shows of a firewall after a failed write; the rules from before, unless said. */
  readonly afterFirewallFailure?: AfterFailure;
  /** Socket Mode instead of HTTP. */
  readonly socketMode?: boolean;
  /** The page that sees where people are asks under a name for IPv6 alone too, where everybody is in the office. */
  readonly ipv6Front?: boolean;
  /** How many replicas of the bot; they need a common `redisUrl` when there are several. */
  readonly bots?: number;
  /** What time it is for Slack and the clouds. The bots, in processes of their own, live by the machine's. */
  readonly clock?: Clock;
  /** Instead of `clock`: time that the bots live by, too. */
  readonly movableClock?: MovableClock;
  /** Other people and machines than the sandbox's own. */
  readonly world?: { readonly slack?: SlackWorld; readonly azure?: AzureWorld; readonly ec2?: Ec2World };
}

export interface Sandbox {
  readonly clock: Clock;
  readonly slack: SlackServer;
  readonly azure: AzureServer;
  readonly ec2: Ec2Server;
  readonly iam: IamServer;
  /** Where people sign in to show who they are in Azure. */
  readonly openid: OpenIdServer;
  readonly pagerDuty: PagerDutyServer;
  /** What Azure's roles say of the company's people. */
  readonly roles: DefaultRoles;
  readonly network: Network;
  /** By which people's browsers reach the bot. */
  readonly front: Front;
  readonly ipv6Front: Front | undefined;
  readonly faults: { readonly slack: Faults; readonly azure: Faults; readonly aws: Faults; readonly openid: Faults };
  readonly bots: readonly [Bot, ...Bot[]];
  readonly configFile: string;
  /** What the bot is told of Slack, as in its environment. */
  readonly secrets: { readonly botToken: string; readonly appToken: string; readonly signingSecret: string };
  readonly stop: () => Promise<void>;
}

/** Starts all but the bots: `bot.start()` is left to the caller. */
export const createSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const { movableClock, world = {} } = options;
  const clock = movableClock ?? options.clock ?? systemClock;
  const folder = await mkdtemp(join(tmpdir(), "latch-sandbox-"));
  const configFile = join(folder, "latch.yaml");

  const faults = { slack: createFaults(), azure: createFaults(), aws: createFaults(), openid: createFaults() };
  const secrets = { botToken: "xoxb-sandbox", appToken: "xapp-sandbox", signingSecret: "sandbox-signing-secret" };
  const slack = await createSlackServer({
    clock,
    world: world.slack ?? slackWorld,
    faults: faults.slack,
    rateLimits: false,
    ...secrets,
  });
  const azure = await createAzureServer({
    clock,
    world: world.azure ?? azureWorld,
    faults: faults.azure,
    token: "sandbox-token",
    operationMs: options.operationMs ?? 300,
    firewallUpdate: options.firewallUpdate ?? { ms: 4_000 },
    afterFirewallFailure: options.afterFirewallFailure ?? "old",
  });
  const ec2 = await createEc2Server({ clock, world: world.ec2 ?? ec2World, faults: faults.aws });
  const iam = await createIamServer({ world: iamWorld });
  const pagerDuty = await createPagerDuty({ token: PAGERDUTY_TOKEN, clock, shifts: SHIFTS });
  const roles = giveDefaultRoles(azure.roles);
  const network = createNetwork({ grounds: [createAzureGround(azure), createAwsGround(ec2)] });

  const openid = await createOpenIdServer({ clock, faults: faults.openid, accounts: OPENID_ACCOUNTS });
  const config = options.config ?? sandboxConfig;
  await writeFile(
    configFile,
    config.replaceAll(PAGERDUTY_ADDRESS, pagerDuty.url).replaceAll(OPENID_ISSUER, openid.issuer),
  );
  const front = await createFront(ADDRESSES.vpn);
  const ipv6Front = options.ipv6Front === true ? await createFront(ADDRESSES.officeV6) : undefined;
  const bots = await Promise.all(
    Array.from({ length: options.bots ?? 1 }, (_, i) =>
      createBot(
        {
          LATCH_CONFIG: configFile,
          LATCH_PUBLIC_URL: front.url,
          ...(ipv6Front === undefined ? {} : { LATCH_PUBLIC_URL_IPV6: ipv6Front.url }),
          LATCH_TRUSTED_PROXIES: "127.0.0.1",
          LATCH_DATA: join(folder, `bot-${i}`),
          SLACK_BOT_TOKEN: secrets.botToken,
          SLACK_API_URL: slack.apiUrl,
          ...(options.socketMode === true
            ? { SLACK_APP_TOKEN: secrets.appToken }
            : { SLACK_SIGNING_SECRET: secrets.signingSecret }),
          ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
          AZURE_ARM_ENDPOINT: azure.url,
          AZURE_ARM_TOKEN: "sandbox-token",
          AWS_ENDPOINT_URL_EC2: ec2.url,
          AWS_ENDPOINT_URL_IAM: iam.url,
          LATCH_PAGERDUTY_TOKEN: PAGERDUTY_TOKEN,
          LATCH_OIDC_CLIENT_SECRET: OPENID_CLIENT.secret,
          AWS_ACCESS_KEY_ID: AWS_KEY.id,
          AWS_SECRET_ACCESS_KEY: AWS_KEY.secret,
          AWS_EC2_METADATA_DISABLED: "true",
        },
        movableClock,
      ),
    ),
  );
  const [first, ...others] = bots;
  if (first === undefined) throw new Error("a sandbox needs a bot");
  openid.register({ ...OPENID_CLIENT, redirectUris: [`${front.url}/link/callback`] });
  for (const each of [front, ipv6Front]) each?.forwardTo(() => (bots.find((bot) => bot.isRunning()) ?? first).url);
  if (options.socketMode !== true) slack.deliverTo(`${first.url}/slack/events`);

  return {
    clock,
    slack,
    azure,
    ec2,
    iam,
    openid,
    pagerDuty,
    roles,
    network,
    front,
    ipv6Front,
    faults,
    configFile,
    secrets,
    bots: [first, ...others],
    stop: async () => {
      for (const each of Object.values(faults)) each.clear();
      await Promise.all(bots.map((bot) => bot.kill()));
      await network.stop();
      await Promise.all([
        front.stop(),
        ipv6Front?.stop(),
        slack.stop(),
        azure.stop(),
        ec2.stop(),
        iam.stop(),
        openid.stop(),
        pagerDuty.stop(),
      ]);
      await rm(folder, {
        recursive: true,
        force: true,
      });
    },
  };
};
