/** Text for Slack's mrkdwn: what people typed and clouds named is shown as text, never obeyed. */

import { DateTime } from "luxon";
import type { EpochMs } from "../access/time.ts";
import { few } from "./lists.ts";
import { showInvisible } from "./typed-text.ts";

/** The three characters that Slack gives a meaning everywhere. https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const escapeMrkdwn = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * Free text on one line, as it was written: no bold, code, quotes, emoji codes, mentions or channel links come of it, and nothing in it is
 * invisible. Between a mark and what it would mark stands a zero-width space, so the text looks the same.
 */
export const literal = (text: string): string =>
  escapeMrkdwn(
    showInvisible(text)
      .trim()
      // Formatting marks work at the edge of a word, on either side of it.
      .replace(/[*_~`]+/gu, (marks) => marks.replace(/./gu, `${ZERO_WIDTH}$&${ZERO_WIDTH}`))
      .replace(/:(?=[\w+'-]+:)/gu, `:${ZERO_WIDTH}`)
      .replace(/[@#!](?=[\p{L}\p{N}_])/gu, (mark) => `${mark}${ZERO_WIDTH}`),
  ).replace(/^&gt;/u, `${ZERO_WIDTH}&gt;`);

/** Something to copy, in a code span. */
export const code = (text: string): string => {
  const shown = escapeMrkdwn(showInvisible(text).trim().replaceAll("`", "'"));
  return shown === "" ? '`""`' : `\`${shown}\``;
};

/** A line written for operators, as people read it: without the backticks that set values off in a log. */
export const operatorsText = (text: string): string => literal(text.replaceAll("`", ""));

/** An address or prefix. In IPv6 ones Slack would find emoji: `2001:db8:100::1` is in a code span. */
export const showSource = (source: string): string => (source.includes(":") ? code(source) : literal(source));

/** `<@U0DEV1>`; what is no user's id is shown as text, and nobody's as `somebody`. */
export const mention = (user: string): string =>
  user === "" ? "somebody" : /^[UW][A-Z0-9]+$/u.test(user) ? `<@${user}>` : literal(user);

/** `<!subteam^S0ENG>` */
export const mentionGroup = (group: string): string =>
  /^S[A-Z0-9]+$/u.test(group) ? `<!subteam^${group}>` : literal(group);

/** People and groups by their ids, as many as are to be named. */
export const mentions = (ids: readonly string[], most: number): string =>
  few(
    ids.map((id) => (id.startsWith("S") ? mentionGroup(id) : mention(id))),
    most,
  );

/**
 * An instant in each reader's own zone: `16:02`, with the day when it isn't today's in `zone`. Readers whose client can't do that get the time in `zone`.
 *
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
export const when = (at: EpochMs, now: EpochMs, zone: string): string => {
  const there = DateTime.fromMillis(at, { zone });
  const isToday = there.hasSame(DateTime.fromMillis(now, { zone }), "day");
  const fallback = there.setLocale("en").toFormat(isToday ? "HH:mm ZZZZ" : "d LLL HH:mm ZZZZ");
  return `<!date^${Math.floor(at / 1000)}^${isToday ? "{time}" : "{date_short_pretty} {time}"}|${fallback}>`;
};

const ZERO_WIDTH = "\u{200B}";
