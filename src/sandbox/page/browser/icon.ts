/** Small pictures that need no font of their own. */

import { type ComponentChild, h } from "preact";

const PATHS = {
  channel: "M6.5 2 4.5 14M11.5 2l-2 12M2.5 5.5h11.5M2 10.5h11.5",
  lock: "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  home: "M2 8l6-5.5L14 8M4 6.5v7h8v-7",
  messages: "M2 3h12v8H7l-3 2.5V11H2z",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6",
  file: "M4 1.5h5.5L13 5v9.5H4zM9.5 1.5V5H13",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  picture: "M2 3h12v10H2zM2 11l3.5-3.5L9 11l2-2 3 3",
} as const;

export type IconName = keyof typeof PATHS;

export const icon = (name: IconName): ComponentChild =>
  h(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": true },
    h("path", { d: PATHS[name] }),
  );
