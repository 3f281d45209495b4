/** Which machines a rule, a deny rule or a freeze is for. */

import type { Match } from "../policy/policy.ts";
import type { FileContent } from "./schema.ts";

export const matchOf = (content: FileContent["rules"][number]["match"]): Match => ({
  names: content?.names ?? [],
  clouds: content?.clouds ?? [],
  accounts: content?.accounts ?? [],
  regions: content?.regions ?? [],
  os: content?.os ?? [],
  tags: new Map(Object.entries(content?.tags ?? {})),
});
