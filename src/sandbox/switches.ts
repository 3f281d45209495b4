/** What can be made to fail in the sandbox, one switch each; switched off, it is as before. */

import type { FaultRule, Faults } from "./faults.ts";
import type { Sandbox } from "./sandbox.ts";

export const SWITCHES = ["azure-slow", "aws-throttles", "slack-refuses", "bot-killed"] as const;

export type SwitchName = (typeof SWITCHES)[number];

export interface Switches {
  readonly isOn: (name: SwitchName) => boolean;
  /** Resolves when it is so; the bot that was killed is only starting then. */
  readonly set: (name: SwitchName, on: boolean) => Promise<void>;
}

export const createSwitches = ({ faults, bots }: Pick<Sandbox, "faults" | "bots">): Switches => {
  const [bot] = bots;
  const undo = new Map<SwitchName, () => void>();
  const misbehaving: Readonly<Record<Exclude<SwitchName, "bot-killed">, readonly [Faults, FaultRule]>> = {
    "azure-slow": [faults.azure, { calls: /^(?:put|patch|delete) /iu, does: { kind: "delay", ms: SLOW_WRITE_MS } }],
    "aws-throttles": [faults.aws, { calls: /./u, does: { kind: "throttle" } }],
    // What Slack brings to the bot arrives all the same.
    "slack-refuses": [faults.slack, { calls: /^(?!deliver )/u, does: refusing() }],
  };
  return {
    isOn: (name) => (name === "bot-killed" ? !bot.isRunning() : undo.has(name)),
    set: async (name, on) => {
      if (name === "bot-killed") {
        if (on) await bot.kill();
        // How it comes up shows in what it says, and in whether it runs.
        else if (!bot.isRunning()) void bot.start("alive").catch(() => undefined);
        return;
      }
      const [server, rule] = misbehaving[name];
      if (on && !undo.has(name)) undo.set(name, server.add(rule));
      if (on) return;
      undo.get(name)?.();
      undo.delete(name);
    },
  };
};

/** Too many requests and an error of its own, in turn. https://docs.slack.dev/apis/web-api/rate-limits */
const refusing = (): FaultRule["does"] => {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % 2 === 1
      ? { kind: "throttle", retryAfterSeconds: 1 }
      : { kind: "answer", status: 500, body: "internal error" };
  };
};

const SLOW_WRITE_MS = 5_000;
