/** A small app in a small workspace, and its page in a browser. */

import type { App } from "@slack/bolt";
import { createPage } from "../../src/sandbox/page/server.ts";
import type { SlackServer } from "../../src/sandbox/slack/server.ts";
import { startHttpApp, startSlack } from "../sandbox/slack-fixture.ts";
import { type Opened, type OpenOptions, type Owner, openBrowser } from "./browser.ts";

export interface PageSetup extends Opened {
  readonly slack: SlackServer;
  readonly app: App;
  readonly url: string;
  readonly open: (user: string, place?: string) => Promise<void>;
}

export const startPage = async (owner: Owner, options: OpenOptions = {}): Promise<PageSetup> => {
  const { slack, clock } = await startSlack();
  const app = await startHttpApp(slack);
  const { url, stop } = await createPage({ slack, clock });
  owner.onTestFinished(stop);
  const opened = await openBrowser(owner, options);
  return {
    ...opened,
    slack,
    app,
    url,
    open: async (user, place = "C0ACCESS") => {
      await opened.page.goto(`${url}/?as=${user}&in=${place}`);
      await opened.page.getByRole("navigation", { name: "Workspace" }).waitFor();
    },
  };
};
