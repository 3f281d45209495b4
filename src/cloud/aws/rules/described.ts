/** Asks EC2 to describe many things with few calls. */

import { DescribeNetworkInterfacesCommand, type NetworkInterface } from "@aws-sdk/client-ec2";
import { type Ask, allPages } from "../ec2.ts";

/** The most that EC2 gives at once. */
export const PAGE = 1_000;

export const readInterfaces = async (
  read: Ask,
  filter: string,
  values: readonly string[],
): Promise<NetworkInterface[]> =>
  inBatches(values, filter, async (Filters) =>
    allPages(
      read,
      "read network interfaces",
      (client, options, at) =>
        client.send(new DescribeNetworkInterfacesCommand({ ...Filters, MaxResults: PAGE, ...at }), options),
      (page) => page.NetworkInterfaces,
    ),
  );

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html: at most 200 values to a filter. */
const BATCH = 200;

/** Beyond so many values all of the region is read, which takes fewer calls. */
const MANY = 1_000;

export type Filtered = { readonly Filters?: { Name: string; Values: string[] }[] };

export const inBatches = async <T>(
  values: readonly string[],
  name: string,
  ask: (filters: Filtered) => Promise<readonly T[]>,
): Promise<T[]> => {
  if (values.length === 0) return [];
  if (values.length > MANY) return [...(await ask({}))];
  const batches = Array.from({ length: Math.ceil(values.length / BATCH) }, (_, i) =>
    values.slice(i * BATCH, (i + 1) * BATCH),
  );
  return (await Promise.all(batches.map(async (Values) => ask({ Filters: [{ Name: name, Values }] })))).flat();
};
