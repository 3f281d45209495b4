/** How far a first visitor has come: asked, approved, connected, closed again, refused. */

import type { Access, MachinesState } from "../machines/shown.ts";

export const TOUR_MACHINE = "prod-vm-3";
export const TOUR_COMMAND = `/jit ssh ${TOUR_MACHINE} 2h because INC-1042 disk full`;

/** How many of the five steps are done, in order, with whichever access went furthest. */
export const stepsDone = ({ accesses, attempts }: Pick<MachinesState, "accesses" | "attempts">): number =>
  Math.max(0, ...accesses.map((access) => stepsOf(access, attempts)));

const stepsOf = (access: Access, attempts: MachinesState["attempts"]): number => {
  const { approvedAt, openedAt, overAt } = access;
  const tried = (outcome: "open" | "refused", after: number | undefined): boolean =>
    attempts.some(
      (attempt) =>
        attempt.outcome === outcome &&
        attempt.machineId.toLowerCase() === access.machineId &&
        access.ports.includes(attempt.port) &&
        after !== undefined &&
        attempt.at >= after,
    );
  const steps = [
    true,
    approvedAt !== undefined,
    tried("open", approvedAt),
    openedAt !== undefined && overAt !== undefined,
    tried("refused", overAt),
  ];
  const first = steps.indexOf(false);
  return first === -1 ? steps.length : first;
};
