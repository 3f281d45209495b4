/** What the workflow needs of the world. */

import type { Directory, Person } from "../access/person.ts";
import type { Cidr } from "../access/source.ts";
import type { Clock } from "../access/time.ts";
import type { AuditLog } from "../audit/event.ts";
import type { Machines } from "../cloud/machines.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { Policy } from "../policy/policy.ts";
import type { AuthorityDeps } from "./ask-authorities.ts";
import type { ShownPeople } from "./shown-people.ts";

export interface WorkflowDeps extends AuthorityDeps {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  readonly directory: Directory;
  readonly shownPeople: ShownPeople;
  readonly machines: Machines;
  /** `undefined`: it can't be read, so nobody gets anything. */
  readonly policy: () => Policy | undefined;
  /** Names of the roles that look after everything. */
  readonly securityRoles: () => readonly string[];
  /** IANA zone of people whose own Slack doesn't know. */
  readonly zone: () => string;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Where they were seen lately and want to be taken to be; empty: nowhere. Absent: nobody reaches a page of ours that could see it. */
  readonly rememberedAddresses?: (person: Person) => Promise<readonly Cidr[]>;
}
