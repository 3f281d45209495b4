/** A person's word on rules of others that undercut a protection: ours goes over them, or they are meant to be. */

import { isId, type ProtectionId } from "../../access/identifier.ts";
import type { CloudName, FirewallId, Machine } from "../../access/machine.ts";
import type { Person } from "../../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { auditEvent } from "../../audit/event.ts";
import type { ForeignAllow } from "../../cloud/firewall.ts";
import { changeProtection } from "../../grants/change.ts";
import { type BlockTarget, foreignKey, isOnNow, type Protection, protectionFacts } from "../../grants/protection.ts";
import { freshMachine } from "../fresh-machine.ts";
import type { Refused } from "../submit-request.ts";
import { configurerOf } from "./configuring.ts";
import { foresee } from "./foresee.ts";
import type { ProtectDeps, Protecting, ProtectMachine } from "./protect-machine.ts";

export interface Decided {
  readonly kind: "decided";
  /** Names of the rules, each once. */
  readonly rules: readonly string[];
  readonly cloud: CloudName;
  /** Names of machines that the question is about too, and about which this person may not decide. */
  readonly undecided: readonly string[];
}

/**
 * `what` is the id of a protection, for all that undercuts it, or a firewall's and a rule's id with `#` between them, for that rule and every machine behind
 * that firewall. What undercuts is looked up again: only what does so now, and only what people were told of.
 *
 * Throws a `Fault` when something that has to be known can't be.
 */
export interface OverruleUndercut {
  /** Where withholding does more than that, it is proposed first, as protecting is. */
  readonly overrule: (what: string, user: string) => Promise<Decided | Protecting | Refused>;
  readonly accept: (what: string, user: string) => Promise<Decided | Refused>;
}

export const createOverruleUndercut = (deps: ProtectDeps, { protect }: ProtectMachine): OverruleUndercut => {
  const { ledger, clock } = deps;

  /** All of it that this person may decide about, and what others have to; where there is nothing for them, why. */
  const casesOf = async (what: string, user: string): Promise<Cases | Refused> => {
    const about = readWhat(what);
    const protections =
      about.kind === "rule" ? await ledger.protectionsOn(about.firewall) : [await ledger.protection(about.protection)];
    const cases: Case[] = [];
    const undecided: string[] = [];
    let refusal: Refusal = refuse("undercut-gone", {});
    for (const protection of protections) {
      if (protection === undefined || !isOnNow(protection)) continue;
      const { id } = protection.machine;
      const machine = await freshMachine(() => deps.machines.byId(id) ?? refusal, deps.machines);
      if (isRefusal(machine)) {
        refusal = machine;
        continue;
      }
      const { lettingIn, concerns } = await foresee(machine, protection.ports, protection.targets, protection, deps);
      const found = protection.targets
        .filter(({ firewall }) => about.kind === "protection" || firewall === about.firewall)
        .flatMap(({ firewall, known }) =>
          (lettingIn.get(firewall) ?? [])
            .filter((allow) => known.includes(foreignKey(allow)))
            .filter((allow) => about.kind === "protection" || allow.id === about.rule)
            .map((allow) => ({ firewall, allow })),
        );
      if (found.length === 0) continue;
      const configurer = await configurerOf(user, machine, deps);
      if (isRefusal(configurer)) {
        refusal = configurer;
        undecided.push(machine.name);
      } else
        cases.push({ protection, machine, found, by: configurer.member.facts.person, isGrave: concerns.length > 0 });
    }
    const [first, ...others] = cases;
    return first === undefined
      ? { kind: "refused", refusals: [refusal] }
      : { mine: [first, ...others], undecided: undecided.toSorted() };
  };

  const writeAll = async ({ mine, undecided }: Cases, kind: Verdict): Promise<Decided> => {
    await Promise.all(mine.map((each) => write(each, kind)));
    return {
      kind: "decided",
      rules: [...new Set(mine.flatMap(({ found }) => found.map(({ allow }) => allow.name)))].toSorted(),
      cloud: mine[0].machine.cloud,
      undecided,
    };
  };

  const write = ({ protection, found, by }: Case, kind: Verdict): Promise<Protection | undefined> =>
    changeProtection(ledger, protection.id, (current) => {
      if (!isOnNow(current)) return undefined;
      const at = clock.now();
      const firewalls = [...new Set(found.map(({ firewall }) => firewall))];
      const events = firewalls.map((firewall) => {
        const rules = found.filter((each) => each.firewall === firewall).map(({ allow }) => allow.name);
        const facts = { ...protectionFacts(current), firewall, rules };
        return auditEvent(kind, `${current.id}/${firewall}/${at}`, at, by, facts);
      });
      if (kind === "undercut.accepted") return { protection: current, events };
      return {
        protection: {
          ...current,
          targets: current.targets.map((target) => overruling(target, found)),
          // It begins anew: people hear when it is as they want it now.
          state: { ...current.state, at },
          beganAt: undefined,
          seenOn: current.seenOn.filter((firewall) => !firewalls.includes(firewall)),
        },
        events,
        firewallsDue: firewalls.map((firewall) => ({ firewall, at })),
      };
    });

  return {
    overrule: async (what, user) => {
      const cases = await casesOf(what, user);
      if ("refusals" in cases) return cases;
      const grave = cases.mine.find(({ isGrave }) => isGrave);
      return grave === undefined
        ? writeAll(cases, "undercut.overruled")
        : protect(grave.machine.id, grave.protection.services, user);
    },
    accept: async (what, user) => {
      const cases = await casesOf(what, user);
      return "refusals" in cases ? cases : writeAll(cases, "undercut.accepted");
    },
  };
};

type Verdict = "undercut.overruled" | "undercut.accepted";

interface Found {
  readonly firewall: FirewallId;
  readonly allow: ForeignAllow;
}

interface Case {
  readonly protection: Protection;
  readonly machine: Machine;
  readonly found: readonly Found[];
  readonly by: Person;
  /** Going over these rules does more than keep the machine's ports closed. */
  readonly isGrave: boolean;
}

interface Cases {
  readonly mine: readonly [Case, ...Case[]];
  readonly undecided: readonly string[];
}

const overruling = (target: BlockTarget, found: readonly Found[]): BlockTarget => {
  const ids = found.filter(({ firewall }) => firewall === target.firewall).map(({ allow }) => allow.id);
  return ids.length === 0 ? target : { ...target, overrules: [...new Set([...target.overrules, ...ids])].toSorted() };
};

const readWhat = (
  what: string,
):
  | { readonly kind: "protection"; readonly protection: ProtectionId }
  | { readonly kind: "rule"; readonly firewall: FirewallId; readonly rule: string } => {
  if (isId(what)) return { kind: "protection", protection: what as ProtectionId };
  const at = what.indexOf("#");
  return { kind: "rule", firewall: what.slice(0, at) as FirewallId, rule: what.slice(at + 1) };
};
