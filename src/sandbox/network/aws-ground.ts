/** Decides by security groups as EC2 documents them, reading nothing but what the cloud holds. */

import { type Address, contains, type Prefix, readAddress, readPrefix } from "./address.ts";
import { closed, type Flow, type Ground, type LiveFlow, type Machine, type Verdict } from "./ground.ts";

/** What the network has to know of EC2. */
export interface AwsReading {
  readonly instances: ReadonlyMap<string, AwsInstance>;
  readonly interfaces: ReadonlyMap<string, AwsInterface>;
  readonly groups: ReadonlyMap<string, { readonly rules: readonly AwsRule[] }>;
  readonly prefixLists: ReadonlyMap<string, { readonly cidrs: readonly string[] }>;
  readonly peerings: ReadonlyMap<string, { readonly vpcIds: readonly [string, string]; readonly status: string }>;
}

interface AwsInstance {
  readonly id: string;
  readonly platform: "linux" | "windows";
  readonly state: string;
  readonly interfaceIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

interface AwsInterface {
  readonly vpcId: string;
  readonly privateIp: string;
  readonly secondaryPrivateIps: readonly string[];
  readonly publicIp: string | undefined;
  readonly ipv6: readonly string[];
  readonly groupIds: readonly string[];
}

interface AwsRule {
  readonly id: string;
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer:
    | { readonly kind: "ipv4" | "ipv6"; readonly cidr: string }
    | { readonly kind: "prefix-list" | "group"; readonly id: string };
}

export interface AwsSource {
  readonly state: () => AwsReading;
  readonly onChange: Ground["onChange"];
}

export const createAwsGround = ({ state, onChange }: AwsSource): Ground => ({
  machines: () => {
    const held = state();
    return [...held.instances.values()].map((instance) => machineOf(held, instance));
  },
  admit: (flow) => admit(state(), flow),
  keep: (flow, last) => keep(state(), flow, last),
  onChange,
});

/** Those of these flows that are cut at the moment when these rules are revoked together; those of other clouds never are. */
export const cutWithout = (
  held: AwsReading,
  flows: readonly LiveFlow[],
  ruleIds: readonly string[],
): readonly LiveFlow[] => {
  const groups = new Map(
    [...held.groups].map(([id, group]) => [
      id,
      { ...group, rules: group.rules.filter((rule) => !ruleIds.includes(rule.id)) },
    ]),
  );
  return flows.filter(
    ({ because, tracked, ...flow }) =>
      held.instances.has(flow.machineId) &&
      keep({ ...held, groups }, flow, { kind: "open", because, tracked }).kind === "closed",
  );
};

const keep = (held: AwsReading, flow: Flow, last: Verdict & { readonly kind: "open" }): Verdict => {
  if (held.instances.get(flow.machineId)?.state !== "running") return closed("the machine isn't running");
  // "An untracked flow of traffic is immediately interrupted if the rule that enables the flow is removed or modified."
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
  return last.tracked ? last : keepUntracked(held, flow);
};

const machineOf = (held: AwsReading, instance: AwsInstance): Machine => ({
  id: instance.id,
  name: instance.tags.Name ?? instance.id,
  platform: instance.platform,
  addresses: interfacesOf(held, instance).flatMap((one) => addressesOf(one)),
});

const interfacesOf = (held: AwsReading, instance: AwsInstance): readonly AwsInterface[] =>
  instance.interfaceIds.flatMap((id) => held.interfaces.get(id) ?? []);

const addressesOf = (one: AwsInterface): readonly string[] => [
  ...(one.publicIp === undefined ? [] : [one.publicIp]),
  one.privateIp,
  ...one.secondaryPrivateIps,
  ...one.ipv6,
];

const admit = (held: AwsReading, flow: Flow): Verdict => {
  const instance = held.instances.get(flow.machineId);
  if (instance?.state !== "running") return closed("the machine isn't running");
  const one = interfacesOf(held, instance).find((other) => addressesOf(other).includes(flow.address));
  const from = readAddress(flow.from);
  const to = readAddress(flow.address);
  if (one === undefined || from === undefined || to === undefined) return closed("no interface has that address");
  if (from.family !== to.family) return closed("the source has no address of that family");

  const letting = rulesOf(held, one, false).filter((rule) => reaches(rule, flow.port) && isPeer(held, rule, from, one));
  const [first] = letting;
  if (first === undefined) return closed("no rule of its security groups allows it");
  const anywhere = letting.find((rule) => isAnywhere(rule, from.family));
  return {
    kind: "open",
    because: (anywhere ?? first).id,
    tracked: anywhere === undefined || !answersAnything(held, one, from.family),
  };
};

/** Its answers are let out by the outbound rules and not from memory, so these must let them out too. */
const keepUntracked = (held: AwsReading, flow: Flow): Verdict => {
  const verdict = admit(held, flow);
  const instance = held.instances.get(flow.machineId);
  const one =
    instance === undefined
      ? undefined
      : interfacesOf(held, instance).find((other) => addressesOf(other).includes(flow.address));
  const from = readAddress(flow.from);
  if (verdict.kind === "closed" || one === undefined || from === undefined) return verdict;
  const goesOut = rulesOf(held, one, true).some(
    (rule) => reaches(rule, flow.fromPort) && isPeer(held, rule, from, one),
  );
  return goesOut ? verdict : closed("no outbound rule lets its answers out, and it isn't tracked");
};

const rulesOf = (held: AwsReading, one: AwsInterface, isEgress: boolean): readonly AwsRule[] =>
  one.groupIds.flatMap((id) => held.groups.get(id)?.rules ?? []).filter((rule) => rule.isEgress === isEgress);

const reaches = ({ protocol, fromPort, toPort }: AwsRule, port: number): boolean =>
  protocol === "-1" || (protocol === "tcp" && fromPort <= port && port <= toPort);

const isPeer = (held: AwsReading, { peer }: AwsRule, from: Address, at: AwsInterface): boolean => {
  if ("cidr" in peer) return within([peer.cidr], from);
  if (peer.kind === "prefix-list") return within(held.prefixLists.get(peer.id)?.cidrs ?? [], from);
  // A group as a source means the private addresses of the interfaces that have it, here or in a peered VPC.
  // https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
  return [...held.interfaces.values()].some(
    (one) =>
      isConnected(held, one.vpcId, at.vpcId) &&
      one.groupIds.includes(peer.id) &&
      within([one.privateIp, ...one.secondaryPrivateIps, ...one.ipv6], from),
  );
};

const isConnected = ({ peerings }: AwsReading, vpcId: string, otherId: string): boolean =>
  vpcId === otherId ||
  [...peerings.values()].some(
    ({ vpcIds, status }) => status === "active" && vpcIds.includes(vpcId) && vpcIds.includes(otherId),
  );

const within = (cidrs: readonly string[], address: Address): boolean =>
  cidrs.some((cidr) => {
    const prefix: Prefix | undefined = readPrefix(cidr);
    return prefix !== undefined && contains(prefix, address);
  });

const isAnywhere = ({ peer }: AwsRule, family: 4 | 6): boolean =>
  "cidr" in peer && peer.cidr === (family === 4 ? "0.0.0.0/0" : "::/0");

const answersAnything = (held: AwsReading, one: AwsInterface, family: 4 | 6): boolean =>
  rulesOf(held, one, true).some(
    (rule) => isAnywhere(rule, family) && reaches(rule, 0) && (rule.protocol === "-1" || rule.toPort === 65_535),
  );
