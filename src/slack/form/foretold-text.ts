/** What will happen, said under the form before anybody asks. */

import { showDuration } from "../../access/duration.ts";
import type { Refusal } from "../../access/refusal.ts";
import type { Foretold } from "../../workflow/foretell.ts";
import { escapeMrkdwn } from "../mrkdwn.ts";
import { fewReasons, ofUse, refusalText, type Situation } from "../refusal-text.ts";
import { silentLines, stepsText } from "../step-words.ts";

export const foretoldText = (foretold: Foretold, user: string, situation: Situation): readonly string[] => {
  switch (foretold.kind) {
    case "opens":
      return [
        foretold.automatic
          ? `At this hour nobody has to approve: it opens at once, for ${showDuration(foretold.durationMs)}.`
          : `It opens at once, for ${showDuration(foretold.durationMs)}, and closes by itself.`,
        ...addressLine(foretold.address),
      ];
    case "asks":
      return [
        `Needs ${stepsText(foretold.steps, [user])}; they are told in ${channel(foretold.channel)} and have ${showDuration(foretold.withinMs)} to answer.`,
        ...silentLines(foretold.steps, [user]),
        ...addressLine(foretold.address),
      ];
    case "refused":
      return ["*Not like this:*", ...fewReasons(reasons(foretold.refusals, situation))];
  }
};

const addressLine = (address: "seen" | "remembered" | "unknown" | undefined): readonly string[] => {
  if (address === "unknown") return ["Before that I send you a link to a page that sees your address."];
  return address === undefined ? [] : ["From your address, which I remember."];
};

const reasons = (refusals: readonly Refusal[], situation: Situation): readonly string[] => [
  ...new Set(ofUse(refusals).map((refusal) => refusalText(refusal, situation))),
];

const channel = (id: string): string => (/^[CG][A-Z0-9]+$/u.test(id) ? `<#${id}>` : escapeMrkdwn(id));
