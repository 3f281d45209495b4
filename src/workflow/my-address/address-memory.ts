/** What is remembered of links to the page that sees where people are, and of what it saw. */

import type { GrantId } from "../../access/identifier.ts";
import type { Person } from "../../access/person.ts";
import type { Cidr } from "../../access/source.ts";
import type { EpochMs } from "../../access/time.ts";
import type { AuditEvent } from "../../audit/event.ts";
import type { Ask } from "../understand-ask.ts";

/** What an address is wanted for: something that is asked for, or an access that is to follow somebody who moved. */
export type Wanted =
  | { readonly kind: "ask"; readonly ask: Ask }
  | {
      readonly kind: "move";
      readonly grant: GrantId;
      readonly services: readonly string[];
      /** Its name. */
      readonly machine: string;
    };

/** Whoever has the secret link may say by it where this person is, once. */
export interface Offer {
  readonly person: Person;
  /** As Slack shows them. */
  readonly name: string;
  readonly wanted: Wanted;
  /** From this instant on it is over. It is remembered a while longer, so that whoever comes late is told so. */
  readonly until: EpochMs;
}

/** Secrets (`token`, `browser`) are given as they are and are kept hashed. Everything throws a `Fault` of code `redis` when memory is away. */
export interface AddressMemory {
  readonly offer: (token: string, offer: Offer) => Promise<void>;
  readonly offered: (token: string) => Promise<Offer | undefined>;
  /** Of all browsers the first one gets it, and keeps it. */
  readonly claim: (token: string, browser: string) => Promise<boolean>;
  readonly isUsed: (token: string) => Promise<boolean>;
  /** Of all who use it at once, one does. */
  readonly use: (token: string) => Promise<boolean>;
  /** Nothing came of it. */
  readonly giveBack: (token: string) => Promise<void>;
  /** Instead of what was remembered of them before; together with the event that says so, or neither. */
  readonly remember: (person: Person, addresses: readonly Cidr[], until: EpochMs, event: AuditEvent) => Promise<void>;
  /** Empty when there is none, or not any more. */
  readonly remembered: (person: Person) => Promise<readonly Cidr[]>;
}
