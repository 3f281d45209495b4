/** Security closes everything now, and lets things open again. */

import type { PersonFacts } from "../../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { auditEvent } from "../../audit/event.ts";
import { isUnderWay } from "../../grants/grant.ts";
import { type Lockdown, lockedDown } from "../../grants/lockdown.ts";
import type { WorkflowDeps } from "../deps.ts";
import { memberOf } from "../standing.ts";

/** What it would do, for whoever is about to. */
export interface Surveyed {
  /** Accesses that are open, or opening, or not seen closed yet. */
  readonly open: number;
  /** Those of them that are over, and that a cloud still lets in for all that is known. */
  readonly closing: number;
  /** Requests that nobody has answered yet: they stay, and can't be approved. */
  readonly waiting: number;
  /** The one that stands. */
  readonly lockdown: Lockdown | undefined;
}

/** Each decides anew who may. All throw a `Fault` when Slack or memory can't be asked. */
export interface LockDown {
  readonly survey: (user: string) => Promise<Surveyed | Refusal>;
  /** The write alone: whoever looks at it next closes everything, this process or another. */
  readonly begin: (user: string, because: string) => Promise<Lockdown | Refusal>;
  /** Returns the one that is over now. */
  readonly lift: (user: string) => Promise<Lockdown | Refusal>;
}

export const createLockDown = (deps: WorkflowDeps): LockDown => {
  const { ledger, clock } = deps;

  return {
    survey: async (user) => {
      const facts = await ofSecurity(user, deps);
      if (isRefusal(facts)) return facts;
      const [open, pending, lockdown] = await Promise.all([
        ledger.liveGrants(),
        ledger.allPending(),
        ledger.lockdown(),
      ]);
      const now = clock.now();
      return {
        open: open.length,
        closing: open.filter((grant) => !isUnderWay(grant, now)).length,
        waiting: pending.filter(({ answerBy }) => now < answerBy).length,
        lockdown,
      };
    },

    begin: async (user, because) => {
      const facts = await ofSecurity(user, deps);
      if (isRefusal(facts)) return facts;
      for (;;) {
        const standing = await ledger.lockdown();
        if (standing !== undefined) return lockedDown(standing);
        const open = await ledger.liveGrants();
        const at = clock.now();
        const channels = [...new Set(open.map(({ channel }) => channel))].filter((channel) => channel !== "");
        const lockdown: Lockdown = { at, by: facts.person, because, open: open.length, channels };
        const event = auditEvent("lockdown.begun", String(at), at, facts.person, {
          channels,
          because,
          open: open.length,
        });
        if (await ledger.commit({ lockdown, events: [event] })) return lockdown;
      }
    },

    lift: async (user) => {
      const facts = await ofSecurity(user, deps);
      if (isRefusal(facts)) return facts;
      const lockdown = await ledger.lockdown();
      if (lockdown === undefined) return refuse("not-locked-down", {});
      const { channels, at: since } = lockdown;
      const event = auditEvent("lockdown.lifted", String(since), clock.now(), facts.person, { channels, since });
      return (await ledger.commit({ lockdown: "lifted", events: [event] })) ? lockdown : refuse("not-locked-down", {});
    },
  };
};

const ofSecurity = async (
  user: string,
  { policy, securityRoles, directory }: WorkflowDeps,
): Promise<PersonFacts | Refusal> => {
  const now = policy();
  if (now === undefined) return refuse("policy-unreadable", {});
  const roles = securityRoles();
  const member = await memberOf(user, now, directory, { roles });
  if (isRefusal(member)) return member;
  return roles.some((role) => member.roles.has(role))
    ? member.facts
    : refuse("not-security", { roles, what: "lockdown" });
};
