/** Refusals as one private message: all that is wrong at once, each with what would work instead. */

import type { Refusal } from "../access/refusal.ts";
import { type Drawn, lines } from "./blocks.ts";
import { refusalsText, type Situation } from "./refusal-text.ts";

export const drawRefusals = (refusals: readonly Refusal[], situation: Situation): Drawn => {
  const text = refusalsText(refusals, situation);
  return { text, blocks: lines(text.split("\n")) };
};
