/** What stands before a machine, as its cloud holds it, for people to read. */

import type { Sandbox } from "./sandbox.ts";

export const showRules = (name: string, { azure, ec2 }: Pick<Sandbox, "azure" | "ec2">): string => {
  const lines = [...azureRules(name, azure), ...awsRules(name, ec2)];
  return lines.length === 0 ? `  There is no machine ${name}.` : lines.join("\n");
};

const azureRules = (name: string, azure: Sandbox["azure"]): readonly string[] => {
  const { virtualMachines, networkInterfaces, virtualNetworks, networkSecurityGroups } = azure.state();
  const machine = virtualMachines.find(({ id }) => lastOf(id) === name);
  const interfaces = networkInterfaces.filter(({ id }) => machine?.networkInterfaces.some((each) => same(each, id)));
  const subnets = virtualNetworks.flatMap((network) =>
    network.subnets.filter((subnet) =>
      interfaces.some(({ ipConfigurations }) =>
        ipConfigurations.some((each) => same(each.subnet, `${network.id}/subnets/${subnet.name}`)),
      ),
    ),
  );
  const groups = [...subnets, ...interfaces].flatMap(({ networkSecurityGroup }) => networkSecurityGroup ?? []);
  return [...new Set(groups)].flatMap((group) => {
    const rules = networkSecurityGroups.find(({ id }) => same(id, group))?.rules ?? [];
    return [
      `  ${lastOf(group)}`,
      ...rules
        .toSorted((a, b) => a.properties.priority - b.properties.priority)
        .map(({ name: rule, properties: p }) => {
          const from = p.sourceAddressPrefix ?? p.sourceAddressPrefixes.join(",");
          const ports = p.destinationPortRange ?? p.destinationPortRanges.join(",");
          return `    ${String(p.priority).padStart(4)} ${p.access.padEnd(5)} ${p.protocol} ${ports} from ${from}  ${rule}${p.description === undefined ? "" : `  “${p.description}”`}`;
        }),
    ];
  });
};

const awsRules = (name: string, ec2: Sandbox["ec2"]): readonly string[] => {
  const { instances, interfaces } = ec2.state();
  const machine = [...instances.values()].find(({ id, tags }) => id === name || tags["Name"] === name);
  const own =
    machine === undefined ? [] : [...interfaces.values()].filter(({ instanceId }) => instanceId === machine.id);
  return own.flatMap(({ id }) => [
    `  ${id}`,
    ...ec2.export(id).attached.flatMap((group) => [
      `    ${group.name} (${group.id})`,
      ...group.ingress.map(({ protocol, fromPort, toPort, peer, tags }) => {
        const marks = Object.entries(tags).filter(([tag]) => tag.startsWith("latch:grant:"));
        const ports = fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`;
        return `      ${protocol} ${ports} from ${peer}${marks.map(([tag, value]) => `  ${tag} “${value}”`).join("")}`;
      }),
    ]),
  ]);
};

const lastOf = (id: string): string => id.split("/").at(-1) ?? id;
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
