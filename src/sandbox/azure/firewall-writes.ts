/** PUT of a whole Azure Firewall, the only way to change one: preconditions, conflicts, checks, and the minutes that follow. */

import { type ArmAnswer, armError, networkError } from "./arm-errors.ts";
import type { Duration, Operations } from "./asynchronous-operations.ts";
import type { AzureFirewalls, Firewall } from "./azure-firewalls.ts";
import { firewallBody } from "./firewall-shapes.ts";
import { readFirewall } from "./firewall-validation.ts";
import type { FirewallContent } from "./firewall-world.ts";
import { newEtag } from "./network-security-groups.ts";
import { lastName, sameId, subscriptionOf } from "./resource-identifiers.ts";
import { checkName } from "./security-rule-validation.ts";
import type { ArmId, AzureWorld } from "./world.ts";
import {
  busy,
  checkPreconditions,
  type Links,
  sameLocation,
  type WhenBusy,
  type WriteCall,
} from "./write-preconditions.ts";

export interface FirewallWriteDeps {
  readonly firewalls: AzureFirewalls;
  readonly operations: Operations;
  readonly world: AzureWorld;
  readonly whenBusy: WhenBusy;
  readonly links: Links;
  /** How long the next one takes. */
  readonly nextDuration: () => Duration;
}

const OPERATION = "PutAzureFirewallOperation";

export const putFirewall = (id: ArmId, write: WriteCall, deps: FirewallWriteDeps): ArmAnswer => {
  const { firewalls, operations, world, links } = deps;
  const found = firewalls.get(id);
  const problem = checkName(lastName(id)) ?? checkPreconditions(found?.etag, write) ?? refusedWhileBusy(found, deps);
  if (problem !== undefined) return problem;
  const read = readFirewall(write.body, world);
  if (read.kind === "refused") return read.answer;
  const { location, content } = read.value;
  if (location === undefined) {
    return armError(400, "LocationRequired", "The location property is required for this definition.");
  }
  if (found !== undefined && sameLocation(location) !== sameLocation(found.location)) {
    const message = `The resource '${lastName(id)}' already exists in location '${found.location}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`;
    return networkError(409, "InvalidResourceLocation", message);
  }

  const takes = deps.nextDuration();
  const operation = operations.start({
    subscription: subscriptionOf(id),
    location: found?.location ?? location,
    name: OPERATION,
    call: write.call,
    takes,
    settle: (end, started) => firewalls.settle(id, started.id, end),
  });
  const fresh = { id, location, privateAddress: firstFree(content, world), obeyed: undefined };
  const firewall: Firewall = {
    ...(found ?? fresh),
    goal: content,
    state: "Updating",
    etag: newEtag(),
    operation: { id: operation.id, name: OPERATION },
  };
  if (!write.lie) firewalls.put(firewall);
  return { status: found === undefined ? 201 : 200, body: firewallBody(firewall), headers: links(operation, false) };
};

/** Updates of a firewall never run side by side: https://learn.microsoft.com/azure/firewall/firewall-faq */
const refusedWhileBusy = (found: Firewall | undefined, deps: FirewallWriteDeps): ArmAnswer | undefined => {
  if (found?.operation === undefined) return undefined;
  return busy(found, found.operation, { ...deps, retryAfterSeconds: RETRY_AFTER_SECONDS });
};

const RETRY_AFTER_SECONDS = 10;

/** Azure keeps the first four addresses of a subnet, its own one among them. */
const firstFree = ({ ipConfigurations }: FirewallContent, { virtualNetworks }: AzureWorld): string => {
  const wanted = ipConfigurations[0]?.subnet;
  const subnet = virtualNetworks
    .flatMap((network) => network.subnets.map((each) => ({ each, id: `${network.id}/subnets/${each.name}` })))
    .find(({ id }) => sameId(id, wanted));
  const [a = "0", b = "0", c = "0", d = "0"] = subnet?.each.prefixes[0]?.split("/")[0]?.split(".") ?? [];
  return [a, b, c, Number(d) + 4].join(".");
};
