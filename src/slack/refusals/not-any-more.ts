/** Why what was in order when somebody asked isn't any more: at an approver's click, and while an access is open. */

import type { Reason, RefusalCode } from "../../access/refusal.ts";
import { PLACES } from "./authorities.ts";

/** Lower case, no full stop. It speaks of them to others, so it says no more than what kind of reason it is. */
export const whyNotAnyMore = ({ code, authority }: Reason, whom = "whoever asked"): string => {
  const where = authority === undefined ? "the cloud" : PLACES[authority];
  if (code === "authority-no") return `${where} no longer gives ${whom} a role that allows it`;
  if (code === "authority-silent") return `${where} doesn't say whether ${whom} still has a role that allows it`;
  return WHY[code] ?? "the policy no longer allows it";
};

const WHY: Readonly<Partial<Record<RefusalCode, string>>> = {
  "person-unknown": "whoever asked is no longer a member of this workspace",
  "person-standing": "whoever asked is no longer a member of this workspace",
  "not-eligible": "whoever asked may no longer ask for this machine",
  "denied-by-policy": "a deny rule of the policy now keeps whoever asked from it",
  "deny-rule-unclear": "nobody can tell whether a deny rule of the policy keeps whoever asked from it",
  "machine-unknown": "the machine is no longer there under that name",
  "machine-ambiguous": "the machine is no longer there under that name",
  "machine-not-offered": "no rule of the policy covers the machine any more",
  "port-not-offered": "the policy no longer offers this port",
  "source-not-allowed": "the policy no longer lets anyone in from there",
  "duration-too-long": "it is longer than the policy allows now",
  "outside-hours": "the hours in which it opens are over",
  frozen: "there is a freeze now",
  "too-many-at-once": "as much is open already as the policy allows at once",
  "break-glass-not-offered": "whoever asked may no longer use break-glass there",
  "no-approver": "there are no longer enough people who can approve it",
};
