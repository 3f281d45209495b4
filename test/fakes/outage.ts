/** Takes memory away from fakes, as a Redis that can't be reached does. */

import { Fault } from "../../src/access/fault.ts";

export interface Outage {
  away: boolean;
}

export const reach = async (outage: Outage | undefined): Promise<void> => {
  if (outage?.away === true) throw new Fault("redis", "redis is away", { retry: "later" });
};
