/** Regular expressions from the configuration file, run on text from anybody. */

import { createContext, Script } from "node:vm";
import type { Pattern } from "../policy/policy.ts";

const LONGEST = 500;
const TIME_LIMIT_MS = 50;

/**
 * Compiles a pattern (JavaScript's, with the `u` flag). One that needs too long for a text counts as not matching: `(a+)+$` takes
 * exponential time on `aaaa…!`, and whoever types the text must not be able to stop the bot. https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS
 */
export const createPattern = (source: string): Pattern | { readonly problem: string } => {
  if (source.length > LONGEST) return { problem: `is longer than ${LONGEST} characters` };
  let regExp: RegExp;
  try {
    regExp = new RegExp(source, "u");
  } catch (error) {
    const why =
      error instanceof Error
        ? error.message.replace(/^Invalid regular expression: (?:\/.*\/u?: )?/su, "")
        : String(error);
    return {
      problem: `${JSON.stringify(source)} is not a regular expression: ${why.charAt(0).toLowerCase()}${why.slice(1)}`,
    };
  }
  const sandbox = createContext({ regExp, text: "" });
  // V8 looks for this interruption while it backtracks; a watchdog of our own on this thread would never get its turn.
  const script = new Script("regExp.test(text)");
  return {
    source,
    test: (text) => {
      sandbox.text = text;
      try {
        return script.runInContext(sandbox, { timeout: TIME_LIMIT_MS }) === true;
      } catch {
        return false;
      }
    },
  };
};
