/** The few Block Kit shapes that our messages are made of, kept within Slack's limits. */

import type { ActionsBlock, Button, KnownBlock } from "@slack/types";

/** What is sent: `text` is for notifications and screen readers. */
export interface Drawn {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** One section of mrkdwn lines; more where they are longer than a section may be. Of what is more than a message takes only the number is said. */
export const lines = (texts: readonly string[]): readonly KnownBlock[] => {
  const sections: string[] = [];
  for (const text of fitting(texts.map((line) => cut(line, SECTION_TEXT)))) {
    const last = sections.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= SECTION_TEXT)
      sections[sections.length - 1] = `${last}\n${text}`;
    else sections.push(text);
  }
  return sections.map((text) => ({ type: "section", text: { type: "mrkdwn", text } }));
};

/** The first line alone is the notification. */
export const drawn = (first: string, rest: readonly string[] = [], buttons: readonly Button[] = []): Drawn => ({
  text: notification(first),
  blocks: [...lines([first, ...rest]), ...(buttons.length === 0 ? [] : [actions(buttons)])],
});

export const actions = (elements: readonly Button[]): ActionsBlock => ({ type: "actions", elements: [...elements] });

/** The value is an id and nothing else, so a forged or stale button can at most name something. */
export const button = (label: string, actionId: ActionId, id: string, style?: "primary" | "danger"): Button => ({
  type: "button",
  text: {
    type: "plain_text",
    text: label,
  },
  action_id: actionId,
  value: id,
  ...(style === undefined ? {} : { style }),
});

/** A screen reader says what would be closed, where everybody else sees it beside the button. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const labelled = (plain: Button, label: string): Button => ({
  ...plain,
  accessibility_label: cut(label, LONGEST_LABEL),
});

export type ActionId =
  | "request.approve"
  | "request.approve-less"
  | "request.deny"
  | "request.withdraw"
  | "grant.close"
  | "grant.moved"
  | "grant.extend"
  | "lockdown.begin"
  | "lockdown.lift"
  | "request.again"
  | "form.open"
  | "break-glass.reviewed"
  | "machine.protect"
  | "protection.confirm"
  | "protection.leave"
  | "undercut.overrule"
  | "undercut.accept";

/** What is longer Slack would cut anywhere. https://docs.slack.dev/reference/methods/chat.postMessage#truncating */
export const notification = (text: string): string => cut(text, NOTIFICATION_TEXT);

/** Cuts by whole characters and never inside an escaped one (`&amp;`) or a reference (`<@U…>`). */
export const cut = (text: string, longest: number): string => {
  if (text.length <= longest) return text;
  const whole = text.slice(0, longest - 1);
  return `${whole.replace(/(?:&[a-z]{0,4}|<[^>]{0,300}|[\ud800-\udbff])$/u, "")}…`;
};

const fitting = (texts: readonly string[]): readonly string[] => {
  let length = 0;
  const count = texts.findIndex((text) => {
    length += text.length + 1;
    return length > MESSAGE_TEXT;
  });
  return count < 0 ? texts : [...texts.slice(0, count), `And ${texts.length - count} more.`];
};

/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
const SECTION_TEXT = 3_000;
/** All blocks together may say about 12,000 characters, and how these are counted isn't said: https://github.com/slackapi/bolt-js/issues/2867 */
const MESSAGE_TEXT = 10_000;
const NOTIFICATION_TEXT = 4_000;
const LONGEST_LABEL = 75;
