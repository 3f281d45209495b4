/** What a request or a grant is about, as written into every event of it. */

import type { RequestId } from "../access/identifier.ts";
import type { MachineRef } from "../access/machine.ts";
import type { Person } from "../access/person.ts";
import type { Port } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";

export interface AccessFacts {
  readonly requestId: RequestId;
  readonly requester: Person;
  readonly machine: MachineRef;
  /** As the requester named them: `ssh`, `8080/tcp`. */
  readonly services: readonly string[];
  readonly ports: readonly Port[];
  readonly sources: readonly Cidr[];
  readonly justification: string;
  /** Where its card is and its end is told. */
  readonly channel: string;
}
