/** An ingress rule of somebody else's as values: enough to make it again as it was. */

import type { IpPermission, SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { Port } from "../../../access/port.ts";
import type { Tag } from "../own-group/owner-mark.ts";
import { type PortRange, showRange } from "./split-range.ts";

export interface RuleSource {
  readonly kind: "ipv4" | "ipv6" | "prefix-list" | "group" | "unknown";
  /** `203.0.113.0/24`, `pl-0a1`, `sg-0a1`. */
  readonly at: string;
  /** The account of a group, which must be said of one in a peered VPC. By group and account EC2 finds the peering itself. */
  readonly owner?: string;
}

export interface RuleValues {
  /** `tcp`, `udp`, `-1` for all, another name or number. */
  readonly protocol: string;
  /** `undefined`: all, or a protocol without any. */
  readonly ports: PortRange | undefined;
  readonly source: RuleSource;
  readonly description: string | undefined;
  /** Without those of AWS, which nobody else can set. */
  readonly tags: readonly Tag[];
}

export const readValues = (rule: SecurityGroupRule): RuleValues => ({
  protocol: PROTOCOLS.get(rule.IpProtocol ?? "") ?? rule.IpProtocol ?? "-1",
  ports: rangeOf(rule),
  source: sourceOf(rule),
  description: rule.Description || undefined,
  tags: (rule.Tags ?? [])
    .flatMap(({ Key = "", Value = "" }) => (Key === "" || isAmazons(Key) ? [] : [{ Key, Value }]))
    .toSorted((a, b) => (a.Key < b.Key ? -1 : 1)),
});

export const isAmazons = (key: string): boolean => key.toLowerCase().startsWith("aws:");

/** What makes two rules the same to EC2, which has neither twice in a group: `tcp 20-25 10.0.0.0/8`. Description and tags are no part of it. */
export const identityOf = ({ protocol, ports, source }: RuleValues): string =>
  `${protocol} ${ports === undefined ? "all" : showRange(ports)} ${source.at}`;

/** Protocols other than TCP and UDP never let in to a port, but "all" does. */
export const covers = ({ protocol, ports }: RuleValues, { port, protocol: asked }: Port): boolean =>
  (protocol === "-1" || protocol === asked) && (ports === undefined || (ports.from <= port && port <= ports.to));

/** For people: `20-25/tcp from 10.0.0.0/8`. */
export const showRule = ({ protocol, ports, source }: RuleValues): string =>
  `${protocol === "-1" ? "everything" : `${ports === undefined ? "all" : showRange(ports)}/${protocol}`} from ${source.at}`;

export const permissionFor = ({ protocol, ports, source, description }: RuleValues): IpPermission => {
  const Description = description === undefined ? {} : { Description: description };
  return {
    IpProtocol: protocol,
    ...(ports === undefined
      ? protocol === "-1"
        ? {}
        : { FromPort: -1, ToPort: -1 }
      : { FromPort: ports.from, ToPort: ports.to }),
    ...(source.kind === "ipv4" ? { IpRanges: [{ CidrIp: source.at, ...Description }] } : {}),
    ...(source.kind === "ipv6" ? { Ipv6Ranges: [{ CidrIpv6: source.at, ...Description }] } : {}),
    ...(source.kind === "prefix-list" ? { PrefixListIds: [{ PrefixListId: source.at, ...Description }] } : {}),
    ...(source.kind === "group"
      ? {
          UserIdGroupPairs: [
            { GroupId: source.at, ...(source.owner === undefined ? {} : { UserId: source.owner }), ...Description },
          ],
        }
      : {}),
  };
};

/** By its look, as it stands in a record. */
export const sourceAt = (at: string, owner?: string): RuleSource => {
  if (at.startsWith("sg-")) return { kind: "group", at, ...(owner === undefined ? {} : { owner }) };
  if (at.startsWith("pl-")) return { kind: "prefix-list", at };
  if (!at.includes("/")) return { kind: "unknown", at };
  return { kind: at.includes(":") ? "ipv6" : "ipv4", at };
};

const sourceOf = (rule: SecurityGroupRule): RuleSource => {
  const group = rule.ReferencedGroupInfo;
  const at = rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? group?.GroupId;
  return sourceAt(at ?? "unknown", group?.UserId);
};

/** -1 stands for all: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html */
const rangeOf = ({ IpProtocol = "-1", FromPort: from, ToPort: to }: SecurityGroupRule): PortRange | undefined =>
  IpProtocol === "-1" || from === undefined || to === undefined || from < 0 || to < from ? undefined : { from, to };

/** https://www.iana.org/assignments/protocol-numbers */
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ["6", "tcp"],
  ["17", "udp"],
  ["all", "-1"],
]);
