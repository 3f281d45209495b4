/** How an access that was opened past approvals is shown: at a glance without colour, until somebody reviewed it and afterwards. */

import type { Button } from "@slack/types";
import type { EpochMs } from "../../access/time.ts";
import type { AccessRequest } from "../../grants/request.ts";
import { button } from "../blocks.ts";
import { mention, when } from "../mrkdwn.ts";
import { silentLines, stepsText } from "../step-words.ts";

/** Before everything else on its card. */
export const BREAK_GLASS = "BREAK-GLASS";

/** Lines of its card; none for what went the usual way. */
export const breakGlassLines = (
  { breakGlass, requester }: Pick<AccessRequest, "breakGlass" | "requester">,
  now: EpochMs,
  zone: string,
): readonly string[] => {
  if (breakGlass === undefined) return [];
  const { skipped, reviewed, movedTo } = breakGlass;
  return [
    skipped.length === 0
      ? "Break-glass: past hours, freezes and limits. It needed no approval."
      : `Break-glass: without approval. It would have needed ${stepsText(skipped, [requester.user])}.`,
    ...silentLines(skipped, [requester.user]),
    reviewed === undefined && movedTo !== undefined
      ? "To be reviewed where it moved."
      : reviewed === undefined
        ? "*Not reviewed yet*: somebody else has to look at it and say so."
        : `Reviewed by ${mention(reviewed.by.user)} at ${when(reviewed.at, now, zone)}.`,
  ];
};

/** Until somebody did. */
export const reviewButton = ({ id, breakGlass }: Pick<AccessRequest, "id" | "breakGlass">): readonly Button[] =>
  breakGlass !== undefined && breakGlass.reviewed === undefined && breakGlass.movedTo === undefined
    ? [button("Reviewed", "break-glass.reviewed", id, "primary")]
    : [];
