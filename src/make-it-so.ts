/** From grants and protections to firewalls and from events to messages, at every beat. */

import { type Fault, isFault } from "./access/fault.ts";
import type { RequestId } from "./access/identifier.ts";
import type { FirewallId, MachineRef } from "./access/machine.ts";
import type { Machines } from "./cloud/machines.ts";
import type { Config } from "./config.ts";
import { createDestinationLook, createFanOut, type DeliverDeps } from "./notices/deliver.ts";
import { messageOf, problemOf } from "./operator-log.ts";
import type { Parts } from "./parts.ts";
import { ruleFor } from "./policy/match.ts";
import { type Beats, createBeats } from "./reconcile/beats.ts";
import { createCloseWithoutMemory } from "./reconcile/close-without-memory.ts";
import { createLoop, type Loop, type LoopDeps } from "./reconcile/loop.ts";
import { createPass } from "./reconcile/pass.ts";
import { createReport } from "./reconcile/report.ts";
import { createReportProtections } from "./reconcile/report-protections.ts";
import { createResync } from "./reconcile/resync.ts";
import { createTellOverdue, OVERDUE_AFTER } from "./reconcile/tell-overdue.ts";
import { createTellUnread } from "./reconcile/tell-unread.ts";
import { QUEUES } from "./redis/keys.ts";
import { homePublisher, homesLookedAt } from "./show-homes.ts";
import { createChannelMembers } from "./slack/channel-members.ts";
import { createMessenger } from "./slack/messenger.ts";
import { createWatches, type Watch } from "./watches.ts";
import { createCardFacts } from "./workflow/card-facts.ts";
import { createLookAtRequest } from "./workflow/look-at-request.ts";
import { createCheckOpened } from "./workflow/standing-of-machines/check-opened.ts";
import { createWatchPosture } from "./workflow/standing-of-machines/watch-posture.ts";

export const makeItSo = (parts: Parts): Beats => {
  const { current, clock, log, memory, inventories, openFirewall, machines, workflow } = parts;
  const { ledger, auditLog, outbox, remembered } = memory;
  const { client, home } = parts.slack;
  const { config } = current;
  const firewallWakeups = memory.wakeups(QUEUES.firewalls);
  let homeTeam = "";

  const report = createReport({ ledger, machines, remembered, clock });
  const channelFor = (machine: MachineRef): string => channelOf(machine, config(), machines);
  const pass = createPass({
    ledger,
    auditLog,
    openFirewall,
    remembered,
    report,
    reportProtections: createReportProtections({
      ledger,
      clock,
      driftOf: (machine) => driftOf(machine, config(), machines),
    }),
    clock,
    machines,
    channelFor,
    homeTeam: () => homeTeam,
  });
  const tellOverdue = createTellOverdue({ ledger, auditLog, clock, overdueAfter: OVERDUE_AFTER });
  const tellUnread = createTellUnread({ machines, clock, told: memory.toldCloud });
  const lookAtRequest = createLookAtRequest({
    ...workflow,
    checkOpened: createCheckOpened(workflow),
    channelMembers: createChannelMembers(client),
    hasSecurityChannel: () => config().security?.channel !== undefined,
  });
  const deliver: DeliverDeps = {
    outbox,
    pace: memory.pace,
    clock,
    homes: homesLookedAt(parts),
    messenger: createMessenger({
      cardFacts: createCardFacts(workflow),
      publishHome: homePublisher(parts, () => beats.lastSecondAt()),
      hasAddressPage: parts.hasAddressPage,
      client,
      ledger,
      clock,
      zone: () => config().timezone,
      security: () => config().security,
    }),
    securityChannel: () => config().security?.channel,
    toldDirectly: async (id) => (await ledger.request(id))?.told?.flatMap(({ users }) => users) ?? [],
    undeliverable: ({ id, destination }, error) =>
      log.error({ notice: id, destination, ...problemOf(error) }, "notice undeliverable"),
  };
  const fanOut = createFanOut(deliver);

  const posture = createWatchPosture(workflow, parts.postures, memory.postures);
  const watches = createWatches(parts, { firewallWakeups, posture, homes: deliver.homes });
  const watchWakeups = memory.wakeups(QUEUES.watches);

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
    // Each replica looks by itself, before anything that is due: what it remembers others may not.
    { beat: parts.keepLockdown, stop: async () => undefined },
    loopOver(QUEUES.requests, "request not looked at", (id) => lookAtRequest(id as RequestId)),
    // Who hears an event is woken by it, and needn't wait for the next beat.
    loopOver(QUEUES.outboxEvents, "events not handed out", () => fanOut().finally(() => beats.poke())),
    loopOver(QUEUES.watches, "machines not watched", (id, _, signal) => watches[id as Watch](signal)),
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
    await tellUnread().catch((error: unknown) => log.warn(problemOf(error), "not told which clouds are unread"));
    const found = await home().catch(() => undefined);
    homeTeam = found?.enterpriseId ?? found?.teamId ?? homeTeam;
  };
  const minute = async (signal: AbortSignal): Promise<void> => {
    // A mark names an address; whose it is must be known once before it is read. Afterwards what has to close doesn't wait for a slow inventory.
    if (machines.isComplete()) await Promise.all([resync(signal), refresh(signal)]);
    else await refresh(signal).then(() => resync(signal));
    for (const watch of Object.keys(watches)) await watchWakeups.remind(watch, clock.now());
  };
  const digest = config().security?.digest;
  const beats = createBeats({
    scheduled:
      digest === undefined
        ? []
        : [
            {
              name: "digest",
              cron: digest,
              timezone: config().timezone,
              work: (signal) => posture.digest(clock.now(), signal),
            },
          ],
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

/** Somebody else is at it, or it is to be looked at again at once: nothing that operators need to know. */
const isLeaseLost = (error: unknown): error is Fault => isFault(error) && error.code === "lease-lost";

const SIDE_BY_SIDE = 64;
