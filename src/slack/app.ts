/** The Bolt app, by HTTP or by Socket Mode, and its Web API client. */

import { App, type webApi } from "@slack/bolt";
import { clientOptions, createSlackClient, quietLogger, type SlackClientDeps } from "./client.ts";
import type { HttpReceiver } from "./http-receiver.ts";

interface SlackAppDeps extends SlackClientDeps {
  /** How Slack's requests come in: signed over HTTP, or over a socket opened with this app-level token. */
  readonly transport:
    | { readonly kind: "http"; readonly receiver: HttpReceiver }
    | { readonly kind: "socket"; readonly appToken: string };
}

export interface SlackApp {
  readonly app: App;
  readonly client: webApi.WebClient;
}

export const createSlackApp = ({ transport, ...deps }: SlackAppDeps): SlackApp => {
  const app = new App({
    clientOptions: clientOptions(deps),
    logger: quietLogger(deps),
    authorize: async () => ({ botToken: deps.botToken }),
    ...(transport.kind === "http"
      ? { receiver: transport.receiver }
      : {
          socketMode: true,
          appToken: transport.appToken,
        }),
  });
  return { app, client: createSlackClient(deps) };
};
