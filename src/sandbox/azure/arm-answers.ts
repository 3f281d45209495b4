/** What stands before every resource: who asks, how often, in which version; and links and pages after it. */

import type { Clock } from "../../access/time.ts";
import {
  type ArmAnswer,
  armError,
  authenticationFailed,
  invalidApiVersion,
  invalidToken,
  missingApiVersion,
  throttled,
} from "./arm-errors.ts";
import { type Duration, type Operations, retryAfterHeader } from "./asynchronous-operations.ts";
import type { AzureFirewalls } from "./azure-firewalls.ts";
import { putFirewall } from "./firewall-writes.ts";
import type { SecurityGroups } from "./network-security-groups.ts";
import { subscriptionOf } from "./resource-identifiers.ts";
import { route } from "./resource-routes.ts";
import type { RoleState } from "./roles/role-world.ts";
import { createSecurityGroupWrites } from "./security-group-writes.ts";
import { createThrottling, type RequestKind, type ThrottlingLimits } from "./throttling.ts";
import type { AzureWorld } from "./world.ts";
import type { Links, WhenBusy } from "./write-preconditions.ts";

export interface ArmDeps {
  readonly clock: Clock;
  readonly world: AzureWorld;
  readonly groups: SecurityGroups;
  readonly firewalls: AzureFirewalls;
  /** How long the next write of an Azure Firewall takes. */
  readonly nextFirewallDuration: () => Duration;
  readonly operations: Operations;
  readonly roles: RoleState;
  readonly token: string;
  readonly operationMs: number;
  readonly pageSize: number;
  readonly whenBusy: WhenBusy;
  readonly linkScheme: "http" | "https";
  /** Absent: nobody is throttled. */
  readonly limits: ThrottlingLimits | undefined;
}

export interface HttpRequest {
  readonly method: string;
  /** `PUT /subscriptions/…` as asked. */
  readonly call: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly host: string;
  readonly authorization: string | undefined;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly text: string;
  readonly lie: boolean;
}

export const armAnswers = (deps: ArmDeps): ((request: HttpRequest) => ArmAnswer) => {
  const throttling = deps.limits === undefined ? undefined : createThrottling(deps.clock, deps.limits);

  return (request) => {
    if (request.authorization === undefined) return authenticationFailed;
    if (request.authorization !== `Bearer ${deps.token}`) return invalidToken;

    const subscription = subscriptionOf(request.path);
    const kind = requestKind(request.method);
    const admission = throttling?.ask(subscription, kind, /\/microsoft\.network\//iu.test(request.path));
    if (admission?.kind === "throttled") return throttled(wordOf[kind], subscription, admission.retryAfterSeconds);
    const counted: Readonly<Record<string, string>> =
      admission === undefined ? {} : { [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(admission.remaining) };

    const answer = answerVersioned(request, deps);
    return { ...answer, headers: { ...counted, ...answer.headers } };
  };
};

/** Which of ARM's buckets a call draws from. */
export const requestKind = (method: string): RequestKind =>
  method === "GET" || method === "HEAD" ? "reads" : method === "DELETE" ? "deletes" : "writes";

export const wordOf = { reads: "read", writes: "write", deletes: "delete" } as const;

const answerVersioned = (request: HttpRequest, deps: ArmDeps): ArmAnswer => {
  const version = request.query.get("api-version");
  if (version === null || version === "") return missingApiVersion;
  if (!/^\d{4}-\d{2}-\d{2}(?:-preview)?$/u.test(version)) return invalidApiVersion(version);
  const body = readBody(request.text);
  if (body === undefined) {
    return armError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.");
  }

  const base = `${deps.linkScheme}://${request.host}`;
  const retryAfterSeconds = Math.floor(deps.operationMs / 1_000);
  const retryAfter = retryAfterHeader(retryAfterSeconds);
  const links: Links = ({ id, subscription, location, retryAfterSeconds: own }, withLocation) => {
    const to = (what: string): string =>
      `${base}/subscriptions/${subscription}/providers/Microsoft.Network/locations/${location}/${what}/${id}?api-version=${version}`;
    return {
      "azure-asyncoperation": to("operations"),
      ...(withLocation ? { location: to("operationResults") } : {}),
      ...(own === undefined ? retryAfter : retryAfterHeader(own)),
    };
  };

  const { world, groups, firewalls, operations, roles, whenBusy, nextFirewallDuration: nextDuration } = deps;
  const writes = createSecurityGroupWrites({
    groups,
    operations,
    attachments: world,
    whenBusy,
    links,
    retryAfterSeconds,
  });
  const routed = route(
    { ...request, body: body.value },
    {
      world,
      groups,
      writes,
      firewalls,
      putFirewall: (id, write) =>
        putFirewall(id, write, { firewalls, operations, world, whenBusy, links, nextDuration }),
      operations,
      roles,
      links,
      retryAfter,
    },
  );
  return "list" in routed ? page(routed.list, `${base}${request.path}`, request.query, deps.pageSize) : routed;
};

const readBody = (text: string): { readonly value: unknown } | undefined => {
  if (text === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
};

/** `nextLink` keeps every parameter of the question. */
const page = (list: readonly unknown[], url: string, query: URLSearchParams, pageSize: number): ArmAnswer => {
  const from = Number(query.get("$skipToken") ?? 0);
  const to = from + pageSize;
  const next = new URLSearchParams(query);
  next.set("$skipToken", String(to));
  return {
    status: 200,
    body: { value: list.slice(from, to), ...(to < list.length ? { nextLink: `${url}?${next.toString()}` } : {}) },
  };
};
