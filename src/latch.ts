/** Builds every part of the bot; starts and stops them together. */

import { join } from "node:path";
import type { Logger } from "pino";
import { isFault } from "./access/fault.ts";
import { randomId } from "./access/identifier.ts";
import type { CloudName, MachineRef } from "./access/machine.ts";
import { type Clock, SECOND } from "./access/time.ts";
import type { AuditEvent } from "./audit/event.ts";
import type { Cloud, OpenFirewall } from "./cloud/firewall.ts";
import { createMachines } from "./cloud/machines.ts";
import type { Config, Settings } from "./config.ts";
import { startHttpServer } from "./http/server.ts";
import { createDestinationLook, createFanOut } from "./notices/deliver.ts";
import { ruleFor } from "./policy/match.ts";
import { createBeats } from "./reconcile/beats.ts";
import { createCloseWithoutMemory } from "./reconcile/close-without-memory.ts";
import { createComplain, OVERDUE_AFTER } from "./reconcile/complain.ts";
import { createLoop, type Loop } from "./reconcile/loop.ts";
import { createPass } from "./reconcile/pass.ts";
import { createRememberedGrants } from "./reconcile/remembered-grants.ts";
import { createReport } from "./reconcile/report.ts";
import { createResync } from "./reconcile/resync.ts";
import { createRedisAuditLog } from "./redis/audit-log.ts";
import { connectRedis } from "./redis/connect.ts";
import { startEmbeddedRedis } from "./redis/embedded-server.ts";
import { keyPrefixOf, QUEUES } from "./redis/keys.ts";
import { createRedisLedger } from "./redis/ledger.ts";
import { createRedisOutbox } from "./redis/outbox.ts";
import { createReplayGuard } from "./redis/replays.ts";
import { createRedisWakeups } from "./redis/wakeups.ts";
import { createSlackApp } from "./slack/app.ts";
import { createDirectory } from "./slack/directory.ts";
import { createHome } from "./slack/home.ts";
import { createHttpReceiver } from "./slack/http-receiver.ts";
import { listenForButtons } from "./slack/listen-buttons.ts";
import { listenForCommands } from "./slack/listen-commands.ts";
import { createMessenger } from "./slack/messenger.ts";
import { createEndEarly } from "./workflow/end-early.ts";
import { createListMine } from "./workflow/list-mine.ts";
import { createLookAtRequest } from "./workflow/look-at-request.ts";
import { createRecordRefusal } from "./workflow/record-refusal.ts";
import { createReviewRequest } from "./workflow/review-request.ts";
import { createSubmitRequest } from "./workflow/submit-request.ts";

export interface LatchDeps {
  readonly settings: Settings;
  /** What is configured; for closing only, when `policyProblem` says why nothing may be given. */
  readonly config: Config;
  readonly policyProblem: string | undefined;
  readonly clouds: ReadonlyMap<CloudName, Cloud>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Each audit event as it was appended. */
  readonly onAppended: (event: AuditEvent) => void;
}

export interface Latch {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export const startLatch = async (deps: LatchDeps): Promise<Latch> => {
  const { settings, config, policyProblem, clouds, clock, log } = deps;
  const policy = () => (policyProblem === undefined ? config.policy : undefined);
  const zone = () => config.timezone;
  let homeTeam = "";

  // Memory
  const embedded =
    settings.redisUrl === undefined
      ? await startEmbeddedRedis({ folder: join(settings.dataFolder, "redis"), log })
      : undefined;
  const redis = connectRedis(settings.redisUrl ?? embedded?.url ?? "", { log });
  const prefix = keyPrefixOf(config.installation);
  const remembered = createRememberedGrants();
  const written = { clock, onAppended: deps.onAppended };
  const storedLedger = createRedisLedger(redis, prefix, written);
  const auditLog = createRedisAuditLog(redis, prefix, written);
  const outbox = createRedisOutbox(redis, prefix, { clock });
  const wakeupsOf = (queue: string) => createRedisWakeups(redis, prefix, queue);
  const firewallWakeups = wakeupsOf(QUEUES.firewalls);

  /** What this process commits it remembers, and looks at without waiting for the next beat. */
  const ledger: typeof storedLedger = {
    ...storedLedger,
    commit: async (write) => {
      const done = await storedLedger.commit(write);
      if (done && write.grant !== undefined) remembered.remember(write.grant);
      if (done) beats.poke();
      return done;
    },
  };

  // Clouds
  const machines = createMachines(new Map([...clouds].map(([name, cloud]) => [name, cloud.inventory])));
  const openFirewall: OpenFirewall = (id) =>
    [...clouds.values()].map((cloud) => cloud.firewall(id)).find((found) => found !== undefined);

  // Slack
  const transport =
    settings.slack.receive.kind === "socket"
      ? settings.slack.receive
      : {
          kind: "http" as const,
          receiver: createHttpReceiver({
            signingSecret: settings.slack.receive.signingSecret,
            clock,
            firstTime: createReplayGuard(redis, prefix).firstTime,
            refused: (why) => log.warn({ why }, "request refused that isn't Slack's"),
          }),
        };
  const { app, client } = createSlackApp({
    botToken: settings.slack.botToken,
    apiUrl: settings.slack.apiUrl,
    transport,
    log: (level, message) => log[level]({ message }, "slack library"),
  });
  const home = createHome(client);
  const directory = createDirectory({ client, clock, home });

  // From ask to answer
  const workflow = {
    ledger,
    auditLog,
    directory,
    machines,
    policy,
    clock,
    newId: randomId,
    securityRoles: () => config.security?.roles ?? [],
  };
  const listening = {
    clock,
    zone,
    client,
    ...createReviewRequest(workflow),
    submitRequest: createSubmitRequest(workflow),
    endEarly: createEndEarly(workflow),
    listMine: createListMine(workflow),
    recordRefusal: createRecordRefusal(workflow),
    log: ({ reference, error, doing }: { reference: string; error: unknown; doing: string }) =>
      log.error(
        {
          reference,
          doing,
          ...problemOf(error),
        },
        "a person couldn't be served",
      ),
  };
  listenForCommands(app, listening);
  listenForButtons(app, listening);

  // Making it so
  const channelFor = (machine: MachineRef): string => {
    const found = machines.byId(machine.id);
    const rule = found === undefined ? undefined : ruleFor(config.policy, found);
    return rule?.channel ?? config.security?.channel ?? config.policy.rules[0]?.channel ?? "";
  };
  const report = createReport({ ledger, machines, remembered, clock });
  const pass = createPass({
    ledger,
    auditLog,
    openFirewall,
    remembered,
    report,
    clock,
    machines,
    channelFor,
    homeTeam: () => homeTeam,
  });
  const complain = createComplain({ ledger, auditLog, clock, overdueAfter: OVERDUE_AFTER });
  const lookAtRequest = createLookAtRequest({ ledger, clock });
  const deliver = {
    outbox,
    clock,
    messenger: createMessenger({
      client,
      ledger,
      clock,
      zone,
    }),
    securityChannel: () => config.security?.channel,
    undeliverable: (
      delivery: {
        id: string;
        destination: string;
      },
      error: unknown,
    ) =>
      log.error(
        {
          notice: delivery.id,
          destination: delivery.destination,
          ...problemOf(error),
        },
        "notice undeliverable",
      ),
  };
  const fanOut = createFanOut(deliver);
  const lookAtDestination = createDestinationLook(deliver);

  const loopOver = (
    queue: string,
    look: Parameters<typeof createLoop>[0]["look"],
    failed: Parameters<typeof createLoop>[0]["failed"],
  ): Loop =>
    createLoop({
      clock,
      look,
      failed,
      wakeups: wakeupsOf(queue),
      concurrency: SIDE_BY_SIDE,
    });
  const logFailed =
    (sentence: string, after: (id: string, error: unknown) => ReturnType<typeof complain> = async () => undefined) =>
    async (id: string, error: unknown, againAt: number) => {
      if (!isFault(error) || error.code !== "lease-lost") log.warn({ id, againAt, ...problemOf(error) }, sentence);
      return after(id, error);
    };
  const loops = [
    loopOver(
      QUEUES.firewalls,
      (id, stillMine, signal) => pass(id as Parameters<typeof pass>[0], stillMine, signal),
      logFailed("firewall not as it should be", (id, error) =>
        complain(id as Parameters<typeof pass>[0], messageOf(error)),
      ),
    ),
    loopOver(
      QUEUES.requests,
      (id) => lookAtRequest(id as Parameters<typeof lookAtRequest>[0]),
      logFailed("request not looked at"),
    ),
    // Who hears an event is woken by it, and needn't wait for the next beat.
    loopOver(QUEUES.outboxEvents, () => fanOut().finally(() => beats.poke()), logFailed("events not handed out")),
    loopOver(QUEUES.destinations, lookAtDestination, logFailed("notices not delivered")),
  ];

  const withoutMemory = createCloseWithoutMemory({
    openFirewall,
    remembered,
    clock,
    failed: (id, error) =>
      log.warn(
        {
          id,
          ...problemOf(error),
        },
        "firewall not closed while memory is away",
      ),
  });
  const resync = createResync({
    inventories: [...clouds.values()].map((cloud) => cloud.inventory),
    ledger,
    wakeups: firewallWakeups,
    remembered,
    clock,
    withoutMemory,
    failed: (error) => log.warn(problemOf(error), "not everything could be looked at"),
  });
  const refresh = async (signal: AbortSignal): Promise<void> => {
    for (const { cloud, error } of await machines.refresh(signal))
      log.warn({ cloud, ...problemOf(error) }, "machines not read");
    homeTeam = await home().then(
      ({ teamId, enterpriseId }) => enterpriseId ?? teamId,
      () => homeTeam,
    );
  };
  const beats = createBeats({
    loops,
    firewallWakeups,
    remembered,
    withoutMemory,
    clock,
    minute: async (signal) => {
      await Promise.all([machines.isComplete() ? resync(signal) : undefined, refresh(signal)]);
      await resync(signal);
    },
    failed: (what, error) =>
      log.error(
        {
          what,
          ...problemOf(error),
        },
        "a beat failed",
      ),
  });

  // Doors to the outside, once everything behind them is there
  const http = await startHttpServer({
    port: settings.port,
    notReady: () => [
      ...(policyProblem === undefined ? [] : [`config: ${policyProblem}`]),
      ...(redis.isReady() ? [] : ["redis: away"]),
      ...(machines.isComplete() ? [] : ["inventory: not read yet"]),
      ...(clock.now() - (beats.lastSecondAt() ?? 0) < BEAT_IS_LATE ? [] : ["beats: not running"]),
    ],
    ...(transport.kind === "http" ? { slackEvents: transport.receiver.receive } : {}),
  });
  await redis
    .untilReady(FIRST_CONTACT)
    .catch(() => log.warn({}, "redis isn't there yet: nothing is opened until it is"));
  for (const warning of await redis.warnings().catch(() => [])) log.warn({}, warning);
  beats.start();
  await app.start().catch((error: unknown) => log.error(problemOf(error), "slack can't be reached yet"));
  await auditLog
    .append({
      id: `bot.started/${randomId()}`,
      at: clock.now(),
      actor: { kind: "bot" },
      kind: "bot.started",
      installation: config.installation,
    })
    .catch((error: unknown) => log.warn(problemOf(error), "start not recorded"));

  return {
    port: http.port,
    stop: async () => {
      await app.stop().catch(() => undefined);
      await http.stop();
      await beats.stop();
      redis.close();
      await embedded?.stop();
    },
  };
};

/** What a log line says of an error; a cause may hold more than operators should see, so only its message. */
const problemOf = (error: unknown): object => ({
  problem: messageOf(error),
  ...(isFault(error)
    ? { code: error.code, retry: error.retry }
    : { stack: error instanceof Error ? error.stack : undefined }),
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const SIDE_BY_SIDE = 64;
const BEAT_IS_LATE = 5 * SECOND;
const FIRST_CONTACT = 2 * SECOND;
