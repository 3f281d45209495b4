/** What Slack itself tells one person: that a command failed, that a button didn't work. */

import type { Workspace } from "./workspace.ts";

export type Tell = (
  to: { readonly user: string; readonly channel?: string },
  text: string,
  how?: { readonly inChannel: boolean },
) => void;

export const createTell = (
  workspace: Workspace,
): { readonly tell: Tell; readonly told: (user: string) => readonly string[] } => {
  const told = new Map<string, string[]>();
  return {
    tell: ({ user, channel = "" }, text, how) => {
      told.set(user, [...(told.get(user) ?? []), text]);
      if (how?.inChannel === true)
        workspace.post({
          channel,
          ts: workspace.newTs(),
          user: "USLACKBOT",
          byApp: false,
          onlyFor: user,
          text,
          blocks: [],
        });
      workspace.changes.publish({ kind: "told", user, channel, text });
    },
    told: (user) => told.get(user) ?? [],
  };
};
