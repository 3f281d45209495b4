/** The ids of firewalls in AWS: the security groups of one network interface, and which of them is ours; one group of somebody else's. */

import type { FirewallId } from "../../access/machine.ts";

/** One network interface of one account in one region. */
export interface InterfaceKey {
  readonly account: string;
  readonly region: string;
  readonly eni: string;
}

/** `aws-groups:111122223333/eu-west-1/eni-0a1` */
export const writeFirewallId = (key: InterfaceKey): FirewallId => `${PREFIX}${writeInterface(key)}` as FirewallId;

/** `undefined` when the id is another cloud's or malformed. */
export const readFirewallId = (id: FirewallId): InterfaceKey | undefined =>
  id.startsWith(PREFIX) ? readInterface(id.slice(PREFIX.length)) : undefined;

/** `111122223333/eu-west-1/eni-0a1`: how the tag on our group says whose it is. */
export const writeInterface = ({ account, region, eni }: InterfaceKey): string => `${account}/${region}/${eni}`;

export const readInterface = (text: string): InterfaceKey | undefined => {
  const [, account, region, eni] = /^([^/\s]+)\/([a-z0-9-]+)\/(eni-[a-z0-9]+)$/u.exec(text) ?? [];
  return account === undefined || region === undefined || eni === undefined ? undefined : { account, region, eni };
};

/** One security group of one account in one region. */
export interface GroupKey {
  readonly account: string;
  readonly region: string;
  readonly group: string;
}

/** `aws-group:111122223333/eu-west-1/sg-0a1` */
export const writeGroupId = (key: GroupKey): FirewallId => `${GROUP_PREFIX}${writeGroup(key)}` as FirewallId;

/** `undefined` when the id is another cloud's or malformed. */
export const readGroupId = (id: FirewallId): GroupKey | undefined =>
  id.startsWith(GROUP_PREFIX) ? readGroup(id.slice(GROUP_PREFIX.length)) : undefined;

/** `111122223333/eu-west-1/sg-0a1` */
export const writeGroup = ({ account, region, group }: GroupKey): string => `${account}/${region}/${group}`;

export const readGroup = (text: string): GroupKey | undefined => {
  const [, account, region, group] = /^([^/\s]+)\/([a-z0-9-]+)\/(sg-[a-z0-9]+)$/u.exec(text) ?? [];
  return account === undefined || region === undefined || group === undefined ? undefined : { account, region, group };
};

/** `latch-acme-eni-0a1`. A name is unique within a VPC, so there can be no second group for the same interface. */
export const groupName = (installation: string, eni: string): string => `latch-${installation}-${eni}`;

/** In a filter: each group's name that `groupName` gives, of any installation. */
export const ANY_GROUP_NAME = "latch-*";

/** The interface that a group of this name is for; `undefined` when it isn't this installation's name. */
export const interfaceOfGroup = (installation: string, name: string): string | undefined => {
  const eni = name.slice(groupName(installation, "").length);
  return name === groupName(installation, eni) && /^eni-[a-z0-9]+$/u.test(eni) ? eni : undefined;
};

const PREFIX = "aws-groups:";
const GROUP_PREFIX = "aws-group:";
