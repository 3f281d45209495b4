/** Everything that the bot is made of, built once. */

import { join } from "node:path";
import type { Logger } from "pino";
import { AUTHORITIES, type AuthorityName } from "./access/authority.ts";
import { randomId } from "./access/identifier.ts";
import type { CloudName, MachineRef } from "./access/machine.ts";
import type { Clock } from "./access/time.ts";
import type { AuditEvent } from "./audit/event.ts";
import type { Cloud, OpenFirewall } from "./cloud/firewall.ts";
import type { Inventory } from "./cloud/inventory.ts";
import { createMachines, type Machines } from "./cloud/machines.ts";
import type { ReadRules } from "./cloud/rules.ts";
import type { WithheldMemory } from "./cloud/withheld.ts";
import type { CurrentConfig } from "./config/current-config.ts";
import { openLockdownTrace } from "./config/lockdown-trace.ts";
import type { Config, Settings } from "./config.ts";
import { problemOf } from "./operator-log.ts";
import { openPeople, type People } from "./people.ts";
import type { Authority } from "./policy/authority.ts";
import { type Memory, openMemory } from "./redis/memory.ts";
import { createSlackApp, type SlackApp } from "./slack/app.ts";
import type { OwnWorkspace } from "./slack/directory.ts";
import { createHttpReceiver, type HttpReceiver } from "./slack/http-receiver.ts";
import { createOwnWorkspace } from "./slack/own-workspace.ts";
import { createKeepLockdown, type KeepLockdown } from "./workflow/lockdown/keep-lockdown.ts";
import type { ProtectDeps } from "./workflow/protecting/protect-machine.ts";
import { createRecheck, type Recheck } from "./workflow/recheck.ts";
import { createShownPeople } from "./workflow/shown-people.ts";
import {
  createPostureReading,
  type PostureDeps,
  type PostureReading,
} from "./workflow/standing-of-machines/posture-reading.ts";

export interface LatchDeps {
  readonly settings: Settings;
  readonly current: CurrentConfig;
  /** Opens the configured clouds. `withheld` is where their adapters remember what they took out of other people's firewalls. */
  readonly openClouds: (withheld: WithheldMemory) => Promise<ReadonlyMap<CloudName, Cloud>>;
  /** Those that rules of this configuration name; once for each configuration. */
  readonly openAuthorities: (config: Config) => Promise<ReadonlyMap<AuthorityName, Authority>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Each audit event as it was appended. */
  readonly onAppended: (event: AuditEvent) => void;
}

export interface Parts extends Pick<LatchDeps, "settings" | "current" | "clock" | "log"> {
  readonly memory: Memory;
  readonly inventories: readonly Inventory[];
  /** Whether the machine's cloud says so of it, not only by leaving it out of a list. */
  readonly isGone: (machine: MachineRef, signal: AbortSignal) => Promise<boolean>;
  readonly openFirewall: OpenFirewall;
  readonly machines: Machines;
  readonly slack: Slack;
  readonly people: People;
  /** What the workflow needs of the world, all of it. */
  readonly workflow: ProtectDeps & PostureDeps;
  readonly postures: PostureReading;
  /** There is a page that sees where people are. */
  readonly hasAddressPage: boolean;
  /** Whether what is open would still be given. */
  readonly recheck: Recheck;
  readonly keepLockdown: KeepLockdown;
}

export interface Slack extends SlackApp {
  readonly home: () => Promise<OwnWorkspace>;
  /** Absent with Socket Mode. */
  readonly receiver: HttpReceiver | undefined;
}

/** `committed` is called after each write of this process: something may have become due. */
export const buildParts = async (deps: LatchDeps, committed: () => void): Promise<Parts> => {
  const { settings, current, clock, log, onAppended } = deps;
  const { config } = current;
  const { installation } = config();
  const memory = await openMemory({ ...settings, installation, clock, log, onAppended, committed });
  const clouds = await deps.openClouds(memory.withheld);
  const inventories = new Map([...clouds].map(([name, cloud]) => [name, cloud.inventory]));
  const machines = createMachines(inventories, clock);
  const slack = openSlack(deps, memory);
  const people = openPeople({ ...deps, ...slack, memory });
  const openFirewall: OpenFirewall = (id) =>
    [...clouds.values()].map((cloud) => cloud.firewall(id)).find((found) => found !== undefined);
  const hasAddressPage = settings.publicUrl !== undefined;
  const workflow: Parts["workflow"] = {
    ledger: memory.ledger,
    auditLog: memory.auditLog,
    directory: people.directory,
    shownPeople: createShownPeople({ directory: people.directory, clock }),
    machines,
    policy: () => (current.problems().length === 0 ? config().policy : undefined),
    securityRoles: () => config().security?.roles ?? [],
    zone: () => config().timezone,
    authorities: authoritiesOf(current, deps.openAuthorities),
    authorityTimeoutMs: () => config().authorities.timeoutMs,
    authorityFailed: (authority, error, reference) =>
      log.warn({ authority, reference, ...problemOf(error) }, "an authority couldn't be asked"),
    clock,
    newId: randomId,
    openFirewall,
    readRules: readRulesOf(clouds),
    ...(hasAddressPage ? { rememberedAddresses: memory.addresses.remembered } : {}),
  };
  return {
    settings,
    current,
    clock,
    log,
    memory,
    inventories: [...inventories.values()],
    isGone: async ({ cloud, id }, signal) => (await inventories.get(cloud)?.isGone?.(id, signal)) ?? true,
    openFirewall,
    machines,
    slack,
    people,
    workflow,
    hasAddressPage,
    postures: createPostureReading(workflow),
    recheck: createRecheck(workflow),
    keepLockdown: createKeepLockdown({
      ledger: memory.ledger,
      trace: openLockdownTrace({ file: join(settings.dataFolder, "lockdown.json"), installation }),
      failed: (error) => log.warn(problemOf(error), "a restart may not find whether a lockdown stands"),
    }),
  };
};

const openSlack = ({ settings, clock, log }: LatchDeps, { firstTime }: Memory): Slack => {
  const { botToken, apiUrl, receive } = settings.slack;
  const refused = (why: string): void => log.warn({ why }, "request refused that isn't Slack's");
  const receiver =
    receive.kind === "http"
      ? createHttpReceiver({ signingSecret: receive.signingSecret, clock, firstTime, refused })
      : undefined;
  const { app, client } = createSlackApp({
    botToken,
    apiUrl,
    transport: receive.kind === "socket" ? receive : { kind: "http", receiver: receiver as HttpReceiver },
    log: (level, message) => log[level]({ message }, "slack library"),
  });
  const home = createOwnWorkspace(client);
  return { app, client, home, receiver };
};

/** Each cloud is asked about its own machines. */
const readRulesOf =
  (clouds: ReadonlyMap<CloudName, Cloud>): ReadRules =>
  async (machines, signal) => {
    const byCloud = Map.groupBy(machines, (machine) => machine.cloud);
    const read = await Promise.all(
      [...byCloud].map(async ([name, own]) => [...((await clouds.get(name)?.readRules(own, signal)) ?? [])]),
    );
    return new Map(read.flat());
  };

/** Whoever is named by the configuration that counts when they are asked. One that no rule names any more has no say. */
const authoritiesOf = (
  { config }: CurrentConfig,
  open: LatchDeps["openAuthorities"],
): ReadonlyMap<AuthorityName, Authority> => {
  let opened: { readonly config: Config; readonly authorities: ReturnType<typeof open> } | undefined;
  const now = (): ReturnType<typeof open> => {
    if (opened?.config !== config()) opened = { config: config(), authorities: open(config()) };
    return opened.authorities;
  };
  const ask =
    (name: AuthorityName): Authority["ask"] =>
    async (question, signal) =>
      (await now()).get(name)?.ask(question, signal) ?? { kind: "no", because: { kind: "no-say" } };
  return new Map(AUTHORITIES.map((name) => [name, { name, ask: ask(name) }]));
};
