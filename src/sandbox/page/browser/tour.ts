/** Five steps that a first visitor can follow or dismiss; each notices by itself when it is done. */

import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import type { MachinesState } from "../machines/shown.ts";
import { stepsDone, TOUR_COMMAND, TOUR_MACHINE } from "./tour-steps.ts";

export interface TourProps {
  readonly state: MachinesState;
  /** Writes the command into the message box, as somebody who may ask. */
  readonly typeCommand: (command: string) => void;
  readonly beApprover: () => void;
  readonly connect: () => void;
}

interface Step {
  readonly title: string;
  readonly words: ComponentChild;
  readonly help?: { readonly label: string; readonly act: () => void };
}

const MEMORY = "latch-sandbox-tour";
const DISMISSED = "dismissed";

export const Tour = ({ state, typeCommand, beApprover, connect }: TourProps): ComponentChild => {
  const [isDismissed, setIsDismissed] = useState(() => localStorage.getItem(MEMORY) === DISMISSED);
  const dismiss = (): void => {
    localStorage.setItem(MEMORY, DISMISSED);
    setIsDismissed(true);
  };
  const resume = (): void => {
    localStorage.removeItem(MEMORY);
    setIsDismissed(false);
  };
  if (isDismissed)
    return h(
      "div",
      { class: "tour-away" },
      h("button", { type: "button", class: "button", onClick: resume }, "Show the tour"),
    );

  const machine = state.machines.find(({ name }) => name === TOUR_MACHINE);
  const isOpen = machine?.doors.some((door) => door.holders.some((holder) => holder.state === "open")) === true;
  const steps: readonly Step[] = [
    {
      title: "Ask",
      words: ["You are a developer. Send ", h("code", null, TOUR_COMMAND), " in #access."],
      help: { label: "Type it for me", act: () => typeCommand(TOUR_COMMAND) },
    },
    {
      title: "Approve",
      words: "Somebody else must agree. Be Lea Lead, and press Approve on the card.",
      help: { label: "Be Lea Lead", act: beApprover },
    },
    {
      title: "Connect",
      words: `The door of ${TOUR_MACHINE} opens. Connect through it from the VPN.`,
      // Tried while it is still opening, it would be refused.
      ...(isOpen ? { help: { label: "Connect", act: connect } } : {}),
    },
    {
      title: "Let the time pass",
      words: "Two hours are long. Skip to the end with the clock, or press Close on the card.",
    },
    {
      title: "See it refused",
      words: "The door is closed. Connect again: nobody new gets in, and what began in time goes on.",
      help: { label: "Connect again", act: connect },
    },
  ];
  const done = stepsDone(state);
  const step = steps[done];
  return h(
    "section",
    { class: "tour", "aria-label": "Tour" },
    h(
      "ol",
      null,
      steps.map(({ title }, index) =>
        h(
          "li",
          { key: title, class: index < done ? "done" : "", "aria-current": index === done ? "step" : undefined },
          title,
          index < done ? h("span", { class: "aside" }, " (done)") : null,
        ),
      ),
    ),
    h(
      "p",
      { role: "status" },
      step === undefined ? "That is all: it opened for one person, and closed by itself." : step.words,
    ),
    h(
      "div",
      { class: "tour-acts" },
      step?.help === undefined
        ? null
        : h("button", { type: "button", class: "button primary", onClick: step.help.act }, step.help.label),
      h("button", { type: "button", class: "button", onClick: dismiss }, step === undefined ? "Done" : "Dismiss"),
    ),
  );
};
