/** Slack on the left and the machines on the right; where there is room for one only, one behind the other. */

import { type ComponentChild, h } from "preact";

export type Half = "slack" | "machines";

export interface HalvesProps {
  readonly front: Half;
  readonly show: (half: Half) => void;
  /** Above both. */
  readonly above: ComponentChild;
  readonly slack: ComponentChild;
  readonly machines: ComponentChild;
}

export const Halves = ({ front, show, above, slack, machines }: HalvesProps): ComponentChild => {
  const tab = (half: Half, label: string): ComponentChild =>
    h("button", { type: "button", "aria-pressed": front === half, onClick: () => show(half) }, label);
  if (machines === null) return h("div", { class: "sandbox" }, slack);
  return h(
    "div",
    { class: "page" },
    above,
    h("nav", { class: "tabs", "aria-label": "Halves of the page" }, tab("slack", "Slack"), tab("machines", "Machines")),
    h("div", { class: "sandbox", "data-front": front }, slack, machines),
  );
};
