/** Words for who somebody is: here, and in the clouds. */

import type { RefusalFacts } from "../../access/refusal.ts";
import { code, mention } from "../mrkdwn.ts";
import { roles, type Words } from "./words.ts";

export const linkingWords: Words<
  | "person-unknown"
  | "person-standing"
  | "linking-not-offered"
  | "link-code-unknown"
  | "already-linked"
  | "identity-taken"
  | "not-linked"
  | "not-security"
  | "not-auditor"
  | "somebody-unknown"
> = {
  "person-unknown": () =>
    "Slack doesn't tell me who you are, so I can't say yes. Ask from your own account in this workspace.",

  "person-standing": ({ standing }) => standingText(standing),

  "linking-not-offered": () =>
    "Linking accounts isn't set up here. Whoever runs me can write down who you are in Azure and AWS.",

  "link-code-unknown": () =>
    "I don't know that code: it was used already, is too old, or isn't yours. `/jit link` begins again.",

  "already-linked": ({ as }) => `You are linked already, to ${code(as)}. \`/jit unlink\` takes that back first.`,

  "identity-taken": () =>
    "That account belongs to somebody else here already, so I didn't link it to you. If it is yours, tell security.",

  "not-linked": ({ user }) =>
    user === undefined
      ? "You linked nothing yourself, so there is nothing to take back. What else I know of you, whoever runs me wrote down."
      : `${mention(user)} linked nothing by signing in, so there is nothing to take back. What else I know of them, whoever runs me wrote down.`,

  "not-security": ({ roles: may, what }) => {
    if (what === "lockdown")
      return may.length === 0
        ? "Nobody may lock everything down: the configuration names no role for security. Whoever runs me can add one."
        : `Only ${roles(may)} may lock everything down, or lift that. Tell them.`;
    return may.length === 0
      ? "Nobody may take back another's link: the configuration names no role for security. Whoever runs me can add one."
      : `You can take back your own link only: another's is for ${roles(may)} to take back. Tell them.`;
  },

  "not-auditor": ({ roles: may }) =>
    may.length === 0
      ? "You can see your own accesses only: `/jit audit`. The configuration names no role that sees everybody's; whoever runs me can add one."
      : `You can see your own accesses only: \`/jit audit\`. Everybody's are for ${roles(may)} to see. Ask them.`,

  "somebody-unknown": ({ text }) =>
    `I don't know ${code(text)}: I find people by their member id alone. Copy it from their Slack profile, like \`U012AB3CD\`.`,
};

const standingText = (standing: RefusalFacts["person-standing"]["standing"]): string => {
  switch (standing) {
    case "guest":
      return "Guests can't do this. A full member of the workspace can ask for you.";
    case "outsider":
      return "People from other workspaces can't do this. Someone from this workspace can.";
    case "bot":
      return "Bots can't do this. It takes a person.";
    case "deactivated":
      return "A deactivated account can't do this. Someone with an active one can.";
  }
};
