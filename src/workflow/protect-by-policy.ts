/** What a rule's `protect: auto` asks for, without anybody asking. */

import { createHash } from "node:crypto";
import { protectionIdOf } from "../access/identifier.ts";
import { type Machine, type MachineId, refOf } from "../access/machine.ts";
import { isRefusal } from "../access/refusal.ts";
import { type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { isOnNow } from "../grants/protection.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { portsOf } from "../policy/resolve.ts";
import { blockTargetsOf, usualServices } from "./block-targets.ts";
import { foresee } from "./foresee.ts";
import type { ProtectDeps } from "./protect-machine.ts";
import { storeProtection } from "./store-protection.ts";

/**
 * One look at all machines, safe to repeat. One that can't be protected without doing more than that is told, once for the same reasons, with a button. A machine that
 * can't be looked at is for the next time; the first such `Fault` is thrown when all were tried.
 */
export const createProtectByPolicy = (deps: ProtectDeps) => {
  /** Waiting for somebody's word, or not to be protected at all: looking again each minute would be many calls for nothing. */
  const notBefore = new Map<MachineId, EpochMs>();

  const protect = async (machine: Machine, rule: Rule, policy: Policy): Promise<void> => {
    const targets = blockTargetsOf(machine);
    if (isRefusal(targets)) return;
    const services = usualServices(machine, policy);
    const { concerns, ...foreseen } = await foresee(machine, portsOf(services), targets, undefined, deps);
    if (concerns.length === 0) {
      const wish = { machine, services, targets: foreseen.targets, channel: rule.channel, by: undefined };
      await storeProtection(wish, deps);
      return;
    }
    const protectionId = protectionIdOf(machine.id);
    const reasons = createHash("sha256").update(JSON.stringify(concerns)).digest("hex").slice(0, 12);
    await deps.auditLog.append(
      auditEvent("protection.wanted", `${protectionId}/${reasons}`, deps.clock.now(), "bot", {
        protectionId,
        machine: refOf(machine),
        services: services.map((service) => service.name),
        ports: portsOf(services),
        channel: rule.channel,
        concerns,
      }),
    );
  };

  return async (signal: AbortSignal): Promise<void> => {
    const policy = deps.policy();
    if (policy === undefined || !deps.machines.isComplete()) return;
    const wanted = deps.machines.all().flatMap((machine) => {
      const rule = ruleFor(policy, machine);
      return rule?.protect === "auto" ? [{ machine, rule }] : [];
    });
    if (wanted.length === 0) return;
    const protectedOnes = new Set(
      (await deps.ledger.liveProtections()).filter(isOnNow).map(({ machine }) => machine.id),
    );
    let problem: unknown;
    for (const { machine, rule } of wanted) {
      if (signal.aborted) return;
      if (protectedOnes.has(machine.id) || deps.clock.now() < (notBefore.get(machine.id) ?? 0)) continue;
      notBefore.set(machine.id, later(deps.clock.now(), LOOK_AGAIN));
      try {
        await protect(machine, rule, policy);
      } catch (error) {
        notBefore.delete(machine.id);
        problem ??= error;
      }
    }
    if (problem !== undefined) throw problem;
  };
};

const LOOK_AGAIN = (10 * MINUTE) as DurationMs;
