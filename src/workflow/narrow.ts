/** Less than was asked: what an approver typed and chose, held against the request. */

import { lengthOf, parseEnd, type TypedEnd } from "../access/duration.ts";
import type { Person } from "../access/person.ts";
import { portKey, type Service } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type Cidr, contains, showCidr } from "../access/source.ts";
import { type EpochMs, earliest, later } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Policy } from "../policy/policy.ts";
import { portsOf, resolveService, resolveSources } from "../policy/resolve.ts";

/** As it was typed and chosen; what is left out stays as it was asked. */
export interface Less {
  /** `30m` or `until 17:00`. */
  readonly end?: string;
  /** `22/tcp` */
  readonly ports?: readonly string[];
  /** Addresses, prefixes and names of networks. */
  readonly from?: readonly string[];
}

export interface NarrowDeps {
  readonly policy: Policy;
  /** Of who narrows it. */
  readonly zone: string;
  readonly now: EpochMs;
}

/** What makes an open access longer, or moves it, is for that very access: there is no less of it. */
export const canBeLess = ({ extends: extended, moves }: AccessRequest): boolean =>
  extended === undefined && moves === undefined;

/** The request as it would be, in the same version; what was asked at first is kept in it. */
export const narrow = (
  request: AccessRequest,
  less: Less,
  by: Person,
  { policy, zone, now }: NarrowDeps,
): AccessRequest | Refusal => {
  if (!canBeLess(request)) return refuse("not-less", {});
  const end = shorter(request.end, less.end, zone, now);
  if (isRefusal(end)) return end;
  const services = fewer(request, less.ports, policy);
  if (isRefusal(services)) return services;
  const sources = narrower(request.sources, less.from, policy);
  if (isRefusal(sources)) return sources;

  const ports = portsOf(services);
  const isLess =
    end !== request.end ||
    ports.length < request.ports.length ||
    request.sources.some((asked) => !sources.includes(asked));
  if (!isLess) return refuse("not-less", {});
  const asked = { services: request.services, ports: request.ports, sources: request.sources, end: request.end };
  return {
    ...request,
    end,
    services: services.map(({ name }) => name),
    ports,
    sources,
    answerBy: earliest(request.answerBy, end.kind === "until" ? end.at : undefined) ?? request.answerBy,
    narrowed: request.narrowed ?? { by, at: now, ...asked },
  };
};

/** `before`: what it was until now. */
export const narrowedEvent = (before: AccessRequest, after: AccessRequest, by: Person, now: EpochMs): AuditEvent => {
  const { services, ports, sources, end } = before;
  return auditEvent("request.narrowed", `${after.id}/${after.version}`, now, by, {
    ...factsOf(after),
    before: { services, ports, sources, durationMs: lengthOf(end, now) },
    durationMs: lengthOf(after.end, now),
  });
};

/** Where an end was asked for it stays one: a length that is granted later would reach further. */
const shorter = (asked: TypedEnd, typed: string | undefined, zone: string, now: EpochMs): TypedEnd | Refusal => {
  if (typed === undefined) return asked;
  const read = parseEnd(typed, zone, now);
  if (isRefusal(read)) return read;
  const [length, most] = [lengthOf(read, now), lengthOf(asked, now)];
  if (length > most) return refuse("wider-than-asked", { what: "length", maximumMs: most });
  if (length === most) return asked;
  return asked.kind === "until" && read.kind === "for" ? { kind: "until", at: later(now, read.durationMs) } : read;
};

/** A service of which every port is chosen keeps its name; of others each port goes by its own. */
const fewer = (
  { services, ports }: AccessRequest,
  chosen: readonly string[] | undefined,
  policy: Policy,
): readonly Service[] | Refusal => {
  const wanted = new Set(chosen ?? ports.map(portKey));
  const asked = new Set(ports.map(portKey));
  if (wanted.size === 0 || !wanted.isSubsetOf(asked)) return refuse("wider-than-asked", { what: "ports" });
  const named = services
    .map((name) => resolveService(name, policy))
    .filter((each): each is Service => !isRefusal(each))
    .filter((service) => service.ports.every((port) => wanted.has(portKey(port))));
  const covered = new Set(named.flatMap((service) => service.ports.map(portKey)));
  const alone = [...wanted]
    .filter((key) => !covered.has(key))
    .map((key) => resolveService(key, policy))
    .filter((each): each is Service => !isRefusal(each));
  return [...named, ...alone];
};

const narrower = (
  asked: readonly Cidr[],
  typed: readonly string[] | undefined,
  policy: Policy,
): readonly Cidr[] | Refusal => {
  if (typed === undefined || typed.length === 0) return asked;
  const { sources, refusals } = resolveSources(typed, undefined, policy);
  if (refusals[0] !== undefined) return refusals[0];
  const outside = sources.find((source) => !asked.some((outer) => contains(outer, source)));
  return outside === undefined ? sources : refuse("wider-than-asked", { what: "source", source: showCidr(outside) });
};
