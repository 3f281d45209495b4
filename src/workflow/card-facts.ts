/** What an approver decides by, beside the request itself: as it is now, from memory alone. */

import type { Machine } from "../access/machine.ts";
import { personKey } from "../access/person.ts";
import { samePort } from "../access/port.ts";
import { contains } from "../access/source.ts";
import { type Grant, isActive } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { lineFor, type PortRule, type Rule } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { targetsOf } from "./targets.ts";

/** What couldn't be looked up is absent: its line is left out, and a card is drawn all the same. */
export interface DecidingFacts {
  readonly machine?: Machine;
  /** Of the machine, as a firewall would let the sources reach them. */
  readonly addresses?: readonly string[];
  /** The rule that decides today, with its lines for the ports that were asked for. */
  readonly rule?: { readonly rule: Rule; readonly lines: readonly PortRule[] };
  /** On this machine. `sharing`: by one of the same ports, from where the requester would come too. */
  readonly open?: readonly { readonly grant: Grant; readonly sharing: boolean }[];
  /** What the requester asked before, the latest first. */
  readonly latest?: readonly AccessRequest[];
}

export type CardFactsOf = (request: AccessRequest) => Promise<DecidingFacts>;

export const createCardFacts =
  ({ ledger, machines, policy, clock }: Pick<WorkflowDeps, "ledger" | "machines" | "policy" | "clock">): CardFactsOf =>
  async (request) => {
    const now = clock.now();
    const machine = machines.byId(request.machine.id);
    const [live, latest] = await Promise.all([
      ledger.liveGrants().catch(() => undefined),
      ledger.latestRequests(personKey(request.requester), LOOKED_AT).catch(() => undefined),
    ]);
    const open = live
      ?.filter((grant) => grant.machine.id === request.machine.id && isActive(grant, now))
      .map((grant) => ({ grant, sharing: sharesHole(grant, request) }))
      .toSorted((a, b) => Number(b.sharing) - Number(a.sharing) || b.grant.expiresAt - a.grant.expiresAt);
    return {
      ...(machine === undefined ? {} : ofMachine(machine, request, policy)),
      ...(open === undefined ? {} : { open }),
      ...(latest === undefined ? {} : { latest: askedBefore(request, latest) }),
    };
  };

const ofMachine = (
  machine: Machine,
  { sources, ports }: AccessRequest,
  policyNow: WorkflowDeps["policy"],
): DecidingFacts => {
  const targets = targetsOf(machine, sources);
  const policy = policyNow();
  const rule = policy === undefined ? undefined : ruleFor(policy, machine);
  const lines = rule === undefined ? [] : ports.flatMap((port) => lineFor(rule, port) ?? []);
  return {
    machine,
    ...("kind" in targets ? {} : { addresses: [...new Set(targets.flatMap(({ addresses }) => addresses))] }),
    ...(rule === undefined ? {} : { rule: { rule, lines: [...new Set(lines)] } }),
  };
};

const sharesHole = (grant: Grant, { ports, sources }: AccessRequest): boolean =>
  grant.ports.some((port) => ports.some((other) => samePort(port, other))) &&
  grant.sources.some((source) => sources.some((other) => contains(source, other) || contains(other, source)));

/** Whoever takes an access along asks for nothing. */
const askedBefore = ({ id }: AccessRequest, latest: readonly AccessRequest[]): readonly AccessRequest[] =>
  latest.filter((each) => each.id !== id && each.moves === undefined).slice(0, SHOWN);

const SHOWN = 3;
const LOOKED_AT = 20;
