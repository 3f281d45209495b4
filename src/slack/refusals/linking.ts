/** Words for who somebody is: here, and in the clouds. */

import type { RefusalFacts } from "../../access/refusal.ts";
import { code } from "../mrkdwn.ts";
import type { Words } from "./words.ts";

export const linkingWords: Words<
  | "person-unknown"
  | "person-standing"
  | "linking-not-offered"
  | "link-code-unknown"
  | "already-linked"
  | "identity-taken"
  | "not-linked"
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

  "not-linked": () =>
    "You linked nothing yourself, so there is nothing to take back. What else I know of you, whoever runs me wrote down.",
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
