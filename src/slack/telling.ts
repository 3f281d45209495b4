/** What a message is drawn with, beside the event that it tells. */

import type { EpochMs } from "../access/time.ts";
import type { Grant } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { SecurityContact } from "./security-words.ts";

export interface Telling {
  /** What is stored now about the event's access and its request; the message may be late. Of a request for a longer access it is that access. */
  readonly grant?: Grant | undefined;
  readonly request?: AccessRequest | undefined;
  readonly now: EpochMs;
  readonly zone: string;
  /** There is a page that sees where people are. */
  readonly hasAddressPage?: boolean;
  readonly security?: SecurityContact | undefined;
}
