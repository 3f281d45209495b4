/** What the world says when policy is asked: who people are, which machines there are, and what the clouds' own roles say. */

import type { AuthorityName } from "../access/authority.ts";
import type { Directory } from "../access/person.ts";
import type { Machines } from "../cloud/machines.ts";
import type { Authority } from "../policy/authority.ts";

export interface Facts {
  /** Of how many people with one role each is to be asked about: Slack answers only so many questions a minute. */
  readonly lookedUp: number;
  readonly directory: Directory;
  readonly machines: Pick<Machines, "find" | "all">;
  /** Those that are connected, to be asked about this person. */
  readonly authorities: (user: string) => ReadonlyMap<AuthorityName, Authority>;
  /** The Slack id that somebody goes by: an id, or `@name` where names are known. */
  readonly userNamed: (word: string) => string | undefined;
  /** Ids of everybody who is known to it. */
  readonly people: () => readonly string[];
  /** All that `userNamed` knows, as far as it can be listed. */
  readonly names: () => readonly string[];
}
