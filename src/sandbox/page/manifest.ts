/** What the app's manifest offers people: commands and shortcuts, as Slack reads it to draw its menus. */

import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { listOf, objectOf, textOf } from "../slack/json.ts";

export interface Manifest {
  readonly commands: readonly { readonly command: string; readonly description: string; readonly hint: string }[];
  readonly shortcuts: readonly {
    readonly name: string;
    readonly callbackId: string;
    readonly kind: "global" | "message";
    readonly description: string;
  }[];
  readonly hasHome: boolean;
  /** Nobody can write to the app directly. */
  readonly isReadOnly: boolean;
}

const MANIFEST = new URL("../../../manifests/slack-app.yaml", import.meta.url);

/** https://docs.slack.dev/reference/app-manifest */
export const readManifest = async (): Promise<Manifest> => {
  const { features } = objectOf(parse(await readFile(MANIFEST, "utf8")));
  const { slash_commands: commands, shortcuts, app_home: home } = objectOf(features);
  const said = (value: unknown, key: string): string => textOf(objectOf(value)[key]) ?? "";
  return {
    commands: listOf(commands).map((each) => ({
      command: said(each, "command"),
      description: said(each, "description"),
      hint: said(each, "usage_hint"),
    })),
    shortcuts: listOf(shortcuts).map((each) => ({
      name: said(each, "name"),
      callbackId: said(each, "callback_id"),
      kind: said(each, "type") === "message" ? "message" : "global",
      description: said(each, "description"),
    })),
    hasHome: objectOf(home).home_tab_enabled === true,
    isReadOnly: objectOf(home).messages_tab_read_only_enabled === true,
  };
};
