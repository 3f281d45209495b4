/** The question before something that can't be taken back: a confirm object as a dialog. */

import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Json, objectOf, textOf } from "../../slack/json.ts";
import type { Reader } from "./reader.ts";
import { textObject } from "./text-object.ts";

export type Ask = (confirm: Json) => Promise<boolean>;

interface Question {
  readonly confirm: Json;
  readonly answer: (yes: boolean) => void;
}

export const useConfirm = (reader: Reader | undefined): { readonly ask: Ask; readonly dialog: ComponentChild } => {
  const [question, setQuestion] = useState<Question>();
  const ask: Ask = (confirm) =>
    new Promise((resolve) => {
      setQuestion({
        confirm,
        answer: (yes) => {
          setQuestion(undefined);
          resolve(yes);
        },
      });
    });
  const dialog = question === undefined || reader === undefined ? null : h(ConfirmDialog, { ...question, reader });
  return { ask, dialog };
};

const ConfirmDialog = ({ confirm, answer, reader }: Question & { readonly reader: Reader }): ComponentChild => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const label = (key: string): string => textOf(objectOf(confirm[key]).text) ?? "";
  return h(
    "dialog",
    {
      ref: dialog,
      class: "confirm",
      "aria-labelledby": "confirm-title",
      onCancel: (event: Event) => {
        event.preventDefault();
        answer(false);
      },
    },
    h("h2", { id: "confirm-title" }, label("title")),
    h("div", { class: "words" }, textObject(confirm.text, reader)),
    h(
      "footer",
      null,
      h("button", { type: "button", class: "button", onClick: () => answer(false) }, label("deny") || "Cancel"),
      h(
        "button",
        {
          type: "button",
          class: `button ${confirm.style === "danger" ? "danger" : "primary"}`,
          onClick: () => answer(true),
        },
        label("confirm") || "OK",
      ),
    ),
  );
};
