/** The way to the sandbox: what one person sees, live, and what they do. */

import type { Json } from "../../slack/json.ts";
import type { ActKind } from "../acts.ts";
import type { PageState } from "../shown.ts";

export interface Followed {
  /** `undefined`: the sandbox can't be reached just now. */
  readonly slack: (state: PageState | undefined) => void;
}

/** Returns how to stop. */
export const follow = (user: string | undefined, on: Followed): (() => void) => {
  const source = new EventSource(user === undefined ? "/live" : `/live?as=${encodeURIComponent(user)}`);
  source.addEventListener("slack", ({ data }: MessageEvent) => on.slack(JSON.parse(String(data)) as PageState));
  source.addEventListener("error", () => on.slack(undefined));
  return () => source.close();
};

/** Throws with what can be told to the person. */
export const act = async (kind: ActKind, what: Json): Promise<Json> => {
  const response = await fetch("/act", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...what, kind }),
  }).catch(() => undefined);
  if (response === undefined) throw new Error("the sandbox can't be reached");
  const answer = (await response.json()) as Json;
  if (!response.ok) throw new Error(String(answer.error));
  return answer;
};
