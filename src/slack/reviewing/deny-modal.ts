/** The small modal in which an approver may say why not. */

import type { ModalView } from "@slack/types";
import type { AccessRequest } from "../../grants/request.ts";
import type { Drawn } from "../blocks.ts";
import { mention } from "../mrkdwn.ts";
import { askedTitle } from "../title.ts";

export const DENY_MODAL = "request.deny-reason";
const REASON = "reason";

/** It carries the request's id and nothing else: whatever comes back is checked against what is stored. */
export const denyModal = (request: AccessRequest): ModalView => ({
  type: "modal",
  callback_id: DENY_MODAL,
  private_metadata: request.id,
  title: { type: "plain_text", text: "Deny this request" },
  submit: { type: "plain_text", text: "Deny" },
  close: { type: "plain_text", text: "Cancel" },
  blocks: [
    {
      type: "section",
      text: {
        type: "mrkdwn",
        text: `${askedTitle(request, request)} for ${mention(request.requester.user)}${request.extends === undefined ? "" : ". What is open stays open until its own time."}`,
      },
    },
    {
      type: "input",
      block_id: REASON,
      optional: true,
      label: { type: "plain_text", text: "Why? Shown on the card and to the requester" },
      element: { type: "plain_text_input", action_id: REASON, multiline: true, max_length: LONGEST_REASON },
    },
  ],
});

/** Shown in its place when the denial doesn't count. */
export const notCountedModal = ({ blocks }: Drawn): ModalView => ({
  type: "modal",
  title: { type: "plain_text", text: "Not denied" },
  close: { type: "plain_text", text: "Close" },
  blocks: [...blocks],
});

/** What was typed; empty when nothing was. */
export const reasonIn = (
  values: Readonly<Record<string, Readonly<Record<string, { readonly value?: string | null | undefined }>>>>,
): string => (values[REASON]?.[REASON]?.value ?? "").slice(0, LONGEST_REASON).trim();

const LONGEST_REASON = 500;
