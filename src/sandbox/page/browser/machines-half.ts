/** The right half: the machines as their clouds hold them, the chosen one with its doors, connections and rules. */

import { type ComponentChild, h } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MachinesState } from "../machines/shown.ts";
import { Attempts, FromWhere } from "./dialling.ts";
import { DoorWords } from "./door.ts";
import { actAtMachines } from "./live.ts";
import { MachineList } from "./machine-list.ts";
import type { Reader } from "./reader.ts";
import { RuleSets } from "./rule-sets.ts";
import { TOUR_MACHINE } from "./tour-steps.ts";

export interface MachinesHalfProps {
  readonly state: MachinesState;
  readonly reader: Reader;
  /** The clock and the faults. */
  readonly controls: ComponentChild;
  readonly from: string;
  readonly setFrom: (address: string) => void;
}

export const MachinesHalf = ({ state, reader, controls, from, setFrom }: MachinesHalfProps): ComponentChild => {
  const [chosen, setChosen] = useState<string>();
  const [trouble, setTrouble] = useState("");
  const latest = state.accesses.at(-1);
  const named = (name: string) => state.machines.find((machine) => machine.name === name);
  // What somebody asks for is what one wants to look at.
  useEffect(() => {
    const asked = state.machines.find(({ id }) => id.toLowerCase() === latest?.machineId);
    if (asked !== undefined) setChosen(asked.id);
  }, [latest?.id]);
  useEverySecond();

  const machine = state.machines.find(({ id }) => id === chosen) ?? named(TOUR_MACHINE) ?? state.machines[0];
  const does = (kind: MachineAct, what: object): void => {
    setTrouble("");
    actAtMachines(kind, what).catch((error: unknown) =>
      setTrouble(error instanceof Error ? error.message : String(error)),
    );
  };
  const attempts = state.attempts.filter(({ machineId }) => machineId === machine?.id);

  return h(
    "section",
    { class: "machines", "aria-label": "Machines" },
    controls,
    h(MachineList, { machines: state.machines, chosen: machine?.id, choose: setChosen, reader }),
    machine === undefined
      ? null
      : h(
          "section",
          { class: "machine", "aria-label": machine.name, tabIndex: 0 },
          h(
            "header",
            null,
            h("h2", null, machine.name),
            h("span", { class: "quiet" }, `${machine.isRunning ? "" : "off · "}${machine.addresses.join(" · ")}`),
          ),
          h(FromWhere, { clients: state.clients, from, setFrom }),
          h(
            "ul",
            { class: "doors" },
            machine.doors.map((door) =>
              h(
                "li",
                { key: door.port },
                h(DoorWords, { door, reader }),
                h(
                  "button",
                  {
                    type: "button",
                    class: "button",
                    "aria-label": `Connect to ${door.name} of ${machine.name}`,
                    disabled: from === "",
                    onClick: () => does("dial", { machine: machine.id, port: door.port, from }),
                  },
                  "Connect",
                ),
              ),
            ),
          ),
          h("p", { class: "notice", role: "status" }, trouble),
          h(Attempts, {
            attempts,
            doors: machine.doors,
            clients: state.clients,
            reader,
            ask: (id: number) => does("ask", { id }),
            hangUp: (id: number) => does("hang-up", { id }),
          }),
          h("h3", null, "The rules before it"),
          h(RuleSets, { key: machine.id, sets: machine.ruleSets }),
        ),
  );
};

type MachineAct = Parameters<typeof actAtMachines>[0];

/** Countdowns go on while nothing else happens. */
const useEverySecond = (): void => {
  const [, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setCount((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
};
