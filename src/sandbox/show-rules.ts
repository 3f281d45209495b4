/** What stands before a machine, as its cloud holds it, for people to read. */

import type { AzureFirewall } from "./azure/firewall-world.ts";
import { awsBefore, azureBefore, lastOf } from "./before-machine.ts";
import type { Sandbox } from "./sandbox.ts";

export const showRules = (name: string, { azure, ec2 }: Pick<Sandbox, "azure" | "ec2">): string => {
  const lines = [...azureRules(name, azure), ...awsRules(name, ec2)];
  return lines.length === 0 ? `  There is no machine ${name}.` : lines.join("\n");
};

const azureRules = (name: string, azure: Sandbox["azure"]): readonly string[] => {
  const { groups, firewalls } = azureBefore(name, azure.state());
  const shownGroups = groups.flatMap(({ id, rules }) => [
    `  ${lastOf(id)}`,
    ...rules.map(({ name: rule, properties: p }) => {
      const groupsOf = (list: typeof p.sourceApplicationSecurityGroups): readonly string[] =>
        (list ?? []).map((each) => lastOf(each.id));
      const from =
        p.sourceAddressPrefix ?? [...p.sourceAddressPrefixes, ...groupsOf(p.sourceApplicationSecurityGroups)].join(",");
      const ports = p.destinationPortRange ?? p.destinationPortRanges.join(",");
      return `    ${String(p.priority).padStart(4)} ${p.access.padEnd(5)} ${p.protocol} ${ports} from ${from}  ${rule}${p.description === undefined ? "" : `  “${p.description}”`}`;
    }),
  ]);
  return [...shownGroups, ...firewalls.flatMap(firewallRules)];
};

const firewallRules = (firewall: AzureFirewall): readonly string[] => {
  if (firewall.firewallPolicy !== undefined)
    return [`  ${lastOf(firewall.id)}: its rules are in the policy ${lastOf(firewall.firewallPolicy)}`];
  const sources = (rule: { readonly sourceAddresses: readonly string[]; readonly sourceIpGroups: readonly string[] }) =>
    [...rule.sourceAddresses, ...rule.sourceIpGroups.map(lastOf)].join(",");
  const listed = <Rule extends { readonly name: string; readonly description?: string }>(
    collections: readonly {
      readonly name: string;
      readonly properties: {
        readonly priority: number;
        readonly action: { readonly type: string };
        readonly rules: readonly Rule[];
      };
    }[],
    show: (rule: Rule) => string,
  ): readonly string[] =>
    collections
      .toSorted((a, b) => a.properties.priority - b.properties.priority)
      .flatMap(({ name, properties: { priority, action, rules } }) => [
        `    ${String(priority).padStart(5)} ${action.type.padEnd(5)} ${name}`,
        ...rules.map(
          (rule) =>
            `            ${show(rule)}  ${rule.name}${rule.description === undefined ? "" : `  “${rule.description}”`}`,
        ),
      ]);
  return [
    `  ${lastOf(firewall.id)}`,
    ...listed(
      firewall.natRuleCollections,
      (rule) =>
        `${rule.protocols.join(",")} ${rule.destinationAddresses.join(",")}:${rule.destinationPorts.join(",")} to ${rule.translatedAddress ?? rule.translatedFqdn}:${rule.translatedPort} from ${sources(rule)}`,
    ),
    ...listed(
      firewall.networkRuleCollections,
      (rule) =>
        `${rule.protocols.join(",")} ${[...rule.destinationAddresses, ...rule.destinationIpGroups.map(lastOf), ...rule.destinationFqdns].join(",")} ${rule.destinationPorts.join(",")} from ${sources(rule)}`,
    ),
    ...listed(
      firewall.applicationRuleCollections,
      (rule) => `${[...rule.targetFqdns, ...rule.fqdnTags].join(",")} from ${sources(rule)}`,
    ),
  ];
};

const awsRules = (name: string, ec2: Sandbox["ec2"]): readonly string[] =>
  awsBefore(name, ec2).flatMap(({ interfaceId, groups }) => [
    `  ${interfaceId}`,
    ...groups.flatMap((group) => [
      `    ${group.name} (${group.id})`,
      ...group.ingress.map(({ protocol, fromPort, toPort, peer, tags }) => {
        const marks = Object.entries(tags).filter(([tag]) => tag.startsWith("latch:grant:"));
        const ports = fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`;
        return `      ${protocol} ${ports} from ${peer}${marks.map(([tag, value]) => `  ${tag} “${value}”`).join("")}`;
      }),
    ]),
  ]);
