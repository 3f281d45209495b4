/** What protecting would do, asked of each firewall before anything is done. */

import { createHash } from "node:crypto";
import { Fault } from "../../access/fault.ts";
import { protectionIdOf } from "../../access/identifier.ts";
import type { FirewallId, Machine } from "../../access/machine.ts";
import { byPort, type Port } from "../../access/port.ts";
import type { Concern, Undercut } from "../../audit/event.ts";
import type { Block, Firewall, ForeignAllow, OpenFirewall } from "../../cloud/firewall.ts";
import type { Machines } from "../../cloud/machines.ts";
import { type BlockTarget, foreignKey, isOnNow, type Protection, undercutFacts } from "../../grants/protection.ts";

export interface Foreseen {
  /** What will be overruled is in them, and what people are told of here as known. */
  readonly targets: readonly BlockTarget[];
  /** What lets in now, or would: at each firewall the rules of others that aren't overruled. */
  readonly lettingIn: ReadonlyMap<FirewallId, readonly ForeignAllow[]>;
  /** Rules that go before ours and let in all the same. */
  readonly undercut: readonly Undercut[];
  /** Somebody has to say yes to these first. */
  readonly concerns: readonly Concern[];
}

export interface ForeseeDeps {
  readonly openFirewall: OpenFirewall;
  readonly machines: Machines;
}

/**
 * In Azure rules of others keep their place, so they are only told. In AWS nothing can be denied, so all of them are to be withheld.
 *
 * What is overruled by the protection that is on now stays so. Throws a `Fault` when a firewall can't be looked at.
 */
export const foresee = async (
  machine: Machine,
  ports: readonly Port[],
  targets: readonly BlockTarget[],
  current: Protection | undefined,
  { openFirewall, machines }: ForeseeDeps,
): Promise<Foreseen> => {
  const looks = await Promise.all(
    targets.map(async (target) => {
      const before = current !== undefined && isOnNow(current) ? targetOn(current, target) : undefined;
      const overrules = before?.overrules ?? [];
      const firewall = openFirewall(target.firewall);
      if (firewall === undefined)
        throw new Fault("not-found", `no configured cloud has \`${target.firewall}\``, { retry: "later" });
      const found = await lettingIn(firewall, machine, ports, { ...target, overrules });
      const allows = found.filter((allow) => !overrules.includes(allow.id));
      return { target, firewall, overrules, allows };
    }),
  );
  const withholds = machine.cloud === "aws";
  return {
    targets: looks.map(({ target, overrules, allows }) => ({
      ...target,
      overrules: withholds ? sorted([...overrules, ...allows.map(({ id }) => id)]) : sorted(overrules),
      known: sorted(allows.map(foreignKey)),
      ...(withholds ? {} : { undercut: allows }),
    })),
    lettingIn: new Map(looks.map(({ firewall, allows }) => [firewall.id, allows])),
    undercut: withholds
      ? []
      : looks.flatMap(({ firewall, allows }) => allows.map((rule) => undercutFacts(firewall, rule))),
    concerns: [
      ...bareAddresses(machine),
      ...(withholds ? looks.flatMap(({ firewall, allows }) => concernsOf(machine, firewall, allows, machines)) : []),
    ],
  };
};

/** The same for the same consequences: what was shown once needn't be shown again. */
export const fingerprintOf = ({ targets, concerns }: Foreseen, ports: readonly Port[]): string =>
  createHash("sha256")
    .update(
      JSON.stringify([ports, concerns, targets.map(({ firewall, overrules, known }) => [firewall, overrules, known])]),
    )
    .digest("hex")
    .slice(0, 16);

const lettingIn = async (
  firewall: Firewall,
  machine: Machine,
  ports: readonly Port[],
  target: BlockTarget,
): Promise<readonly ForeignAllow[]> => {
  const protection = protectionIdOf(machine.id);
  const block: Block = {
    protection,
    addresses: target.addresses,
    ports: ports.toSorted(byPort),
    overrules: target.overrules,
    note: machine.name,
  };
  const { undercut } = await firewall.observe(AbortSignal.timeout(LONGEST_LOOK), [block]);
  return undercut.get(protection) ?? [];
};

/** In AWS an interface lets nobody in that no group lets in, so there it is closed. */
const bareAddresses = ({ cloud, interfaces }: Machine): readonly Concern[] => {
  const addresses = interfaces
    .filter(({ firewalls }) => cloud === "azure" && firewalls.length === 0)
    .flatMap(({ privateAddresses }) => privateAddresses);
  return addresses.length === 0 ? [] : [{ kind: "bare", addresses }];
};

const concernsOf = (
  machine: Machine,
  { id, name }: Firewall,
  allows: readonly ForeignAllow[],
  machines: Machines,
): readonly Concern[] => {
  if (allows.length === 0) return [];
  const others = machines.behind(id).filter((other) => other.id !== machine.id);
  const open = allows.filter(({ sources }) => sources.some((source) => source === "0.0.0.0/0" || source === "::/0"));
  const whole = allows.filter(({ protocol }) => protocol === "any");
  const rules = (some: readonly ForeignAllow[]): readonly string[] => some.map((allow) => allow.name).toSorted();
  return [
    ...(others.length === 0
      ? []
      : [{ kind: "shared", firewallName: name, machines: others.map((other) => other.name).toSorted() } as const]),
    ...(open.length === 0 ? [] : [{ kind: "cuts-sessions", firewallName: name, rules: rules(open) } as const]),
    ...(whole.length === 0 ? [] : [{ kind: "all-protocols", firewallName: name, rules: rules(whole) } as const]),
  ];
};

const targetOn = (protection: Protection, { firewall }: BlockTarget): BlockTarget | undefined =>
  protection.targets.find((target) => target.firewall === firewall);

const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].toSorted();

const LONGEST_LOOK = 60_000;
