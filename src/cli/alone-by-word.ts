/** What a policy gives to somebody without anybody else, by its own word. */

import type { Rule } from "../policy/policy.ts";
import { either, showAllowedSources, showBreakGlass } from "./words.ts";

export const ALONE = "Without anybody else, by the policy's own word";

/** A line for each. */
export const aloneByWord = (rule: Rule): readonly string[] => {
  const { approve, breakGlass, configure, name } = rule;
  const what = `${either(rule.ports.map((line) => line.name))} for ${either(rule.request)} from ${showAllowedSources(rule)}`;
  return [
    ...(approve.kind === "none" ? [`${name}: ${what}`] : []),
    ...(approve.kind === "by" && approve.automatic.length > 0
      ? [`${name}: ${what}, within ${either(approve.automatic.map((hours) => hours.name))}`]
      : []),
    ...(breakGlass === undefined || breakGlass.by.length === 0
      ? []
      : [`${name}: by break-glass, for ${showBreakGlass(breakGlass)}, and reviewed afterwards`]),
    ...(configure.length === 0 ? [] : [`${name}: its machines may be unprotected by ${either(configure)}`]),
  ];
};
