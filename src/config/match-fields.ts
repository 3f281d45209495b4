/** The form of `match`: which machines something is for. */

import { z } from "zod";
import { list, map, named, optional, quote, text } from "./fields.ts";

export const match = map('what machines it fits, like { names: ["prod-*"] }', {
  names: list(text("a name pattern")).optional(),
  clouds: list(
    z.enum(["azure", "aws"], { error: ({ input }) => `${quote(input)} is not a cloud; write azure or aws` }),
  ).optional(),
  accounts: list(text("an account")).optional(),
  regions: list(text("a region")).optional(),
  os: list(
    z.enum(["linux", "windows", "unknown"], {
      error: ({ input }) => `${quote(input)} is not an operating system; write linux, windows or unknown`,
    }),
  ).optional(),
  tags: optional(named("tags, like { env: prod }", text("a tag's name"), list(text("a tag's value")))),
});
