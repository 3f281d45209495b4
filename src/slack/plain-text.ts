/** Words that were made for Slack where it shows plain text, on a page and on a terminal. */

interface Reading {
  /** Of a person, group or channel, by its id. */
  readonly nameOf?: (id: string) => string;
  /** Where backticks show what to copy. */
  readonly keepsCode?: boolean;
}

/** What `mrkdwn.ts` made, as Slack would show it, but without bold, code and links. What people typed keeps its own marks. */
export const plainText = (mrkdwn: string, { nameOf = nobody, keepsCode = false }: Reading = {}): string => {
  const unmarked = mrkdwn
    .replace(/<!date\^[^|>]*\|([^>]*)>/gu, "$1")
    .replace(/<(?:@|#|!subteam\^)([^|>]*)[^>]*>/gu, (_, id: string) => nameOf(id))
    .replace(BOLD, (whole, bold: string | undefined) => bold ?? whole);
  return (keepsCode ? unmarked : unmarked.replace(CODE, (span) => span.slice(1, -1)))
    .replace(/\u{200B}/gu, "")
    .replace(/&(amp|lt|gt);/gu, (_, name: "amp" | "lt" | "gt") => ({ amp: "&", lt: "<", gt: ">" })[name]);
};

const nobody = (): string => "somebody";

/** A mark beside a zero-width space was typed: `literal` put that there. */
const CODE = /(?<!\u{200B})`[^`\n]*`/gu;
/** Or a code span, in which nothing is bold. */
const BOLD =
  /(?<!\u{200B})`[^`\n]*`|(?<![\w*\u{200B}])\*(?!\u{200B})((?:`[^`\n]*`|[^*`\n])+)(?<!\u{200B})\*(?![\w*])/gu;
