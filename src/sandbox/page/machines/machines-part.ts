/** The right half of the page: all machines with their doors and rules, as the clouds hold them at this moment. */

import type { Clock } from "../../../access/time.ts";
import type { Machine } from "../../network/ground.ts";
import type { Sandbox } from "../../sandbox.ts";
import { ADDRESSES } from "../../world.ts";
import type { LivePart } from "../live.ts";
import { accessesIn } from "./accesses.ts";
import type { Connections, Dialling } from "./connections.ts";
import { doorsOf } from "./doors.ts";
import { hasOurMark, ruleSetsOf } from "./rules.ts";
import type { Access, Door, MachinesState } from "./shown.ts";

export type MachinesDeps = Pick<Sandbox, "network" | "azure" | "ec2" | "bots"> & {
  readonly clock: Clock;
  readonly connections: Connections;
};

export const machinesPart = (deps: MachinesDeps): LivePart => {
  const { azure, ec2, connections } = deps;
  return {
    name: "machines",
    read: () => machinesState(deps),
    subscribe: (changed) => {
      const ends = [azure.onChange(changed), ec2.onChange(changed), connections.onChange(changed)];
      // The bot is a process of its own and says nothing when its log grows, nor does time when it passes somebody's end.
      let known = "";
      const timer = setInterval(() => {
        const now = moment(deps);
        if (now !== known) changed();
        known = now;
      }, LOOK_MS);
      return () => {
        clearInterval(timer);
        for (const end of ends) end();
      };
    },
  };
};

/** What is dialled to come to a machine's port: the machine, or the firewall that translates to it. */
export const targetOf = ({ azure }: Pick<Sandbox, "azure">, machine: Machine, port: number): Dialling["target"] => {
  const at = translatedIn(azure)(machine, port);
  return at === undefined ? { machine: machine.id, port } : { machine: at.address, port: at.port };
};

const LOOK_MS = 250;

const moment = ({ bots, clock }: MachinesDeps): string => {
  const now = clock.now();
  const passed = accessesOf(bots)
    .flatMap(({ answerBy, expiresAt }) => [answerBy, expiresAt])
    .filter((at) => at !== undefined && at <= now).length;
  return [...bots.map((bot) => bot.events.length), passed].join();
};

const machinesState = ({ network, azure, ec2, bots, clock, connections }: MachinesDeps): MachinesState => {
  const accesses = accessesOf(bots);
  const clients = Object.entries(ADDRESSES).map(([name, address]) => ({ name, address }));
  const { virtualMachines } = azure.state();
  const { instances, groups } = ec2.state();
  const groupOfRule = new Map(
    [...groups.values()].flatMap(({ name, rules }) => rules.map(({ id }) => [id, name] as const)),
  );
  const deps = {
    network,
    clients,
    accesses,
    translated: translatedIn(azure),
    // AWS's rules have no names, so they are told by their group's.
    nameOf: (because: string) => groupOfRule.get(because) ?? [...new Set(because.split(" and "))].join(" and "),
    isOurs: (because: string) => (groupOfRule.get(because) ?? because).split(/[ /]/u).some(hasOurMark),
    now: clock.now(),
  };
  return {
    clients,
    accesses,
    attempts: connections.attempts(),
    machines: network.machines().map((machine) => ({
      id: machine.id,
      name: machine.name,
      cloud: instances.has(machine.id) ? "aws" : "azure",
      platform: machine.platform,
      isRunning:
        (instances.get(machine.id)?.state ?? virtualMachines.find(({ id }) => id === machine.id)?.powerState) ===
        "running",
      addresses: machine.addresses,
      doors: doorsOf(machine, deps),
      ruleSets: ruleSetsOf(machine.name, { azure, ec2 }),
    })),
  };
};

const accessesOf = (bots: Sandbox["bots"]): readonly Access[] =>
  accessesIn(bots.flatMap(({ events }) => events).toSorted((a, b) => a.at - b.at));

const translatedIn = (azure: Sandbox["azure"]) => {
  const rules = azure
    .state()
    .azureFirewalls.flatMap(({ natRuleCollections }) =>
      natRuleCollections.flatMap(({ properties }) => properties.rules),
    );
  return ({ addresses }: Machine, port: number): Door["at"] => {
    const found = rules.find(
      ({ translatedAddress = "", translatedPort }) =>
        addresses.includes(translatedAddress) && Number(translatedPort) === port,
    );
    const [address] = found?.destinationAddresses ?? [];
    return address === undefined ? undefined : { address, port: Number(found?.destinationPorts[0]) };
  };
};
