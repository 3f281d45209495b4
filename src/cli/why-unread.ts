/** Why a file that somebody named can't be read, in words. */

import { messageOf } from "../operator-log.ts";

export const whyUnread = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return Object.hasOwn(REASONS, code) ? (REASONS[code] ?? "") : messageOf(error);
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};
