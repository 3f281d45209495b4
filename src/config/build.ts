/** From the file's content, each value of it well formed, to a configuration; checks what the values say together. */

import type { CloudName } from "../access/machine.ts";
import { type Port, parsePort, portKey, type Service } from "../access/port.ts";
import { ANYWHERE, type Cidr, parseCidr } from "../access/source.ts";
import { type DurationMs, MINUTE } from "../access/time.ts";
import { allowsAll } from "../policy/decide.ts";
import type { AllowedSource, Approve, Network, Policy, PortRule, Role, Rule } from "../policy/policy.ts";
import { peopleOf } from "../policy/roles.ts";
import type { Path } from "./document.ts";
import type { FileContent } from "./schema.ts";

export interface Config {
  /** Goes into every owner mark. */
  readonly installation: string;
  /** IANA zone for text where the reader's own is unknown. */
  readonly timezone: string;
  readonly azure: AzureAccount | undefined;
  readonly aws: readonly AwsAccount[];
  readonly policy: Policy;
  readonly security:
    | {
        readonly channel: string;
        readonly roles: readonly string[];
        /** Five fields of cron, in `timezone`: when to tell how all machines stand. `undefined`: never. */
        readonly digest: string | undefined;
      }
    | undefined;
}

export interface AzureAccount {
  readonly subscriptions: readonly string[];
  /** Of an Azure Firewall's public addresses, those that may be mapped to machines; both ends included. */
  readonly mappedPorts: { readonly from: number; readonly to: number };
  /** Of the inbound rules of an NSG, those that our allows may take; both ends included. */
  readonly allowPriorities: { readonly from: number; readonly to: number };
}

export interface AwsAccount {
  readonly regions: readonly string[];
  readonly roleArn: string | undefined;
  readonly externalId: string | undefined;
  readonly quotas: { readonly rulesPerGroup: number | undefined; readonly groupsPerInterface: number | undefined };
}

/** Those of the reference system's ports that have names: known when the file has no `services` of its own. */
export const WELL_KNOWN_SERVICES = { ssh: [22], rdp: [3389], winrm: [5985, 5986] } as const;

/** Above what well-known services use, and of what is left to everybody (RFC 6335) a piece that is easy to remember. */
const MAPPED_PORTS = { from: 50_000, to: 59_999 } as const;

/** Before whatever denies from 1000 on. */
const ALLOW_PRIORITIES = { from: 100, to: 999 } as const;

/** Calls `complain` for every mistake; what it returns is of use only when there was none. */
export const build = (content: FileContent, complain: (path: Path, message: string) => void): Config => {
  const services = servicesOf(content);
  const networks = new Map(
    Object.entries(content.networks ?? {}).map(([name, prefixes]): [string, Network] => [
      name.toLowerCase(),
      { name, prefixes },
    ]),
  );
  const roles = new Map(
    Object.entries(content.roles ?? {}).map(([name, { users = [], groups = [] }]): [string, Role] => [
      name,
      { name, users, groups, schedules: [], manager: false, otherwise: [] },
    ]),
  );
  for (const [part, names] of Object.entries({ services: content.services ?? {}, networks: content.networks ?? {} })) {
    for (const name of repeated(Object.keys(names).map((each) => each.toLowerCase()))) {
      const second = Object.keys(names).findLast((each) => each.toLowerCase() === name) ?? name;
      complain([part, second], "this name is there twice; case makes no difference");
    }
  }

  const named: Policy = { services, networks, roles, rules: [], denials: [], freezes: [] };
  const rules = content.rules.map((rule, index) =>
    buildRule(rule, index, content.channel, named, (path, message) => complain(["rules", index, ...path], message)),
  );
  for (const name of repeated(rules.map((rule) => rule.name))) {
    complain(
      ["rules", rules.findLastIndex((rule) => rule.name === name), "name"],
      `another rule is called ${JSON.stringify(name)} too`,
    );
  }

  return {
    installation: content.installation,
    timezone: content.timezone,
    azure: content.clouds.azure && {
      subscriptions: content.clouds.azure.subscriptions,
      mappedPorts: content.clouds.azure.mappedPorts ?? MAPPED_PORTS,
      allowPriorities: content.clouds.azure.allowPriorities ?? ALLOW_PRIORITIES,
    },
    aws: (content.clouds.aws ?? []).map(({ regions, roleArn, externalId, quotas }) => ({
      regions,
      roleArn,
      externalId,
      quotas: { rulesPerGroup: quotas?.rulesPerGroup, groupsPerInterface: quotas?.groupsPerInterface },
    })),
    policy: { ...named, rules },
    security: content.security && {
      channel: content.security.channel,
      roles: content.security.roles ?? [],
      digest: content.security.digest?.trim(),
    },
  };
};

type RuleContent = FileContent["rules"][number];
type Complain = (path: Path, message: string) => void;

const buildRule = (
  content: RuleContent,
  index: number,
  topChannel: string | undefined,
  policy: Policy,
  complain: Complain,
): Rule => {
  const { match } = content;
  const channel = content.channel ?? topChannel;
  if (channel === undefined) complain(["channel"], "is missing; name a channel here or at the top of the file");

  const sources = (content.sources ?? ["single-address"]).map((word) => allowedSource(word, policy));
  return {
    name: content.name ?? `rule ${index + 1}`,
    match: {
      names: match?.names ?? [],
      clouds: (match?.clouds ?? []) satisfies readonly CloudName[],
      accounts: match?.accounts ?? [],
      regions: match?.regions ?? [],
      systems: [],
      tags: new Map(Object.entries(match?.tags ?? {})),
    },
    ports: portRules(content, policy, complain),
    sources,
    defaultSource: defaultSource(content, sources, policy, complain),
    request: content.request,
    approve: approve(content, policy, complain),
    configure: content.configure ?? [],
    protect: content.protect,
    drift: content.drift,
    justification: { required: content.justification?.required === "true", pattern: content.justification?.pattern },
    channel: channel ?? "",
    authorities: [],
    hours: [],
    limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined },
    breakGlass: undefined,
    recheck: "tell",
  };
};

const portRules = ({ ports }: RuleContent, policy: Policy, complain: Complain): readonly PortRule[] => {
  const offeredBy = new Map<string, string>();
  return Object.entries(ports).map(([name, { maximum, sources }]) => {
    const port = parsePort(name);
    const offered: readonly Port[] =
      port !== undefined ? [port] : (policy.services.get(name.toLowerCase())?.ports ?? []);
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

const approve = ({ approve: content }: RuleContent, policy: Policy, complain: Complain): Approve => {
  if (content === "none") return { kind: "none" };
  const { users, groups } = peopleOf(policy, content.by);
  if (groups.length === 0 && users.length < content.needed) {
    complain(
      ["approve", "needed"],
      `${content.needed} approvals can't be had: ${content.by.join(", ")} ${users.length === 1 ? "is one person" : `are ${users.length} people`}`,
    );
  }
  return {
    kind: "by",
    steps: [{ roles: content.by, needed: content.needed }],
    automatic: [],
    withinMs: content.within ?? ((30 * MINUTE) as DurationMs),
  };
};

const servicesOf = ({ services = {} }: FileContent): ReadonlyMap<string, Service> => {
  if (Object.keys(services).length > 0) {
    return new Map(Object.entries(services).map(([name, ports]) => [name.toLowerCase(), { name, ports }]));
  }
  return new Map(
    Object.entries(WELL_KNOWN_SERVICES).map(([name, ports]) => [
      name,
      { name, ports: ports.map((port) => ({ port, protocol: "tcp" as const })) },
    ]),
  );
};

const repeated = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.filter((name, index) => names.indexOf(name) !== index));
