/** The service tags that the sandbox's Azure knows, each with a few prefixes: the real ones have thousands. https://learn.microsoft.com/azure/virtual-network/service-tags-overview */

interface ServiceTag {
  readonly name: string;
  /** Empty: all regions. */
  readonly region: string;
  /** Empty for tags that are more than one service. */
  readonly service: string;
  readonly prefixes: readonly string[];
}

// In the style of the published file, not taken from it: https://www.microsoft.com/download/details.aspx?id=56519
const WEST_EUROPE = ["13.69.0.0/17", "20.50.0.0/18", "52.178.0.0/17", "2603:1020:200::/46"];
const NORTH_EUROPE = ["13.74.0.0/16", "52.169.0.0/16", "2603:1020::/47"];
const STORAGE_WEST_EUROPE = ["20.38.108.0/23", "52.239.140.0/22"];
const STORAGE_NORTH_EUROPE = ["20.38.102.0/23", "52.239.136.0/22"];

/** `Internet`, `VirtualNetwork` and `AzureLoadBalancer` aren't in the published list either: they mean another thing everywhere. */
const TABLE: readonly ServiceTag[] = [
  {
    name: "AzureCloud",
    region: "",
    service: "",
    prefixes: [...WEST_EUROPE, ...STORAGE_WEST_EUROPE, ...NORTH_EUROPE, ...STORAGE_NORTH_EUROPE],
  },
  {
    name: "AzureCloud.westeurope",
    region: "westeurope",
    service: "",
    prefixes: [...WEST_EUROPE, ...STORAGE_WEST_EUROPE],
  },
  {
    name: "AzureCloud.northeurope",
    region: "northeurope",
    service: "",
    prefixes: [...NORTH_EUROPE, ...STORAGE_NORTH_EUROPE],
  },
  { name: "Storage", region: "", service: "AzureStorage", prefixes: [...STORAGE_WEST_EUROPE, ...STORAGE_NORTH_EUROPE] },
  { name: "Storage.WestEurope", region: "westeurope", service: "AzureStorage", prefixes: STORAGE_WEST_EUROPE },
  { name: "Storage.NorthEurope", region: "northeurope", service: "AzureStorage", prefixes: STORAGE_NORTH_EUROPE },
];

/** What the tags stand for, by lower-case name. */
export const serviceTagPrefixes: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  TABLE.map(({ name, prefixes }) => [name.toLowerCase(), prefixes]),
);

/** https://learn.microsoft.com/rest/api/virtualnetwork/service-tags/list */
export const serviceTagsBody = (subscription: string): unknown => ({
  name: "Public",
  id: `/subscriptions/${subscription}/providers/Microsoft.Network/serviceTags/Public`,
  type: "Microsoft.Network/serviceTags",
  changeNumber: "63",
  cloud: "Public",
  values: TABLE.map(({ name, region, service, prefixes }) => ({
    name,
    id: name,
    serviceTagChangeNumber: "63",
    properties: {
      changeNumber: "63",
      region,
      state: "GA",
      networkFeatures: ["API", "NSG"],
      systemService: service,
      addressPrefixes: prefixes,
    },
  })),
});
