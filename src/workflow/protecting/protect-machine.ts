/** `/jit protect`: what it would do is found out first, and where it does more than keep a port closed somebody has to say that they want that. */

import { type ProtectionId, protectionIdOf } from "../../access/identifier.ts";
import { type Machine, refOf } from "../../access/machine.ts";
import type { Service } from "../../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import type { Concern, Undercut } from "../../audit/event.ts";
import { changeProtection, putProtection } from "../../grants/change.ts";
import type { Protection } from "../../grants/protection.ts";
import { portsOf, resolveService } from "../../policy/resolve.ts";
import type { WorkflowDeps } from "../deps.ts";
import { freshMachine, knownMachine } from "../fresh-machine.ts";
import type { Refused } from "../submit-request.ts";
import { blockTargetsOf, usualServices } from "./block-targets.ts";
import { type Configurer, configurerOf } from "./configuring.ts";
import { type ForeseeDeps, type Foreseen, fingerprintOf, foresee } from "./foresee.ts";
import { currentProtection, isSoAlready, storeProtection, type Wish, withKept } from "./store-protection.ts";

export type ProtectDeps = WorkflowDeps & ForeseeDeps;

export type Protecting =
  /** Stored; the channel hears when it is so. `undercut`: what will let in all the same. */
  | { readonly kind: "protecting"; readonly protection: Protection; readonly undercut: readonly Undercut[] }
  | { readonly kind: "already"; readonly protection: Protection; readonly undercut: readonly Undercut[] }
  /** Nothing has changed yet. The proposal's id is what a button carries. */
  | { readonly kind: "proposed"; readonly proposal: Protection; readonly concerns: readonly Concern[] };

/** All of these throw a `Fault` when something that has to be known can't be; nothing is stored then. */
export interface ProtectMachine {
  /** `ports`: services or ports as typed; none: the usual ones of its operating system. */
  readonly protect: (machine: string, ports: readonly string[], user: string) => Promise<Protecting | Refused>;
  /** Everything is asked again, now; where it would do something else than they were told it is shown again. */
  readonly confirm: (proposal: ProtectionId, user: string) => Promise<Protecting | Refused>;
  /** Never mind. */
  readonly leave: (proposal: ProtectionId, user: string) => Promise<Protection | Refusal>;
}

export const createProtectMachine = (deps: ProtectDeps): ProtectMachine => {
  const { ledger, machines, clock } = deps;

  const carryOn = async (
    machine: Machine,
    named: readonly Service[],
    { member, rule, policy }: Configurer,
    shown: string | undefined,
  ): Promise<Protecting | Refused> => {
    const targets = blockTargetsOf(machine);
    if (isRefusal(targets)) return refused(targets);
    const current = await currentProtection(ledger, machine);
    const services = withKept(named, current, policy);
    const foreseen = await foresee(machine, portsOf(services), targets, current, deps);
    const by = member.facts.person;
    const wish: Wish = { machine, services, targets: foreseen.targets, channel: rule.channel, by };
    const { undercut, concerns } = foreseen;
    if (current !== undefined && isSoAlready(wish, current)) return { kind: "already", protection: current, undercut };
    if (concerns.length > 0 && shown !== fingerprintOf(foreseen, portsOf(services)))
      return { kind: "proposed", concerns, proposal: await propose(wish, foreseen) };
    return { kind: "protecting", protection: await storeProtection(wish, deps), undercut };
  };

  const propose = async (wish: Wish, foreseen: Foreseen): Promise<Protection> => {
    const { machine, services, targets, channel, by } = wish;
    if (by === undefined) throw new Error("nobody to propose it to");
    const shown = fingerprintOf(foreseen, portsOf(services));
    // One for each thing that was shown, so that the button under an old answer can't mean a newer one.
    const id = protectionIdOf(`proposal of ${machine.id} to ${by.team}/${by.user}: ${shown}`);
    const proposal = await putProtection(ledger, id, () => ({
      protection: {
        id,
        machine: refOf(machine),
        services: services.map((service) => service.name),
        ports: portsOf(services),
        targets,
        channel,
        state: { kind: "proposed", at: clock.now(), by, shown },
        seenOn: [],
        leaving: [],
        beganAt: undefined,
        endedAt: undefined,
      },
      events: [],
    }));
    if (proposal === undefined) throw new Error("a proposal wasn't written");
    return proposal;
  };

  /** Answered: the button on it means nothing any more. */
  const settle = async ({ id }: Protection): Promise<void> => {
    await changeProtection(ledger, id, (proposal) => {
      if (proposal.state.kind !== "proposed") return undefined;
      const { by } = proposal.state;
      const at = clock.now();
      return { protection: { ...proposal, state: { kind: "off", at, by }, endedAt: at }, events: [] };
    });
  };

  const proposed = async (
    id: ProtectionId,
    user: string,
    of: "confirm" | "leave",
  ): Promise<
    { proposal: Protection; shown: string | undefined; machine: Machine; configurer: Configurer } | Refusal
  > => {
    const proposal = await ledger.protection(id);
    if (proposal?.state.kind !== "proposed") return refuse("proposal-gone", {});
    const known = (): Machine | Refusal => knownMachine(proposal, deps);
    const machine = of === "confirm" ? await freshMachine(known, machines) : known();
    if (isRefusal(machine)) return machine;
    const configurer = await configurerOf(user, machine, deps);
    return isRefusal(configurer) ? configurer : { proposal, machine, configurer, shown: proposal.state.shown };
  };

  return {
    protect: async (typed, ports, user) => {
      const machine = await freshMachine(() => machines.find(typed), machines);
      if (isRefusal(machine)) return refused(machine);
      const configurer = await configurerOf(user, machine, deps);
      if (isRefusal(configurer)) return refused(configurer);
      const services = servicesNamed(ports, machine, configurer);
      return "refusals" in services ? services : carryOn(machine, services.services, configurer, undefined);
    },
    confirm: async (id, user) => {
      const found = await proposed(id, user, "confirm");
      if (isRefusal(found)) return refused(found);
      const { proposal, machine, configurer, shown } = found;
      const services = servicesNamed(proposal.services, machine, configurer);
      if ("refusals" in services) return services;
      const outcome = await carryOn(machine, services.services, configurer, shown);
      if ("protection" in outcome) await settle(proposal);
      return outcome;
    },
    leave: async (id, user) => {
      const found = await proposed(id, user, "leave");
      if (isRefusal(found)) return found;
      await settle(found.proposal);
      return found.proposal;
    },
  };
};

const servicesNamed = (
  words: readonly string[],
  machine: Machine,
  { policy }: Configurer,
): Refused | { readonly services: readonly Service[] } => {
  if (words.length === 0) return { services: usualServices(machine, policy) };
  const read = words.map((word) => resolveService(word, policy));
  const [first, ...rest] = read.filter(isRefusal);
  if (first !== undefined) return refused(first, ...rest);
  const byName = new Map(read.filter((each): each is Service => !isRefusal(each)).map((each) => [each.name, each]));
  return { services: [...byName.values()] };
};

const refused = (first: Refusal, ...rest: readonly Refusal[]): Refused => ({
  kind: "refused",
  refusals: [first, ...rest],
});
