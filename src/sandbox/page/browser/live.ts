/** The way to the sandbox: what one person sees, live, and what they do. */

import type { Json } from "../../slack/json.ts";
import type { ActKind } from "../acts.ts";
import type { ControlsState } from "../controls.ts";
import type { MachinesState } from "../machines/shown.ts";
import type { PageState } from "../shown.ts";

export interface Followed {
  /** `undefined`: the sandbox can't be reached just now. */
  readonly slack: (state: PageState | undefined) => void;
  readonly machines: (state: MachinesState) => void;
  readonly controls: (state: ControlsState) => void;
}

/** Returns how to stop. */
export const follow = (user: string | undefined, on: Followed): (() => void) => {
  const source = new EventSource(user === undefined ? "/live" : `/live?as=${encodeURIComponent(user)}`);
  source.addEventListener("slack", ({ data }: MessageEvent) => on.slack(JSON.parse(String(data)) as PageState));
  source.addEventListener("machines", ({ data }: MessageEvent) =>
    on.machines(JSON.parse(String(data)) as MachinesState),
  );
  source.addEventListener("controls", ({ data }: MessageEvent) =>
    on.controls(JSON.parse(String(data)) as ControlsState),
  );
  source.addEventListener("error", () => on.slack(undefined));
  return () => source.close();
};

/** Throws with what can be told to the person. */
export const act = (kind: ActKind, what: Json): Promise<Json> => send("/act", { ...what, kind });

/** Throws with what can be told to the person. */
export const actAtMachines = async (kind: "dial" | "ask" | "hang-up", what: object): Promise<void> =>
  void (await send("/machines", { ...what, kind }));

/** Throws with what can be told to the person. */
export const actAtControls = async (kind: "skip" | "switch" | "wipe", what: object = {}): Promise<void> =>
  void (await send("/controls", { ...what, kind }));

const send = async (path: string, what: Json): Promise<Json> => {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(what),
  }).catch(() => undefined);
  if (response === undefined) throw new Error("the sandbox can't be reached");
  const answer = (await response.json()) as Json;
  if (!response.ok) throw new Error(String(answer.error));
  return answer;
};
