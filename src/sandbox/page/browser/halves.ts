/** Slack on the left and the machines on the right; where there is room for one only, one behind the other. */

import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";

export interface HalvesProps {
  /** Above both. */
  readonly above: ComponentChild;
  readonly slack: ComponentChild;
  readonly machines: ComponentChild;
}

export const Halves = ({ above, slack, machines }: HalvesProps): ComponentChild => {
  const [front, setFront] = useState<"slack" | "machines">("slack");
  const tab = (half: typeof front, label: string): ComponentChild =>
    h("button", { type: "button", "aria-pressed": front === half, onClick: () => setFront(half) }, label);
  if (machines === null) return h("div", { class: "sandbox" }, slack);
  return h(
    "div",
    { class: "page" },
    above,
    h("nav", { class: "tabs", "aria-label": "Halves of the page" }, tab("slack", "Slack"), tab("machines", "Machines")),
    h("div", { class: "sandbox", "data-front": front }, slack, machines),
  );
};
