/** Regular expressions from the configuration file, run on text from anybody. */

import process from "node:process";
import { createContext, Script } from "node:vm";
import type { Pattern } from "../policy/policy.ts";

const LONGEST = 500;
const TIME_LIMIT_MS = 50;
const MOST_ATTEMPTS = 20;

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
      const before = process.threadCpuUsage();
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
        try {
          return script.runInContext(sandbox, { timeout: TIME_LIMIT_MS }) === true;
        } catch {
          // The limit is one of the wall clock: on a busy machine it may pass before the pattern had its turn.
          const { user, system } = process.threadCpuUsage(before);
          if (user + system >= TIME_LIMIT_MS * 1_000) return false;
        }
      }
      return false;
    },
  };
};
