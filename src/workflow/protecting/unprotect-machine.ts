/** `/jit unprotect`: what was changed for a machine's protection is put back. */

import { protectionIdOf } from "../../access/identifier.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { lifted } from "../../grants/lift-protection.ts";
import { lockedDown } from "../../grants/lockdown.ts";
import { isOnNow, type Protection } from "../../grants/protection.ts";
import { untilWritten } from "../../grants/until-written.ts";
import type { WorkflowDeps } from "../deps.ts";
import { freshMachine } from "../fresh-machine.ts";
import { configurerOf } from "./configuring.ts";

/** Throws a `Fault` when something that has to be known can't be. */
export type UnprotectMachine = (machine: string, user: string) => Promise<Protection | Refusal>;

export const createUnprotectMachine =
  (deps: WorkflowDeps): UnprotectMachine =>
  async (typed, user) => {
    const machine = await freshMachine(() => deps.machines.find(typed), deps.machines);
    if (isRefusal(machine)) return machine;
    const configurer = await configurerOf(user, machine, deps);
    if (isRefusal(configurer)) return configurer;
    const { member, rule } = configurer;
    const id = protectionIdOf(machine.id);
    return untilWritten(`lift protection \`${id}\``, async () => {
      const lockdown = await deps.ledger.lockdown();
      // What others let in would be let in again.
      if (lockdown !== undefined) return lockedDown(lockdown);
      if (rule.protect === "auto") return refuse("protected-by-policy", { machine: machine.name, rule: rule.name });
      const current = await deps.ledger.protection(id);
      if (current === undefined || !isOnNow(current)) return refuse("not-protected", { machine: machine.name });
      const write = lifted(current, deps.clock.now(), "person", member.facts.person);
      const protection = { ...write.protection, version: current.version + 1 };
      return (await deps.ledger.commit({ ...write, protection })) ? protection : "again";
    });
  };
