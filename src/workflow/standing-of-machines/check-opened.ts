/** Whether what was opened lets in: something that isn't ours may stand before it. */

import type { Port } from "../../access/port.ts";
import { ANYWHERE, showCidr } from "../../access/source.ts";
import { auditEvent } from "../../audit/event.ts";
import { factsOf } from "../../grants/facts.ts";
import { type Grant, isActive } from "../../grants/grant.ts";
import { findingWords } from "../../posture/finding-words.ts";
import { portsWords } from "../../posture/reachable-words.ts";
import { findingsOf, type PortFindings, type Way } from "./findings.ts";
import type { PostureDeps } from "./posture-reading.ts";

type CheckOpenedDeps = Pick<PostureDeps, "ledger" | "auditLog" | "machines" | "readRules" | "clock">;

/**
 * Asks once, after a grant was opened, and tells its requester what still keeps them out, or may; says nothing when they get in. Safe to repeat. Throws a `Fault` when
 * it can't be found out.
 */
export const createCheckOpened =
  (deps: CheckOpenedDeps) =>
  async (grant: Grant): Promise<void> => {
    const machine = deps.machines.byId(grant.machine.id);
    if (machine === undefined || !isActive(grant, deps.clock.now())) return;
    const findings = await findingsOf(machine, grant.ports, grant.sources, deps);
    const blocked = (findings ?? []).flatMap((each) => {
      const doors = doorsUsed(grant, each);
      const gets = doors.some(({ verdict }) => verdict === "allow" || (verdict === "partly" && isAnywhere(each)));
      return doors.length === 0 || gets ? [] : [{ ...each, doors }];
    });
    const problems = problemsOf(blocked);
    if (problems.length === 0) return;
    // It may have been closed while we looked, and then nothing is wrong.
    const now = await deps.ledger.grant(grant.id);
    const at = deps.clock.now();
    if (now === undefined || !isActive(now, at)) return;
    const facts = { ...factsOf(grant), grantId: grant.id, problems };
    await deps.auditLog.append(auditEvent("grant.blocked", grant.id, at, "bot", facts));
  };

/** By which way they were told to come: a mapped port where there is one, else the machine's own address. */
const doorsUsed = ({ mappings = [] }: Grant, { port, doors }: PortFindings): readonly Way[] => {
  const mapped = mappings.some(({ to }) => to.port === port.port && to.protocol === port.protocol);
  return doors.filter(({ door }) => (mapped ? door.kind === "translated" : door.kind === "direct"));
};

const isAnywhere = ({ source }: PortFindings): boolean => ANYWHERE.includes(source);

/** One sentence for all ports that the same thing blocks. */
const problemsOf = (blocked: readonly PortFindings[]): readonly string[] => {
  const sentences = blocked.flatMap(({ port, source, doors }) => {
    const [first] = doors;
    const reasons =
      first === undefined ? [] : findingWords(first.decisive.filter(({ verdict }) => verdict !== "allow"));
    return [{ port, end: `from ${showCidr(source)}: ${reasons.slice(0, 3).join("; ")}` }];
  });
  return [...Map.groupBy(sentences, ({ end }) => end)].map(([end, same]) => {
    const ports: readonly Port[] = same.map(({ port }) => port);
    return `${ports.length === 1 ? "Port" : "Ports"} ${portsWords(ports)} ${end}.`;
  });
};
