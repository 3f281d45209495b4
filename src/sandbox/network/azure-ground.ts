/** Azure as the network asks it: decides by security groups, route tables and Azure Firewalls. */

import { admit } from "./azure-groups.ts";
import { gatewayOf, machineOf, placeOf } from "./azure-place.ts";
import { type AzureSource, byId } from "./azure-reading.ts";
import { admitTranslated, refusedOnTheWay } from "./azure-way.ts";
import { closed, type Ground } from "./ground.ts";

export const createAzureGround = (source: AzureSource): Ground => ({
  machines: () => {
    const held = source.state();
    return held.virtualMachines.map((machine) => machineOf(held, machine));
  },
  gateways: () => {
    const held = source.state();
    return (held.azureFirewalls ?? []).map((firewall) => gatewayOf(held, firewall));
  },
  admit: (flow) => {
    const held = source.state();
    const firewall = byId(held.azureFirewalls ?? [], flow.machineId);
    if (firewall !== undefined) return admitTranslated(source, held, firewall, flow);
    return refusedOnTheWay(source, held, flow) ?? admit(source, held, flow);
  },
  keep: (flow, last) => {
    const held = source.state();
    // A firewall doesn't look at sessions again when its rules change, as far as anybody says; they end with their machine.
    if (last.reaches !== undefined) {
      const reached = byId(held.virtualMachines, last.reaches.machine.id);
      return reached?.powerState === "running" ? last : closed("the machine isn't running");
    }
    const place = placeOf(held, flow);
    if (typeof place === "string") return closed(place);
    // Rules are for new connections; only `flushConnection` has them looked at again for those that are there.
    // https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
    return place.groups.some(({ flushConnection }) => flushConnection === true) ? admit(source, held, flow) : last;
  },
  onChange: source.onChange,
});
