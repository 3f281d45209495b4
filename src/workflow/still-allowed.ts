/** Whether what somebody asked for may still be given: when it was asked isn't when it is approved. */

import { lengthOf } from "../access/duration.ts";
import type { Machine } from "../access/machine.ts";
import { portKey, type Service } from "../access/port.ts";
import { isRefusal, type Refusal, reasonOf, refuse } from "../access/refusal.ts";
import type { AccessRequest, Target } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy } from "../policy/policy.ts";
import { resolveService } from "../policy/resolve.ts";
import type { WorkflowDeps } from "./deps.ts";
import { extendedBy } from "./extension.ts";
import { judge } from "./judge.ts";
import type { Reviewing } from "./reviewing.ts";
import { holding } from "./standing.ts";
import { targetsOf } from "./targets.ts";

/** What stands before the machine today. Throws a `Fault` when something that has to be known can't be. */
export const stillAllowed = async (
  { request, requester, machine, policy, memberships }: Reviewing,
  deps: WorkflowDeps,
): Promise<readonly Target[] | Refusal> => {
  if (requester === undefined) return refuse("not-any-more", { code: "person-unknown" });
  if (requester.standing !== "member") return refuse("not-any-more", { code: "person-standing" });
  const services = sameServices(request, policy);
  if (services === undefined) return refuse("not-any-more", { code: "port-not-offered" });

  const now = deps.clock.now();
  const open = await extendedBy(request, now, deps);
  if (isRefusal(open)) return open;
  const { sources, justification } = request;
  const durationMs = lengthOf(request.end, now);
  const asked = { machine, services, sources, durationMs, justification, breakGlass: false, isAskedAlready: true };
  const access = open === undefined ? asked : { ...asked, goesOn: open.grant.id, openForMs: open.openForMs };
  const { decision } = await judge(access, holding(requester, policy, memberships), policy, now, deps);
  if (decision.kind !== "deny") return targetsOf(machine, sources);
  const locked = decision.refusals.find(({ code }) => code === "locked-down");
  if (locked !== undefined) return locked;
  const clear = decision.refusals.find(({ code }) => code !== "authority-silent");
  // Nothing has changed where an authority only didn't answer, and it names itself.
  return clear === undefined ? decision.refusals[0] : refuse("not-any-more", reasonOf(clear));
};

/** The services by their names of then, where they still stand for the very ports that were asked for. */
export const sameServices = (
  { services, ports }: Pick<AccessRequest, "services" | "ports">,
  policy: Policy,
): readonly Service[] | undefined => {
  const found = services
    .map((name) => resolveService(name, policy))
    .filter((each): each is Service => !isRefusal(each));
  const asked = new Set(ports.map(portKey));
  const meant = new Set(found.flatMap((service) => service.ports.map(portKey)));
  return asked.symmetricDifference(meant).size === 0 ? found : undefined;
};

/** Of an access whose ports aren't what they were; with what its machine offers instead. */
export const notOffered = ({ services }: Pick<AccessRequest, "services">, machine: Machine, policy: Policy): Refusal =>
  refuse("port-not-offered", {
    machine: machine.name,
    port: services.join(", "),
    offered: (ruleFor(policy, machine)?.ports ?? []).map(({ name }) => name),
  });
