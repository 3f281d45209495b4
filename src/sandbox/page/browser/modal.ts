/** The form in front: fields, what is wrong with them, and one button to send it. */

import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageView } from "../shown.ts";
import { Blocks } from "./blocks.ts";
import type { Ask } from "./confirm.ts";
import type { Surface } from "./surface.ts";

export interface ModalProps {
  readonly view: PageView;
  /** How many lie below it. */
  readonly below: number;
  /** What didn't work just now: what is behind the form can't be read. */
  readonly notice: string;
  readonly surface: Surface;
  readonly ask: Ask;
  readonly submit: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const Modal = ({ view, below, notice, surface, ask, submit, close }: ModalProps): ComponentChild => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const errors = Object.keys(view.errors).join(" ");
  useEffect(() => {
    // The first field that is wrong, so that nobody has to look for it.
    if (errors !== "") dialog.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [errors]);
  const send = async (): Promise<void> => {
    setBusy(true);
    await submit();
    setBusy(false);
  };
  return h(
    "dialog",
    {
      ref: dialog,
      class: "modal",
      "aria-labelledby": "modal-title",
      onCancel: (event: Event) => {
        event.preventDefault();
        void close();
      },
    },
    h(
      "form",
      {
        method: "dialog",
        noValidate: true,
        onSubmit: (event: Event) => {
          event.preventDefault();
          void send();
        },
      },
      h(
        "header",
        null,
        h("h2", { id: "modal-title" }, view.title),
        h("button", { type: "button", class: "cross", "aria-label": "Close", onClick: () => void close() }, "✕"),
      ),
      h("div", { class: "content", tabIndex: -1 }, h(Blocks, { blocks: view.blocks, surface, ask })),
      view.trouble === undefined ? null : h("p", { class: "error", role: "alert" }, `⚠ ${view.trouble}`),
      h("p", { class: "notice", role: "status" }, notice),
      h(
        "footer",
        null,
        h("button", { type: "button", class: "button", onClick: () => void close() }, below > 0 ? "Back" : view.close),
        view.submit === undefined
          ? null
          : h("button", { type: "submit", class: "button primary", "aria-busy": busy, disabled: busy }, view.submit),
      ),
    ),
  );
};
