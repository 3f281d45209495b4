/** Words for answers and endings that don't count. */

import { showDuration } from "../../access/duration.ts";
import type { DurationMs } from "../../access/time.ts";
import { few } from "../lists.ts";
import { code, literal, mention, showSource, when } from "../mrkdwn.ts";
import { whyNotAnyMore } from "./not-any-more.ts";
import { roles, type Words } from "./words.ts";

export const answeringWords: Words<
  | "already-asked"
  | "already-open"
  | "request-unknown"
  | "own-request"
  | "own-break-glass"
  | "not-approver"
  | "not-your-turn"
  | "already-answered"
  | "too-late"
  | "not-any-more"
  | "wider-than-asked"
  | "not-less"
  | "approval-not-needed"
  | "nothing-to-review"
  | "grant-unknown"
  | "access-over"
  | "not-yours"
> = {
  "already-open": ({ machine, until }, { now, zone }) =>
    `${literal(machine)} is open for you already, until ${when(until, now, zone)}. You can break the glass again in its last ten minutes.`,

  "already-asked": ({ requestId }) =>
    `You asked for this already, and it is still waiting for an answer (request ${code(requestId)}). \`/jit list\` shows it.`,

  "request-unknown": () => "I don't know that request any more. Ask again with `/jit`.",

  "own-request": () =>
    "You can't approve your own request. Nor can another account of yours: someone else has to look at it. `/jit list` shows how to take it back.",

  "own-break-glass": () => "You used it, so somebody else has to review it. Another account of yours doesn't count.",

  "not-approver": ({ roles: may }) => `You can't answer this one: it's for ${roles(may)} to say.`,

  "not-your-turn": ({ roles: may }) =>
    `It's for ${roles(may)} to answer now. If you come later, the card names you when it is your turn.`,

  "already-answered": ({ at }, { now, zone }) =>
    `You approved this at ${when(at, now, zone)} already; someone else has to approve it too.`,

  "too-late": ({ state, by, at }, { now, zone }) => {
    const time = when(at, now, zone);
    if (state === "lapsed")
      return `Too late: it lapsed at ${time}, because nobody answered by then. Whoever asked can ask again.`;
    if (state === "withdrawn") return `Too late: it was withdrawn at ${time}.`;
    return `Too late: ${by === undefined ? "it was" : mention(by)} ${state}${by === undefined ? "" : " it"} at ${time}.`;
  },

  "not-any-more": (reason) => `Not any more: ${whyNotAnyMore(reason)}. They can ask again when that is settled.`,

  "wider-than-asked": ({ what, maximumMs, source }) => {
    if (what === "length")
      return `That is longer than was asked: ${showDuration(maximumMs ?? (0 as DurationMs))} at most.`;
    return what === "ports"
      ? "Choose among the ports that were asked for, at least one."
      : `${showSource(source ?? "")} isn't within what was asked.`;
  },

  "not-less": () =>
    "That isn't less than was asked. Make it shorter, leave out a port or narrow the source; or press `Approve`.",

  "approval-not-needed": ({ machine }) =>
    `The policy no longer asks for an approval on ${literal(machine)}. Whoever asked can ask again.`,

  "nothing-to-review": ({ by, at }, { now, zone }) =>
    by === undefined
      ? "There is nothing to review here: it didn't go past an approval."
      : `${mention(by)} reviewed this already${at === undefined ? "" : `, at ${when(at, now, zone)}`}. Nothing is left to do.`,

  "grant-unknown": ({ text, ids }) =>
    ids === undefined
      ? `Nothing open or waiting has the id ${code(text)}. \`/jit list\` shows yours.`
      : `You have ${ids.length} accesses to ${literal(text)}: write the id of one of them instead, ${few(ids.map(code), 6)}. \`/jit list\` tells them apart.`,

  "access-over": ({ machine, at }, { now, zone }) =>
    `That access to ${literal(machine)} is over already, since ${when(at, now, zone)}.`,

  "not-yours": ({ what }) => {
    if (what === "request")
      return "That isn't yours to withdraw: only the person who asked can. Who may approve it can deny it on its card.";
    if (what === "move") return "That isn't your access. Only the person it is open for can move it.";
    if (what === "extension")
      return "That isn't yours to make longer: only the person it is open for can ask for that. Ask for one of your own with `/jit`.";
    return "That isn't yours to close. The person it is open for can do it, and so can those who may approve it.";
  },
};
