/** Somebody turns to the bot's Home: it is remembered that they look at it, and drawn. Decides nothing. */

import type { App } from "@slack/bolt";
import type { LogProblem } from "../answer.ts";

interface HomeDeps {
  readonly homeOpened: (user: string) => Promise<void>;
  readonly log: LogProblem;
}

/** The event comes for the Messages tab too. https://docs.slack.dev/reference/events/app_home_opened */
export const listenForHome = (app: App, { homeOpened, log }: HomeDeps): void => {
  app.event("app_home_opened", async ({ event }) => {
    if (event.tab !== "home") return;
    await homeOpened(event.user).catch((error: unknown) => log({ error, doing: "show somebody their Home" }));
  });
};
