/** What the world says when policy is asked: who people are, which machines there are, and what the clouds' own roles say. */

import type { Activity, AuthorityName } from "../access/authority.ts";
import type { Machine } from "../access/machine.ts";
import type { Directory } from "../access/person.ts";
import type { Machines } from "../cloud/machines.ts";
import type { AuthorityAnswer } from "../policy/authority.ts";

export interface Facts {
  readonly directory: Directory;
  readonly machines: Pick<Machines, "find" | "all">;
  /** `undefined`: it isn't connected. Throws a `Fault` when it can't be asked. */
  readonly askAuthority: (
    name: AuthorityName,
    user: string,
    activity: Activity,
    machine: Machine,
  ) => Promise<AuthorityAnswer | undefined>;
  /** The Slack id that somebody goes by: an id, or `@name` where names are known. */
  readonly userNamed: (word: string) => string | undefined;
  /** Ids of everybody who is known to it. */
  readonly people: () => readonly string[];
}
