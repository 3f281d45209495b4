/** Pressing, choosing and searching in messages, modals and Homes: `block_actions` and `block_suggestion`. */

import { messageObject } from "./answer-objects.ts";
import { checkBlocks } from "./block-kit/blocks.ts";
import { type InteractionDeps, shownName, VERIFICATION_TOKEN } from "./commands.ts";
import type { Ack } from "./delivery.ts";
import { actionValue, type Entry, elementsOf, elementValue, stateValues } from "./element-values.ts";
import { type Json, listOf, objectOf, textOf } from "./json.ts";
import type { Message } from "./message.ts";
import { type View, type ViewStacks, viewObject } from "./view-stacks.ts";
import type { Conversation, Workspace } from "./workspace.ts";

/** In a message (`channel` and `ts`) or in a view: the person's own open modal or Home. */
export interface Press {
  readonly user: string;
  readonly channel?: string;
  readonly ts?: string;
  readonly viewId?: string;
  /** Which element: its action id, or what it says. */
  readonly actionId?: string;
  readonly label?: string;
  readonly blockId?: string;
  /** What is chosen or typed in it. */
  readonly value?: Entry;
  /** What is chosen or typed elsewhere in the view, by action id: it goes along. */
  readonly values?: Readonly<Record<string, Entry>>;
}

export interface PressDeps extends InteractionDeps {
  readonly views: ViewStacks;
  /** What a person has chosen so far in a message or view. */
  readonly chosen: (key: string) => Record<string, Entry>;
}

export const press = async (pressed: Press, deps: PressDeps): Promise<Ack> => {
  const { workspace, delivery, triggers, responseUrls, tell } = deps;
  const surface = findSurface(pressed, deps);
  const { block, element } = findElement(surface, pressed);
  Object.assign(deps.chosen(keyOf(surface, pressed.user)), pressed.values);
  if (elementValue(element, undefined) !== undefined && pressed.value !== undefined)
    deps.chosen(keyOf(surface, pressed.user))[textOf(element.action_id) ?? ""] = pressed.value;

  const place =
    surface.kind === "message"
      ? { user: pressed.user, channel: surface.channel.id, ts: surface.message.ts }
      : undefined;
  const ack = await delivery.deliver({
    kind: "interactivity",
    name: "deliver block_actions",
    payload: {
      type: "block_actions",
      ...who(pressed.user, workspace),
      ...surfaceFields(surface, pressed.user, deps),
      trigger_id: triggers.issue({ user: pressed.user, ...(surface.kind === "view" ? { view: surface.view.id } : {}) }),
      ...(place === undefined ? {} : { response_url: responseUrls.issue("actions", place) }),
      actions: [
        {
          ...actionValue(element, pressed.value),
          action_id: element.action_id,
          block_id: block.block_id,
          action_ts: workspace.newTs(),
        },
      ],
    },
  });
  if (ack.outcome !== "ok") tell(place ?? { user: pressed.user }, `This didn't work: ${ack.outcome}`);
  return ack;
};

export interface Suggestions {
  readonly ack: Ack;
  /** What the person is offered. */
  readonly options: readonly Json[];
}

/** Asks the app for the options of an external menu, as typing into it does. */
export const suggest = async (typed: Press & { readonly value: string }, deps: PressDeps): Promise<Suggestions> => {
  const surface = findSurface(typed, deps);
  const { block, element } = findElement(surface, typed);
  Object.assign(deps.chosen(keyOf(surface, typed.user)), typed.values);
  const ack = await deps.delivery.deliver({
    kind: "options",
    name: "deliver block_suggestion",
    payload: {
      type: "block_suggestion",
      ...who(typed.user, deps.workspace),
      ...surfaceFields(surface, typed.user, deps),
      action_id: element.action_id,
      block_id: block.block_id,
      value: typed.value,
    },
  });
  const { options, option_groups: groups } = objectOf(ack.body);
  const menu = {
    type: "static_select",
    action_id: "a",
    ...(groups === undefined ? { options } : { option_groups: groups }),
  };
  const offered = listOf(groups ?? options);
  const problems = offered.length === 0 ? [] : checkBlocks([{ type: "actions", elements: [menu] }], "", "message");
  if (ack.outcome !== "ok" || problems.length > 0) {
    deps.tell({ user: typed.user }, problems[0] ?? `This didn't work: ${ack.outcome}`);
    return { ack, options: [] };
  }
  return { ack, options: offered.map(objectOf) };
};

/** The person and the app, as every interaction names them. */
export const who = (id: string, { team, bot, user: find }: Workspace): Json => {
  const user = find(id);
  if (user === undefined) throw new Error(`the sandbox's Slack has no person \`${id}\``);
  return {
    user: { id, username: user.name, name: user.name, team_id: user.team_id ?? team.id },
    api_app_id: bot.appId,
    token: VERIFICATION_TOKEN,
    team: {
      id: team.id,
      domain: team.domain,
      ...(team.enterpriseId === undefined ? {} : { enterprise_id: team.enterpriseId, enterprise_name: team.domain }),
    },
    enterprise: team.enterpriseId === undefined ? null : { id: team.enterpriseId, name: team.domain },
    is_enterprise_install: false,
  };
};

type Surface =
  | { readonly kind: "message"; readonly channel: Conversation; readonly message: Message }
  | { readonly kind: "view"; readonly view: View };

const keyOf = (surface: Surface, user: string): string =>
  surface.kind === "view" ? surface.view.id : `${user} ${surface.channel.id} ${surface.message.ts}`;

const surfaceFields = (surface: Surface, user: string, { workspace, chosen }: PressDeps): Json => {
  const entries = chosen(keyOf(surface, user));
  if (surface.kind === "view") {
    const { view } = surface;
    return {
      container: { type: "view", view_id: view.id },
      view: viewObject(view, workspace, stateValues(view.blocks, entries)),
    };
  }
  const { channel, message } = surface;
  const isEphemeral = message.onlyFor !== undefined;
  return {
    container: { type: "message", message_ts: message.ts, channel_id: channel.id, is_ephemeral: isEphemeral },
    channel: { id: channel.id, name: shownName(channel) },
    // Slack keeps no copy of ephemeral messages, so it can't send them along.
    ...(isEphemeral ? {} : { message: messageObject(message, workspace) }),
    state: { values: stateValues(message.blocks, entries) },
  };
};

/**
 * Whoever can read a message can press in it: members, and in a public channel every full member of the workspace.
 * Deactivated people too: a press may be on its way while they are deactivated.
 */
const findSurface = ({ user: id, channel: named, ts, viewId }: Press, { workspace, views }: PressDeps): Surface => {
  const user = workspace.user(id);
  if (user === undefined) throw new Error(`the sandbox's Slack has no person \`${id}\``);
  if (ts === undefined) {
    const view = viewId === undefined ? (views.stack(id).at(-1) ?? views.home(id)) : views.byId(viewId);
    if (view?.user !== id) throw new Error(`\`${id}\` has no such view open`);
    return { kind: "view", view };
  }
  return { kind: "message", ...findMessage({ user: id, channel: named ?? "", ts }, workspace) };
};

/** A message that this person can read. */
export const findMessage = (
  { user: id, channel: named, ts }: { readonly user: string; readonly channel: string; readonly ts: string },
  workspace: Workspace,
): { readonly channel: Conversation; readonly message: Message } => {
  const user = workspace.user(id);
  const channel = workspace.conversation(named);
  const message = channel === undefined ? undefined : workspace.message(channel.id, ts, id);
  if (user === undefined || channel === undefined || message === undefined)
    throw new Error(`\`${id}\` sees no message \`${ts}\` in \`${named}\``);
  const isGuest = user.is_restricted === true || user.is_ultra_restricted === true || user.is_stranger === true;
  if (!channel.members.includes(id) && (channel.is_private === true || isGuest))
    throw new Error(`\`${id}\` can't read \`${channel.id}\``);
  return { channel, message };
};

const findElement = (surface: Surface, { actionId, label, blockId }: Press) => {
  const { blocks } = surface.kind === "view" ? surface.view : surface.message;
  const all = elementsOf(blocks);
  const found = all.find(
    ({ block, element }) =>
      (actionId === undefined || element.action_id === actionId) &&
      (blockId === undefined || block.block_id === blockId) &&
      (label === undefined || objectOf(element.text).text === label),
  );
  if (found === undefined) {
    const there = all.map(({ element }) => String(element.action_id)).join(", ");
    throw new Error(`nothing to press as \`${actionId ?? label ?? ""}\` here; there is: ${there || "nothing"}`);
  }
  return found;
};
