/** What whoever locks everything down, or lifts that, is answered. */

import type { Button } from "@slack/types";
import type { EpochMs } from "../../access/time.ts";
import type { Lockdown } from "../../grants/lockdown.ts";
import type { Surveyed } from "../../workflow/lockdown/lock-down.ts";
import { type ActionId, button, type Drawn, drawn } from "../blocks.ts";
import { literal, mention, when } from "../mrkdwn.ts";

/** Before anything happens. `id`: of what was typed. */
export const drawBeforeLockdown = (surveyed: Surveyed, id: string, now: EpochMs, zone: string): Drawn => {
  const { lockdown } = surveyed;
  if (lockdown !== undefined)
    return drawn(
      `Everything is locked down already. ${who(lockdown, now, zone)}.`,
      ["`/jit lockdown lift` lets things open again."],
      [],
    );
  const { closes, waits } = counted(surveyed);
  return drawn(
    "Lock everything down?",
    [`${closes} ${waits} Nothing opens, not even by break-glass, until security lifts it.`],
    [
      confirmed(
        "Lock everything down",
        "lockdown.begin",
        id,
        "danger",
        "Lock everything down?",
        `${closes} Everybody is told.`,
      ),
    ],
  );
};

export const drawBeforeLift = ({ lockdown, waiting }: Surveyed, now: EpochMs, zone: string): Drawn | undefined => {
  if (lockdown === undefined) return undefined;
  const waits =
    waiting === 0
      ? ""
      : ` ${waiting === 1 ? "One request waits" : `${waiting} requests wait`} and can be approved then.`;
  return drawn(
    `Lift the lockdown? ${who(lockdown, now, zone)}.`,
    [`What was closed stays closed; people may ask again.${waits}`],
    [
      confirmed(
        "Lift it",
        "lockdown.lift",
        "lift",
        "primary",
        "Lift the lockdown?",
        "Accesses can be opened again. Everybody is told.",
      ),
    ],
  );
};

export const drawLockedDown = ({ open }: Lockdown): Drawn =>
  drawn(
    open === 0
      ? "Everything is locked down. Nothing was open."
      : `Everything is locked down; ${open === 1 ? "one access is" : `${open} accesses are`} closing. I say so when all are closed.`,
    ["`/jit lockdown lift` lets things open again."],
  );

export const drawLifted = (): Drawn =>
  drawn("The lockdown is lifted. What was closed stays closed; people may ask again.");

/** `@sec locked everything down at 14:02: “…”` */
export const who = ({ by, at, because }: Lockdown, now: EpochMs, zone: string): string =>
  `${mention(by.user)} locked everything down at ${when(at, now, zone)}${because === "" ? "" : `: “${literal(because)}”`}`;

const counted = ({ open, closing, waiting }: Surveyed) => ({
  closes:
    open === 0
      ? "Nothing is open now."
      : [...(open > closing ? [closesText(open - closing)] : []), ...(closing > 0 ? [closingText(closing)] : [])].join(
          " ",
        ),
  waits:
    waiting === 0
      ? "No request waits."
      : waiting === 1
        ? "One request waits; it can't be approved meanwhile."
        : `${waiting} requests wait; they can't be approved meanwhile.`,
});

const closesText = (open: number): string =>
  open === 1 ? "The one access that is open closes now." : `All ${open} accesses that are open close now.`;

/** A cloud may still let in by these. */
const closingText = (closing: number): string =>
  closing === 1
    ? "One access that is over isn't closed yet; I keep trying."
    : `${closing} accesses that are over aren't closed yet; I keep trying.`;

/** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
const confirmed = (
  label: string,
  actionId: ActionId,
  id: string,
  style: "primary" | "danger",
  title: string,
  text: string,
): Button => ({
  ...button(label, actionId, id, style),
  confirm: {
    title: { type: "plain_text", text: title },
    text: { type: "plain_text", text },
    confirm: { type: "plain_text", text: label },
    deny: { type: "plain_text", text: "Not now" },
    style,
  },
});
