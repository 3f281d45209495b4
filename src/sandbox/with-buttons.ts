/** A message on a terminal, line by line, with its buttons where Slack shows them: below what they are about. */

import type { SeenButton, SeenMessage } from "./slack/sight.ts";

/** `numbered` is called once for each button, from the top. */
export const withButtons = (
  { text, buttons }: Pick<SeenMessage, "text" | "buttons">,
  numbered: (button: SeenButton) => string,
): readonly string[] => {
  const rows = Map.groupBy(buttons, ({ blockId }) => blockId)
    .values()
    .map((row) => ({ row, spelled: row.map(({ label }) => `[${label}]`).join(" ") }))
    .toArray();
  const inLine = (row: readonly SeenButton[]): string => row.map(numbered).join("   ");
  const lines = text.split("\n").map((line) => {
    const at = rows.findIndex(({ spelled }) => spelled === line);
    const [found] = at === -1 ? [] : rows.splice(at, 1);
    return found === undefined ? line : inLine(found.row);
  });
  // Menus, and what is spelled otherwise than it is called.
  return [...lines, ...rows.map(({ row }) => inLine(row))];
};
