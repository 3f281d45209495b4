/** All machines with their doors, to choose one. */

import { type ComponentChild, h } from "preact";
import { useEffect } from "preact/hooks";
import type { PageMachine } from "../machines/shown.ts";
import { DoorSign } from "./door.ts";
import type { Reader } from "./reader.ts";

export interface MachineListProps {
  readonly machines: readonly PageMachine[];
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
  readonly reader: Reader;
}

export const MachineList = ({ machines, chosen, choose, reader }: MachineListProps): ComponentChild => {
  useEffect(() => {
    document.querySelector(".machine-list [aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return h(
    "div",
    { class: "machine-list" },
    (["azure", "aws"] as const).map((cloud) => [
      h("h3", { key: cloud }, CLOUDS[cloud]),
      h(
        "ul",
        { key: `${cloud} list` },
        machines
          .filter((machine) => machine.cloud === cloud)
          .map((machine) =>
            h(
              "li",
              { key: machine.id },
              h(
                "button",
                {
                  type: "button",
                  "aria-current": machine.id === chosen ? "true" : undefined,
                  onClick: () => choose(machine.id),
                },
                h("span", { class: "machine-name" }, machine.name, machine.isRunning ? null : h("small", null, "off")),
                h(
                  "span",
                  { class: "door-signs" },
                  machine.doors.map((door) => h(DoorSign, { key: door.port, door, reader })),
                ),
              ),
            ),
          ),
      ),
    ]),
  );
};

const CLOUDS = { azure: "Azure", aws: "AWS" } as const;
