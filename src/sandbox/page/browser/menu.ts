/** A button that shows a few things to do; it closes when one is done, with Escape, and when one goes elsewhere. */

import { type ComponentChild, h } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface MenuProps {
  readonly kind: "more" | "message" | "shortcuts";
  readonly label: string;
  readonly face: ComponentChild;
  readonly items: readonly {
    readonly key: string;
    readonly label: ComponentChild;
    readonly about?: string;
    readonly act: () => void;
  }[];
}

const CLASSES = { more: "", message: "message-menu", shortcuts: "shortcuts" } as const;

export const Menu = ({ kind, label, face, items }: MenuProps): ComponentChild => {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = (): void => menu.current?.removeAttribute("open");
  // A click where nothing takes the focus tells no other element, and in Safari buttons don't take it.
  useEffect(() => {
    const elsewhere = (event: PointerEvent): void => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);
  return h(
    "details",
    {
      ref: menu,
      class: `overflow ${CLASSES[kind]}`,
      onFocusOut: (event: FocusEvent) => {
        if (event.relatedTarget instanceof Node && !menu.current?.contains(event.relatedTarget)) close();
      },
      onKeyDown: (event: KeyboardEvent) => {
        if (event.key !== "Escape" || menu.current?.open !== true) return;
        event.preventDefault();
        close();
        menu.current.querySelector("summary")?.focus();
      },
    },
    h("summary", { class: kind === "message" ? "" : "button", "aria-label": label }, face),
    h(
      "ul",
      null,
      items.map((item) =>
        h(
          "li",
          { key: item.key },
          h(
            "button",
            {
              type: "button",
              onClick: () => {
                close();
                item.act();
              },
            },
            item.label,
            item.about === undefined ? null : h("small", null, item.about),
          ),
        ),
      ),
    ),
  );
};
