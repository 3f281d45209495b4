/** Builds every part of the bot; starts and stops them together. */

import type { Logger } from "pino";
import { type Fault, isFault } from "./access/fault.ts";
import { type RequestId, randomId } from "./access/identifier.ts";
import type { CloudName, FirewallId, MachineRef } from "./access/machine.ts";
import type { Directory } from "./access/person.ts";
import { type Clock, SECOND } from "./access/time.ts";
import { type AuditEvent, auditEvent } from "./audit/event.ts";
import type { Cloud, OpenFirewall } from "./cloud/firewall.ts";
import { createMachines, type Machines } from "./cloud/machines.ts";
import type { ReadRules } from "./cloud/rules.ts";
import type { WithheldMemory } from "./cloud/withheld.ts";
import type { Config, Settings } from "./config.ts";
import { startHttpServer } from "./http/server.ts";
import { createDestinationLook, createFanOut, type DeliverDeps } from "./notices/deliver.ts";
import { messageOf, problemOf } from "./operator-log.ts";
import { ruleFor } from "./policy/match.ts";
import { type Beats, createBeats } from "./reconcile/beats.ts";
import { createCloseWithoutMemory } from "./reconcile/close-without-memory.ts";
import { createLoop, type Loop, type LoopDeps } from "./reconcile/loop.ts";
import { createPass } from "./reconcile/pass.ts";
import { createReport } from "./reconcile/report.ts";
import { createReportProtections } from "./reconcile/report-protections.ts";
import { createResync } from "./reconcile/resync.ts";
import { createTellOverdue, OVERDUE_AFTER } from "./reconcile/tell-overdue.ts";
import { QUEUES } from "./redis/keys.ts";
import { type Memory, openMemory } from "./redis/memory.ts";
import { createAnswers, type LogProblem } from "./slack/answer.ts";
import { createSlackApp, type SlackApp } from "./slack/app.ts";
import { createDirectory, type Home } from "./slack/directory.ts";
import { createHome } from "./slack/home.ts";
import { createHttpReceiver, type HttpReceiver } from "./slack/http-receiver.ts";
import { listenForButtons } from "./slack/listen-buttons.ts";
import { listenForCommands } from "./slack/listen-commands.ts";
import { listenForProtections } from "./slack/listen-protections.ts";
import { createMessenger } from "./slack/messenger.ts";
import type { WorkflowDeps } from "./workflow/deps.ts";
import { createEndEarly } from "./workflow/end-early.ts";
import { createExplainWhy } from "./workflow/explain-why.ts";
import { createListMine } from "./workflow/list-mine.ts";
import { createListPosture } from "./workflow/list-posture.ts";
import { createLookAtRequest } from "./workflow/look-at-request.ts";
import { createOverruleUndercut } from "./workflow/overrule.ts";
import { createPostureReading } from "./workflow/posture-reading.ts";
import { createProtectMachine } from "./workflow/protect-machine.ts";
import { createRecordRefusal } from "./workflow/record-refusal.ts";
import { createReviewRequest } from "./workflow/review-request.ts";
import { createSubmitRequest } from "./workflow/submit-request.ts";
import { createUnprotectMachine } from "./workflow/unprotect-machine.ts";

export interface LatchDeps {
  readonly settings: Settings;
  /** What is configured; for closing only, when `policyProblem` says why nothing may be given. */
  readonly config: Config;
  readonly policyProblem: string | undefined;
  /** Opens the configured clouds. `withheld` is where their adapters remember what they took out of other people's firewalls. */
  readonly openClouds: (withheld: WithheldMemory) => Promise<ReadonlyMap<CloudName, Cloud>>;
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
  const { config, clock, log } = deps;
  const memory = await openMemory({
    ...deps.settings,
    installation: config.installation,
    clock,
    log,
    onAppended: deps.onAppended,
    committed: () => beats.poke(),
  });
  const clouds = await deps.openClouds(memory.withheld);
  const machines = createMachines(new Map([...clouds].map(([name, cloud]) => [name, cloud.inventory])));
  const slack = openSlack(deps, memory);
  answerPeople(deps, clouds, memory, machines, slack);
  const beats = makeItSo(deps, clouds, memory, machines, slack);

  const http = await startHttpServer({
    port: deps.settings.port,
    notReady: () => notReady(deps, memory, machines, beats),
    ...(slack.receiver === undefined ? {} : { slackEvents: slack.receiver.receive }),
  });
  await memory.redis
    .untilReady(FIRST_CONTACT)
    .catch(() => log.warn({}, "redis isn't there yet: nothing is opened until it is"));
  for (const warning of await memory.redis.warnings().catch(() => [])) log.warn({}, warning);
  beats.start();
  await slack.app.start().catch((error: unknown) => log.error(problemOf(error), "slack can't be reached yet"));
  await memory.auditLog
    .append(auditEvent("bot.started", randomId(), clock.now(), "bot", { installation: config.installation }))
    .catch((error: unknown) => log.warn(problemOf(error), "start not recorded"));

  return {
    port: http.port,
    stop: async () => {
      await slack.app.stop().catch(() => undefined);
      await http.stop();
      await beats.stop();
      await memory.close();
    },
  };
};

interface Slack extends SlackApp {
  readonly home: () => Promise<Home>;
  readonly directory: Directory;
  /** Absent with Socket Mode. */
  readonly receiver: HttpReceiver | undefined;
}

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
  const home = createHome(client);
  return { app, client, home, receiver, directory: createDirectory({ client, clock, home }) };
};

/** From ask to answer: what people type and click. */
const answerPeople = (
  deps: LatchDeps,
  clouds: ReadonlyMap<CloudName, Cloud>,
  { ledger, auditLog }: Memory,
  machines: Machines,
  slack: Slack,
): void => {
  const { config, policyProblem, clock } = deps;
  const { app, client, directory } = slack;
  const zone = (): string => config.timezone;
  const log: LogProblem = ({ error, ...rest }) =>
    deps.log.error({ ...rest, ...problemOf(error) }, "a person couldn't be served");
  const workflow: WorkflowDeps = {
    ledger,
    auditLog,
    directory,
    machines,
    policy: () => (policyProblem === undefined ? config.policy : undefined),
    securityRoles: () => config.security?.roles ?? [],
    zone,
    clock,
    newId: randomId,
  };
  const endEarly = createEndEarly(workflow);
  const recordRefusal = createRecordRefusal(workflow);
  const answers = createAnswers({ endEarly, recordRefusal, clock, zone, log });
  const submitRequest = createSubmitRequest(workflow);
  const protectDeps = { ...workflow, openFirewall: openFirewallOf(clouds) };
  const protectMachine = createProtectMachine(protectDeps);
  const unprotectMachine = createUnprotectMachine(workflow);
  const listMine = createListMine(workflow);
  const postureDeps = { ...workflow, readRules: readRulesOf(clouds) };
  const listPosture = createListPosture(postureDeps, createPostureReading(postureDeps));
  listenForCommands(app, {
    submitRequest,
    listMine,
    listPosture,
    explainWhy: createExplainWhy(postureDeps),
    protectMachine,
    unprotectMachine,
    answers,
    clock,
    zone,
  });
  listenForButtons(app, { ...createReviewRequest(workflow), client, answers, log });
  const overruleUndercut = createOverruleUndercut(protectDeps, protectMachine);
  listenForProtections(app, { protectMachine, overruleUndercut, answers });
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

const openFirewallOf =
  (clouds: ReadonlyMap<CloudName, Cloud>): OpenFirewall =>
  (id) =>
    [...clouds.values()].map((cloud) => cloud.firewall(id)).find((found) => found !== undefined);

/** From grants to firewalls and from events to messages, at every beat. */
const makeItSo = (
  deps: LatchDeps,
  clouds: ReadonlyMap<CloudName, Cloud>,
  memory: Memory,
  machines: Machines,
  { client, home }: Slack,
): Beats => {
  const { config, clock, log } = deps;
  const { ledger, auditLog, outbox, remembered } = memory;
  const firewallWakeups = memory.wakeups(QUEUES.firewalls);
  const inventories = [...clouds.values()].map((cloud) => cloud.inventory);
  const openFirewall = openFirewallOf(clouds);
  let homeTeam = "";

  const report = createReport({ ledger, machines, remembered, clock });
  const channelFor = (machine: MachineRef): string => channelOf(machine, config, machines);
  const pass = createPass({
    ledger,
    auditLog,
    openFirewall,
    remembered,
    report,
    reportProtections: createReportProtections({
      ledger,
      clock,
      driftOf: (machine) => driftOf(machine, config, machines),
    }),
    clock,
    machines,
    channelFor,
    homeTeam: () => homeTeam,
  });
  const tellOverdue = createTellOverdue({ ledger, auditLog, clock, overdueAfter: OVERDUE_AFTER });
  const lookAtRequest = createLookAtRequest({ ledger, clock });
  const deliver: DeliverDeps = {
    outbox,
    clock,
    messenger: createMessenger({ client, ledger, clock, zone: () => config.timezone }),
    securityChannel: () => config.security?.channel,
    undeliverable: ({ id, destination }, error) =>
      log.error({ notice: id, destination, ...problemOf(error) }, "notice undeliverable"),
  };
  const fanOut = createFanOut(deliver);

  const loopOver = (queue: string, sentence: string, look: LoopDeps["look"], after?: LoopDeps["failed"]): Loop =>
    createLoop({
      clock,
      look,
      wakeups: memory.wakeups(queue),
      concurrency: SIDE_BY_SIDE,
      failed: async (id, error, againAt) => {
        if (!isLeaseLost(error)) log.warn({ id, againAt, ...problemOf(error) }, sentence);
        return after?.(id, error, againAt);
      },
    });
  const loops = [
    loopOver(
      QUEUES.firewalls,
      "firewall not as it should be",
      (id, stillMine, signal) => pass(id as FirewallId, stillMine, signal),
      (id, error) => tellOverdue(id as FirewallId, messageOf(error)),
    ),
    loopOver(QUEUES.requests, "request not looked at", (id) => lookAtRequest(id as RequestId)),
    // Who hears an event is woken by it, and needn't wait for the next beat.
    loopOver(QUEUES.outboxEvents, "events not handed out", () => fanOut().finally(() => beats.poke())),
    loopOver(QUEUES.destinations, "notices not delivered", createDestinationLook(deliver)),
  ];

  const withoutMemory = createCloseWithoutMemory({
    openFirewall,
    remembered,
    clock,
    failed: (id, error) => log.warn({ id, ...problemOf(error) }, "firewall not closed while memory is away"),
  });
  const resync = createResync({
    inventories,
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
    const found = await home().catch(() => undefined);
    homeTeam = found?.enterpriseId ?? found?.teamId ?? homeTeam;
  };
  const minute = async (signal: AbortSignal): Promise<void> => {
    // A mark names an address; whose it is must be known once before it is read. Afterwards what has to close doesn't wait for a slow inventory.
    if (machines.isComplete()) await Promise.all([resync(signal), refresh(signal)]);
    else await refresh(signal).then(() => resync(signal));
  };
  const beats = createBeats({
    loops,
    firewallWakeups,
    remembered,
    withoutMemory,
    minute,
    clock,
    failed: (what, error) => log.error({ what, ...problemOf(error) }, "a beat failed"),
  });
  return beats;
};

/** Where what happens on a machine is told, when no request says it. */
const channelOf = (machine: MachineRef, { policy, security }: Config, machines: Machines): string => {
  const found = machines.byId(machine.id);
  const rule = found === undefined ? undefined : ruleFor(policy, found);
  return rule?.channel ?? security?.channel ?? policy.rules[0]?.channel ?? "";
};

/** What happens to rules of others that come to undercut a protection; of a machine that no rule speaks of they are told. */
const driftOf = (machine: MachineRef, { policy }: Config, machines: Machines): "tell" | "withhold" => {
  const found = machines.byId(machine.id);
  return (found === undefined ? undefined : ruleFor(policy, found)?.drift) ?? "tell";
};

const notReady = (
  { policyProblem, clock }: LatchDeps,
  { redis }: Memory,
  machines: Machines,
  beats: Beats,
): readonly string[] => [
  ...(policyProblem === undefined ? [] : [`config: ${policyProblem}`]),
  ...(redis.isReady() ? [] : ["redis: away"]),
  ...(machines.isComplete() ? [] : ["inventory: not read yet"]),
  ...(clock.now() - (beats.lastSecondAt() ?? 0) < BEAT_IS_LATE ? [] : ["beats: not running"]),
];

/** Somebody else is at it, or it is to be looked at again at once: nothing that operators need to know. */
const isLeaseLost = (error: unknown): error is Fault => isFault(error) && error.code === "lease-lost";

const SIDE_BY_SIDE = 64;
const BEAT_IS_LATE = 5 * SECOND;
const FIRST_CONTACT = 2 * SECOND;
