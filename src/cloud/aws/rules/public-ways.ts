/** Where strangers can reach an instance's address. */

import type { Instance, InstanceNetworkInterface } from "@aws-sdk/client-ec2";
import { familyOf, parseCidr } from "../../../access/source.ts";
import type { PublicWay } from "../../rules.ts";

/** Of IPv4 the public address that is associated with it; of IPv6 the address itself, when it is a global one. */
export const publicWaysTo = (
  privateAddress: string,
  shown: InstanceNetworkInterface,
  instance: Instance,
): readonly PublicWay[] => {
  const parsed = parseCidr(privateAddress);
  if (parsed === undefined) return [];
  if (familyOf(parsed) === "ipv6") return /^[23]/u.test(privateAddress) ? [wayTo(privateAddress)] : [];
  const told = (shown.PrivateIpAddresses ?? []).find(({ PrivateIpAddress }) => PrivateIpAddress === privateAddress);
  const isPrimary =
    shown.PrivateIpAddress === undefined ? told?.Primary === true : shown.PrivateIpAddress === privateAddress;
  const ofInterface = isPrimary ? shown.Association?.PublicIp : undefined;
  const ofInstance = isPrimary && shown.Attachment?.DeviceIndex === 0 ? instance.PublicIpAddress : undefined;
  const address = told?.Association?.PublicIp ?? ofInterface ?? ofInstance;
  return address ? [wayTo(address)] : [];
};

const wayTo = (address: string): PublicWay => ({ kind: "address", address, sku: "basic" });
