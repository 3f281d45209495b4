/** The bot as a whole: starts and stops its parts together. */

import { randomId } from "./access/identifier.ts";
import { isoSeconds, SECOND } from "./access/time.ts";
import { answerPeople } from "./answer-people.ts";
import { auditEvent } from "./audit/event.ts";
import { followConfig } from "./config/follow-config.ts";
import { missingSettings } from "./config/missing-settings.ts";
import { startHttpServer } from "./http/server.ts";
import { makeItSo } from "./make-it-so.ts";
import { problemOf } from "./operator-log.ts";
import { buildParts, type LatchDeps, type Parts } from "./parts.ts";
import type { Beats } from "./reconcile/beats.ts";
import { addressPage } from "./see-addresses.ts";
import { unreadClouds } from "./workflow/fresh-machine.ts";

export type { LatchDeps } from "./parts.ts";

export interface Latch {
  readonly port: number;
  /** Whether the configuration file is another by now. */
  readonly lookAtConfig: () => void;
  readonly stop: () => Promise<void>;
}

export const startLatch = async (deps: LatchDeps): Promise<Latch> => {
  const { current, clock, log } = deps;
  const parts = await buildParts(deps, () => beats.poke());
  const { memory, slack } = parts;
  answerPeople(parts);
  const beats = makeItSo(parts);

  const addresses = addressPage(parts);
  const http = await startHttpServer({
    port: deps.settings.port,
    host: deps.settings.host,
    notReady: () => notReady(parts, beats),
    doubts: () => unread(parts),
    ...(slack.receiver === undefined ? {} : { slackEvents: slack.receiver.receive }),
    ...linkPage(parts),
    ...(addresses === undefined ? {} : { addresses }),
  });
  await memory.redis
    .untilReady(FIRST_CONTACT)
    .catch(() => log.warn({}, "redis isn't there yet: nothing is opened until it is"));
  // Before anything that is due, and before anybody can ask.
  await parts.keepLockdown().catch(() => undefined);
  for (const warning of missingSettings(current.config(), deps.settings)) log.warn({}, warning);
  for (const warning of await memory.redis.warnings().catch(() => [])) log.warn({}, warning);
  beats.start();
  await slack.app.start().catch((error: unknown) => log.error(problemOf(error), "slack can't be reached yet"));
  await memory.auditLog
    .append(auditEvent("bot.started", randomId(), clock.now(), "bot", { installation: current.config().installation }))
    .catch((error: unknown) => log.warn(problemOf(error), "start not recorded"));

  const following = followConfig({ ...parts, file: deps.settings.configFile, toldConfig: memory.toldConfig });
  return {
    port: http.port,
    lookAtConfig: following.look,
    stop: async () => {
      following.stop();
      await slack.app.stop().catch(() => undefined);
      await http.stop();
      await beats.stop();
      await memory.close();
    },
  };
};

const notReady = ({ current, clock, memory: { redis }, machines }: Parts, beats: Beats): readonly string[] => [
  ...current
    .problems()
    .slice(0, 1)
    .map((problem) => `config: ${problem}`),
  ...(redis.isReady() ? [] : ["redis: away"]),
  ...(machines.isComplete() ? [] : ["inventory: not read yet"]),
  ...(clock.now() - (beats.lastSecondAt() ?? 0) < BEAT_IS_LATE ? [] : ["beats: not running"]),
];

/** People are refused there, and can still deny, close and withdraw: they must go on reaching us. */
const unread = ({ clock, machines }: Parts): readonly string[] =>
  unreadClouds(machines, clock.now()).flatMap(({ cloud, since }) =>
    since === undefined ? [] : [`inventory: ${cloud} not read since ${isoSeconds(since)}`],
  );

/** Where people sign in to show who they are elsewhere. */
const linkPage = ({ settings: { publicUrl }, people: { visiting }, log }: Parts) =>
  visiting === undefined || publicUrl === undefined
    ? {}
    : {
        links: {
          visiting,
          publicUrl,
          failed: (error: unknown) => log.error(problemOf(error), "the page for linking is out of order"),
        },
      };

const BEAT_IS_LATE = 5 * SECOND;
const FIRST_CONTACT = 2 * SECOND;
