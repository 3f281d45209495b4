/** The bar of time and trouble: what time it is in the sandbox, ways to move it ahead, what can fail, and how the bot comes through. */

import { type ComponentChild, h } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { SwitchName } from "../../switches.ts";
import type { ControlsState } from "../controls.ts";
import { actAtControls } from "./live.ts";

export interface ControlsProps {
  readonly state: ControlsState;
  /** In which times are read: `Europe/Berlin`. */
  readonly zone: string;
}

export const Controls = ({ state, zone }: ControlsProps): ComponentChild => {
  const [underWay, setUnderWay] = useState(0);
  const [answer, setAnswer] = useState("");
  const now = useNow(state.aheadMs);
  // Buttons stay enabled meanwhile: one that is disabled loses the keyboard's focus.
  const act = async (kind: Parameters<typeof actAtControls>[0], what: object, done = ""): Promise<void> => {
    setUnderWay((count) => count + 1);
    setAnswer("");
    await actAtControls(kind, what).then(
      () => setAnswer(done),
      (error: unknown) => setAnswer(error instanceof Error ? error.message : String(error)),
    );
    setUnderWay((count) => count - 1);
  };
  const skip = (by: string, label: string, inVain?: string): ComponentChild =>
    h(
      "button",
      {
        type: "button",
        class: "button",
        "aria-disabled": inVain !== undefined,
        onClick: () => (inVain === undefined ? void act("skip", { by }) : setAnswer(inVain)),
      },
      label,
    );
  const left = (state.nextEnd ?? Number.POSITIVE_INFINITY) - now;

  return h(
    "section",
    { class: "controls", "aria-label": "Time and trouble", "aria-busy": underWay > 0 },
    h(
      "div",
      { class: "time", role: "group", "aria-label": "Time" },
      h("time", { dateTime: new Date(now).toISOString() }, timeText(now, zone)),
      h("span", { class: "ahead" }, state.aheadMs === 0 ? "real time" : `${lengthText(state.aheadMs)} ahead`),
      skip("10m", "+10 min"),
      skip("1h", "+1 h"),
      skip(
        "end",
        left <= 5_000 ? "To the end" : left <= 60_000 ? "To 5 s before the end" : "To 1 min before the end",
        state.nextEnd === undefined ? "Nothing is open, so nothing ends." : undefined,
      ),
    ),
    h(
      "div",
      { class: "switches", role: "group", "aria-label": "Faults" },
      FAULTS.map(({ name, label, about }) =>
        h(
          "button",
          {
            key: name,
            type: "button",
            class: "button switch",
            title: about,
            "aria-pressed": state.switches[name],
            onClick: () => void act("switch", { name, on: !state.switches[name] }),
          },
          label,
        ),
      ),
      h(
        "button",
        {
          type: "button",
          class: "button",
          title: "All that the bot remembers is gone at once",
          onClick: () => void act("wipe", {}, "Redis is empty. What is open is read from the clouds."),
        },
        "Wipe Redis",
      ),
    ),
    h(
      "p",
      { class: "recovering", role: "status" },
      [...recovering(state), answer].filter((text) => text !== "").join(" · "),
    ),
  );
};

const FAULTS: readonly { readonly name: SwitchName; readonly label: string; readonly about: string }[] = [
  { name: "azure-slow", label: "Azure slow", about: "Each write takes 5 seconds" },
  { name: "aws-throttles", label: "AWS throttles", about: "AWS answers that there are too many calls" },
  { name: "slack-refuses", label: "Slack refuses", about: "Slack answers the bot 429 and 500 in turn" },
  {
    name: "bot-killed",
    label: "Bot killed",
    about: "Ended from one instruction to the next; switched off, it starts again",
  },
];

const recovering = ({ bot, missing, noticesWaiting, overdue, trouble }: ControlsState): readonly string[] => [
  `Bot: ${[bot, ...missing].join(", ")}`,
  ...(noticesWaiting === 0 ? [] : [`${counted(noticesWaiting, "notice")} waiting`]),
  ...(overdue === 0 ? [] : [`${counted(overdue, "closing")} overdue`]),
  ...(trouble === undefined ? [] : [`it says: ${trouble}`]),
];

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** The sandbox's, to the second. */
const useNow = (aheadMs: number): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now + aheadMs;
};

const timeText = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).format(at);

/** `2 h 10 min` */
const lengthText = (ms: number): string => {
  const minutes = Math.round(ms / 60_000);
  const parts = [
    [Math.floor(minutes / 1_440), "d"],
    [Math.floor(minutes / 60) % 24, "h"],
    [minutes % 60, "min"],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(" ");
  return text === "" ? `${Math.round(ms / 1_000)} s` : text;
};
