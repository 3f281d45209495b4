/** What security is told when the configuration file is another. */

import type { AuditEvent } from "../audit/event.ts";
import { cut, type Drawn, drawn } from "./blocks.ts";
import { code, operatorsText } from "./mrkdwn.ts";
import { bulleted } from "./protecting/words.ts";

type Told = Extract<AuditEvent, { kind: "policy.changed" | "policy.refused" }>;

export const drawPolicyNews = (event: Told): Drawn => {
  switch (event.kind) {
    case "policy.changed": {
      const { changes, more, how } = event;
      if (changes.length > 0) return drawn(CHANGED[how], sentences([...changes, ...uncounted(more)]));
      return drawn(
        how === "usable-again"
          ? "The configuration can be used again; it decides as the one before did."
          : "The configuration file changed in its writing only: nothing is decided differently.",
      );
    }
    case "policy.refused": {
      const { problems, more, counts } = event;
      return drawn(
        counts
          ? "The new configuration can't be used; the one before still counts."
          : "The configuration can't be used, so nobody gets anything until it is mended. What is open still closes on time.",
        sentences([...problems.map(withoutPlace), ...uncounted(more)], problems.map(placeOf)),
      );
    }
  }
};

const CHANGED: Readonly<Record<Extract<Told, { kind: "policy.changed" }>["how"], string>> = {
  "while-running": "The configuration changed, and counts from now on:",
  "usable-again": "The configuration can be used again, and counts from now on:",
  "at-start": "I was started with another configuration than the last one:",
};

/** Only their number is said. */
const uncounted = (count: number): readonly string[] => Array.from({ length: count }, () => "");

const sentences = (texts: readonly string[], places: readonly string[] = []): readonly string[] =>
  bulleted(
    texts.map((text, at) => {
      const sentence = cut(operatorsText(text), LONGEST_SENTENCE);
      const place = places[at] ?? "";
      return place === "" ? sentence : `${code(place)} ${sentence}`;
    }),
  );

/** `latch.yaml:31:14`, to be copied; empty where a problem has no place. */
const placeOf = (problem: string): string => /^\S{1,200}:\d+:\d+(?= )/u.exec(problem)?.[0] ?? "";

const withoutPlace = (problem: string): string => problem.slice(placeOf(problem).length).trim();

const LONGEST_SENTENCE = 400;
