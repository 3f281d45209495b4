/** Shortcuts from the composer and from a message's menu. https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload */

import { messageObject } from "./answer-objects.ts";
import { type InteractionDeps, shownName } from "./commands.ts";
import type { Ack } from "./delivery.ts";
import { findMessage, who } from "./presses.ts";

export interface Shortcut {
  readonly user: string;
  readonly callbackId: string;
}

export interface MessageShortcut extends Shortcut {
  readonly channel: string;
  readonly ts: string;
}

/** It has no place: the app can open a modal and nothing else. */
export const useShortcut = async ({ user, callbackId }: Shortcut, deps: InteractionDeps): Promise<Ack> => {
  const { workspace, delivery, triggers, tell } = deps;
  const { api_app_id: _, ...person } = who(user, workspace);
  const ack = await delivery.deliver({
    kind: "interactivity",
    name: "deliver shortcut",
    payload: {
      type: "shortcut",
      ...person,
      callback_id: callbackId,
      trigger_id: triggers.issue({ user }),
      action_ts: workspace.newTs(),
    },
  });
  if (ack.outcome !== "ok") tell({ user }, `This shortcut didn't work: ${ack.outcome}`);
  return ack;
};

/** Not on ephemeral messages: Slack keeps no copy of these and offers nothing on them. */
export const useMessageShortcut = async (used: MessageShortcut, deps: InteractionDeps): Promise<Ack> => {
  const { workspace, delivery, triggers, responseUrls, tell } = deps;
  const { channel, message } = findMessage(used, workspace);
  if (message.onlyFor !== undefined) throw new Error(`\`${used.ts}\` is ephemeral: it has no menu of shortcuts`);
  const { api_app_id: _, ...person } = who(used.user, workspace);
  const place = { user: used.user, channel: channel.id };
  const ack = await delivery.deliver({
    kind: "interactivity",
    name: "deliver message_action",
    payload: {
      type: "message_action",
      ...person,
      callback_id: used.callbackId,
      trigger_id: triggers.issue({ user: used.user }),
      response_url: responseUrls.issue("actions", { ...place, ts: message.ts }),
      action_ts: workspace.newTs(),
      channel: { id: channel.id, name: shownName(channel) },
      message_ts: message.ts,
      message: messageObject(message, workspace),
    },
  });
  if (ack.outcome !== "ok") tell(place, `This shortcut didn't work: ${ack.outcome}`);
  return ack;
};
