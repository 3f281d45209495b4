/** Real TCP connections to the chosen machine: from where, to which door, and what came back. */

import { type ComponentChild, h } from "preact";
import type { Attempt, Client, Door } from "../machines/shown.ts";
import { dateText, type Reader } from "./reader.ts";

/** Where one dials from: a client's address, or one that is typed. */
export const FromWhere = ({
  clients,
  from,
  setFrom,
}: {
  readonly clients: readonly Client[];
  readonly from: string;
  readonly setFrom: (address: string) => void;
}): ComponentChild => {
  const isKnown = clients.some(({ address }) => address === from);
  return h(
    "div",
    { class: "from-where" },
    h(
      "label",
      null,
      h("span", null, "Connect from"),
      h(
        "select",
        {
          value: isKnown ? from : TYPED,
          onChange: (event: Event) => {
            const { value } = event.currentTarget as HTMLSelectElement;
            setFrom(value === TYPED ? "" : value);
          },
        },
        clients.map(({ name, address }) => h("option", { key: name, value: address }, `${name}, ${address}`)),
        h("option", { value: TYPED }, "another address …"),
      ),
    ),
    isKnown
      ? null
      : h("input", {
          type: "text",
          "aria-label": "Address to connect from",
          placeholder: "203.0.113.7",
          autoComplete: "off",
          value: from,
          onInput: (event: Event) => setFrom((event.currentTarget as HTMLInputElement).value.trim()),
        }),
  );
};

const TYPED = "typed";

export interface AttemptsProps {
  /** To this machine. */
  readonly attempts: readonly Attempt[];
  readonly doors: readonly Door[];
  readonly clients: readonly Client[];
  readonly reader: Reader;
  readonly ask: (id: number) => void;
  readonly hangUp: (id: number) => void;
}

export const Attempts = ({ attempts, doors, clients, reader, ask, hangUp }: AttemptsProps): ComponentChild =>
  h(
    "div",
    { role: "log", "aria-label": "Connections" },
    h(
      "ul",
      { class: "attempts" },
      attempts.toReversed().map((attempt) => {
        const door = doors.find(({ port }) => port === attempt.port);
        const client = clients.find(({ address }) => address === attempt.from)?.name ?? attempt.from;
        return h(
          "li",
          { key: attempt.id, class: attempt.isConnected ? "connected" : attempt.outcome },
          h("span", { class: "quiet" }, dateText(Math.floor(attempt.at / 1_000), "{time_secs}", reader) ?? ""),
          h("span", null, `${client} → ${door?.name ?? attempt.port}: `, h("b", null, wordsOf(attempt, door))),
          attempt.said === "" ? null : h("code", null, attempt.said),
          attempt.outcome === "refused" ? h("span", { class: "quiet" }, attempt.because) : null,
          attempt.isConnected
            ? h(
                "span",
                { class: "attempt-acts" },
                h("button", { type: "button", class: "button", onClick: () => ask(attempt.id) }, "Still there?"),
                h("button", { type: "button", class: "button", onClick: () => hangUp(attempt.id) }, "Hang up"),
                attempt.heardAt === undefined
                  ? null
                  : h(
                      "span",
                      { class: "quiet" },
                      `answered ${dateText(Math.floor(attempt.heardAt / 1_000), "{time_secs}", reader) ?? ""}`,
                    ),
              )
            : null,
        );
      }),
    ),
  );

const wordsOf = ({ outcome, isConnected }: Attempt, door: Door | undefined): string => {
  switch (outcome) {
    case "trying":
      return "dialling …";
    case "refused":
    case "failed":
      return outcome;
    case "open":
      if (!isConnected) return "ended";
      return door?.state === "open" || door?.state === "closing"
        ? "connected"
        : "still connected, as the cloud keeps what began before the port closed";
  }
};
