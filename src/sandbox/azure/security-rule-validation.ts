/** Reads a security rule as somebody sends it, or says why Azure would not take it. */

import { z } from "zod";
import { type AddressRange, findOverlap, isServiceTag, readAddressRange } from "./address-prefixes.ts";
import { type ArmAnswer, badRequest, unreadable } from "./arm-errors.ts";
import type { SecurityRule, SecurityRuleProperties } from "./world.ts";

export type Read<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "refused"; readonly answer: ArmAnswer };

const texts = z.array(z.string()).nullish();
const references = z.array(z.object({ id: z.string() })).nullish();

/** Everything is optional, because a missing one has its own error. What ARM doesn't know it ignores. */
const sentRule = z.object({
  properties: z.object({
    description: z.string().nullish(),
    protocol: z.string().nullish(),
    sourcePortRange: z.string().nullish(),
    destinationPortRange: z.string().nullish(),
    sourceAddressPrefix: z.string().nullish(),
    destinationAddressPrefix: z.string().nullish(),
    access: z.string().nullish(),
    priority: z.int().nullish(),
    direction: z.string().nullish(),
    sourcePortRanges: texts,
    destinationPortRanges: texts,
    sourceAddressPrefixes: texts,
    destinationAddressPrefixes: texts,
    sourceApplicationSecurityGroups: references,
    destinationApplicationSecurityGroups: references,
  }),
});

type Sent = z.infer<typeof sentRule>["properties"];

/** `id` is the rule's own, for messages. */
export const readSecurityRule = (id: string, name: string, body: unknown): Read<SecurityRule> => {
  const nameProblem = checkName(name);
  if (nameProblem !== undefined) return { kind: "refused", answer: nameProblem };
  const parsed = sentRule.safeParse(body);
  if (!parsed.success) return { kind: "refused", answer: unreadable };
  const sent = parsed.data.properties;
  const problem = checkPlainFields(sent) ?? checkPorts(sent) ?? checkAddresses(id, name, sent);
  if (problem !== undefined) return { kind: "refused", answer: problem };
  return { kind: "read", value: { name, properties: asKept(sent) } };
};

/** https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#security-rules */
export const checkName = (name: string): ArmAnswer | undefined =>
  /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$/.test(name)
    ? undefined
    : badRequest(
        "InvalidResourceName",
        `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
      );

const DESCRIPTION_LIMIT = 140;
const protocols = ["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"] as const;
const accesses = ["Allow", "Deny"] as const;
const directions = ["Inbound", "Outbound"] as const;

/** ARM takes these words in any letter case and keeps its own. */
const known = <T extends string>(words: readonly T[], sent: string | null | undefined): T | undefined =>
  words.find((word) => word.toLowerCase() === sent?.toLowerCase());

// Codes other than SecurityRuleInvalidAccessType, …Priority and …DescriptionTooLong were not found in public and are built alike.
const unknown = (what: string, value: string | null | undefined, allowed: readonly string[]): ArmAnswer =>
  badRequest(
    `SecurityRuleInvalid${what}`,
    `Security rule has invalid ${what}. Value provided: ${value ?? ""} Allowed values: ${allowed.join(", ")}.`,
  );

const checkPlainFields = (sent: Sent): ArmAnswer | undefined => {
  if (known(protocols, sent.protocol) === undefined) return unknown("Protocol", sent.protocol, protocols);
  if (known(accesses, sent.access) === undefined) return unknown("AccessType", sent.access, accesses);
  if (known(directions, sent.direction) === undefined) return unknown("Direction", sent.direction, directions);
  const priority = sent.priority ?? 0;
  if (priority < 100 || priority > 4096) {
    return badRequest(
      "SecurityRuleInvalidPriority",
      `Security rule has invalid Priority. Value provided: ${priority} Allowed range 100-4096.`,
    );
  }
  if ((sent.description ?? "").length > DESCRIPTION_LIMIT) {
    return badRequest(
      "SecurityRuleDescriptionTooLong",
      `Security rule description cannot be longer than ${DESCRIPTION_LIMIT} characters.`,
    );
  }
  return undefined;
};

const missing = (what: string): ArmAnswer =>
  badRequest(
    "SecurityRuleParametersMissing",
    `Required security rule parameters are missing. Security rule must specify ${what}.`,
  );

const both = (one: string, many: string): ArmAnswer =>
  badRequest("SecurityRuleParametersConflict", `Security rule must not specify both ${one} and ${many}.`);

const checkPorts = (sent: Sent): ArmAnswer | undefined => {
  for (const side of ["source", "destination"] as const) {
    const title = side === "source" ? "Source" : "Destination";
    const one = sent[`${side}PortRange`] ?? "";
    const many = sent[`${side}PortRanges`] ?? [];
    if (one === "" && many.length === 0) return missing(`${title}PortRanges or ${title}PortRange`);
    if (one !== "" && many.length > 0) return both(`${title}PortRange`, `${title}PortRanges`);
    // A wildcard has its own error in a list: only the single property takes it.
    if (many.includes("*")) {
      return badRequest(
        "SecurityRuleParameterContainsInvalidPortRanges",
        `Security rule parameter ${title}PortRanges cannot specify '*'.`,
      );
    }
    const wrong = [...(one === "" || one === "*" ? [] : [one]), ...many].find((range) => !isPortRange(range));
    if (wrong !== undefined) {
      return badRequest(
        "SecurityRuleInvalidPortRange",
        `Security rule has invalid Port range. Value provided: ${wrong}. Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.`,
      );
    }
  }
  return undefined;
};

const isPortRange = (text: string): boolean => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(text);
  if (match === null) return false;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first <= last && last <= 65_535;
};

const checkAddresses = (id: string, name: string, sent: Sent): ArmAnswer | undefined => {
  const ranges: AddressRange[] = [];
  for (const side of ["source", "destination"] as const) {
    const title = side === "source" ? "Source" : "Destination";
    const one = sent[`${side}AddressPrefix`] ?? "";
    const many = sent[`${side}AddressPrefixes`] ?? [];
    const groups = sent[`${side}ApplicationSecurityGroups`] ?? [];
    const given = [one !== "", many.length > 0, groups.length > 0].filter(Boolean).length;
    const names = [`${title}AddressPrefixes`, `${title}AddressPrefix`, `${title}ApplicationSecurityGroups`] as const;
    if (given === 0) return missing(`${names[0]}, ${names[1]}, or ${names[2]}`);
    if (given > 1) return both(names[1], groups.length > 0 ? names[2] : names[0]);
    if (one !== "*" && one !== "" && !isServiceTag(one)) {
      const range = readAddressRange(one);
      if (range === undefined) return invalidPrefix(id, one);
      ranges.push(range);
    }
    const listed = checkPrefixList(id, title, many);
    if (listed.kind === "refused") return listed.answer;
    ranges.push(...listed.value);
  }
  if (new Set(ranges.map(({ family }) => family)).size > 1) {
    return badRequest(
      "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies",
      `${name} contains IP addresses or prefixes that belong to different address families. All IP addresses or prefixes in the resource should belong to the same address family.`,
    );
  }
  return undefined;
};

const checkPrefixList = (id: string, title: string, many: readonly string[]): Read<readonly AddressRange[]> => {
  const ranges: AddressRange[] = [];
  for (const text of many) {
    if (text === "*" || isServiceTag(text)) {
      return refused(
        "SecurityRuleParameterContainsUnsupportedValue",
        `Security rule parameter ${title}AddressPrefix for rule with Id ${id} cannot specify existing VIRTUALNETWORK, INTERNET, AZURELOADBALANCER, '*' or system tags. Unsupported value used: ${text}.`,
      );
    }
    const range = readAddressRange(text);
    if (range === undefined) return { kind: "refused", answer: invalidPrefix(id, text) };
    ranges.push(range);
  }
  const overlap = findOverlap(ranges);
  if (overlap === undefined) return { kind: "read", value: ranges };
  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/6775
  return refused(
    "OverlappingSubnetsNotPermittedInSecurityRule",
    `Security rule parameter ${title}AddressPrefix for rule with Id ${id} contains overlapping subnets [${overlap.map(({ text }) => text).join(", ")}], which is not permitted.`,
  );
};

const refused = (code: string, message: string): Read<never> => ({
  kind: "refused",
  answer: badRequest(code, message),
});

const invalidPrefix = (id: string, value: string): ArmAnswer =>
  badRequest(
    "SecurityRuleInvalidAddressPrefix",
    `Security rule ${id} has invalid Address prefix. Value provided: ${value}`,
  );

/** In ARM's order: what wasn't sent is absent, but for the lists, which are empty. */
const asKept = (sent: Sent): SecurityRuleProperties => ({
  ...(sent.description === undefined || sent.description === null ? {} : { description: sent.description }),
  protocol: known(protocols, sent.protocol) ?? "*",
  ...(sent.sourcePortRange ? { sourcePortRange: sent.sourcePortRange } : {}),
  ...(sent.destinationPortRange ? { destinationPortRange: sent.destinationPortRange } : {}),
  ...(sent.sourceAddressPrefix ? { sourceAddressPrefix: sent.sourceAddressPrefix } : {}),
  ...(sent.destinationAddressPrefix ? { destinationAddressPrefix: sent.destinationAddressPrefix } : {}),
  access: known(accesses, sent.access) ?? "Deny",
  priority: sent.priority ?? 0,
  direction: known(directions, sent.direction) ?? "Inbound",
  sourcePortRanges: sent.sourcePortRanges ?? [],
  destinationPortRanges: sent.destinationPortRanges ?? [],
  sourceAddressPrefixes: sent.sourceAddressPrefixes ?? [],
  destinationAddressPrefixes: sent.destinationAddressPrefixes ?? [],
  ...((sent.sourceApplicationSecurityGroups ?? []).length > 0
    ? { sourceApplicationSecurityGroups: sent.sourceApplicationSecurityGroups ?? [] }
    : {}),
  ...((sent.destinationApplicationSecurityGroups ?? []).length > 0
    ? { destinationApplicationSecurityGroups: sent.destinationApplicationSecurityGroups ?? [] }
    : {}),
});
