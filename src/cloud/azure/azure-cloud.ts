/** Azure as a `Cloud`: the machines of some subscriptions, their network security groups, and their firewalls. */

import type { TokenCredential } from "@azure/identity";
import type { Clock } from "../../access/time.ts";
import type { Cloud } from "../firewall.ts";
import { createArm, LIMITS, type Limits } from "./arm.ts";
import { checkEndpoint, isFixedToken } from "./arm-endpoint.ts";
import { createClassicApi } from "./classic-firewall/classic-api.ts";
import { createClassicFirewall } from "./classic-firewall/classic-firewall.ts";
import { createFirewallMark } from "./classic-firewall/firewall-mark.ts";
import { checkMappedPorts, type MappedPorts } from "./classic-firewall/mapped-port.ts";
import { createAzureInventory } from "./inventory/azure-inventory.ts";
import { createNsgApi } from "./nsg/nsg-api.ts";
import { createNsgFirewall } from "./nsg/nsg-firewall.ts";
import { createOwnerMark } from "./nsg/owner-mark.ts";
import { type Band, checkBand } from "./nsg/priority.ts";
import { parseClassicFirewallId, parseNsgFirewallId } from "./resource-id.ts";
import { createAzureRules } from "./rules/azure-rules.ts";

export interface AzureDeps {
  /** Goes into every owner mark: two bots can share a network. */
  readonly installation: string;
  readonly subscriptions: readonly string[];
  readonly credential: TokenCredential;
  /** Another Azure Resource Manager; the public cloud's without it. */
  readonly endpoint?: string;
  readonly clock: Clock;
  /** Where in a network security group our allow rules may stand; both ends included. */
  readonly allowPriorities: Band;
  /** Of an Azure Firewall's public addresses, those that may lead to machines; both ends included. */
  readonly mappedPorts: MappedPorts;
  /** For tests: how long calls may take. */
  readonly limits?: Partial<Limits>;
}

/** Throws at once when the installation's name, the band, the mapped ports or the endpoint can't be: see `checkEndpoint`. */
export const createAzureCloud = (deps: AzureDeps): Cloud => {
  const { credential, clock, subscriptions, endpoint } = deps;
  const problem = checkEndpoint(endpoint, isFixedToken(credential));
  if (problem !== undefined) throw new Error(problem);
  const mark = createOwnerMark(deps.installation);
  const firewallMark = createFirewallMark(deps.installation);
  const band = checkBand(deps.allowPriorities);
  const mappedPorts = checkMappedPorts(deps.mappedPorts);
  const arm = createArm({ credential, endpoint, limits: { ...LIMITS, ...deps.limits }, clock });

  return {
    inventory: createAzureInventory({ arm, subscriptions, mark, firewallMark }),
    firewall: (id) => {
      // Any subscription: one that was taken out of the configuration may still have doors to close.
      const group = parseNsgFirewallId(id);
      if (group !== undefined) {
        return createNsgFirewall({ id, name: group.name, api: createNsgApi(arm, group), mark, band });
      }
      const path = parseClassicFirewallId(id);
      if (path === undefined) return undefined;
      const api = createClassicApi(arm, path);
      return createClassicFirewall({ id, name: path.name, api, mark: firewallMark, mappedPorts });
    },
    readRules: createAzureRules({ arm, subscriptions, clock }),
  };
};
