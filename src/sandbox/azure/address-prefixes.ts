/** Which address prefixes and service tags ARM takes in a security rule. */

import ipaddr from "ipaddr.js";

/** An address or a prefix as the range of numbers it covers, both ends included. */
export interface AddressRange {
  readonly text: string;
  readonly family: "ipv4" | "ipv6";
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Reads `10.0.0.4`, `10.0.0.0/24`, `2001:db8::/32`. A prefix with bits set behind its length is refused, as Azure does:
 * https://github.com/kubernetes-sigs/cloud-provider-azure/issues/5599
 */
export const readAddressRange = (text: string): AddressRange | undefined => {
  const [address = "", length, ...more] = text.split("/");
  if (more.length > 0 || text !== text.trim()) return undefined;
  if (!(address.includes(":") ? ipaddr.IPv6.isValid(address) : ipaddr.IPv4.isValidFourPartDecimal(address)))
    return undefined;
  if (address.includes("%")) return undefined;
  const parsed = ipaddr.parse(address);
  const bits = parsed.kind() === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/u.test(length) ? Number(length) : bits + 1;
  if (prefix > bits) return undefined;
  const first = parsed.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const host = (1n << BigInt(bits - prefix)) - 1n;
  if ((first & host) !== 0n) return undefined;
  return { text, family: parsed.kind(), first, last: first + host };
};

/** The first two of these that share an address. */
export const findOverlap = (ranges: readonly AddressRange[]): readonly [AddressRange, AddressRange] | undefined => {
  const sorted = ranges.toSorted((a, b) =>
    a.first === b.first ? Number(b.last - a.last) : a.first < b.first ? -1 : 1,
  );
  for (const [index, range] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && next.family === range.family && next.first <= range.last) return [range, next];
  }
  return undefined;
};

/** The usual ones of https://learn.microsoft.com/azure/virtual-network/service-tags-overview */
const SERVICE_TAGS = new Set(
  [
    "ActionGroup ApiManagement AppConfiguration AppService AppServiceManagement AutonomousDevelopmentPlatform AzureActiveDirectory",
    "AzureActiveDirectoryDomainServices AzureArcInfrastructure AzureBackup AzureBotService AzureCloud AzureCognitiveSearch",
    "AzureConnectors AzureContainerRegistry AzureCosmosDB AzureDatabricks AzureDevOps AzureDevSpaces AzureDigitalTwins AzureEventGrid",
    "AzureFrontDoor.Backend AzureFrontDoor.Frontend AzureFrontDoor.FirstParty AzureHealthcareAPIs AzureInformationProtection AzureIoTHub",
    "AzureKeyVault AzureLoadBalancer AzureMachineLearning AzureMonitor AzurePlatformDNS AzurePlatformIMDS AzurePlatformLKM",
    "AzureResourceManager AzureSignalR AzureSiteRecovery AzureSphere AzureTrafficManager AzureUpdateDelivery AzureVirtualDesktop",
    "BatchNodeManagement DataFactory DataFactoryManagement Dynamics365ForMarketingEmail EventHub GatewayManager GuestAndHybridManagement",
    "HDInsight Internet LogicApps LogicAppsManagement MicrosoftCloudAppSecurity MicrosoftContainerRegistry PowerBI PowerQueryOnline",
    "ServiceBus ServiceFabric Sql SqlManagement Storage StorageSyncService VirtualNetwork WindowsVirtualDesktop",
  ]
    .join(" ")
    .toLowerCase()
    .split(" "),
);

/** `Internet`, `AzureCloud.westeurope`. */
export const isServiceTag = (text: string): boolean => {
  const tag = text.toLowerCase();
  const dot = tag.lastIndexOf(".");
  return (
    SERVICE_TAGS.has(tag) || (dot > 0 && /^[a-z0-9]+$/u.test(tag.slice(dot + 1)) && SERVICE_TAGS.has(tag.slice(0, dot)))
  );
};
