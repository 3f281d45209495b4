/** Modals, up to three on top of each other for each person, and everyone's Home. */

import { randomBytes } from "node:crypto";
import { storedBlocks } from "./block-kit/stored.ts";
import type { Json } from "./json.ts";
import { isObject, listOf, textOf } from "./json.ts";
import type { Workspace } from "./workspace.ts";

export interface View {
  readonly id: string;
  readonly user: string;
  readonly type: "modal" | "home";
  readonly rootId: string;
  readonly previousId: string | undefined;
  readonly hash: string;
  readonly source: Json;
  readonly blocks: readonly Json[];
  /** What `response_action: errors` said, by block id; shown until the next submission. */
  readonly errors: Readonly<Record<string, string>>;
  /** What Slack itself says at the modal's foot, when the app didn't answer. */
  readonly trouble?: string;
}

export interface ViewStacks {
  /** The person's modals, the visible one last. */
  readonly stack: (user: string) => readonly View[];
  readonly home: (user: string) => View | undefined;
  readonly byId: (id: string) => View | undefined;
  readonly byExternalId: (id: string) => View | undefined;
  /** A view as it would be; nothing is shown before `open`, `push`, `replace` or `publish`. */
  readonly build: (user: string, source: Json, place?: { id?: string; previous?: View }) => View;
  readonly open: (view: View) => void;
  readonly push: (view: View) => void;
  readonly replace: (view: View) => void;
  readonly publish: (view: View) => void;
  readonly close: (view: View) => void;
  readonly clear: (user: string) => void;
}

export const createViewStacks = ({ changes }: Pick<Workspace, "changes">): ViewStacks => {
  const stacks = new Map<string, readonly View[]>();
  const homes = new Map<string, View>();

  const all = (): View[] => [...[...stacks.values()].flat(), ...homes.values()];
  const set = (
    user: string,
    views: readonly View[],
    kind: "view-opened" | "view-updated" | "view-closed",
    view: string,
  ): void => {
    stacks.set(user, views);
    changes.publish({ kind, user, view });
  };
  const stack = (user: string): readonly View[] => stacks.get(user) ?? [];

  return {
    stack,
    home: (user) => homes.get(user),
    byId: (id) => all().find((view) => view.id === id),
    byExternalId: (external) => all().find((view) => view.source.external_id === external && external !== ""),
    build: (user, source, place = {}) => {
      const id = place.id ?? `V${randomBytes(5).toString("hex").toUpperCase()}`;
      const blocks = storedBlocks(listOf(source.blocks).filter(isObject));
      return {
        id,
        user,
        type: source.type === "home" ? "home" : "modal",
        rootId: place.previous?.rootId ?? id,
        previousId: place.previous?.id,
        hash: `${randomBytes(4).readUInt32BE()}.${randomBytes(4).toString("hex")}`,
        source,
        blocks,
        errors: {},
      };
    },
    open: (view) => set(view.user, [view], "view-opened", view.id),
    push: (view) => set(view.user, [...stack(view.user), view], "view-opened", view.id),
    replace: (view) => {
      if (view.type === "home") {
        homes.set(view.user, view);
        changes.publish({ kind: "home-published", user: view.user });
        return;
      }
      const views = stack(view.user).map((other) => (other.id === view.id ? view : other));
      set(view.user, views, "view-updated", view.id);
    },
    publish: (view) => {
      homes.set(view.user, view);
      changes.publish({ kind: "home-published", user: view.user });
    },
    close: (view) =>
      set(
        view.user,
        stack(view.user).filter(({ id }) => id !== view.id),
        "view-closed",
        view.id,
      ),
    clear: (user) => {
      const last = stack(user).at(-1);
      if (last !== undefined) set(user, [], "view-closed", last.id);
    },
  };
};

/** The view object of answers and payloads. */
export const viewObject = (view: View, workspace: Pick<Workspace, "team" | "bot">, state: Json = {}): Json => {
  const { source } = view;
  const said = (key: string): string => textOf(source[key]) ?? "";
  return {
    id: view.id,
    team_id: workspace.team.id,
    type: view.type,
    blocks: view.blocks,
    private_metadata: said("private_metadata"),
    callback_id: said("callback_id"),
    external_id: said("external_id"),
    state: { values: state },
    hash: view.hash,
    title: source.title ?? { type: "plain_text", text: "View Title", emoji: true },
    submit: source.submit ?? null,
    close: source.close ?? null,
    clear_on_close: source.clear_on_close === true,
    notify_on_close: source.notify_on_close === true,
    previous_view_id: view.previousId ?? null,
    root_view_id: view.rootId,
    app_id: workspace.bot.appId,
    app_installed_team_id: workspace.team.id,
    bot_id: workspace.bot.botId,
  };
};
