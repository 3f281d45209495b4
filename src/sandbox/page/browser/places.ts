/** Where one can be, and as whom: a column beside the conversation, or two menus above it where there is little room. */

import { type ComponentChild, h } from "preact";
import type { PageState, Person } from "../shown.ts";
import { type IconName, icon } from "./icon.ts";

export interface PlacesProps {
  readonly state: PageState;
  readonly place: string;
  readonly unread: ReadonlySet<string>;
  readonly go: (place: string) => void;
  readonly be: (user: string) => void;
}

export const HOME = "home";

interface Place {
  readonly id: string;
  readonly label: string;
  readonly sign: IconName;
}

export const Places = ({ state, place, unread, go, be }: PlacesProps): ComponentChild => {
  const channels: readonly Place[] = state.channels
    .filter(({ kind }) => kind !== "direct")
    .map(({ id, name, kind }) => ({ id, label: name, sign: kind === "private" ? "lock" : "channel" }));
  const app: readonly Place[] = [
    ...(state.app.hasHome || state.home !== undefined ? [{ id: HOME, label: "Home", sign: "home" } as const] : []),
    { id: directWith(state), label: "Messages", sign: "messages" },
  ];
  return h(
    "nav",
    { class: "places", "aria-label": "Workspace" },
    h("p", { class: "workspace" }, state.workspace),
    h(
      "label",
      { class: "who" },
      h("span", null, "You are"),
      h(
        "select",
        { value: state.me.id, onChange: (event: Event) => be((event.currentTarget as HTMLSelectElement).value) },
        state.people.map((person) => h("option", { key: person.id, value: person.id }, personLabel(person))),
      ),
    ),
    h(
      "label",
      { class: "where" },
      h("span", null, "Where"),
      h(
        "select",
        { value: place, onChange: (event: Event) => go((event.currentTarget as HTMLSelectElement).value) },
        [...channels, ...app].map(({ id, label, sign }) =>
          h(
            "option",
            { key: id, value: id },
            `${sign === "channel" || sign === "lock" ? "#" : ""}${label}${unread.has(id) ? " •" : ""}`,
          ),
        ),
      ),
    ),
    h(
      "div",
      { class: "lists" },
      h("h2", null, "Channels"),
      list(channels, place, unread, go),
      h("h2", null, state.app.name),
      list(app, place, unread, go),
    ),
  );
};

/** The direct message with the app has an id before anything was said in it. */
export const directWith = (state: PageState): string =>
  state.channels.find(({ kind }) => kind === "direct")?.id ?? state.me.id;

const list = (
  places: readonly Place[],
  current: string,
  unread: ReadonlySet<string>,
  go: PlacesProps["go"],
): ComponentChild =>
  h(
    "ul",
    null,
    places.map(({ id, label, sign }) =>
      h(
        "li",
        { key: id },
        h(
          "button",
          {
            type: "button",
            class: unread.has(id) ? "unread" : "",
            "aria-current": id === current ? "page" : undefined,
            onClick: () => go(id),
          },
          icon(sign),
          label,
          unread.has(id) ? h("span", { class: "dot" }, h("span", { class: "aside" }, "new")) : null,
        ),
      ),
    ),
  );

const personLabel = ({ realName, standing }: Person): string =>
  standing === "member" ? realName : `${realName}, ${STANDING[standing]}`;

const STANDING = { guest: "guest", outside: "from outside", deactivated: "deactivated" } as const;
