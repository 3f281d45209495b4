/** From the grants and protections on a firewall follows what it should hold now. */

import type { FirewallId } from "../access/machine.ts";
import type { Protocol } from "../access/port.ts";
import { type AddressFamily, type Cidr, contains, familyOf } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
import type { Block, Firewall, Holder, IngressRule } from "../cloud/firewall.ts";
import { type Grant, isActive } from "../grants/grant.ts";
import { isOnNow, type Protection } from "../grants/protection.ts";

/**
 * The rules that the active grants want on this firewall at `now`; nobody else has a say.
 *
 * A firewall whose rules belong to a grant gets one per grant, protocol and address family. One whose rules are holes gets one per protocol,
 * port and source, held by every grant that wants it.
 */
export const desiredRules = (
  grants: readonly Grant[],
  firewall: Pick<Firewall, "id" | "ruleHolds">,
  now: EpochMs,
): readonly IngressRule[] => {
  const active = grants.filter((grant) => isActive(grant, now)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const rules = active.flatMap((grant) => rulesOf(grant, firewall.id));
  return firewall.ruleHolds === "grant" ? rules : merge(rules.flatMap(holesOf));
};

/** What the protections want this firewall to hold. */
export const desiredBlocks = (protections: readonly Protection[], firewall: FirewallId): readonly Block[] =>
  protections
    .filter(isOnNow)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((protection) => {
      const here = protection.targets.filter((target) => target.firewall === firewall);
      if (here.length === 0) return [];
      return [
        {
          protection: protection.id,
          addresses: sorted(here.flatMap((target) => target.addresses)),
          ports: protection.ports.toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1)),
          overrules: sorted(here.flatMap((target) => target.overrules)),
          note: writeBlockNote(protection),
        },
      ];
    });

/** What identifies a rule besides who holds it open. The machine behind an interface's groups needs no address. */
export const ruleKey = (
  rule: Omit<IngressRule, "holders">,
  ruleHolds: Firewall["ruleHolds"],
  holders: readonly Pick<Holder, "grant">[],
): string =>
  ruleHolds === "hole"
    ? [rule.protocol, rule.ports.join(), rule.sources.join()].join(" ")
    : [
        holders.map((holder) => holder.grant).join(),
        rule.protocol,
        rule.addresses.join(),
        rule.ports.join(),
        rule.sources.join(),
      ].join(" ");

/** How a grant's owner mark introduces it: who, and why. `readNote` undoes it. */
export const writeNote = (grant: Pick<Grant, "requester" | "justification">): string =>
  grant.justification === "" ? grant.requester.user : `${grant.requester.user}: ${grant.justification}`;

export const readNote = (note: string): { readonly user: string; readonly justification: string } => {
  const [, user = "", justification = ""] = /^([A-Z0-9]+)(?:: ?(.*))?$/su.exec(note.trim()) ?? [];
  return { user, justification };
};

/** `prod-vm-3: U0SEC1` */
const writeBlockNote = ({ machine, state }: Protection): string =>
  state.by === undefined ? machine.name : `${machine.name}: ${state.by.user}`;

const rulesOf = (grant: Grant, firewall: FirewallId): readonly IngressRule[] => {
  const here = grant.targets.filter((target) => target.firewall === firewall);
  const addresses = here.flatMap((target) => target.addresses);
  const senders = [...grant.sources, ...here.flatMap((target) => target.senders ?? [])];
  const holders = [{ grant: grant.id, expiresAt: grant.expiresAt, note: writeNote(grant) }];
  return FAMILIES.flatMap((family) =>
    PROTOCOLS.map((protocol) => ({
      addresses: sorted(addresses.filter((address) => familyOf(address as Cidr) === family)),
      protocol,
      ports: sorted(grant.ports.filter((port) => port.protocol === protocol).map((port) => port.port)),
      sources: sorted(widest(senders.filter((source) => familyOf(source) === family))),
      holders,
    })),
  ).filter((rule) => rule.addresses.length > 0 && rule.ports.length > 0 && rule.sources.length > 0);
};

/** Without those that lie inside another: Azure refuses overlapping prefixes in one rule. */
const widest = (sources: readonly Cidr[]): readonly Cidr[] =>
  sources.filter((source) => !sources.some((other) => other !== source && contains(other, source)));

const holesOf = (rule: IngressRule): readonly IngressRule[] =>
  rule.ports.flatMap((port) => rule.sources.map((source) => ({ ...rule, ports: [port], sources: [source] })));

const merge = (holes: readonly IngressRule[]): readonly IngressRule[] =>
  [...Map.groupBy(holes, (hole) => ruleKey(hole, "hole", hole.holders)).values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [{ ...first, holders: [first, ...rest].flatMap((hole) => hole.holders) }],
  );

const FAMILIES: readonly AddressFamily[] = ["ipv4", "ipv6"];
const PROTOCOLS: readonly Protocol[] = ["tcp", "udp"];

const sorted = <T extends string | number>(values: readonly T[]): readonly T[] =>
  [...new Set(values)].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
