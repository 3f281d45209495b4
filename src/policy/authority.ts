/** How whoever beside our own policy has a say is asked. */

import type { Activity, AuthorityName, AuthorityNo } from "../access/authority.ts";
import type { Machine } from "../access/machine.ts";
import type { Elsewhere } from "../access/person.ts";

export interface AuthorityQuestion {
  readonly activity: Activity;
  readonly machine: Machine;
  readonly identities: Elsewhere;
}

export type AuthorityAnswer = { readonly kind: "yes" } | { readonly kind: "no"; readonly because: AuthorityNo };

export interface Authority {
  readonly name: AuthorityName;
  /** Throws a `Fault` when it can't be asked: that is a "no" which says so. */
  readonly ask: (question: AuthorityQuestion, signal: AbortSignal) => Promise<AuthorityAnswer>;
}
