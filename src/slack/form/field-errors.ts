/** At which field of the form a "no" is shown, and how: Slack shows errors as plain text. */

import type { Refusal, RefusalCode } from "../../access/refusal.ts";
import { plainText } from "../plain-text.ts";
import { ofUse, refusalText, type Situation } from "../refusal-text.ts";
import { blockIn, type Field, type Values } from "./fields.ts";

/** By block id. `undefined`: at least one is about no field, so all are to be said together. */
export const fieldErrors = (
  refusals: readonly Refusal[],
  values: Values,
  situation: Situation,
): Readonly<Record<string, string>> | undefined => {
  const errors = new Map<string, readonly string[]>();
  for (const refusal of ofUse(refusals)) {
    const block = (FIELDS[refusal.code] ?? [])
      .map((field) => blockIn(values, field))
      .find((found) => found !== undefined);
    if (block === undefined) return undefined;
    const text = plainText(IN_A_FORM[refusal.code] ?? refusalText(refusal, situation));
    errors.set(block, [...new Set([...(errors.get(block) ?? []), text])]);
  }
  return Object.fromEntries([...errors].map(([block, texts]) => [block, texts.join(" ").slice(0, LONGEST_ERROR)]));
};

/** The first of them that the form has now. */
const FIELDS: Readonly<Partial<Record<RefusalCode, readonly Field[]>>> = {
  "machine-unknown": ["machine"],
  "machine-ambiguous": ["machine"],
  "machine-not-offered": ["machine"],
  "not-eligible": ["machine"],
  "no-firewall": ["machine"],
  "policy-firewall": ["machine"],
  "firewall-unseen": ["machine"],
  "no-approver": ["machine"],
  "denied-by-policy": ["machine"],
  "deny-rule-unclear": ["machine"],
  "port-unreadable": ["services"],
  "port-not-offered": ["services"],
  "duration-unreadable": ["typedLength", "length"],
  "duration-too-long": ["typedLength", "length"],
  "source-unreadable": ["typedSource", "source"],
  "source-impossible": ["typedSource", "source"],
  "source-not-allowed": ["typedSource", "source"],
  "source-missing": ["typedSource", "source"],
  "no-address-in-family": ["typedSource", "source"],
  "justification-missing": ["because"],
  "justification-mismatch": ["because"],
  "justification-too-long": ["because"],
};

/** Where the words for a command would be wrong. */
const IN_A_FORM: Readonly<Partial<Record<RefusalCode, string>>> = {
  "justification-missing": "Say why.",
  "source-missing": "Say where you connect from.",
};

/** More than a form has room for below a field. */
const LONGEST_ERROR = 500;
