/** A network that decides on its own, from the rules that the clouds hold, who gets through to which machine. */

import type { Socket } from "node:net";

import { readAddress, showAddress } from "./address.ts";
import { dial, type Outcome } from "./client.ts";
import { type Door, openDoor } from "./door.ts";
import type { Ground, LiveFlow, Machine, Verdict } from "./ground.ts";

export interface Target {
  /**
   * A machine's name or its cloud's id, or an address: a machine's, or one of a firewall before machines.
   * A name or an address that several have is refused.
   */
  readonly machine: string;
  /** One of its addresses. Without it: its first one of the source's family, public before private. */
  readonly address?: string;
  readonly port: number;
}

export interface Dialling extends Target {
  /** The source address as the cloud would see it: `203.0.113.7`, `2001:db8:1::7`. */
  readonly from: string;
}

export interface Network {
  readonly machines: () => readonly Machine[];
  /** What stands before machines with addresses of its own: Azure Firewalls. */
  readonly gateways: () => readonly Machine[];
  /** A real TCP connection. Rejects only when the dialling itself makes no sense. */
  readonly connect: (dialling: Dialling) => Promise<Outcome>;
  /** What a new connection would meet, and which rule decides. */
  readonly explain: (dialling: Dialling) => Verdict;
  /** A port on 127.0.0.1 for other programs; they must come from a `loopbackOf` address, and IPv6 is IPv4 here. */
  readonly door: (target: Target, family?: 4 | 6) => Promise<number>;
  /** The loopback address that stands for a source address: the same one every time. */
  readonly loopbackOf: (from: string) => string;
  /** The connections that are established now. */
  readonly flows: () => readonly LiveFlow[];
  /** Ends all connections and closes all doors. */
  readonly stop: () => Promise<void>;
}

export const createNetwork = ({ grounds }: { readonly grounds: readonly Ground[] }): Network => {
  const identities = createIdentities();
  const doors = new Map<string, Promise<Door>>();
  const opened: Door[] = [];
  const clients = new Set<Socket>();

  const review = (): void => {
    for (const door of opened) door.review();
  };
  const unsubscribe = grounds.map((ground) => ground.onChange(review));

  const locate = ({ machine: said, address }: Target, family: 4 | 6) => {
    const all = grounds.flatMap((ground) =>
      [...ground.machines(), ...(ground.gateways?.() ?? [])].map((machine) => ({ ground, machine })),
    );
    const gateways = grounds.flatMap((ground) => (ground.gateways?.() ?? []).map((machine) => ({ ground, machine })));
    // Who dials a machine at its firewall's address dials the firewall.
    const before = gateways.filter(({ machine }) => address !== undefined && machine.addresses.includes(address));
    const named = all.filter(({ machine: { id, name, addresses } }) => [id, name, ...addresses].includes(said));
    const found = before.length > 0 ? before : named;
    const [first, second] = found;
    if (first === undefined) throw new Error(`there is no machine \`${said}\``);
    if (second !== undefined) throw new Error(`several machines are called \`${said}\`: say which by its id`);
    const dialled = address ?? (first.machine.addresses.includes(said) ? said : undefined);
    const chosen = dialled ?? first.machine.addresses.find((one) => readAddress(one)?.family === family);
    return { ...first, address: chosen };
  };

  const doorTo = async (target: Target, family: 4 | 6): Promise<Door | undefined> => {
    const { ground, machine, address } = locate(target, family);
    if (address === undefined) return undefined;
    const key = `${machine.id} ${address} ${String(target.port)}`;
    const known = doors.get(key);
    if (known !== undefined) return known;
    const opening = openDoor({ ground, machine, address, port: target.port, sourceOf: identities.sourceOf });
    doors.set(key, opening);
    const door = await opening;
    opened.push(door);
    return door;
  };

  return {
    machines: () => grounds.flatMap((ground) => ground.machines()),
    gateways: () => grounds.flatMap((ground) => ground.gateways?.() ?? []),
    connect: async (dialling) => {
      const door = await doorTo(dialling, familyOf(dialling.from));
      if (door === undefined) return { outcome: "refused" };
      const outcome = await dial(door.listensOn, identities.loopbackOf(dialling.from));
      if (outcome.outcome === "open") {
        clients.add(outcome.socket);
        outcome.socket.on("close", () => clients.delete(outcome.socket));
      }
      return outcome;
    },
    explain: (dialling) => {
      const { ground, machine, address } = locate(dialling, familyOf(dialling.from));
      if (address === undefined) return { kind: "closed", because: "the machine has no address of that family" };
      const { from, port } = dialling;
      return ground.admit({ machineId: machine.id, address, port, from: canonical(from), fromPort: SOME_PORT });
    },
    door: async (target, family = 4) => {
      const door = await doorTo(target, family);
      if (door === undefined) throw new Error(`\`${target.machine}\` has no address of that family`);
      return door.listensOn;
    },
    loopbackOf: identities.loopbackOf,
    flows: () => opened.flatMap((door) => door.flows()),
    stop: async () => {
      for (const end of unsubscribe) end();
      for (const socket of clients) socket.destroy();
      await Promise.all([...doors.values()].map(async (door) => (await door).close()));
    },
  };
};

/** Where clients' ports are usually taken from. */
const SOME_PORT = 50_000;

const canonical = (from: string): string => {
  const address = readAddress(from);
  if (address === undefined) throw new Error(`\`${from}\` is not an address`);
  return showAddress(address);
};

const familyOf = (from: string): 4 | 6 => readAddress(canonical(from))?.family ?? 4;

/** All of 127.0.0.0/8 is this machine on Linux, so every simulated source can have an address of its own. */
const createIdentities = () => {
  const loopbacks = new Map<string, string>();
  const sources = new Map<string, string>();
  return {
    loopbackOf: (said: string): string => {
      const from = canonical(said);
      const known = loopbacks.get(from);
      if (known !== undefined) return known;
      const number = loopbacks.size + 1;
      const loopback = ["127", 77 + (number >> 16), (number >> 8) & 0xff, number & 0xff].join(".");
      loopbacks.set(from, loopback);
      sources.set(loopback, from);
      return loopback;
    },
    sourceOf: (loopback: string): string | undefined => sources.get(loopback),
  };
};
