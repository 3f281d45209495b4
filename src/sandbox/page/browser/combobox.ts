/** A menu whose options the bot offers while one types. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */

import { type ComponentChild, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Json, listOf, objectOf, textOf } from "../../slack/json.ts";
import { words } from "./text-object.ts";

export interface ComboboxProps {
  readonly id: string;
  readonly label: string | undefined;
  readonly placeholder: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  readonly chosen: Json | undefined;
  /** From how many characters the bot is asked; 0: as soon as it is opened. */
  readonly minimum: number;
  readonly suggest: (typed: string) => Promise<readonly Json[]>;
  readonly choose: (option: Json | null) => void;
}

const SLOWER_THAN_TYPING_MS = 120;

export const Combobox = (props: ComboboxProps): ComponentChild => {
  const { id, chosen, minimum, suggest, choose } = props;
  const [typed, setTyped] = useState<string>();
  const [offered, setOffered] = useState<readonly Json[]>();
  const [active, setActive] = useState(0);
  const asked = useRef(0);
  const isOpen = typed !== undefined;
  const options = flat(offered ?? []);

  useEffect(() => {
    if (typed === undefined || typed.length < minimum) return undefined;
    asked.current += 1;
    const mine = asked.current;
    const timer = setTimeout(() => {
      void suggest(typed).then((found) => {
        // An answer to what was typed before would offer what nobody looks for any more.
        if (asked.current !== mine) return;
        setOffered(found);
        setActive(0);
      });
    }, SLOWER_THAN_TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  useEffect(() => {
    if (isOpen) document.getElementById(`${id}-option-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active, isOpen]);

  const close = (): void => {
    asked.current += 1;
    setTyped(undefined);
    setOffered(undefined);
  };
  const take = (option: Json): void => {
    choose(option);
    close();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) setTyped("");
      else
        setActive((now) => (now + (event.key === "ArrowDown" ? 1 : options.length - 1)) % Math.max(1, options.length));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const option = options[active];
      if (option !== undefined) take(option.option);
    }
  };

  return h(
    "div",
    { class: "combobox" },
    h("input", {
      id,
      type: "text",
      role: "combobox",
      autoComplete: "off",
      "aria-expanded": isOpen,
      "aria-controls": `${id}-options`,
      "aria-autocomplete": "list",
      "aria-activedescendant": isOpen && options.length > 0 ? `${id}-option-${active}` : undefined,
      "aria-label": props.label,
      "aria-describedby": props.describedBy,
      "aria-invalid": props.invalid,
      placeholder: props.placeholder,
      value: typed ?? words(chosen?.text),
      onFocus: (event: FocusEvent) => (event.currentTarget as HTMLInputElement).select(),
      onClick: () => setTyped((now) => now ?? ""),
      onInput: (event: Event) => setTyped((event.currentTarget as HTMLInputElement).value),
      onKeyDown,
      onBlur: close,
    }),
    isOpen &&
      h(
        "div",
        { class: "options" },
        h(
          "ul",
          { id: `${id}-options`, role: "listbox", "aria-label": props.label ?? props.placeholder },
          options.map(({ option, group }, index) => [
            group === undefined ? null : h("li", { class: "group", role: "presentation" }, group),
            h(
              "li",
              {
                id: `${id}-option-${index}`,
                role: "option",
                "aria-selected": index === active,
                // Before the field loses its focus, and with it the list.
                onMouseDown: (event: MouseEvent) => {
                  event.preventDefault();
                  take(option);
                },
              },
              words(option.text),
              option.description === undefined ? null : h("small", null, words(option.description)),
            ),
          ]),
        ),
        options.length === 0 && h("p", { class: "nothing", role: "status" }, emptyWords(typed, minimum, offered)),
      ),
  );
};

const emptyWords = (typed: string, minimum: number, offered: readonly Json[] | undefined): string => {
  if (typed.length < minimum) return `Type ${minimum === 1 ? "a letter" : `${minimum} letters`} or more.`;
  return offered === undefined ? "Looking …" : "No results";
};

/** Options in a row, the first of a group with its label. */
const flat = (offered: readonly Json[]): readonly { readonly option: Json; readonly group: string | undefined }[] =>
  offered.flatMap((each) =>
    textOf(each.value) === undefined
      ? listOf(each.options).map((option, index) => ({
          option: objectOf(option),
          group: index === 0 ? words(each.label) : undefined,
        }))
      : [{ option: each, group: undefined }],
  );
