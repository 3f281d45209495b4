/** Tables as CSV that spreadsheets read as text and nothing else. https://www.rfc-editor.org/rfc/rfc4180 */

/** UTF-8 without a byte order mark when encoded as such; lines end in CRLF, the last one too. */
export const csvOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map((cell) => field(defused(cell))).join(",")}\r\n`).join("");

/**
 * Spreadsheets take a cell that begins so for a formula, and a justification may hold one; an apostrophe before it makes it text.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const defused = (cell: string): string => (/^\s*[=+\-@\t\r\n＝＋－＠]/u.test(cell) ? `'${cell}` : cell);

const field = (cell: string): string => (/[",\r\n;\t']/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
