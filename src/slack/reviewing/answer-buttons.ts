/** The buttons that answer a request, the same on its card, on a Home and in a list, and the one that asks anew. */

import type { ActionsBlock, Button } from "@slack/types";
import type { AccessRequest } from "../../grants/request.ts";
import { canBeLess } from "../../workflow/narrow.ts";
import { actions, button, labelled } from "../blocks.ts";
import { accessTitle } from "../title.ts";

/** `mayApprove`: an approval of whoever sees them would count. */
export const answerButtons = (request: AccessRequest, mayApprove = true): ActionsBlock => {
  const { id } = request;
  const what = accessTitle(request);
  return actions([
    ...(mayApprove ? [labelled(button("Approve", "request.approve", id, "primary"), `Approve ${what}`)] : []),
    ...(mayApprove && canBeLess(request)
      ? [labelled(button("Approve less", "request.approve-less", id), `Approve less than ${what}`)]
      : []),
    labelled(button("Deny", "request.deny", id, "danger"), `Deny ${what}`),
  ]);
};

/** The form asks for an access of its own, so it is no way to ask for a longer one again. */
export const askAgain = (id: string, request: Pick<AccessRequest, "extends"> | undefined): readonly Button[] =>
  request?.extends === undefined ? [button("Ask again", "request.again", id)] : [];
