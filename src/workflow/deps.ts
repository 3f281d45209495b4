/** What the workflow needs of the world. */

import type { AuthorityName } from "../access/authority.ts";
import type { Directory } from "../access/person.ts";
import type { Clock } from "../access/time.ts";
import type { AuditLog } from "../audit/event.ts";
import type { Machines } from "../cloud/machines.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { Authority } from "../policy/authority.ts";
import type { Policy } from "../policy/policy.ts";

export interface WorkflowDeps {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  readonly directory: Directory;
  readonly machines: Machines;
  /** `undefined`: it can't be read, so nobody gets anything. */
  readonly policy: () => Policy | undefined;
  /** Names of the roles that look after everything. */
  readonly securityRoles: () => readonly string[];
  /** IANA zone of people whose own Slack doesn't know. */
  readonly zone: () => string;
  /** Those that are connected. A rule that names another gives nobody anything. */
  readonly authorities: ReadonlyMap<AuthorityName, Authority>;
  readonly clock: Clock;
  readonly newId: () => string;
}
