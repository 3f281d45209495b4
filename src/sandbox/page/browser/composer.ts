/** The box to type in: messages, commands with completion, and the app's shortcuts. */

import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageState } from "../shown.ts";
import { icon } from "./icon.ts";
import { Menu } from "./menu.ts";

export interface ComposerProps {
  readonly state: PageState;
  readonly placeName: string;
  /** Written into the box, once. */
  readonly draft: string | undefined;
  readonly draftTaken: () => void;
  readonly say: (text: string) => Promise<void>;
  readonly command: (command: string, text: string) => Promise<void>;
  readonly shortcut: (callbackId: string) => Promise<void>;
}

export const Composer = ({
  state,
  placeName,
  draft,
  draftTaken,
  say,
  command,
  shortcut,
}: ComposerProps): ComponentChild => {
  const [text, setText] = useState("");
  /** Which completion is marked; none at first, so that Enter sends what was typed. */
  const [active, setActive] = useState(NONE);
  const said = useRef<readonly string[]>([]);
  const back = useRef(0);
  /** What stood in the box before the first step back. */
  const kept = useRef("");
  const field = useRef<HTMLTextAreaElement>(null);
  const isGone = state.me.standing === "deactivated";
  const offered = completions(text, state);
  const shortcuts = state.app.shortcuts.filter(({ kind }) => kind === "global");

  const write = (next: string): void => {
    setText(next);
    setActive(NONE);
    field.current?.focus();
  };
  useEffect(() => {
    if (draft === undefined) return;
    write(draft);
    draftTaken();
  }, [draft]);
  const send = async (): Promise<void> => {
    const typed = (field.current?.value ?? text).trim();
    if (typed === "") return;
    said.current = [...said.current, typed];
    back.current = 0;
    setText("");
    const [, name, rest = ""] = /^(\/\S+)\s*([\s\S]*)$/u.exec(typed) ?? [];
    await (name === undefined ? say(typed) : command(name, rest));
  };
  const recalled = back.current === 0 ? undefined : said.current.at(-back.current);
  const isRecalled = recalled !== undefined && recalled === text;
  const recall = (steps: number): void => {
    if (!isRecalled) {
      back.current = 0;
      kept.current = text;
    }
    back.current = Math.max(0, Math.min(said.current.length, back.current + steps));
    setText(back.current === 0 ? kept.current : (said.current.at(-back.current) ?? ""));
  };
  /** What is being typed is never replaced: there the arrows move in the text. */
  const canRecall = active === NONE && (isRecalled || text.trim() === "");
  const arrow = (steps: 1 | -1): (() => void) | undefined => {
    if (canRecall) return () => recall(steps);
    if (offered.length === 0) return undefined;
    return () =>
      setActive(
        steps === 1 ? (Math.max(active, 0) + offered.length - 1) % offered.length : (active + 1) % offered.length,
      );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter then chooses among the characters that an input method offers.
    if (event.isComposing) return;
    const chosen = offered[active];
    const first = chosen ?? offered[0];
    const keys: Readonly<Record<string, (() => void) | undefined>> = {
      Enter: event.shiftKey ? undefined : () => (chosen === undefined ? void send() : write(chosen.text)),
      Tab: first === undefined || event.shiftKey ? undefined : () => write(first.text),
      Escape: chosen === undefined ? undefined : () => setActive(NONE),
      ArrowUp: arrow(1),
      ArrowDown: arrow(-1),
    };
    const does = keys[event.key];
    if (does === undefined) return;
    event.preventDefault();
    does();
  };

  return h(
    "form",
    {
      class: "composer",
      onSubmit: (event: Event) => {
        event.preventDefault();
        void send();
      },
    },
    offered.length === 0
      ? null
      : h(
          "ul",
          { class: "completions", id: "completions", role: "listbox", "aria-label": "Commands" },
          offered.map(({ text: whole, about }, index) =>
            h(
              "li",
              {
                key: whole,
                id: `completion-${index}`,
                role: "option",
                "aria-selected": index === active,
                onMouseDown: (event: MouseEvent) => {
                  event.preventDefault();
                  write(whole);
                },
              },
              h("code", null, whole),
              h("small", null, about),
            ),
          ),
        ),
    h(
      "div",
      { class: "box" },
      shortcuts.length === 0
        ? null
        : h(Menu, {
            kind: "shortcuts",
            label: "Shortcuts",
            face: icon("bolt"),
            items: shortcuts.map(({ callbackId, name, description }) => ({
              key: callbackId,
              label: name,
              about: description,
              act: () => void shortcut(callbackId),
            })),
          }),
      h("textarea", {
        ref: field,
        rows: 1,
        value: text,
        disabled: isGone,
        "aria-label": `Message to ${placeName}`,
        "aria-controls": offered.length === 0 ? undefined : "completions",
        "aria-activedescendant": active === NONE ? undefined : `completion-${active}`,
        placeholder: isGone ? "This account is deactivated" : `Message ${placeName}, or /jit …`,
        onInput: (event: Event) => {
          setText((event.currentTarget as HTMLTextAreaElement).value);
          setActive(NONE);
        },
        onKeyDown,
      }),
      h("button", { type: "submit", class: "button primary", disabled: isGone || text.trim() === "" }, "Send"),
    ),
  );
};

const NONE = -1;

interface Completion {
  readonly text: string;
  readonly about: string;
}

/** Whole commands from the manifest's usage hint, as long as what is typed begins one. */
const completions = (text: string, state: PageState): readonly Completion[] => {
  if (!text.startsWith("/") || text.includes("\n")) return [];
  const all = state.app.commands.flatMap(({ command, description, hint }): readonly Completion[] => [
    { text: command, about: description },
    ...hint
      .split("|")
      .map((each) => each.trim())
      .filter((each) => each !== "")
      .map((each) => ({ text: `${command} ${each}`, about: "" })),
  ]);
  return all.filter((each) => each.text.startsWith(text) && each.text !== text).slice(0, 8);
};
