/** The calls that one Azure Firewall needs. */

import { type Cidr, familyOf, parseCidr, showCidr } from "../../../access/source.ts";
import type { Arm, Outcome } from "../arm.ts";
import { networkPathOf, type ResourcePath } from "../resource-id.ts";
import { type ClassicDocument, readClassicFirewall } from "./classic-document.ts";

export interface ClassicApi {
  readonly read: (signal: AbortSignal) => Promise<Outcome<ClassicDocument>>;
  /** An IPv4 address; `undefined` when there is none, or it isn't allocated, or not ours to see. */
  readonly publicAddress: (id: string, signal: AbortSignal) => Promise<Outcome<string | undefined>>;
  /** Replaces the firewall, if it still is as it was when it had this etag. Ends when Azure says that the operation is done: minutes later. */
  readonly replace: (body: string, etag: string, signal: AbortSignal) => Promise<Outcome<void>>;
  /** How long to wait before looking again at what is being changed. */
  readonly pollMs: number;
}

export const createClassicApi = (arm: Arm, { subscription, resourceGroup, name }: ResourcePath): ClassicApi => {
  const { azureFirewalls } = arm.network(subscription);
  const { callMs, firewallWriteMs, firewallPollMs } = arm.limits;
  return {
    pollMs: firewallPollMs,
    read: async (signal) =>
      arm.ask(
        async (abortSignal) => {
          let [body, etag]: [string, string | undefined] = ["", undefined];
          await azureFirewalls.get(resourceGroup, name, {
            abortSignal,
            onResponse: ({ bodyAsText, headers }) => {
              body = bodyAsText ?? "";
              etag = headers.get("etag");
            },
          });
          return readClassicFirewall(body, etag);
        },
        signal,
        callMs,
      ),
    publicAddress: async (id, signal) => {
      const path = networkPathOf(id, "publicipaddresses");
      if (path === undefined) return { kind: "done", value: undefined };
      const { publicIPAddresses } = arm.network(path.subscription);
      const outcome = await arm.ask(
        async (abortSignal) => publicIPAddresses.get(path.resourceGroup, path.name, { abortSignal }),
        signal,
        callMs,
      );
      if (outcome.kind === "done") return { kind: "done", value: ipv4Of(outcome.value.ipAddress) };
      const { status } = outcome.problem;
      return status === 403 || status === 404 ? { kind: "done", value: undefined } : outcome;
    },
    replace: async (body, etag, signal) =>
      arm.ask(
        async (abortSignal) => {
          const requestOptions = { headers: { "If-Match": etag, ...arm.sendAsIs(body) } };
          const options = { updateIntervalInMs: firewallPollMs, abortSignal, requestOptions };
          await azureFirewalls.createOrUpdate(resourceGroup, name, {}, options).pollUntilDone({ abortSignal });
        },
        signal,
        firewallWriteMs,
      ),
  };
};

const ipv4Of = (text: string | undefined): string | undefined => {
  const parsed: Cidr | undefined = text === undefined ? undefined : parseCidr(text);
  return parsed === undefined || familyOf(parsed) === "ipv6" ? undefined : showCidr(parsed);
};
