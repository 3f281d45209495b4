/** What the page in the browser is told: all that one person has before them in the sandbox's Slack. */

import type { Json } from "../slack/json.ts";
import type { Manifest } from "./manifest.ts";

export interface PageState {
  readonly workspace: string;
  readonly me: Person;
  readonly people: readonly Person[];
  readonly app: Manifest & { readonly userId: string; readonly name: string };
  /** The name behind the id of a person, a group or a channel. */
  readonly names: Readonly<Record<string, string>>;
  readonly channels: readonly PageChannel[];
  /** The visible one last. */
  readonly modals: readonly PageView[];
  readonly home: PageView | undefined;
  /** What Slack itself told them, the latest last. */
  readonly told: readonly string[];
  /** The sandbox's time, in milliseconds. */
  readonly now: number;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly zone: string;
  readonly standing: "member" | "guest" | "outside" | "deactivated";
}

export interface PageChannel {
  readonly id: string;
  readonly name: string;
  readonly kind: "public" | "private" | "direct";
  readonly isShared: boolean;
  readonly messages: readonly PageMessage[];
}

export interface PageMessage {
  readonly ts: string;
  readonly from: string;
  readonly byApp: boolean;
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly thread: string | undefined;
  readonly isEdited: boolean;
  readonly onlyForYou: boolean;
  readonly files: readonly { readonly id: string; readonly title: string; readonly name: string }[];
}

export interface PageView {
  readonly id: string;
  readonly title: string;
  readonly submit: string | undefined;
  readonly close: string;
  readonly blocks: readonly Json[];
  /** By block id. */
  readonly errors: Readonly<Record<string, string>>;
  readonly trouble: string | undefined;
}
