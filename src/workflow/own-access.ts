/** Which of their accesses somebody means: by its id, or by the name of the machine where only one is open. */

import type { GrantId } from "../access/identifier.ts";
import { type Person, samePerson } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import { type Grant, isActive } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";

/** An id counts before a name, whosever it is. */
export const accessMeant = async (
  typed: string,
  person: Person,
  now: EpochMs,
  ledger: Pick<Ledger, "grant" | "liveGrants">,
): Promise<Grant | Refusal> => {
  const called = await ledger.grant(typed as GrantId);
  if (called !== undefined) return called;
  const name = typed.trim().toLowerCase();
  const own = (await ledger.liveGrants()).filter(
    (grant) => grant.machine.name.toLowerCase() === name && samePerson(grant.requester, person) && isActive(grant, now),
  );
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return only;
  return refuse("grant-unknown", only === undefined ? { text: typed } : { text: typed, ids: own.map(({ id }) => id) });
};
