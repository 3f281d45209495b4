/** One rule, every name in it looked up. */

import { portKey } from "../access/port.ts";
import { ANYWHERE, type Cidr, parseCidr } from "../access/source.ts";
import { allowsAll } from "../policy/decide.ts";
import type { Hours } from "../policy/hours.ts";
import type { AllowedSource, Policy, PortRule, Rule } from "../policy/policy.ts";
import { approve } from "./build-approve.ts";
import { matchOf } from "./build-match.ts";
import { portsOf } from "./build-services.ts";
import type { Complain } from "./fields.ts";
import type { FileContent } from "./schema.ts";

export type RuleContent = FileContent["rules"][number];

/** What the rest of the file says. */
export interface Surroundings {
  readonly topChannel: string | undefined;
  readonly policy: Policy;
  readonly hours: ReadonlyMap<string, Hours>;
}

/** `complain` takes paths within the rule. */
export const buildRule = (content: RuleContent, index: number, around: Surroundings, complain: Complain): Rule => {
  const { policy } = around;
  const channel = content.channel ?? around.topChannel;
  if (channel === undefined) complain(["channel"], "is missing; name a channel here or at the top of the file");

  if (content.limits !== undefined && Object.keys(content.limits).length === 0)
    complain(["limits"], "limits nothing; write perPerson, perMachine or asksPerHour");

  const sources = (content.sources ?? ["single-address"]).map((word) => allowedSource(word, policy));
  return {
    name: content.name ?? `rule ${index + 1}`,
    match: matchOf(content.match),
    ports: portRules(content, policy, complain),
    sources,
    defaultSource: defaultSource(content, sources, policy, complain),
    request: content.request,
    approve: approve(content.approve, around, (path, message) => complain(["approve", ...path], message)),
    configure: content.configure ?? [],
    protect: content.protect,
    drift: content.drift,
    justification: { required: content.justification?.required === "true", pattern: content.justification?.pattern },
    channel: channel ?? "",
    authorities: [...new Set(content.authorities)].filter((name) => name !== "policy"),
    hours: (content.hours ?? []).flatMap((name) => around.hours.get(name) ?? []),
    limits: {
      perPerson: content.limits?.perPerson,
      perMachine: content.limits?.perMachine,
      asksPerHour: content.limits?.asksPerHour,
    },
    breakGlass: breakGlass(content, policy),
    recheck: content.recheck,
  };
};

const portRules = ({ ports }: RuleContent, policy: Policy, complain: Complain): readonly PortRule[] => {
  const offeredBy = new Map<string, string>();
  return Object.entries(ports).map(([name, { maximum, sources }]) => {
    const offered = portsOf(name, policy.services);
    for (const key of offered.map(portKey)) {
      const other = offeredBy.get(key);
      if (other !== undefined) complain(["ports", name], `port ${key} is offered by ${JSON.stringify(other)} already`);
      offeredBy.set(key, name);
    }
    return { name, ports: offered, maximumMs: maximum, sources: sources?.map((word) => allowedSource(word, policy)) };
  });
};

const allowedSource = (word: string, policy: Policy): AllowedSource => {
  if (word === "single-address" || word === "anywhere") return { kind: word };
  const network = policy.networks.get(word.toLowerCase());
  if (network !== undefined) return { kind: "network", network };
  const prefix = parseCidr(word);
  if (prefix === undefined) throw new Error(`the schema let the source ${word} through`);
  return { kind: "prefix", prefix };
};

const defaultSource = (
  content: RuleContent,
  allowed: readonly AllowedSource[],
  policy: Policy,
  complain: Complain,
): readonly Cidr[] | undefined => {
  if (content.defaultSource === undefined) return undefined;
  const wanted = allowedSource(content.defaultSource, policy);
  const prefixes =
    wanted.kind === "network" ? wanted.network.prefixes : wanted.kind === "prefix" ? [wanted.prefix] : ANYWHERE;
  // A port may have sources of its own, so it is enough that one list allows the default.
  const lists = [
    allowed,
    ...Object.values(content.ports).map(({ sources = [] }) => sources.map((word) => allowedSource(word, policy))),
  ];
  if (!lists.some((list) => allowsAll(list, prefixes))) {
    complain(["defaultSource"], `${JSON.stringify(content.defaultSource)} is not among the rule's sources`);
  }
  return prefixes;
};

const breakGlass = ({ breakGlass: content }: RuleContent, { roles }: Policy): Rule["breakGlass"] => {
  if (content === undefined) return undefined;
  const tell = content.tell ?? [];
  return {
    by: content.by,
    maximumMs: content.maximum,
    tell: { roles: tell.filter((name) => roles.has(name)), channels: tell.filter((name) => !roles.has(name)) },
  };
};
