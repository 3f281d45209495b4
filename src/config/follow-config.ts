/** Follows the configuration file: a good one counts from now on, a bad one doesn't, and people are told of both, once. */

import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { randomId } from "../access/identifier.ts";
import type { Clock } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import { problemOf } from "../operator-log.ts";
import type { ToldConfig } from "../redis/told-config.ts";
import type { Config } from "./build.ts";
import { configChanges } from "./changes.ts";
import type { CurrentConfig } from "./current-config.ts";
import { watchConfig } from "./watch.ts";

interface FollowDeps {
  readonly file: string;
  readonly current: CurrentConfig;
  readonly toldConfig: ToldConfig;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Following {
  /** Looks at once, as SIGHUP asks for. */
  readonly look: () => void;
  readonly stop: () => void;
}

export const followConfig = ({ file, current, toldConfig, clock, log }: FollowDeps): Following => {
  const stopping = new AbortController();

  const changed = (changes: readonly string[], how: ChangedHow, ...configs: readonly Config[]): AuditEvent => {
    const inOrder = changes.toSorted((a, b) => weightOf(a) - weightOf(b));
    const facts = { changes: inOrder.slice(0, MOST_KEPT), more: Math.max(0, changes.length - MOST_KEPT), how };
    return auditEvent("policy.changed", randomId(), clock.now(), "bot", { ...facts, channels: channelsOf(configs) });
  };
  const refused = (problems: readonly string[], counts: boolean): AuditEvent => {
    const facts = { problems: problems.slice(0, MOST_KEPT), more: Math.max(0, problems.length - MOST_KEPT), counts };
    const channels = channelsOf([current.config()]);
    return auditEvent("policy.refused", randomId(), clock.now(), "bot", { ...facts, channels });
  };

  /** What it was started with may be another than what the last start, or another replica, told. */
  const tellStart = async (): Promise<void> => {
    const problems = current.problems();
    const { lastText } = current;
    if (problems.length > 0) {
      await toldConfig.tell(`refused ${fingerprint(current.text())}`, () => refused(problems, false));
      return;
    }
    await toldConfig.tell(`counts ${fingerprint(current.text())}`, (before) => {
      if (before === undefined) return undefined;
      const changes = lastText === undefined ? [UNKNOWN_BEFORE] : configChanges(lastText, current.text());
      return changed(changes, before.startsWith("refused") ? "usable-again" : "at-start", current.config());
    });
  };

  const take: Parameters<typeof watchConfig>[0]["changed"] = async (reading, text) => {
    const before = current.config();
    const couldNotBeUsed = current.problems().length > 0;
    const taken = await current.take(reading, text);
    if (taken.kind === "refused") {
      const counts = current.problems().length === 0;
      log.error({ problems: taken.problems, counts }, "the new configuration can't be used");
      await toldConfig.tell(`refused ${fingerprint(text)}`, () => refused(taken.problems, counts));
      return;
    }
    const state = `counts ${fingerprint(text)}`;
    if (taken.kind === "same") {
      // It is as it was before somebody tried another: there is nothing to tell, but the next try is one again.
      await toldConfig.tell(state, () => undefined);
      return;
    }
    const later = taken.later.map((part) => `${part}: only after the bot is started again`);
    log.info({ changes: taken.changes, later: taken.later }, "the new configuration counts");
    const how = couldNotBeUsed ? "usable-again" : "while-running";
    await toldConfig.tell(state, () => changed([...taken.changes, ...later], how, before, current.config()));
  };

  /** Memory may be away: it is told when it is there again. */
  const told = async (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => log.warn(problemOf(error), "a change of the configuration wasn't told"));

  const started = told(tellStart);
  const { look } = watchConfig({
    file,
    known: current.text(),
    signal: stopping.signal,
    changed: (reading, text) => started.then(() => told(async () => take(reading, text))),
  });
  return { look, stop: () => stopping.abort() };
};

type ChangedHow = Extract<AuditEvent, { kind: "policy.changed" }>["how"];

const fingerprint = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** Where security hears; without such a place, where cards go. */
const channelsOf = (configs: readonly Config[]): readonly string[] => {
  const named = configs.flatMap(({ security }) => security?.channel ?? []);
  const places = named.length > 0 ? named : configs.flatMap(({ policy }) => policy.rules[0]?.channel ?? []);
  return [...new Set(places)];
};

/** Who may have what comes first. */
const weightOf = (change: string): number => {
  const place = ["rule ", "deny ", "role ", "freeze "].findIndex((part) => change.startsWith(part));
  return place === -1 ? 9 : place;
};

const UNKNOWN_BEFORE = "what it said before isn't kept here";
const MOST_KEPT = 500;
