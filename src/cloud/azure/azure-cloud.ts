/** Azure as a `Cloud`: the machines of some subscriptions, and their network security groups. */

import type { TokenCredential } from "@azure/identity";
import type { Clock } from "../../access/time.ts";
import type { Cloud } from "../firewall.ts";
import { createArm, LIMITS, type Limits } from "./arm.ts";
import { checkEndpoint, isFixedToken } from "./arm-endpoint.ts";
import { createAzureInventory } from "./azure-inventory.ts";
import { createNsgApi } from "./nsg-api.ts";
import { createNsgFirewall } from "./nsg-firewall.ts";
import { createOwnerMark } from "./owner-mark.ts";
import { type Band, checkBand } from "./priority.ts";
import { parseNsgFirewallId } from "./resource-id.ts";

export interface AzureDeps {
  /** Goes into every owner mark: two bots can share a network. */
  readonly installation: string;
  readonly subscriptions: readonly string[];
  readonly credential: TokenCredential;
  /** Another Azure Resource Manager; the public cloud's without it. */
  readonly endpoint?: string;
  readonly clock: Clock;
  /** Where our allow rules may stand; both ends included. */
  readonly priorityBand?: Band;
  /** For tests: how long calls may take. */
  readonly limits?: Partial<Limits>;
}

/** Our allows stand before whatever denies from 1000 on. */
const ALLOWS: Band = { from: 100, to: 999 };

/** Throws at once when the installation's name, the band or the endpoint can't be: see `checkEndpoint`. */
export const createAzureCloud = (deps: AzureDeps): Cloud => {
  const { credential, clock, subscriptions, endpoint } = deps;
  const problem = checkEndpoint(endpoint, isFixedToken(credential));
  if (problem !== undefined) throw new Error(problem);
  const mark = createOwnerMark(deps.installation);
  const band = checkBand(deps.priorityBand ?? ALLOWS);
  const arm = createArm({ credential, endpoint, limits: { ...LIMITS, ...deps.limits }, clock });

  return {
    inventory: createAzureInventory({ arm, subscriptions, mark }),
    firewall: (id) => {
      const path = parseNsgFirewallId(id);
      // Any subscription: one that was taken out of the configuration may still have doors to close.
      if (path === undefined) return undefined;
      return createNsgFirewall({ id, name: path.name, api: createNsgApi(arm, path), mark, band });
    },
  };
};
