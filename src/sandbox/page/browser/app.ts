/** The sandbox in the browser: who one is, where, what is there to see, and what happens when something is pressed. */

import { type ComponentChild, h, render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Json, listOf, objectOf, textOf } from "../../slack/json.ts";
import type { ActKind } from "../acts.ts";
import type { ControlsState } from "../controls.ts";
import type { MachinesState } from "../machines/shown.ts";
import type { PageChannel, PageMessage, PageState, PageView } from "../shown.ts";
import { Blocks } from "./blocks.ts";
import { Composer } from "./composer.ts";
import { useConfirm } from "./confirm.ts";
import { Controls } from "./controls.ts";
import { Conversation } from "./conversation.ts";
import { type Half, Halves } from "./halves.ts";
import { act, follow } from "./live.ts";
import { MachinesHalf } from "./machines-half.ts";
import { Modal } from "./modal.ts";
import { directWith, HOME, Places } from "./places.ts";
import { readerOf } from "./reader.ts";
import type { Entry, Surface } from "./surface.ts";
import { Tour } from "./tour.ts";
import { type Draft, tourHelp } from "./tour-help.ts";
import { useUnread } from "./unread.ts";

const App = (): ComponentChild => {
  const [user, setUser] = useState<string | undefined>(() => fromAddress("as"));
  const [state, setState] = useState<PageState>();
  const [machines, setMachines] = useState<MachinesState>();
  const [controls, setControls] = useState<ControlsState>();
  const [from, setFrom] = useState<string>();
  const [front, setFront] = useState<Half>("slack");
  const [draft, setDraft] = useState<Draft>();
  const [isAway, setIsAway] = useState(false);
  const [place, setPlace] = useState<string | undefined>(() => fromAddress("in"));
  const [notice, setNotice] = useState("");
  const [entries, setEntries] = useState<Readonly<Record<string, Readonly<Record<string, Entry>>>>>({});
  const receivedAt = useRef(0);

  useEffect(
    () =>
      follow(user, {
        slack: (next) => {
          setIsAway(next === undefined);
          if (next === undefined) return;
          receivedAt.current = Date.now();
          setState(next);
        },
        machines: setMachines,
        controls: setControls,
      }),
    [user],
  );
  const reader = useMemo(() => (state === undefined ? undefined : readerOf(state, receivedAt.current)), [state]);
  const { ask, dialog } = useConfirm(reader);
  const here = placeIn(state, place);
  const unread = useUnread(state, here);
  useTold(state, setNotice);
  // Slack tells the app whenever somebody opens its Home.
  useEffect(() => {
    if (state !== undefined && here === HOME) void act("open-home", { user: state.me.id }).catch(() => undefined);
  }, [state?.me.id, here]);
  useEffect(() => {
    if (state !== undefined) history.replaceState(null, "", `?as=${state.me.id}&in=${here}`);
  }, [state?.me.id, here]);

  if (state === undefined || reader === undefined)
    return h("p", { class: "loading" }, isAway ? "The sandbox can't be reached." : "Opening the sandbox …");

  const does = async (kind: ActKind, what: Json): Promise<Json> => {
    setNotice("");
    return act(kind, { ...what, user: state.me.id }).catch((error: unknown) => {
      setNotice(error instanceof Error ? error.message : String(error));
      return {};
    });
  };
  const surfaceOf = (id: string, where: Json, errors: Surface["errors"] = {}): Surface => {
    const entered = entries[id] ?? {};
    const which = (block: Json, element: Json): Json => ({
      ...where,
      actionId: element.action_id,
      blockId: block.block_id,
    });
    return {
      id: `s-${id.replaceAll(/[^\w-]/gu, "-")}`,
      reader,
      people: state.people,
      channels: state.channels,
      errors,
      entry: (element) => entered[textOf(element.action_id) ?? ""],
      enter: (element, value) =>
        setEntries((all) => ({ ...all, [id]: { ...all[id], [textOf(element.action_id) ?? ""]: value } })),
      press: async ({ block, element, value }) => {
        await does("press", { ...which(block, element), values: entered, ...(value === undefined ? {} : { value }) });
      },
      suggest: async ({ block, element, value }) =>
        listOf((await does("suggest", { ...which(block, element), values: entered, value })).options).map(objectOf),
    };
  };
  const viewSurface = (view: PageView): Surface => surfaceOf(view.id, { viewId: view.id }, view.errors);
  const top = state.modals.at(-1);
  const channel = channelHere(state, here);
  const name = channel.kind === "direct" ? state.app.name : `#${channel.name}`;

  const be = (next: string): void => {
    setUser(next);
    if (here !== HOME && state.channels.every(({ id, kind }) => id !== here || kind === "direct")) setPlace(undefined);
  };
  const slack = h(
    "section",
    { class: "slack", "aria-label": "Slack" },
    h(Places, { state, place: here, unread, go: setPlace, be }),
    h(
      "main",
      // What is still drawn for the one before isn't pressed by the next.
      { inert: user !== state.me.id && state.people.some(({ id }) => id === user) },
      h(
        "header",
        { class: "title" },
        h("h1", null, here === HOME ? `${state.app.name} · Home` : name),
        channel.isShared && here !== HOME ? h("span", { class: "badge" }, "shared with another company") : null,
      ),
      isAway ? h("p", { class: "away", role: "status" }, "The sandbox can't be reached. Trying again …") : null,
      here === HOME
        ? h(HomeTab, { state, surface: viewSurface, ask })
        : h(Conversation, {
            channel,
            state,
            ask,
            surfaceOf: (message: PageMessage) =>
              surfaceOf(`${state.me.id} ${channel.id} ${message.ts}`, { channel: channel.id, ts: message.ts }),
            onShortcut: (message: PageMessage, callbackId: string) =>
              void does("message-shortcut", { callbackId, channel: channel.id, ts: message.ts }),
          }),
      h("p", { class: "notice", role: "status" }, top === undefined ? notice : ""),
      here === HOME || (channel.kind === "direct" && state.app.isReadOnly)
        ? null
        : h(Composer, {
            key: state.me.id,
            state,
            placeName: name,
            draft: draft?.user === state.me.id ? draft.text : undefined,
            draftTaken: () => setDraft(undefined),
            say: async (text: string) => void (await does("say", { channel: channel.id, text })),
            command: async (command: string, text: string) =>
              void (await does("command", { channel: channel.id, command, text })),
            shortcut: async (callbackId: string) => void (await does("shortcut", { callbackId })),
          }),
    ),
  );

  return [
    h(Halves, {
      front,
      show: setFront,
      slack,
      above:
        machines === undefined
          ? null
          : h(Tour, {
              state: machines,
              ...tourHelp(state, machines, { be, go: setPlace, write: setDraft, show: setFront }),
            }),
      machines:
        machines === undefined
          ? null
          : h(MachinesHalf, {
              state: machines,
              reader,
              controls: controls === undefined ? null : h(Controls, { state: controls, zone: reader.zone }),
              from: from ?? machines.clients[0]?.address ?? "",
              setFrom,
            }),
    }),
    top === undefined
      ? null
      : h(Modal, {
          key: top.id,
          view: top,
          below: state.modals.length - 1,
          notice,
          surface: viewSurface(top),
          ask,
          submit: async () => void (await does("submit", { viewId: top.id, values: entries[top.id] ?? {} })),
          close: async () => void (await does("close", { viewId: top.id })),
        }),
    dialog,
  ];
};

const HomeTab = ({
  state,
  surface,
  ask,
}: {
  readonly state: PageState;
  readonly surface: (view: PageView) => Surface;
  readonly ask: Parameters<typeof Blocks>[0]["ask"];
}): ComponentChild =>
  h(
    "div",
    { class: "home", tabIndex: 0, role: "region", "aria-label": "Home" },
    state.home === undefined
      ? h("p", { class: "nothing" }, "Nothing is here yet.")
      : h(Blocks, { blocks: state.home.blocks, surface: surface(state.home), ask }),
  );

/** What Slack itself says, once. */
const useTold = (state: PageState | undefined, tell: (text: string) => void): void => {
  const known = useRef<{ readonly user: string; readonly count: number } | undefined>(undefined);
  useEffect(() => {
    if (state === undefined) return;
    const { told, me } = state;
    if (known.current?.user === me.id && told.length > known.current.count) tell(told.at(-1) ?? "");
    known.current = { user: me.id, count: told.length };
  }, [state]);
};

const placeIn = (state: PageState | undefined, place: string | undefined): string => {
  if (state === undefined) return "";
  const places = [...state.channels.map(({ id }) => id), HOME, directWith(state)];
  return place !== undefined && places.includes(place) ? place : (places[0] ?? HOME);
};

/** The direct message with the app is there before anything was said in it. */
const channelHere = (state: PageState, place: string): PageChannel =>
  state.channels.find(({ id }) => id === place) ?? {
    id: place === HOME ? directWith(state) : place,
    name: state.app.name,
    kind: "direct",
    isShared: false,
    messages: [],
  };

const fromAddress = (name: string): string | undefined => new URLSearchParams(location.search).get(name) ?? undefined;

const page = document.querySelector("#page");
if (page !== null) {
  page.replaceChildren();
  render(h(App, null), page);
}
