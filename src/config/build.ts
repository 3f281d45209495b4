/** From the file's content, each value of it well formed, to a configuration; checks what the values say together. */

import type { IdentitySettings } from "../identity/identity-settings.ts";
import type { Network, Policy } from "../policy/policy.ts";
import { type AuthoritySettings, authoritySettings, checkAuthorities } from "./build-authorities.ts";
import { denialsOf } from "./build-denials.ts";
import { identitySettings } from "./build-identities.ts";
import { buildRoles, checkUse } from "./build-roles.ts";
import { buildRule } from "./build-rule.ts";
import { servicesOf } from "./build-services.ts";
import { freezesOf, hoursOf } from "./build-times.ts";
import type { Complain } from "./fields.ts";
import type { FileContent } from "./schema.ts";

export interface Config {
  /** Goes into every owner mark. */
  readonly installation: string;
  /** IANA zone for text where the reader's own is unknown. */
  readonly timezone: string;
  readonly azure: AzureAccount | undefined;
  readonly aws: readonly AwsAccount[];
  readonly identities: IdentitySettings;
  readonly onCall: OnCallSettings;
  readonly authorities: AuthoritySettings;
  readonly policy: Policy;
  readonly security:
    | {
        readonly channel: string;
        readonly roles: readonly string[];
        /** Roles that see everybody's accesses, beside those. */
        readonly audit: readonly string[];
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
  /** Where in Azure its machines are connected, lower case; `undefined`: Azure's roles have no say over them. */
  readonly azureScope: string | undefined;
}

/** `undefined`: not used. */
export interface OnCallSettings {
  readonly pagerduty: { readonly address: string } | undefined;
  readonly opsgenie: { readonly address: string } | undefined;
}

/** Above what well-known services use, and of what is left to everybody (RFC 6335) a piece that is easy to remember. */
const MAPPED_PORTS = { from: 50_000, to: 59_999 } as const;

/** Before whatever denies from 1000 on. */
const ALLOW_PRIORITIES = { from: 100, to: 999 } as const;

/** Of the United States' regions, which are the services' first: https://developer.pagerduty.com/docs/service-regions, https://docs.opsgenie.com/docs/api-overview */
const ON_CALL_ADDRESSES = { pagerduty: "https://api.pagerduty.com", opsgenie: "https://api.opsgenie.com" } as const;

/** Calls `complain` for every mistake; what it returns is of use only when there was none. */
export const build = (content: FileContent, complain: Complain): Config => {
  const networks = new Map(
    Object.entries(content.networks ?? {}).map(([name, prefixes]): [string, Network] => [
      name.toLowerCase(),
      { name, prefixes },
    ]),
  );
  const { azure, aws } = cloudsOf(content);
  const authorities = authoritySettings(content);
  const hours = hoursOf(content, complain);
  const named: Policy = {
    services: servicesOf(content),
    networks,
    roles: buildRoles(content, complain),
    rules: [],
    denials: denialsOf(content),
    freezes: freezesOf(content, complain),
  };
  const rules = content.rules.map((rule, index) =>
    buildRule(rule, index, { topChannel: content.channel, policy: named, hours }, (path, message) =>
      complain(["rules", index, ...path], message),
    ),
  );
  checkUse(content, named, complain);
  checkAuthorities(content, rules, authorities, complain);
  checkNames(content, complain);

  return {
    installation: content.installation,
    timezone: content.timezone,
    azure,
    aws,
    identities: identitySettings(content, complain),
    onCall: onCallOf(content, named),
    authorities,
    policy: { ...named, rules },
    security: content.security && {
      channel: content.security.channel,
      roles: content.security.roles ?? [],
      audit: content.security.audit ?? [],
      digest: content.security.digest?.trim(),
    },
  };
};

const cloudsOf = ({ clouds }: FileContent): Pick<Config, "azure" | "aws"> => ({
  azure: clouds.azure && {
    subscriptions: clouds.azure.subscriptions,
    mappedPorts: clouds.azure.mappedPorts ?? MAPPED_PORTS,
    allowPriorities: clouds.azure.allowPriorities ?? ALLOW_PRIORITIES,
  },
  aws: (clouds.aws ?? []).map(({ regions, roleArn, externalId, quotas, azureScope }) => ({
    regions,
    roleArn,
    externalId,
    quotas: { rulesPerGroup: quotas?.rulesPerGroup, groupsPerInterface: quotas?.groupsPerInterface },
    azureScope: azureScope?.toLowerCase(),
  })),
});

const onCallOf = ({ onCall }: FileContent, { roles }: Policy): OnCallSettings => {
  const named = new Set([...roles.values()].flatMap(({ schedules }) => schedules.map(({ service }) => service)));
  const settingsOf = (service: keyof OnCallSettings): { readonly address: string } | undefined =>
    named.has(service) || onCall?.[service] !== undefined
      ? { address: onCall?.[service]?.address ?? ON_CALL_ADDRESSES[service] }
      : undefined;
  return { pagerduty: settingsOf("pagerduty"), opsgenie: settingsOf("opsgenie") };
};

/** Where names are looked up in any case, or shown to people, two of the same would be one too many. */
const checkNames = (content: FileContent, complain: Complain): void => {
  for (const [part, names] of Object.entries({ services: content.services ?? {}, networks: content.networks ?? {} })) {
    for (const name of repeated(Object.keys(names).map((each) => each.toLowerCase()))) {
      const second = Object.keys(names).findLast((each) => each.toLowerCase() === name) ?? name;
      complain([part, second], "this name is there twice; case makes no difference");
    }
  }
  const lists = {
    rules: { what: "rule", names: content.rules.map(({ name }, index) => name ?? `rule ${index + 1}`) },
    deny: { what: "deny rule", names: (content.deny ?? []).flatMap(({ name }) => name ?? []) },
    freezes: { what: "freeze", names: (content.freezes ?? []).flatMap(({ name }) => name ?? []) },
  };
  for (const [part, { what, names }] of Object.entries(lists)) {
    for (const name of repeated(names))
      complain([part, lastNamed(content, part, name), "name"], `another ${what} is called ${JSON.stringify(name)} too`);
  }
};

const lastNamed = (content: FileContent, part: string, name: string): number => {
  const entries = part === "deny" ? content.deny : part === "freezes" ? content.freezes : content.rules;
  return (entries ?? []).findLastIndex((entry, index) => (entry.name ?? `rule ${index + 1}`) === name);
};

const repeated = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.filter((name, index) => names.indexOf(name) !== index));
