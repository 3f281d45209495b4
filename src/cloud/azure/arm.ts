/** Azure Resource Manager through its SDK: one client per subscription, every call with a time limit, failures as values. */

import { randomUUID } from "node:crypto";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ComputeManagementClient } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";
import type { TokenCredential } from "@azure/identity";
import { isLoopback } from "../../access/loopback.ts";
import { orAborted } from "../../access/or-aborted.ts";
import type { Clock } from "../../access/time.ts";
import { PUBLIC_CLOUD } from "./arm-endpoint.ts";
import { CLIENT_REQUEST_ID, equip, signedAddress } from "./arm-transport.ts";
import { NoAnswer, type Problem, readProblem } from "./azure-fault.ts";

export interface Limits {
  /** One HTTP call, from asking for a token to the last byte. A closing that hangs is to be tried again within ten seconds. */
  readonly callMs: number;
  /** One write with all its polling. */
  readonly writeMs: number;
  /** How long to wait before asking about a long-running operation again, when the server names no time. */
  readonly pollMs: number;
  /** One write of an Azure Firewall with all its polling, and how long to wait between two questions: it takes three to five minutes. */
  readonly firewallWriteMs: number;
  readonly firewallPollMs: number;
}

export const LIMITS: Limits = {
  callMs: 9_000,
  writeMs: 60_000,
  pollMs: 250,
  firewallWriteMs: 900_000,
  firewallPollMs: 1_000,
};

export type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly problem: Problem };

export interface Arm {
  readonly network: (subscription: string) => NetworkManagementClient;
  readonly compute: (subscription: string) => ComputeManagementClient;
  readonly authorization: (subscription: string) => AuthorizationManagementClient;
  /** Runs `work` within `limitMs`. Failures are values; only the caller's own `signal` makes it throw, with the signal's reason. */
  readonly ask: <T>(
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    limitMs: number,
  ) => Promise<Outcome<T>>;
  /** Headers of a request of the network client whose body shall be sent as it is, whatever the SDK's model makes of its parameters. */
  readonly sendAsIs: (body: string) => Record<string, string>;
  readonly limits: Limits;
}

export interface ArmDeps {
  readonly credential: TokenCredential;
  readonly endpoint: string | undefined;
  readonly limits: Limits;
  readonly clock: Clock;
}

export const createArm = ({ credential, endpoint: address = PUBLIC_CLOUD, limits, clock }: ArmDeps): Arm => {
  const endpoint = new URL(address);
  const bodies = new Map<string, string>();
  // Sovereign clouds have their own audience; for a server on this machine the public one does.
  const audience = `${isLoopback(endpoint) ? PUBLIC_CLOUD : signedAddress(endpoint)}/.default`;
  const options = {
    endpoint: signedAddress(endpoint),
    credentials: { scopes: [audience] },
    // The same for a client of the SDK's older generation.
    credentialScopes: audience,
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
  };
  const make = <C extends NetworkManagementClient | ComputeManagementClient | AuthorizationManagementClient>(
    client: C,
  ): C => {
    equip(client.pipeline, { endpoint, callLimitMs: limits.callMs, bodies });
    return client;
  };

  return {
    network: perSubscription((id) => make(new NetworkManagementClient(credential, id, options))),
    compute: perSubscription((id) => make(new ComputeManagementClient(credential, id, options))),
    authorization: perSubscription((id) => make(new AuthorizationManagementClient(credential, id, options))),
    ask: async (work, signal, limitMs) => {
      signal.throwIfAborted();
      const limit = AbortSignal.timeout(limitMs);
      const either = AbortSignal.any([signal, limit]);
      try {
        return { kind: "done", value: await orAborted(work(either), either) };
      } catch (error) {
        signal.throwIfAborted();
        return { kind: "failed", problem: readProblem(limit.aborted ? new NoAnswer(limitMs) : error, clock) };
      }
    },
    sendAsIs: (body) => {
      const id = randomUUID();
      bodies.set(id, body);
      return { [CLIENT_REQUEST_ID]: id };
    },
    limits,
  };
};

const perSubscription = <C>(make: (subscription: string) => C): ((subscription: string) => C) => {
  const clients = new Map<string, C>();
  return (subscription) => {
    const key = subscription.toLowerCase();
    const client = clients.get(key) ?? make(subscription);
    clients.set(key, client);
    return client;
  };
};
