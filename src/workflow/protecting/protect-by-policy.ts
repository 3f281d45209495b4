/** What a rule's `protect: auto` asks for, without anybody asking. */

import { createHash } from "node:crypto";
import { protectionIdOf } from "../../access/identifier.ts";
import { type Machine, type MachineId, refOf } from "../../access/machine.ts";
import { portKey } from "../../access/port.ts";
import { isRefusal } from "../../access/refusal.ts";
import { type DurationMs, type EpochMs, later, MINUTE } from "../../access/time.ts";
import { auditEvent } from "../../audit/event.ts";
import { isOnNow, type Protection } from "../../grants/protection.ts";
import { ruleFor } from "../../policy/match.ts";
import type { Policy, Rule } from "../../policy/policy.ts";
import { portsOf } from "../../policy/resolve.ts";
import { blockTargetsOf, usualServices } from "./block-targets.ts";
import { foresee } from "./foresee.ts";
import type { ProtectDeps } from "./protect-machine.ts";
import { storeProtection, withKept } from "./store-protection.ts";

/**
 * One look at all machines, safe to repeat. One that can't be protected without doing more than that is told, once for the same reasons, with a button. A machine that
 * can't be looked at is for the next time; the first such `Fault` is thrown when all were tried.
 */
export const createProtectByPolicy = (deps: ProtectDeps) => {
  /** Waiting for somebody's word, or not to be protected at all: looking again each minute would be many calls for nothing. */
  const notBefore = new Map<MachineId, EpochMs>();

  const protect = async (
    machine: Machine,
    current: Protection | undefined,
    rule: Rule,
    policy: Policy,
  ): Promise<void> => {
    const targets = blockTargetsOf(machine);
    if (isRefusal(targets)) return;
    const services = withKept(usualServices(machine, policy), current, policy);
    const { concerns, ...foreseen } = await foresee(machine, portsOf(services), targets, current, deps);
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
    const protections = new Map(
      (await deps.ledger.liveProtections()).filter(isOnNow).map((protection) => [protection.id, protection]),
    );
    let problem: unknown;
    for (const { machine, rule } of wanted) {
      if (signal.aborted) return;
      const current = protections.get(protectionIdOf(machine.id));
      if (keepsUsual(machine, current, policy) || deps.clock.now() < (notBefore.get(machine.id) ?? 0)) continue;
      notBefore.set(machine.id, later(deps.clock.now(), LOOK_AGAIN));
      try {
        await protect(machine, current, rule, policy);
      } catch (error) {
        notBefore.delete(machine.id);
        problem ??= error;
      }
    }
    if (problem !== undefined) throw problem;
  };
};

/** Somebody may have protected other ports of it by hand. */
const keepsUsual = (machine: Machine, current: Protection | undefined, policy: Policy): boolean => {
  const kept = new Set((current?.ports ?? []).map(portKey));
  return portsOf(usualServices(machine, policy)).every((port) => kept.has(portKey(port)));
};

const LOOK_AGAIN = (10 * MINUTE) as DurationMs;
