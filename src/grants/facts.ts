/** What every audit event about a request or a grant says of it. */

import type { AccessFacts } from "../audit/event.ts";
import type { Grant } from "./grant.ts";
import type { AccessRequest } from "./request.ts";

export const factsOf = (about: AccessRequest | Grant): AccessFacts => ({
  requestId: "requestId" in about ? about.requestId : about.id,
  requester: about.requester,
  machine: about.machine,
  services: about.services,
  ports: about.ports,
  sources: about.sources,
  justification: about.justification,
  channel: about.channel,
});
