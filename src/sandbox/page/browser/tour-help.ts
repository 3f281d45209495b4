/** What the tour does for a visitor who lets it. */

import type { MachinesState } from "../machines/shown.ts";
import type { PageState } from "../shown.ts";
import type { Half } from "./halves.ts";
import { actAtMachines } from "./live.ts";
import type { TourProps } from "./tour.ts";
import { TOUR_MACHINE } from "./tour-steps.ts";

/** For the message box of this person, once they are there. */
export interface Draft {
  readonly user: string;
  readonly text: string;
}

export interface OnPage {
  readonly be: (user: string) => void;
  readonly go: (place: string) => void;
  readonly write: (draft: Draft) => void;
  readonly show: (half: Half) => void;
}

export const tourHelp = (
  slack: PageState,
  { machines, clients }: MachinesState,
  { be, go, write, show }: OnPage,
): Omit<TourProps, "state"> => {
  const beIn = (name: string): string => {
    const user = slack.people.find((each) => each.name === name)?.id ?? slack.me.id;
    const channel = slack.channels.find((each) => each.name === "access");
    be(user);
    show("slack");
    if (channel !== undefined) go(channel.id);
    return user;
  };
  return {
    typeCommand: (text) => write({ user: beIn("dev"), text }),
    beApprover: () => void beIn("lead-1"),
    connect: () => {
      show("machines");
      const machine = machines.find(({ name }) => name === TOUR_MACHINE);
      const client = clients.find(({ name }) => name === "vpn");
      if (machine === undefined || client === undefined) return;
      void actAtMachines("dial", { machine: machine.id, port: 22, from: client.address }).catch(() => undefined);
    },
  };
};
