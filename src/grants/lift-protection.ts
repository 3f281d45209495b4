/** The write that takes a protection off: every firewall that has something of it is looked at again. */

import type { Person } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import type { Write } from "./ledger.ts";
import { firewallsBlocked, type Protection, protectionFacts } from "./protection.ts";

/** For one that is on. Without `by` nobody asked for it. */
export const lifted = (
  protection: Protection,
  at: EpochMs,
  cause: "person" | "gone",
  by?: Person,
): Omit<Write, "protection"> & { readonly protection: Protection } => {
  const leaving = firewallsBlocked(protection);
  const facts = { ...protectionFacts(protection), cause };
  return {
    protection: {
      ...protection,
      state: { kind: "off", at, ...(by === undefined ? {} : { by }) },
      seenOn: [],
      leaving,
    },
    events: [auditEvent("protection.lifted", `${protection.id}/${at}`, at, by ?? "bot", facts)],
    firewallsDue: leaving.map((firewall) => ({ firewall, at })),
  };
};
