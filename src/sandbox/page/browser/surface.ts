/** What a message, a modal or a Home gives the elements in it. */

import type { Json } from "../../slack/json.ts";
import type { PageState } from "../shown.ts";
import type { Reader } from "./reader.ts";

/** A text, an option's value, several, a whole option of an external menu, or nothing. */
export type Entry = string | number | readonly string[] | Json | null;

export interface Surface {
  /** Begins the ids of what is in it. */
  readonly id: string;
  readonly reader: Reader;
  readonly people: PageState["people"];
  readonly channels: PageState["channels"];
  /** Uses an element: a signed request goes to the bot. Resolves when it was acknowledged. */
  readonly press: (used: { readonly block: Json; readonly element: Json; readonly value?: Entry }) => Promise<void>;
  /** What the bot offers for what was typed in an external menu. */
  readonly suggest: (typed: {
    readonly block: Json;
    readonly element: Json;
    readonly value: string;
  }) => Promise<readonly Json[]>;
  /** What was chosen or typed so far; `undefined`: what it began with. */
  readonly entry: (element: Json) => Entry | undefined;
  readonly enter: (element: Json, value: Entry) => void;
  /** By block id. */
  readonly errors: Readonly<Record<string, string>>;
}
