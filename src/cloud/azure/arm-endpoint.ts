/** Which Azure Resource Manager we speak to, and what may be sent there. */

import type { TokenCredential } from "@azure/identity";
import { isLoopback } from "../../access/loopback.ts";

export const PUBLIC_CLOUD = "https://management.azure.com";

const fixed = new WeakSet<TokenCredential>();

/** A credential that always gives this token; only for a server on this machine. */
export const fixedToken = (token: string): TokenCredential => {
  // The last instant a `Date` knows: the SDK asks again only when a token is about to expire.
  const credential: TokenCredential = { getToken: async () => ({ token, expiresOnTimestamp: 8.64e15 }) };
  fixed.add(credential);
  return credential;
};

export const isFixedToken = (credential: TokenCredential): boolean => fixed.has(credential);

/**
 * What is wrong with another address of Azure Resource Manager (`AZURE_ARM_ENDPOINT`), in a sentence for whoever set it; `undefined` when
 * nothing is. A fixed token, and plain http, are for loopback only: anywhere else they would hand out or read along with credentials.
 */
export const checkEndpoint = (endpoint: string | undefined, hasFixedToken: boolean): string | undefined => {
  if (endpoint === undefined)
    return hasFixedToken ? "a fixed token is only for an endpoint on loopback; set one" : undefined;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return `\`${endpoint}\` is not an address; write \`https://management.azure.com\``;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return "the endpoint must be an address only, without user, query or fragment";
  }
  if (!isLoopback(url) && hasFixedToken) return `a fixed token is only for loopback, not for \`${url.host}\``;
  if (!isLoopback(url) && url.protocol === "http:") return `http is only for loopback; write \`https://${url.host}\``;
  return undefined;
};
