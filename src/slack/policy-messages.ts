/** What security is told when the configuration file is another. */

import type { AuditEvent } from "../audit/event.ts";
import { cut, type Drawn, drawn } from "./blocks.ts";
import { code, operatorsText } from "./mrkdwn.ts";
import { bulleted } from "./protection-words.ts";

type Told = Extract<AuditEvent, { kind: "policy.changed" | "policy.refused" }>;

export const drawPolicyNews = (event: Told): Drawn => {
  switch (event.kind) {
    case "policy.changed": {
      const { changes } = event;
      return changes.length === 0
        ? drawn("The configuration file changed in its writing only: nothing is decided differently.")
        : drawn("The configuration changed, and counts from now on:", sentences(changes));
    }
    case "policy.refused": {
      const { problems } = event;
      return drawn(
        "The new configuration can't be used; the one before still counts.",
        sentences(problems.map(withoutPlace), problems.map(placeOf)),
      );
    }
  }
};

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
