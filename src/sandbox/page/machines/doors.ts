/** The ports of one machine as doors: what the cloud lets in decides whether one is open, the audit log says for whom. */

import { contains, readAddress, readPrefix, showAddress } from "../../network/address.ts";
import type { Machine } from "../../network/ground.ts";
import type { Network } from "../../network/network.ts";
import type { Access, Client, Door, Holder } from "./shown.ts";

export interface DoorDeps {
  readonly network: Pick<Network, "explain">;
  readonly clients: readonly Client[];
  /** Of all machines. */
  readonly accesses: readonly Access[];
  /** Where a firewall translates to a port of a machine. */
  readonly translated: (machine: Machine, port: number) => Door["at"];
  /** What people call what a verdict names. */
  readonly nameOf: (because: string) => string;
  /** Whether it is Latch's. */
  readonly isOurs: (because: string) => boolean;
  readonly now: number;
}

export const doorsOf = (machine: Machine, deps: DoorDeps): readonly Door[] => {
  const here = deps.accesses.filter(({ machineId }) => machineId === machine.id.toLowerCase());
  const always = [
    ...USUAL[machine.platform],
    ...(/-db-/u.test(machine.name) ? [5432] : []),
    ...here.flatMap((one) => one.ports),
  ];
  return [...new Set([...always, ...OFTEN_OPEN])]
    .toSorted((a, b) => a - b)
    .map((port) => doorAt(machine, port, here, deps))
    .filter(({ port, state }) => always.includes(port) || state === "open");
};

const NAMES: Readonly<Record<number, string>> = {
  22: "SSH",
  443: "HTTPS",
  3389: "RDP",
  5432: "Postgres",
  5985: "WinRM",
  5986: "WinRM (TLS)",
};

const USUAL = { linux: [22], windows: [3389, 5985] } as const;

/** Drawn where somebody gets in there. */
const OFTEN_OPEN = [22, 443, 3389, 5432];

const doorAt = (machine: Machine, port: number, here: readonly Access[], deps: DoorDeps): Door => {
  const at = deps.translated(machine, port);
  const meets = (from: string) =>
    deps.network.explain({ machine: at?.address ?? machine.id, port: at?.port ?? port, from });
  const seen = deps.clients.map((client) => ({ client: client.name, verdict: meets(client.address) }));
  const holders = here
    .filter(({ ports }) => ports.includes(port))
    .flatMap((access): readonly Holder[] => {
      const verdicts = probes(access.sources, deps.clients).map(meets);
      const letsIn = verdicts.some(({ kind }) => kind === "open");
      const byUs = verdicts.some(({ kind, because }) => kind === "open" && deps.isOurs(because));
      const state = stateOf(access, letsIn, byUs, deps.now);
      if (state === undefined) return [];
      const until = state === "asked" ? access.answerBy : access.expiresAt;
      return [{ accessId: access.id, user: access.user, sources: access.sources, state, until }];
    });
  const others = seen.flatMap(({ client, verdict: { kind, because } }) =>
    kind === "open" && !deps.isOurs(because) ? [{ client, because: deps.nameOf(because) }] : [],
  );
  // The bot's memory may be gone and its rule still there.
  const isLeft = seen.some(({ verdict: { kind, because } }) => kind === "open" && deps.isOurs(because));
  const states = holders.map(({ state }) => state);
  return {
    port,
    name: NAMES[port] ?? String(port),
    state:
      ORDER.find((state) => states.includes(state)) ?? (others.length > 0 || isLeft ? "open" : (states[0] ?? "closed")),
    holders,
    others,
    keptBy: seen.find(({ verdict }) => verdict.kind === "closed")?.verdict.because,
    at,
  };
};

/** Of several people's states the first of these counts; one who only asked changes nothing. */
const ORDER: readonly Holder["state"][] = ["closing", "open", "opening"];

const stateOf = (access: Access, letsIn: boolean, byUs: boolean, now: number): Holder["state"] | undefined => {
  if (access.overAt !== undefined) return undefined;
  // Nobody says that it lapsed when the bot forgot it.
  if (access.approvedAt === undefined)
    return (access.answerBy ?? Number.POSITIVE_INFINITY) <= now ? undefined : "asked";
  const isOver = access.revokedAt !== undefined || (access.expiresAt ?? Number.POSITIVE_INFINITY) <= now;
  if (isOver) return byUs ? "closing" : undefined;
  return letsIn ? "open" : "opening";
};

/** An address out of each of these prefixes: a client's where there is one, else the first. */
const probes = (sources: readonly string[], clients: readonly Client[]): readonly string[] =>
  sources.flatMap((source) => {
    const prefix = readPrefix(source);
    if (prefix === undefined) return [];
    const known = clients.find(({ address }) => {
      const read = readAddress(address);
      return read !== undefined && contains(prefix, read);
    });
    return [known?.address ?? showAddress(prefix)];
  });
