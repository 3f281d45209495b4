/** How far a first visitor has come: asked, approved, connected, closed again, refused. */

import type { Access, MachinesState } from "../machines/shown.ts";

export const TOUR_MACHINE = "prod-vm-3";
export const TOUR_COMMAND = `/jit ssh ${TOUR_MACHINE} 2h because INC-1042 disk full`;

/** How many of the five steps are done, in order, with whichever way to the tour's machine went furthest. */
export const stepsDone = ({
  accesses,
  attempts,
  machines,
}: Pick<MachinesState, "accesses" | "attempts" | "machines">): number => {
  const machine = machines.find(({ name }) => name === TOUR_MACHINE)?.id.toLowerCase();
  return Math.max(
    0,
    ...accesses.filter(({ machineId }) => machineId === machine).map((access) => stepsOf(access, attempts)),
  );
};

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
  const hasConnected = tried("open", approvedAt);
  // Denied, or closed before anybody came through: it begins anew.
  if (overAt !== undefined && !hasConnected) return 0;
  const steps = [
    true,
    approvedAt !== undefined,
    hasConnected,
    openedAt !== undefined && overAt !== undefined,
    tried("refused", overAt),
  ];
  const first = steps.indexOf(false);
  return first === -1 ? steps.length : first;
};
