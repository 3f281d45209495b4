/** Lines under a title; nothing at all where there are none. */

import type { Terminal } from "./command.ts";

export const printSection = ({ print }: Pick<Terminal, "print">, title: string, lines: readonly string[]): void => {
  if (lines.length === 0) return;
  print("");
  print(`${title}:`);
  for (const line of lines) print(`  ${line}`);
};
