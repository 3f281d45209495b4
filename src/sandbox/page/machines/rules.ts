/** The rules before a machine, as its cloud holds them now, for a page to draw. */

import type { GroupExport } from "../../aws/export.ts";
import type { AzureFirewall, RuleCollection } from "../../azure/firewall-world.ts";
import type { NetworkSecurityGroup } from "../../azure/world.ts";
import { awsBefore, azureBefore, lastOf } from "../../before-machine.ts";
import type { Sandbox } from "../../sandbox.ts";
import type { RuleSet, ShownRule } from "./shown.ts";

export const ruleSetsOf = (name: string, { azure, ec2 }: Pick<Sandbox, "azure" | "ec2">): readonly RuleSet[] => {
  const { groups, firewalls } = azureBefore(name, azure.state());
  return [
    ...groups.map(networkSecurityGroup),
    ...firewalls.flatMap(firewall),
    ...awsBefore(name, ec2).flatMap(({ interfaceId, groups: attached }) =>
      attached.map((group) => securityGroup(interfaceId, group)),
    ),
  ];
};

/** As it is written into the names of what is Latch's; the page reads it by itself, apart from the product. */
export const hasOurMark = (name: string): boolean => name.startsWith("latch-");

const networkSecurityGroup = ({ id, rules }: NetworkSecurityGroup): RuleSet => ({
  id,
  name: lastOf(id),
  kind: "network security group",
  note: undefined,
  isOurs: false,
  rules: rules
    .filter(({ properties }) => properties.direction === "Inbound")
    .map(({ name, properties: p }) => ({
      key: name,
      priority: p.priority,
      verdict: p.access === "Allow" ? "allow" : "deny",
      what: `${p.protocol} ${p.destinationPortRange ?? p.destinationPortRanges.join(", ")} to ${listed(
        p.destinationAddressPrefix === undefined ? p.destinationAddressPrefixes : [p.destinationAddressPrefix],
        (p.destinationApplicationSecurityGroups ?? []).map((each) => each.id),
      )}`,
      from: listed(
        p.sourceAddressPrefix === undefined ? p.sourceAddressPrefixes : [p.sourceAddressPrefix],
        (p.sourceApplicationSecurityGroups ?? []).map((each) => each.id),
      ),
      name,
      about: p.description,
      isOurs: hasOurMark(name),
    })),
});

const firewall = (one: AzureFirewall): readonly RuleSet[] => {
  const set = { kind: "Azure Firewall", isOurs: false } as const;
  if (one.firewallPolicy !== undefined) {
    const note = `Its rules are in the policy ${lastOf(one.firewallPolicy)}.`;
    return [{ ...set, id: one.id, name: lastOf(one.id), note, rules: [] }];
  }
  const collection = <
    Rule extends {
      readonly name: string;
      readonly description?: string;
      readonly sourceAddresses: readonly string[];
      readonly sourceIpGroups: readonly string[];
    },
  >(
    { name, properties: { priority, action, rules } }: RuleCollection<"Dnat" | "Allow" | "Deny", Rule>,
    what: (rule: Rule) => string,
  ): RuleSet => ({
    ...set,
    id: `${one.id}/${name}`,
    name: `${lastOf(one.id)} · ${name}`,
    note: undefined,
    isOurs: hasOurMark(name),
    rules: rules.map(
      (rule): ShownRule => ({
        key: rule.name,
        priority,
        verdict: VERDICTS[action.type],
        what: what(rule),
        from: listed(rule.sourceAddresses, rule.sourceIpGroups),
        name: rule.name,
        about: rule.description,
        isOurs: hasOurMark(name),
      }),
    ),
  });
  return [
    ...one.natRuleCollections.map((each) =>
      collection(
        each,
        (rule) =>
          `${rule.protocols.join(", ")} ${rule.destinationAddresses.join(", ")}:${rule.destinationPorts.join(", ")} to ${rule.translatedAddress ?? rule.translatedFqdn ?? ""}:${rule.translatedPort}`,
      ),
    ),
    ...one.networkRuleCollections.map((each) =>
      collection(
        each,
        (rule) =>
          `${rule.protocols.join(", ")} ${listed([...rule.destinationAddresses, ...rule.destinationFqdns], rule.destinationIpGroups)} ${rule.destinationPorts.join(", ")}`,
      ),
    ),
    ...one.applicationRuleCollections.map((each) =>
      collection(each, (rule) => [...rule.targetFqdns, ...rule.fqdnTags].join(", ")),
    ),
  ].toSorted((a, b) => (a.rules[0]?.priority ?? 0) - (b.rules[0]?.priority ?? 0));
};

const VERDICTS = { Dnat: "translate", Allow: "allow", Deny: "deny" } as const;

const securityGroup = (interfaceId: string, group: GroupExport): RuleSet => ({
  id: `${interfaceId}/${group.id}`,
  name: group.name,
  kind: "security group",
  note: `${group.id} on ${interfaceId}`,
  isOurs: hasOurMark(group.name),
  rules: group.ingress.map(({ protocol, fromPort, toPort, peer, description, tags }): ShownRule => {
    const marks = Object.entries(tags).filter(([tag]) => tag.startsWith("latch:grant:"));
    return {
      key: [protocol, fromPort, toPort, peer].join(" "),
      priority: undefined,
      verdict: "allow",
      what:
        protocol === "-1" ? "everything" : `${protocol} ${fromPort === toPort ? fromPort : `${fromPort}-${toPort}`}`,
      from: peer,
      name: description ?? "",
      about: marks.length === 0 ? undefined : marks.map(([, value]) => value).join("; "),
      isOurs: hasOurMark(group.name),
    };
  }),
});

const listed = (said: readonly string[], ids: readonly string[]): string => [...said, ...ids.map(lastOf)].join(", ");
